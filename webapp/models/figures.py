"""What the figures are made of: the ledger of recurring revenue, and what each day came to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKey,
    Index,
    String,
    bindparam,
    case,
    cast,
    event,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from webapp import clock
from webapp.extensions import Model
from webapp.models.membership import COUNTED, Membership, monthly_minor
from webapp.models.parts import HasId


class MovementKind(StrEnum):
    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"


class MrrMovement(HasId, Model):
    """By how much a membership changed the monthly recurring revenue. Written with the change, never changed.

    The sum of a membership's movements is what it counts a month now.
    """

    __tablename__ = "mrr_movements"
    __table_args__ = (Index("ix_mrr_movements_at", "at", "id"),)

    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    kind: Mapped[MovementKind]
    amount_minor: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class Measure(StrEnum):
    """What a day is measured by. Amounts are minor units; the others are counts."""

    REVENUE = "revenue"
    REFUNDS = "refunds"
    CREDIT = "credit"  # given to customers: it is earned when it is used
    TAX = "tax"  # of what was paid, less that of what was given back
    MRR_NEW = "mrr-new"
    MRR_EXPANSION = "mrr-expansion"
    MRR_CONTRACTION = "mrr-contraction"
    MRR_CHURN = "mrr-churn"
    MRR_REACTIVATION = "mrr-reactivation"
    PAYING_WON = "paying-won"
    PAYING_LOST = "paying-lost"
    MEMBERSHIPS_NEW = "memberships-new"
    MEMBERSHIPS_LOST = "memberships-lost"
    TRIALS_WON = "trials-won"
    TRIALS_LOST = "trials-lost"
    ORDERS_BEGUN = "orders-begun"
    ORDERS_PAID = "orders-paid"
    MRR_EXCHANGE = "mrr-exchange"  # by how much rates changed what was there; reckoned, never kept
    UNTIL = "until"  # how far a day has been counted: microseconds since 1970, without a currency


class DailyFigure(Model):
    """What one day (UTC) came to in one currency, counted again until the day is over. Days without it have no row."""

    __tablename__ = "daily_figures"

    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    measure: Mapped[Measure] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int]


# -- the ledger ------------------------------------------------------------------------------------------------------
def kind_of(number: Any, held: Any, now: Any) -> Any:
    """The kind of the movement from `held` to `now`, after so many movements before it; as SQL."""
    return case(
        (number == 0, literal(MovementKind.NEW, MrrMovement.kind.type)),
        (now == 0, literal(MovementKind.CHURN, MrrMovement.kind.type)),
        (held == 0, literal(MovementKind.REACTIVATION, MrrMovement.kind.type)),
        (now > held, literal(MovementKind.EXPANSION, MrrMovement.kind.type)),
        else_=literal(MovementKind.CONTRACTION, MrrMovement.kind.type),
    )


MOVEMENT = ["membership_id", "currency", "kind", "amount_minor", "at"]
OWNER = bindparam("membership_id", type_=BigInteger)
NOW = bindparam("monthly", type_=BigInteger)
BEFORE = (
    select(
        cast(func.coalesce(func.sum(MrrMovement.amount_minor), 0), BigInteger).label("held"),
        func.count().label("number"),
    )
    .where(MrrMovement.membership_id == OWNER)
    .subquery()
)
# The database itself reckons the difference to what the ledger holds, so the two can never part.
KEEP = insert(MrrMovement).from_select(
    MOVEMENT,
    select(
        OWNER,
        bindparam("currency", type_=String(3)),
        kind_of(BEFORE.c.number, BEFORE.c.held, NOW),
        NOW - BEFORE.c.held,
        bindparam("at", type_=MrrMovement.at.type),
    ).where(BEFORE.c.held != NOW),
)


@event.listens_for(Membership, "after_insert")
def keep_first(_mapper: Mapper[Any], connection: Connection, membership: Membership) -> None:
    if membership.monthly:
        _keep(connection, membership)


@event.listens_for(Membership, "after_update")
def keep_change(_mapper: Mapper[Any], connection: Connection, membership: Membership) -> None:
    """In the transaction of the change, whoever made it; most changes move nothing and cost no statement."""
    before = _before(membership)
    if before is None or monthly_minor(before) != membership.monthly.minor:
        _keep(connection, membership)


def _keep(connection: Connection, membership: Membership) -> None:
    facts = {"membership_id": membership.id, "currency": membership.currency, "at": clock.now()}
    connection.execute(KEEP, {**facts, "monthly": membership.monthly.minor})


def _before(membership: Membership) -> dict[str, Any] | None:
    """What counted before this change; None when that was not loaded, and only the ledger knows."""
    found: dict[str, Any] = {}
    for name in COUNTED:
        history = get_history(membership, name, PASSIVE_NO_INITIALIZE)
        if not history.deleted and not history.unchanged:
            return None
        found[name] = (*history.deleted, *history.unchanged)[0]
    return found
