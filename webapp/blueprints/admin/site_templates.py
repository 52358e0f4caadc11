"""Templates for sites: which there are, which are offered and in which order, and the operator's own."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from webapp.blueprints import site_files
from webapp.blueprints.access import needs
from webapp.blueprints.admin import site_template_form, timeline
from webapp.blueprints.admin import sites as site_pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.site_template_form import TemplateForm
from webapp.blueprints.site_templates import routes as looks
from webapp.blueprints.views import View, go_to
from webapp.domain import own_templates, placeholders, site_export, site_import, site_templates, site_zip, sites
from webapp.domain.site_import import Package
from webapp.domain.site_templates import Own
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError, Invalid, NotFound
from webapp.extensions import csrf
from webapp.models import Site, SiteTemplate
from webapp.transactions import unit_of_work

list_view = View("admin/site_templates.html")
form_view = View("admin/site_template_form.html")
deletion_view = View("admin/site_template_deletion.html")


@bp.get("/site-templates")
@needs(Capability.PRODUCTS_VIEW)
def list_site_templates() -> ResponseReturnValue:
    return show_list()


def show_list(*, problem: str = "", status: int = 200) -> Response:
    locale, shown = str(get_locale() or "en"), site_templates.known().values()
    plans = own_templates.all_plans()
    rows = [
        {
            "look": looks.choice(one.template, locale),
            "own": one.template.id if isinstance(one.template, Own) else None,
            "active": one.active,
            "list_order": one.list_order,
            "plans": [plan for plan in plans if one.template.slug in plan.site_templates],
        }
        for one in shown
    ]
    return list_view.show(status=status, rows=rows, problem=problem)


@bp.post("/site-templates/places/<template_slug>")
@needs(Capability.PRODUCTS_EDIT)
def update_site_template_place(template_slug: str) -> ResponseReturnValue:
    """Whether and where it is offered: `active=1` that it is, `list_order` where."""
    typed = request.form.get("list_order", "").strip()
    try:
        if not typed.isascii() or not typed.isdigit() or len(typed) > 7:
            raise Invalid(_("Enter a whole number of at most %(max)d.", max=own_templates.ORDER_AT_MOST))
        with unit_of_work(actor()):
            own_templates.place(template_slug, active=request.form.get("active") == "1", list_order=int(typed))
    except (Invalid, Conflict) as problem:
        return show_list(problem=problem.message, status=problem.status)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.list_site_templates"))


# -- a new one -------------------------------------------------------------------------------------------------------
@bp.get("/site-templates/new")
@needs(Capability.PRODUCTS_EDIT)
def new_site_template() -> ResponseReturnValue:
    return show(TemplateForm.blank())


@bp.get("/sites/<int:site_id>/template")
@needs(Capability.PRODUCTS_EDIT)
def new_template_of_site(site_id: int) -> ResponseReturnValue:
    site = made_of(site_id)
    return show(TemplateForm.blank(site.title[: own_templates.TITLE_LONGEST]), site=site)


def made_of(site_id: int) -> Site:
    """Raises NotFound where there is nothing that a template could hold."""
    site = site_pages.look_at(site_id)
    if not site_export.may_be_exported(site):
        raise NotFound()
    return site


def show(
    form: TemplateForm, *, row: SiteTemplate | None = None, site: Site | None = None, status: int = 200
) -> Response:
    """`row`: the one that is changed; `site`: what a new one is made of."""
    if row is not None:
        action = url_for("admin.update_site_template", template_id=row.id)
    elif site is not None:
        action = url_for("admin.create_template_of_site", site_id=site.id)
    else:
        action = url_for("admin.create_site_template")
    known = site_templates.known().get(row.slug) if row is not None else None
    more: dict[str, Any] = {
        "look": looks.choice(known.template, str(get_locale() or "en")) if known is not None else None,
        "history": timeline.of_rows({"site_templates": [row.id]}) if row is not None else [],
    }
    return form_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        row=row,
        site=site,
        action=action,
        placeholders=[*placeholders.NAMES.items()],
        answers=sorted(placeholders.asked()),
        **more,
        **site_template_form.context(),
    )


# The view checks the token itself: what is too large is then said beside the field, and not on a page of its own.
@csrf.exempt
@bp.post("/site-templates")
@needs(Capability.PRODUCTS_EDIT)
def create_site_template() -> ResponseReturnValue:
    """Of the file `file`."""
    site_files.take_files()
    form = TemplateForm.blank()
    try:
        package = chosen()
        form = sent()
        if package is None:
            raise site_zip.wrong(_("Choose a file."))
        with unit_of_work(actor()):
            row = own_templates.create(form.facts(), package, of="export")
            name = row.slug
    except (Invalid, Conflict) as problem:
        return show(refused(form, problem), status=problem.status)
    return made(name)


@csrf.exempt
@bp.post("/sites/<int:site_id>/template")
@needs(Capability.PRODUCTS_EDIT)
def create_template_of_site(site_id: int) -> ResponseReturnValue:
    site_files.take_files()
    form = TemplateForm.blank()
    try:
        site_files.chosen()
        form = sent()
        with unit_of_work(actor()):
            site = sites.find(site_id)
            package = own_templates.package_of(site, with_placeholders=bool(form.with_placeholders.data))
            row = own_templates.create(form.facts(), package, of=site.slug)
            name = row.slug
    except (Invalid, Conflict) as problem:
        return show(refused(form, problem), site=made_of(site_id), status=problem.status)
    return made(name)


def made(slug: str) -> Response:
    known = site_templates.known().get(slug)
    if known is not None and not known.active:
        flash(_("The template is made. Nobody is offered it before you switch it on."), "success")
    else:
        flash(_("The template is made, and offered from now on."), "success")
    return go_to(url_for("admin.list_site_templates"))


def chosen() -> Package | None:
    """What the chosen file holds, if any. Raises Invalid."""
    file = site_files.chosen()
    return site_import.read(file) if file is not None else None


def sent() -> TemplateForm:
    form = TemplateForm.sent()
    form.validate()
    if "csrf_token" in form and form.csrf_token.errors:
        raise CSRFError()
    return form


def refused(form: TemplateForm, problem: DomainError) -> TemplateForm:
    """With what is wrong beside its field, or above the form."""
    form.refuse(getattr(problem, "field", None) or "", problem.message)
    return form


# -- one of the operator's own ---------------------------------------------------------------------------------------
@bp.get("/site-templates/<int:template_id>")
@needs(Capability.PRODUCTS_EDIT)
def edit_site_template(template_id: int) -> ResponseReturnValue:
    row = own_templates.find(template_id)
    return show(TemplateForm.of(row), row=row)


@csrf.exempt
@bp.post("/site-templates/<int:template_id>")
@needs(Capability.PRODUCTS_EDIT)
def update_site_template(template_id: int) -> ResponseReturnValue:
    """A chosen `file` takes the place of what it holds; sites that were made of it stay as they are."""
    site_files.take_files()
    form = TemplateForm.blank()
    try:
        package = chosen()
        form = sent()
        seen = int(form.version.data) if (form.version.data or "").isdigit() else 0
        with unit_of_work(actor()):
            row = own_templates.locked(own_templates.find(template_id).slug)
            own_templates.change(row, form.facts(), package, seen=seen)
    except (Invalid, Conflict) as problem:
        row = own_templates.find(template_id)
        form.version.data = str(row.version)
        return show(refused(form, problem), row=row, status=problem.status)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.list_site_templates"))


@bp.post("/site-templates/<int:template_id>/copies")
@needs(Capability.PRODUCTS_EDIT)
def create_site_template_copy(template_id: int) -> ResponseReturnValue:
    slug = own_templates.find(template_id).slug
    with unit_of_work(actor()):
        copy_id = own_templates.duplicate(own_templates.locked(slug)).id
    flash(_("This is the copy. Nobody is offered it before you switch it on."), "info")
    return go_to(url_for("admin.edit_site_template", template_id=copy_id))


@bp.get("/site-templates/<int:template_id>/deletion")
@needs(Capability.PRODUCTS_EDIT)
def confirm_site_template_deletion(template_id: int) -> ResponseReturnValue:
    """The question on a page of its own, or why it cannot be deleted."""
    row = own_templates.find(template_id)
    return deletion_view.show(row=row, plans=own_templates.plans_with(row.slug))


@bp.post("/site-templates/<int:template_id>/deletion")
@needs(Capability.PRODUCTS_EDIT)
def create_site_template_deletion(template_id: int) -> ResponseReturnValue:
    slug = own_templates.find(template_id).slug
    try:
        with unit_of_work(actor()):
            row = own_templates.locked(slug)
            name = row.titles.get(str(get_locale() or "en")) or row.slug
            own_templates.delete(row)
    except Conflict as problem:
        return show_list(problem=problem.message, status=problem.status)
    flash(_("“%(name)s” is deleted. Sites that were made of it stay.", name=name), "success")
    return go_to(url_for("admin.list_site_templates"))
