"""What happened on each day, counted by SQL from the rows themselves: sums and counts over a span of time.

Every span is found by an index, so a minute costs what happened in it, however large the network is.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    String,
    TextClause,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from webapp.models import (
    CreditKind,
    CreditMovement,
    Measure,
    Membership,
    MembershipStatus,
    Move,
    MovementKind,
    MrrMovement,
    Payment,
    PaymentKind,
    Refund,
    RefundStatus,
)
from webapp.models.parts import OF_KIND

S, K = MembershipStatus, MovementKind


class day_of(GenericFunction[date]):  # noqa: N801 - named like the functions of `func`
    """The day of an instant in UTC."""

    type = Date()
    inherit_cache = True


@compiles(day_of, "sqlite")
def _day_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(day_of, "postgresql")
def _day_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(timezone('UTC', {compiler.process(element.clauses, **options)}) AS DATE)"


START = bindparam("start", type_=Payment.created_at.type)
END = bindparam("end", type_=Payment.created_at.type)
COUNT = func.count()


def fact(measure: Any, at: Any, currency: Any, value: Any, *conditions: Any) -> Select[Any]:
    """(day, measure, currency, value) of what has its indexed time `at` in the span."""
    day = day_of(at)
    by_kind = isinstance(measure, ColumnElement)
    return (
        select(
            day.label("day"),
            (measure if by_kind else literal(str(measure), String(32))).label("measure"),
            currency.label("currency"),
            cast(value, BigInteger).label("value"),
        )
        .where(at >= START, at < END, *conditions)
        .group_by(day, currency, *([measure] if by_kind else []))
    )


def _of(kind: str) -> TextClause:
    """The condition for moves of these rows; as the index has it, word for word."""
    return text(f"moves.{OF_KIND[kind]}")


FIRST = Payment.kind == PaymentKind.FIRST
BEGINS = and_(Move.old.in_((S.PENDING, S.EXPIRED)), Move.new.in_((S.ACTIVE, S.TRIALING)))
ENDS = and_(Move.old.in_((S.ACTIVE, S.TRIALING, S.ON_HOLD)), Move.new.in_((S.EXPIRED, S.CANCELLED)))
IS_TRIAL = Membership.trial_ends_at.is_not(None)
GIVEN = case((Move.new == RefundStatus.SUCCEEDED, Refund.amount_minor), else_=-Refund.amount_minor)
TAX_GIVEN = case((Move.new == RefundStatus.SUCCEEDED, -Refund.tax_minor), else_=Refund.tax_minor)
# What a refund gives as credit is in the refund; what a payment uses, or gets back, is no new credit.
NEW_CREDIT = CreditMovement.kind.in_((CreditKind.SURPLUS, CreditKind.GOODWILL, CreditKind.CORRECTION))
GIVEN_OR_TAKEN_BACK = (Move.new == RefundStatus.SUCCEEDED) | (Move.old == RefundStatus.SUCCEEDED)


def _paid(measure: Measure, value: Any, *conditions: Any) -> Select[Any]:
    return fact(measure, Payment.completed_at, Payment.currency, value, *conditions)


def _moved(measure: Measure, *conditions: Any) -> Select[Any]:
    found = fact(measure, Move.at, Membership.currency, COUNT, _of("memberships"), *conditions)
    return found.join(Membership, Membership.id == Move.object_id)


def _given_back(measure: Measure, value: Any) -> Select[Any]:
    found = fact(measure, Move.at, Refund.currency, value, _of("refunds"), GIVEN_OR_TAKEN_BACK)
    return found.join(Refund, Refund.id == Move.object_id)


def _paying(measure: Measure, *kinds: MovementKind) -> Select[Any]:
    return fact(measure, MrrMovement.at, MrrMovement.currency, COUNT, MrrMovement.kind.in_(kinds))


def _taxed() -> Select[Any]:
    """Two sources of one measure: they are one row a day, as every measure is."""
    paid = _paid(Measure.TAX, func.sum(Payment.tax_minor), Payment.tax_minor != 0)
    both = union_all(paid, _given_back(Measure.TAX, func.sum(TAX_GIVEN)).where(Refund.tax_minor != 0)).subquery()
    total = cast(func.sum(both.c.value), BigInteger).label("value")
    return select(both.c.day, both.c.measure, both.c.currency, total).group_by(
        both.c.day, both.c.measure, both.c.currency
    )


FACTS = union_all(
    _paid(Measure.REVENUE, func.sum(Payment.total_minor), Payment.total_minor > 0),
    _paid(Measure.ORDERS_PAID, COUNT, FIRST),
    fact(Measure.ORDERS_BEGUN, Payment.created_at, Payment.currency, COUNT, FIRST),
    _given_back(Measure.REFUNDS, func.sum(GIVEN)),
    fact(
        Measure.CREDIT,
        CreditMovement.created_at,
        CreditMovement.currency,
        func.sum(CreditMovement.amount_minor),
        NEW_CREDIT,
    ),
    _taxed(),
    fact(
        literal("mrr-", String(32)) + cast(MrrMovement.kind, String(32)),
        MrrMovement.at,
        MrrMovement.currency,
        func.sum(MrrMovement.amount_minor),
    ),
    _paying(Measure.PAYING_WON, K.NEW, K.REACTIVATION),
    _paying(Measure.PAYING_LOST, K.CHURN),
    _paying(Measure.TRIALS_WON, K.NEW).join(Membership, Membership.id == MrrMovement.membership_id).where(IS_TRIAL),
    _moved(Measure.TRIALS_LOST, ENDS, IS_TRIAL, Membership.anchor.is_(None)),
    _moved(Measure.MEMBERSHIPS_NEW, BEGINS),
    _moved(Measure.MEMBERSHIPS_LOST, ENDS),
).subquery("facts")
