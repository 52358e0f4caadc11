"""A customer's site as a file, and a further site for a customer's membership, by the staff."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import joinedload, selectinload
from wtforms import RadioField, StringField
from wtforms.validators import Optional

from webapp.blueprints import site_files
from webapp.blueprints.access import needs
from webapp.blueprints.admin import sites as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN, found
from webapp.blueprints.errors import settings
from webapp.blueprints.form import Form
from webapp.blueprints.site_files import ImportForm
from webapp.blueprints.site_templates import routes as site_templates
from webapp.blueprints.views import View, go_to
from webapp.domain import (
    audit,
    locks,
    site_adding,
    site_filling,
    site_imports,
    site_room,
    site_switching,
    site_zip,
    sites,
)
from webapp.domain.site_import import Package
from webapp.domain.staff import Capability
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import csrf
from webapp.models import Membership
from webapp.transactions import unit_of_work

import_view = View("admin/site_import.html", block="import")
new_view = View("admin/site_new.html")


# -- out and in ------------------------------------------------------------------------------------------------------
@bp.get("/sites/<int:site_id>/export.zip")
@needs(Capability.EXPORTS_MAKE)
def export_site(site_id: int) -> ResponseReturnValue:
    return site_files.answer_export(sites.find(site_id))


@bp.get("/sites/<int:site_id>/import")
@needs(Capability.SITES_EDIT)
def confirm_site_import(site_id: int) -> ResponseReturnValue:
    return ask(site_id, ImportForm(formdata=None))


def ask(site_id: int, form: ImportForm, *, status: int = 200) -> Response:
    """Raises NotFound for a site that is not written here."""
    site = pages.look_at(site_id)
    if not site_filling.may_be_filled(site):
        raise NotFound()
    most = site_zip.BYTES_AT_MOST
    job = site_imports.latest(site)
    return import_view.show(status=status, site=site, form=form, errors=form.problems(), most=most, job=job)


# The view checks the token itself: what is too large is then said beside the field, and not on a page of its own.
@csrf.exempt
@bp.post("/sites/<int:site_id>/import")
@needs(Capability.SITES_EDIT)
def create_site_import(site_id: int) -> ResponseReturnValue:
    site_files.take_files()
    form = ImportForm(formdata=None)
    try:
        site_files.chosen()
        form = ImportForm()
        form.validate()
        if form.general:
            raise CSRFError()
        package = site_files.package_for(form)
        fill(site_id, package)
    except Invalid as problem:
        return ask(site_id, form, status=site_files.refused(form, problem))
    except Conflict as problem:
        form.file.errors = [problem.message]
        return ask(site_id, form, status=problem.status)
    if package is None:
        return go_to(url_for("admin.confirm_site_import", site_id=site_id))
    flash(_("The site shows what the export holds."), "success")
    return go_to(url_for("admin.show_site", site_id=site_id))


def fill(site_id: int, package: Package | None) -> None:
    """A large one is kept for a worker. Raises NotFound for a site that is not written here any more."""
    with unit_of_work(actor()):
        site = sites.locked(site_id)
        if package is None:
            site_files.send(site, actor(), by_staff=True)
            return
        before = {"name": site.title, "count": len(site.pages)}
        site_switching.take_over(site, package)
        audit.note(site, "sites.import", before=before, after={"name": site.title, "count": len(package.pages)})


# -- a further one ---------------------------------------------------------------------------------------------------
class NewSiteForm(Form):
    site_title = StringField(_l("Site name"))
    site_url = StringField(_l("Site address"))
    template_id = RadioField(_l("Template"), choices=[], validate_choice=False, validators=[Optional()])


@bp.get("/memberships/<int:membership_id>/sites/new")
@needs(Capability.SITES_EDIT)
def new_site(membership_id: int) -> ResponseReturnValue:
    return show_new(membership_id, NewSiteForm(formdata=None))


def show_new(membership_id: int, form: NewSiteForm, *, problem: str = "", status: int = 200) -> Response:
    names = joinedload(Membership.customer).options(CUSTOMER_NAME), PLAN, selectinload(Membership.sites)
    membership: Membership = found(Membership, membership_id, *names)
    templates = site_templates.choices(membership.plan)
    if form.template_id.data not in [one.slug for one in templates]:
        form.template_id.data = templates[0].slug
    return new_view.show(
        status=status,
        membership=membership,
        form=form,
        templates=templates,
        rooms=site_room.look(membership),
        site_suffix=f".{settings().network_domain}",
        errors=form.problems(),
        problem=problem,
    )


@bp.post("/memberships/<int:membership_id>/sites")
@needs(Capability.SITES_EDIT)
def create_site(membership_id: int) -> ResponseReturnValue:
    form = NewSiteForm()
    if not form.validate():
        return show_new(membership_id, form, status=422)
    try:
        with unit_of_work(actor()):
            site = site_adding.add(
                locks.membership(membership_id),
                title=str(form.site_title.data or ""),
                address=str(form.site_url.data or ""),
                template=str(form.template_id.data or ""),
            )
            audit.note(site, "sites.add", before={}, after={"slug": site.slug, "name": site.title})
            site_id = site.id
    except Invalid as problem:
        beside = form[problem.field] if problem.field and problem.field in form else form.site_title
        beside.errors = [problem.message]
        return show_new(membership_id, form, status=422)
    except Conflict as error:
        return show_new(membership_id, form, problem=error.message, status=error.status)
    flash(_("The site is being set up."), "success")
    return go_to(url_for("admin.show_site", site_id=site_id))
