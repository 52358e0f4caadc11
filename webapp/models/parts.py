"""What several families of rows share: identity, public references, versions, meta, and moves of status."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping, MutableMapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import JSON, Index, String, Table, UniqueConstraint, and_, event, inspect, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, declared_attr, foreign, mapped_column, relationship, remote
from sqlalchemy.orm.collections import attribute_keyed_dict

from webapp import clock
from webapp.errors import IllegalMove
from webapp.extensions import Model
from webapp.unit import Note, current_unit

Status = TypeVar("Status", bound=StrEnum)


def new_reference() -> str:
    """128 random bits for addresses: whoever has it may see what it names, nobody can guess it.

    Never with a hyphen in front: an export would have to mark that, as spreadsheets take it for a formula.
    """
    reference = secrets.token_urlsafe(16)
    return reference if not reference.startswith("-") else new_reference()


def new_uuid() -> UUID:
    """The millisecond, then 74 random bits (version 7, RFC 9562): new ones stand side by side in an index.

    So a sale's rows are put into one page of it, that is in memory anyway, instead of as many as there are rows.
    """
    random = secrets.randbits(74)
    milliseconds = int(clock.now().timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1)


@cache
def plain_defaults(kind: Hashable) -> dict[str, Any]:
    """The columns of a model class that begin with a fixed value."""
    columns = inspect(cast(type[Any], kind)).column_attrs
    return {
        one.key: one.columns[0].default.arg
        for one in columns
        if one.columns[0].default is not None and one.columns[0].default.is_scalar
    }


@event.listens_for(Model, "init", propagate=True)
def begin_with_defaults(row: Any, _args: Any, values: dict[str, Any]) -> None:
    """A row has its fixed values from the first moment, not only once it is written: rules look at them before."""
    for name, value in plain_defaults(cast(Hashable, type(row))).items():
        values.setdefault(name, value)


def beginning(table: str, column: str) -> Index:
    """What is searched by how it begins: PostgreSQL's own index answers that only in databases that sort as C does."""
    operators = {column: "varchar_pattern_ops"}
    index = Index(f"ix_{table}_{column}_beginning", column, postgresql_ops=operators, info={"dialect": "postgresql"})
    index.ddl_if(dialect="postgresql")
    return index


class HasId:
    id: Mapped[int] = mapped_column(primary_key=True)


class HasTimes:
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), onupdate=lambda: clock.now())


class HasReference:
    reference: Mapped[str] = mapped_column(String(32), default=new_reference, unique=True)


# Found by day, for the figures. Word for word the conditions of the partial indexes: SQLite uses them for nothing else.
# Put together so that it does not rather read all moves of a kind by the index of their objects.
OF_KIND = {kind: f"object_type || '' = '{kind}'" for kind in ("memberships", "refunds")}


class Move(HasId, Model):
    """One step of a row's status: from where to where, why, and by whom. Written with the step, never changed."""

    __tablename__ = "moves"
    __table_args__ = (
        Index("ix_moves_object", "object_type", "object_id", "id"),
        *(
            Index(f"ix_moves_of_{kind}", "at", sqlite_where=text(of), postgresql_where=text(of))
            for kind, of in OF_KIND.items()
        ),
    )

    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int]
    old: Mapped[str | None] = mapped_column(String(32))
    new: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class HasStatus(Generic[Status]):
    """`move_to` is the only writer of `status`; the table of moves says what it allows."""

    MOVES: Mapping[Any, frozenset[Any]]

    def move_to(self, status: Status, *, reason: str) -> Status:
        """Go to `status` and note why; returns the old one. Raises IllegalMove when the table has no such move."""
        row = cast(Any, self)
        old = cast(Status, row.status)
        if status not in self.MOVES[old]:
            raise IllegalMove(f"{row.__tablename__} {row.id}: {old} -> {status} ({reason})")
        row.status = status
        note_move(row, old, status, reason)
        return old


def note_move(row: Any, old: StrEnum, new: StrEnum, reason: str) -> None:
    """Keep the step for the timeline; it is written with the flush that gives the row its id."""
    unit = current_unit.get()
    if unit is not None:
        step = {"object_type": row.__tablename__, "old": old, "new": new, "reason": reason[:300], "actor": unit.actor}
        unit.notes.append(Note(cast(Table, Move.__table__), {**step, "at": clock.now()}, about=row))


class Meta(HasId, Model):
    """One fact that somebody keeps about a row, under a name of theirs. The value is any JSON."""

    __tablename__ = "meta"
    __table_args__ = (UniqueConstraint("owner_type", "owner_id", "key"),)

    owner_type: Mapped[str] = mapped_column(String(32))
    owner_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(120))
    value: Mapped[Any] = mapped_column(JSON)


class HasAnswers:
    """What was answered to an order form's own questions; see domain/form_answers.py for what is in it."""

    answers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class HasMeta:
    """`row.meta["crm_contact_id"] = "42"`: kept with the row, read back as it was, deleted with it."""

    @declared_attr
    def meta_rows(cls) -> Mapped[dict[str, Meta]]:  # noqa: N805 - a declared attribute is given the class
        owner = cast(Any, cls)
        return relationship(
            Meta,
            primaryjoin=lambda: and_(
                owner.id == foreign(remote(Meta.owner_id)), Meta.owner_type == owner.__tablename__
            ),
            collection_class=attribute_keyed_dict("key"),
            cascade="all, delete-orphan",
            overlaps="meta_rows",
        )

    @declared_attr
    def meta(cls) -> AssociationProxy[MutableMapping[str, Any]]:  # noqa: N805
        kind = cast(Any, cls).__tablename__
        return association_proxy(
            "meta_rows", "value", creator=lambda key, value: Meta(owner_type=kind, key=key, value=value)
        )
