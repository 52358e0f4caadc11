"""Views of lists that the staff keeps: each their own, and what is shared with everybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload, load_only

from webapp import unit
from webapp.domain import audit
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import SavedView, User

OWN_AT_MOST = 30
QUERY_AT_MOST = 1000
NAME = re.compile(r"[a-z_]{1,40}")
OF_A_PAGE = {"after", "before", "view"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What its owner says about a view."""

    name: str
    shared: bool
    is_default: bool


def of(noun: str, user_id: int) -> list[SavedView]:
    """Those that this person sees above a list: their own, then what others share."""
    query = (
        select(SavedView)
        .where(SavedView.noun == noun, or_(SavedView.owner_id == user_id, SavedView.shared))
        .options(joinedload(SavedView.owner).options(load_only(User.name, User.email)))
    )
    return sorted(db.session.scalars(query), key=lambda one: (one.owner_id != user_id, one.name.lower(), one.id))


def cleaned(query: str) -> str:
    """In one order, without what belongs to one page of the list and what no list asks."""
    pairs = {name: value for name, value in parse_qsl(query) if NAME.fullmatch(name) and name not in OF_A_PAGE}
    return urlencode(sorted(pairs.items()))


def keep(noun: str, query: str, wish: Wish, *, user_id: int) -> SavedView:
    """Raises Invalid when it is too much."""
    query = cleaned(query)
    if len(query) > QUERY_AT_MOST:
        raise Invalid(code="too_long", field="name")
    own = [one for one in of(noun, user_id) if one.owner_id == user_id]
    if len(own) >= OWN_AT_MOST:
        raise Invalid(code="too_many", field="name")
    view = SavedView(owner_id=user_id, noun=noun, query=query, name=wish.name, shared=wish.shared)
    session = unit.current().session
    session.add(view)
    session.flush()
    audit.note(view, "views.create", before={}, after={"name": view.name, "shared": view.shared, "list": noun})
    _begin_with(view, wish.is_default)
    return view


def own(view_id: int, user_id: int) -> SavedView:
    """Raises NotFound for one that is not there, and for another person's."""
    view = db.session.get(SavedView, view_id)
    if view is None or view.owner_id != user_id:
        raise NotFound()
    return view


def change(view: SavedView, wish: Wish) -> None:
    before = {"name": view.name, "shared": view.shared, "default": view.is_default}
    view.name, view.shared = wish.name, wish.shared
    _begin_with(view, wish.is_default)
    after = {"name": wish.name, "shared": wish.shared, "default": wish.is_default}
    audit.note(view, "views.change", before=before, after=after)


def _begin_with(view: SavedView, is_default: bool) -> None:
    """A list begins with one view at most."""
    if is_default:
        others = (SavedView.owner_id == view.owner_id, SavedView.noun == view.noun, SavedView.id != view.id)
        unit.current().session.execute(update(SavedView).where(*others).values(is_default=False))
    view.is_default = is_default


def remove(view: SavedView) -> None:
    audit.note(view, "views.delete", before={"name": view.name, "list": view.noun}, after={})
    unit.current().session.delete(view)
