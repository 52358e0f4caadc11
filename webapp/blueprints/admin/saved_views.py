"""Views of lists, kept under a name: shown as tabs above the list, each with an address of its own."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints.access import may, needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import ViewForm
from webapp.blueprints.views import View, go_to
from webapp.domain import saved_views
from webapp.domain.saved_views import Wish
from webapp.domain.staff import Capability
from webapp.errors import DomainError, Invalid, NotFound
from webapp.models import SavedView
from webapp.transactions import unit_of_work

view_view = View("admin/saved_view.html")


def endpoint_of(noun: str) -> str:
    """Raises NotFound for what is no list."""
    endpoint = f"admin.list_{noun.replace('-', '_')}"
    if endpoint not in current_app.view_functions:
        raise NotFound()
    return endpoint


def address(noun: str, query: str) -> str:
    """Of the list as it was kept; `view=all` where nothing narrows it, or the default would take its place."""
    return f"{url_for(endpoint_of(noun))}?{query or 'view=all'}"


def default_address(views: list[SavedView]) -> str | None:
    """Where the list begins for this person."""
    mine = (one for one in views if one.is_default and one.owner_id == current_user.id)
    return next((address(one.noun, one.query) for one in mine), None)


def tabs(noun: str, views: list[SavedView], here: str) -> list[dict[str, Any]]:
    """What admin/_views.html shows: everything first, then each view; `here`: the query of the list as it is now."""
    every = {"label": _("All"), "url": address(noun, ""), "current": here == "", "id": None, "own": False, "by": ""}
    return [
        every,
        *(
            {
                "label": one.name,
                "url": address(noun, one.query),
                "current": here == one.query,
                "id": one.id,
                "own": one.owner_id == current_user.id,
                "by": "" if one.owner_id == current_user.id else one.owner.name or one.owner.email,
                "is_default": one.is_default,
            }
            for one in views
        ),
    ]


def wish(form: ViewForm, *, was_shared: bool = False) -> Wish:
    """Sharing is for those who may; what is shared already stays so when others save it."""
    shared = bool(form.shared.data) if may(Capability.VIEWS_SHARE) else was_shared
    return Wish(form.name.data or "", shared, bool(form.default.data))


def ask(form: ViewForm, noun: str, *, view: SavedView | None = None, query: str = "", status: int = 200) -> Response:
    """The form on a page of its own: to change a view, or because something is wrong with a new one."""
    back = address(noun, view.query if view else query)
    return view_view.show(
        status=status,
        form=form,
        view=view,
        noun=noun,
        query=query,
        back=back,
        url=url_for("admin.update_view", view_id=view.id) if view else url_for("admin.create_view"),
        errors=form.problems(),
    )


@bp.post("/views")
@needs(Capability.VIEWS_SAVE)
def create_view() -> ResponseReturnValue:
    """Keep a list as it is now."""
    form = ViewForm()
    noun, query = form.noun.data or "", saved_views.cleaned(form.query.data or "")
    endpoint_of(noun)
    if not form.validate():
        return ask(form, noun, query=query, status=422)
    try:
        with unit_of_work(actor()):
            saved_views.keep(noun, query, wish(form), user_id=current_user.id)
    except Invalid as error:
        form.name.errors = [said(error)]
        return ask(form, noun, query=query, status=422)
    flash(_("The view is saved."), "success")
    return go_to(address(noun, query))


def said(error: DomainError) -> str:
    if error.code == "too_many":
        return _("You have kept very many views of this list. Delete one first.")
    return _("These filters are too long to be kept.")


@bp.get("/views/<int:view_id>")
@needs(Capability.VIEWS_SAVE)
def edit_view(view_id: int) -> ResponseReturnValue:
    view = saved_views.own(view_id, current_user.id)
    kept = {"name": view.name, "shared": view.shared, "default": view.is_default}
    return ask(ViewForm(formdata=None, data=kept), view.noun, view=view)


@bp.post("/views/<int:view_id>")
@needs(Capability.VIEWS_SAVE)
def update_view(view_id: int) -> ResponseReturnValue:
    form, view = ViewForm(), saved_views.own(view_id, current_user.id)
    if not form.validate():
        return ask(form, view.noun, view=view, status=422)
    with unit_of_work(actor()):
        view = saved_views.own(view_id, current_user.id)
        saved_views.change(view, wish(form, was_shared=view.shared))
    flash(_("The view is saved."), "success")
    return go_to(address(view.noun, view.query))


@bp.post("/views/<int:view_id>/deletion")
@needs(Capability.VIEWS_SAVE)
def delete_view(view_id: int) -> ResponseReturnValue:
    noun = saved_views.own(view_id, current_user.id).noun
    with unit_of_work(actor()):
        saved_views.remove(saved_views.own(view_id, current_user.id))
    flash(_("The view is deleted."), "success")
    return go_to(address(noun, ""))
