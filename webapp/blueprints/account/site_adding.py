"""A further site for one's contract."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import Optional

from webapp.blueprints import site_files
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.errors import settings
from webapp.blueprints.form import Form
from webapp.blueprints.site_templates import routes as site_templates
from webapp.blueprints.views import View, go_to
from webapp.domain import locks, memberships, site_adding, site_import, site_room, site_zip
from webapp.errors import Conflict, Invalid
from webapp.extensions import csrf, limiter

new_view = View("account/site_new.html")


class NewSiteForm(Form):
    site_title = StringField(_l("Site name"))
    site_url = StringField(_l("Site address"))
    template_id = RadioField(_l("Template"), choices=[], validate_choice=False, validators=[Optional()])


@bp.get("/memberships/<int:membership_id>/sites/new")
def new_site(membership_id: int) -> ResponseReturnValue:
    return show(membership_id, NewSiteForm(formdata=None))


def show(
    membership_id: int, form: NewSiteForm, *, file_problem: str = "", problem: str = "", status: int = 200
) -> Response:
    """`problem`: why there can be none, where it is no field's."""
    membership = memberships.in_full(membership_id, customer_id=customer().id)
    templates = site_templates.choices(membership.plan)
    if form.template_id.data not in [one.slug for one in templates]:
        form.template_id.data = templates[0].slug
    facts: dict[str, Any] = {
        "rooms": site_room.look(membership),
        "most": site_zip.BYTES_AT_MOST if site_adding.is_made_here(membership) else 0,
        "can_be_changed": memberships.can_be_changed(membership),
        "site_suffix": f".{settings().network_domain}",
    }
    errors = [*form.problems(), *([("file", file_problem)] if file_problem else [])]
    return new_view.show(
        status=status,
        membership=membership,
        form=form,
        templates=templates,
        errors=errors,
        file_problem=file_problem,
        problem=problem,
        **facts,
    )


# The view checks the token itself: what is too large is then said beside the field, and not on a page of its own.
@csrf.exempt
@bp.post("/memberships/<int:membership_id>/sites")
@limiter.limit("30 per hour")
def create_site(membership_id: int) -> ResponseReturnValue:
    memberships.find(membership_id, customer_id=customer().id)
    site_files.take_files()
    try:
        file = site_files.chosen()
    except Invalid as problem:
        return show(membership_id, NewSiteForm(formdata=None), file_problem=problem.message, status=413)
    form = NewSiteForm()
    if not form.validate():
        return show(membership_id, form, status=422)
    try:
        package = site_import.read(file) if file is not None else None
        with changing():
            membership = locks.membership(membership_id, customer_id=customer().id)
            texts = {"title": str(form.site_title.data or ""), "address": str(form.site_url.data or "")}
            site_adding.add(membership, **texts, template=str(form.template_id.data or ""), package=package)
    except Conflict as refused:
        return show(membership_id, form, problem=refused.message, status=refused.status)
    except Invalid as problem:
        if problem.field is None or problem.field not in form:
            return show(membership_id, form, file_problem=problem.message, status=422)
        form[problem.field].errors = [problem.message]
        return show(membership_id, form, status=422)
    flash(_("Your site is being set up. That takes a moment."), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id, _anchor="sites-title"))
