"""A customer's site: its pages, their order, its name and look, each page with a preview before it is saved."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import (
    entitlements,
    site_archive,
    site_changes,
    site_designs,
    site_editing,
    site_renaming,
    site_transfers,
    sites,
)
from webapp.domain.site_editing import PageWish
from webapp.errors import Conflict, Invalid
from webapp.flows import site_changing
from webapp.models import Site, SiteChangeKind, SitePage

site_view = View("account/site.html")
archived_view = View("account/site_archived.html")
elsewhere_view = View("account/site_elsewhere.html")
pages_view = View("account/site.html", block="pages")
page_view = View("account/site_page.html")
deletion_view = View("account/site_page_deletion.html")


class NewPageForm(Form):
    title = StringField(_l("Title"))


class PageForm(Form):
    title = StringField(_l("Title"))
    slug = StringField(_l("Address"))
    body = TextAreaField(_l("Text"))
    in_menu = BooleanField(_l("In the menu"))
    published = BooleanField(_l("Visitors can see it"))
    seen = IntegerField("", validators=[Optional()], widget=HiddenInput())

    def wish(self) -> PageWish:
        texts = {name: str(self[name].data or "") for name in ("title", "slug", "body")}
        return PageWish(**texts, in_menu=bool(self.in_menu.data), published=bool(self.published.data))


class LookForm(Form):
    title = StringField(_l("Name of the site"))
    design = SelectField(_l("Design"), validate_choice=False)
    accent = StringField(_l("Colour"))

    def prepare(self) -> LookForm:
        self.design.choices = [SelectChoice(name, str(title)) for name, title in site_designs.TITLES.items()]
        return self


def own_site(site_id: int) -> Site:
    return site_editing.own(site_id, customer().id)


# -- the site --------------------------------------------------------------------------------------------------------
@bp.get("/sites/<int:site_id>")
def show_site(site_id: int) -> ResponseReturnValue:
    """One in the archive can only be taken out again; one that is made elsewhere is written there."""
    site = sites.find(site_id, customer_id=customer().id)
    if site_archive.may_be_restored(site):
        return archived_view.show(site=site)
    if site.is_elsewhere and site_archive.may_be_archived(site):
        return show_elsewhere(site)
    return show(own_site(site_id))


def show_elsewhere(site: Site) -> Response:
    change = site_changes.last(site)
    asked = site_changing.possible(site, change)
    return elsewhere_view.show(
        site=site,
        change=change,
        may_be_renamed=site_renaming.may_be_renamed(site, there=SiteChangeKind.RENAME in asked),
        may_be_given=site_transfers.may_be_given(site, there=SiteChangeKind.TRANSFER in asked),
    )


def show(site: Site, *, new: NewPageForm | None = None, look: LookForm | None = None, status: int = 200) -> Response:
    told = {"title": site.title, "design": site.design, "accent": site.accent}
    new = new or NewPageForm(formdata=None, prefix="new-")
    look = look or LookForm(formdata=None, data=told)
    errors = [*new.problems(), *look.problems()] if status != 200 else []
    given = site_transfers.may_be_given(site)
    return site_view.show(
        status=status,
        site=site,
        uses=entitlements.uses_of(site),
        new=new,
        look=look.prepare(),
        errors=errors,
        may_be_given=given,
    )


@bp.post("/sites/<int:site_id>/look")
def update_look(site_id: int) -> ResponseReturnValue:
    form = LookForm()
    try:
        if not form.validate():
            return show(own_site(site_id), look=form, status=422)
        with changing():
            texts = {name: str(form[name].data or "") for name in ("title", "design", "accent")}
            site_editing.change_look(own_site(site_id), **texts)
    except Invalid as problem:
        form[problem.field or "title"].errors = [problem.message]
        return show(own_site(site_id), look=form, status=422)
    flash(_("Changes saved."), "success")
    return go_to(url_for(".show_site", site_id=site_id))


# -- its pages -------------------------------------------------------------------------------------------------------
@bp.post("/sites/<int:site_id>/pages")
def create_page(site_id: int) -> ResponseReturnValue:
    form = NewPageForm(prefix="new-")
    try:
        if not form.validate():
            return show(own_site(site_id), new=form, status=422)
        with changing():
            page_id = site_editing.add_page(own_site(site_id), str(form.title.data or "")).id
    except Invalid as problem:
        form.title.errors = [problem.message]
        return show(own_site(site_id), new=form, status=422)
    return go_to(url_for(".edit_page", site_id=site_id, page_id=page_id))


@bp.get("/sites/<int:site_id>/pages/<int:page_id>")
def edit_page(site_id: int, page_id: int) -> ResponseReturnValue:
    site = own_site(site_id)
    page = site_editing.page_of(site, page_id)
    told = {name: getattr(page, name) for name in ("title", "slug", "body", "in_menu", "published")}
    return show_editor(site, page, PageForm(formdata=None, data={**told, "seen": page.version}))


def show_editor(site: Site, page: SitePage, form: PageForm, *, clash: str = "", status: int = 200) -> Response:
    errors = form.problems() if status != 200 else []
    return page_view.show(status=status, site=site, page=page, form=form, errors=errors, clash=clash)


@bp.post("/sites/<int:site_id>/pages/<int:page_id>")
def update_page(site_id: int, page_id: int) -> ResponseReturnValue:
    """What was typed stays in the form, whatever is wrong with it or with when it came."""
    form, clash, status = PageForm(), "", 422
    try:
        if form.validate():
            with changing():
                page = site_editing.page_of(own_site(site_id), page_id)
                site_editing.change_page(page, form.wish(), seen=int(form.seen.data or 0))
            flash(_("Changes saved."), "success")
            return go_to(url_for(".edit_page", site_id=site_id, page_id=page_id))
    except Invalid as problem:
        form[problem.field or "title"].errors = [problem.message]
    except Conflict as problem:
        clash, status = problem.message, 409
    site = own_site(site_id)
    page = site_editing.page_of(site, page_id)
    form.seen.data = page.version  # who saves again has seen the sentence
    return show_editor(site, page, form, clash=clash, status=status)


@bp.post("/sites/<int:site_id>/pages/<int:page_id>/position")
def move_page(site_id: int, page_id: int) -> ResponseReturnValue:
    with changing():
        site_editing.move_page(site_editing.page_of(own_site(site_id), page_id), up=request.form.get("by") == "-1")
    url, new = url_for(".show_site", site_id=site_id), NewPageForm(formdata=None, prefix="new-")
    return pages_view.after_change(url, site=own_site(site_id), new=new)


@bp.get("/sites/<int:site_id>/pages/<int:page_id>/deletion")
def confirm_page_deletion(site_id: int, page_id: int) -> ResponseReturnValue:
    site = own_site(site_id)
    return deletion_view.show(site=site, page=site_editing.page_of(site, page_id))


@bp.post("/sites/<int:site_id>/pages/<int:page_id>/deletion")
def delete_page(site_id: int, page_id: int) -> ResponseReturnValue:
    try:
        with changing():
            site_editing.remove_page(site_editing.page_of(own_site(site_id), page_id))
    except Conflict as problem:
        flash(problem.message, "error")
    else:
        flash(_("The page is deleted."), "success")
    return go_to(url_for(".show_site", site_id=site_id))
