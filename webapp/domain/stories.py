"""What happened to a membership, newest first, of all that is kept about it: a page of it at a time.

One statement finds what comes next by time, whatever it is, and reads it. A place in the story is an instant with what
stands there, so that a page begins where the last one ended, however much happens meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, null, or_, select, union_all
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
    keys = select(keys).order_by(*(one.desc() for one in keys.c)).limit(PER_PAGE + 1).subquery("places")
    places, told = [], []
    payments: dict[int, Payment] = {}
    refunds: dict[int, Refund] = {}
    others = [one for one in wanted if one != "payment"]
    for at, source, number, *rows in db.session.execute(_with_rows(keys, others)):
        row = dict(zip((*others, "payment", "refund"), rows, strict=True))
        places.append(Place(at, source, number))
        told.append((source, row[source]))
        payments |= {one.id: one for one in (row["payment"],) if one is not None}
        refunds |= {one.id: one for one in (row["refund"],) if one is not None}
    return Page(told[:PER_PAGE], payments, refunds, places[PER_PAGE - 1] if len(places) > PER_PAGE else None)


def _with_rows(keys: Any, others: Iterable[str]) -> Select[Any]:
    """Each place with the row that stands there, and with the payment or the refund that it speaks of."""
    sides = {source: SOURCES[source][0] for source in others}
    query = select(keys, *sides.values(), Payment, Refund).order_by(*(one.desc() for one in keys.c))
    query = query.select_from(keys)
    for source, model in sides.items():
        query = query.outerjoin(model, and_(keys.c.source == source, model.id == keys.c.number))
    speaking = [one for one in (Move, Event) if one in sides.values()]
    about = {noun: [(one.object_type == noun, one.object_id) for one in speaking] for noun in ("payments", "refunds")}
    query = query.outerjoin(
        Payment, Payment.id == case((keys.c.source == "payment", keys.c.number), *about["payments"])
    )
    query = query.outerjoin(Refund, Refund.id == (case(*about["refunds"]) if speaking else null()))
    options = [selectinload(Payment.line_items)]
    return query.options(*options, *([PLAN_NAME] if "change" in sides else []))


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
