"""What needs a person: everything that is open, who takes care of it, and what is put aside.

Nothing is copied: an item is open for as long as its source finds it. What the staff notes on it is a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain import staff
from webapp.domain.attention_sources import SOURCES, Person, Source
from webapp.errors import Conflict, NotFound
from webapp.models import AttentionMark, Role, User
from webapp.models.inserts import insert_once

COUNTED_AT_MOST = 99  # of each source: nobody acts on more at once, and counting all of them takes time
KEY = ("source", "object_id")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is open. `taker`: the name of who takes care of it; `aside_at`: since when it is put aside."""

    source: Source
    object_id: int
    since: datetime | None
    next_at: datetime | None
    about: str
    reason: str
    taker_id: int | None
    taker: str
    aside_at: datetime | None


def sources_for(user: Person) -> list[Source]:
    """Those whose things this person may see."""
    return [one for one in SOURCES.values() if staff.may(user, one.capability)]


def _mark(source: Source, object_id: Any) -> ColumnElement[bool]:
    return and_(AttentionMark.source == source.name, AttentionMark.object_id == object_id)


def _is_aside(source: Source, object_id: Any) -> ColumnElement[bool]:
    return exists().where(_mark(source, object_id), AttentionMark.aside_at.is_not(None))


# -- looking ---------------------------------------------------------------------------------------------------------
def counts(session: Session, user: Person, **others: Select[Any]) -> dict[str, int]:
    """How many are open by source, each counted to COUNTED_AT_MOST and one more; one statement for all.

    `others`: rows that a page wants to know the number of as well.
    """
    open_now = {one.name: _open(one, user).limit(COUNTED_AT_MOST + 1) for one in sources_for(user)} | others
    if not open_now:
        return {}
    numbers = [select(func.count()).select_from(one.subquery()).scalar_subquery() for one in open_now.values()]
    row = session.execute(select(*numbers)).one()
    return {name: number for name, number in zip(open_now, row, strict=True) if number}


def _open(source: Source, user: Person) -> Select[Any]:
    found = source.query(user)
    return found.where(~_is_aside(source, found.selected_columns.object_id)).order_by(None)


def look(
    session: Session,
    user: Person,
    *,
    at_most: int,
    whose: int | None = None,
    aside: bool = False,
    only: str = "",
) -> list[Item]:
    """Of each source the newest, and one more than `at_most` where there are others; one statement for all.

    `whose`: only what this person takes care of; `aside`: what is put aside, instead of what is open; `only`: the
    source.
    """
    wanted: list[ColumnElement[bool]] = [
        AttentionMark.aside_at.is_not(None) if aside else AttentionMark.aside_at.is_(None)
    ]
    if whose is not None:
        wanted.append(AttentionMark.user_id == whose)
    sources = [one for one in sources_for(user) if only in ("", one.name)]
    parts = [_part(one, user, wanted).limit(at_most + 1).subquery() for one in sources]
    if not parts:
        return []
    rows = session.execute(union_all(*(select(one) for one in parts)))
    return [Item(SOURCES[row[0]], *row[1:]) for row in rows]


TAKER = func.coalesce(func.nullif(User.name, ""), User.email, "")


def _part(source: Source, user: Person, wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    found = source.query(user)
    columns = found.selected_columns
    return (
        found.with_only_columns(
            literal(source.name, String(20)).label("source"),
            *columns,
            AttentionMark.user_id,
            TAKER.label("taker"),
            AttentionMark.aside_at,
            maintain_column_froms=True,
        )
        .outerjoin(AttentionMark, _mark(source, columns.object_id))
        .outerjoin(User, User.id == AttentionMark.user_id)
        .where(*wanted)
    )


# -- noting ----------------------------------------------------------------------------------------------------------
def find(session: Session, user: Person, name: str, object_id: int) -> Source:
    """The source of something that is open, or put aside. Raises NotFound, also for what this person may not see."""
    source = SOURCES.get(name)
    if source is None or not staff.may(user, source.capability):
        raise NotFound()
    found = source.query(user)
    if session.execute(found.where(found.selected_columns.object_id == object_id).limit(1)).first() is None:
        raise NotFound()
    return source


def take(session: Session, user: Person, source: Source, object_id: int, *, held_by: int | None) -> AttentionMark:
    """Say that this person takes care of it now. `held_by`: who did when they decided to.

    Raises Conflict when somebody else was quicker.
    """
    values = {"source": source.name, "object_id": object_id, "user_id": user.id, "taken_at": clock.now()}
    if not insert_once(session, AttentionMark, values, KEY):
        free = or_(AttentionMark.user_id == user.id, AttentionMark.user_id.is_not_distinct_from(held_by))
        _change(session, source, object_id, free, user_id=user.id, taken_at=clock.now())
    mark = of(session, source, object_id)
    if mark.user_id != user.id:
        raise Conflict(_("%(name)s takes care of it already.", name=name_of(mark.user)))
    return mark


def release(session: Session, user: Person, source: Source, object_id: int) -> AttentionMark:
    """Leave it to whoever takes it. Somebody else's stays theirs. Raises NotFound when nobody noted anything."""
    _change(session, source, object_id, AttentionMark.user_id == user.id, user_id=None, taken_at=None)
    return of(session, source, object_id)


def put_aside(session: Session, source: Source, object_id: int, *, aside: bool) -> AttentionMark:
    """Nothing more is to be done about it; or, taken back, there is."""
    values = {"source": source.name, "object_id": object_id, "aside_at": clock.now() if aside else None}
    if not insert_once(session, AttentionMark, values, KEY):
        _change(session, source, object_id, aside_at=values["aside_at"])
    return of(session, source, object_id)


def _change(session: Session, source: Source, object_id: int, *conditions: ColumnElement[bool], **values: Any) -> None:
    changed = update(AttentionMark).where(_mark(source, object_id), *conditions).values(**values)
    session.execute(changed.execution_options(synchronize_session=False))


def of(session: Session, source: Source, object_id: int) -> AttentionMark:
    """What the staff noted. Raises NotFound when that is nothing."""
    query = select(AttentionMark).where(_mark(source, object_id)).execution_options(populate_existing=True)
    mark = session.scalars(query).one_or_none()
    if mark is None:
        raise NotFound()
    return mark


def name_of(user: User | None) -> str:
    return (user.name or user.email) if user is not None else ""


@dataclass(frozen=True, slots=True)
class Everybody:
    """Sees whatever anybody sees."""

    id: int = 0
    role: Role = Role.OWNER


def sweep(session: Session) -> int:
    """Forget what was noted on things that are no longer open; how many that were."""
    gone = 0
    for source in SOURCES.values():
        found = source.query(Everybody())
        still = found.where(found.selected_columns.object_id == AttentionMark.object_id).order_by(None).exists()
        over = delete(AttentionMark).where(AttentionMark.source == source.name, ~still).returning(AttentionMark.id)
        gone += len(session.execute(over.execution_options(synchronize_session=False)).all())
    return gone
