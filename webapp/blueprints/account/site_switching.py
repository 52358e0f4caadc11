"""Another template for one's site, and the way back to what it showed before."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.account.sites import own_site
from webapp.blueprints.form import Form
from webapp.blueprints.site_templates import routes as site_templates
from webapp.blueprints.views import View, go_to
from webapp.domain import site_switching, sites
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import limiter
from webapp.models import Site

switch_view = View("account/site_template.html")
TRIES = "30 per hour"


class TemplateForm(Form):
    """`seen`: the version of the content that was looked at."""

    template_id = RadioField(_l("Template"), choices=[], validate_choice=False, validators=[Optional()])
    seen = IntegerField("", validators=[Optional()], widget=HiddenInput())


class BackForm(Form):
    seen = IntegerField("", validators=[Optional()], widget=HiddenInput())


def switched(site_id: int) -> Site:
    """Raises NotFound for one that is not written here."""
    site = own_site(site_id)
    if not site_switching.may_be_switched(site):
        raise NotFound()
    return site


@bp.get("/sites/<int:site_id>/template")
def choose_template(site_id: int) -> ResponseReturnValue:
    """What can take the place of its pages, and what can be brought back."""
    return show(site_id)


def show(site_id: int, form: TemplateForm | None = None, *, problem: str = "", status: int = 200) -> Response:
    site = switched(site_id)
    form = form or TemplateForm(formdata=None)
    form.seen.data = site.content_version
    return switch_view.show(
        status=status,
        site=site,
        form=form,
        errors=form.problems(),
        problem=problem,
        templates=site_templates.choices(site.membership.plan),
        copies=site_switching.copies(site),
    )


@bp.post("/sites/<int:site_id>/template")
@limiter.limit(TRIES)
def update_template(site_id: int) -> ResponseReturnValue:
    switched(site_id)
    form = TemplateForm()
    if not form.validate():
        return show(site_id, form, status=422)
    try:
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            site_switching.switch(site, form.template_id.data or "", seen=form.seen.data or 0)
    except Invalid as error:
        form.template_id.errors = [error.message]
        return show(site_id, form, status=422)
    except Conflict as error:
        return show(site_id, form, problem=error.message, status=error.status)
    flash(_("Your site has the new template. What it showed before can be brought back for 30 days."), "success")
    return go_to(url_for(".show_site", site_id=site_id))


@bp.post("/sites/<int:site_id>/copies/<int:copy_id>")
@limiter.limit(TRIES)
def bring_copy_back(site_id: int, copy_id: int) -> ResponseReturnValue:
    switched(site_id)
    form = BackForm()
    if not form.validate():
        return show(site_id, status=422)
    try:
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            site_switching.bring_back(site, copy_id, seen=form.seen.data or 0)
    except Conflict as error:
        return show(site_id, problem=error.message, status=error.status)
    flash(_("Your site shows what it showed before. What was there in between is kept for 30 days."), "success")
    return go_to(url_for(".show_site", site_id=site_id))
