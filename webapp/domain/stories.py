"""What happened to a membership, newest first, of all that is kept about it: a page of it at a time.

One statement finds what comes next by time, whatever it is; one for each kind reads it. A place in the story is an
instant with what stands there, so that a page begins where the last one ended, however much happens meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, literal, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from webapp.domain.figure_days import EPOCH
from webapp.extensions import db
from webapp.models import (
    AuditEntry,
    Change,
    CreditMovement,
    Event,
    Invoice,
    Mail,
    Membership,
    Move,
    Payment,
    Product,
    Refund,
    Site,
)

PER_PAGE = 25
MICROSECOND = timedelta(microseconds=1)
SOURCES: dict[str, tuple[Any, Any]] = {
    "audit": (AuditEntry, AuditEntry.at),
    "change": (Change, Change.created_at),
    "credit": (CreditMovement, CreditMovement.created_at),
    "event": (Event, Event.timestamp),
    "invoice": (Invoice, Invoice.issued_at),
    "mail": (Mail, Mail.created_at),
    "move": (Move, Move.at),
    "payment": (Payment, Payment.created_at),
}
PLAN_NAME = joinedload(Change.plan).load_only(Product.name).lazyload(Product.variations)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the story."""

    at: datetime
    source: str
    number: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}-{self.source}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for what is no place."""
        at, source, number = (*text.split("-"), "", "", "")[:3]
        if source not in SOURCES or not all(one.isascii() and one.isdigit() and len(one) < 18 for one in (at, number)):
            return None
        try:
            return cls(EPOCH + int(at) * MICROSECOND, source, int(number))
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Page:
    """`rows`: (source, row), newest first. `payments`, `refunds`: those that these are about, by id, with their lines.

    `older`: where the next page begins, if there is one.
    """

    rows: Sequence[tuple[str, Any]]
    payments: dict[int, Payment]
    refunds: dict[int, Refund]
    older: Place | None


def of_membership(wanted: dict[str, ColumnElement[bool]], before: Place | None) -> Page:
    """`wanted`: of which sources, and which of their rows."""
    found = [_places(source, condition, before) for source, condition in wanted.items()]
    keys = union_all(*(select(one.subquery()) for one in found)).subquery()
    places = [
        Place(*row)
        for row in db.session.execute(select(keys).order_by(*(one.desc() for one in keys.c)).limit(PER_PAGE + 1))
    ]
    shown = places[:PER_PAGE]
    ids = {source: [one.number for one in shown if one.source == source] for source in wanted}
    rows = {source: _read(source, some) for source, some in ids.items() if source != "payment"}
    objects = [*rows.get("move", {}).values(), *rows.get("event", {}).values()]
    refunds = _refunds({one.object_id for one in objects if one.object_type == "refunds"})
    spoken_of = {one.object_id for one in objects if one.object_type == "payments"}
    rows["payment"] = payments = _payments(spoken_of.union(ids.get("payment", ())))
    told = [(one.source, rows[one.source][one.number]) for one in shown]
    return Page(told, payments, refunds, shown[-1] if len(places) > PER_PAGE else None)


def _places(source: str, condition: ColumnElement[bool], before: Place | None) -> Select[Any]:
    model, at = SOURCES[source]
    query = select(at.label("at"), literal(source, String(10)).label("source"), model.id.label("number")).where(
        condition
    )
    if before is not None:
        ties = source < before.source
        same = and_(at == before.at, model.id < before.number) if source == before.source else at == before.at
        query = query.where(or_(at < before.at, same) if ties or source == before.source else at < before.at)
    return query.order_by(at.desc(), model.id.desc()).limit(PER_PAGE + 1)


def _read(source: str, ids: list[int]) -> dict[int, Any]:
    if not ids:
        return {}
    model = SOURCES[source][0]
    query = select(model).where(model.id.in_(ids))
    return {one.id: one for one in db.session.scalars(query.options(PLAN_NAME) if source == "change" else query)}


def _refunds(ids: set[int]) -> dict[int, Refund]:
    query = select(Refund).where(Refund.id.in_(ids))
    return {one.id: one for one in db.session.scalars(query)} if ids else {}


def _payments(ids: set[int]) -> dict[int, Payment]:
    query = select(Payment).where(Payment.id.in_(ids)).options(selectinload(Payment.line_items))
    return {one.id: one for one in db.session.scalars(query)} if ids else {}


# -- what belongs to a membership ------------------------------------------------------------------------------------
def owned(membership: Membership) -> dict[str, Any]:
    """The ids of what is its own, by table, as queries."""
    payments = select(Payment.id).where(Payment.membership_id == membership.id)
    return {
        "memberships": [membership.id],
        "payments": payments,
        "refunds": select(Refund.id).where(Refund.payment_id.in_(payments)),
        "changes": select(Change.id).where(Change.membership_id == membership.id),
        "sites": select(Site.id).where(Site.membership_id == membership.id),
    }


def about(kept: Any, membership: Membership, *kinds: str) -> ColumnElement[bool]:
    """Of moves, events or changes by the staff: those about it and what is its own; each kind found by its index."""
    mine = owned(membership)
    ways = (and_(kept.object_type == kind, kept.object_id.in_(mine[kind])) for kind in kinds or mine)
    # One set and not one of these or that: else PostgreSQL goes through all rows by time, looking for a few.
    found: ColumnElement[bool] = kept.id.in_(union_all(*(select(kept.id).where(one) for one in ways)))
    return found


def of_its_payments(column: Any, membership: Membership) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(owned(membership)["payments"])
    return found
