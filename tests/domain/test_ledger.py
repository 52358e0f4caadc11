"""The ledger of recurring revenue: whatever happens to memberships, it holds what they come to."""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import Statements, TurnedClock, empty_tables
from webapp.domain import ledger, memberships
from webapp.extensions import db as database
from webapp.models import Membership, MembershipStatus, MovementKind, MrrMovement
from webapp.models.membership import MOVES
from webapp.money import round_half_away
from webapp.periods import Period, Unit
from webapp.transactions import unit_of_work

S, K = MembershipStatus, MovementKind
PERIODS = st.one_of(
    st.builds(Period, st.integers(1, 40), st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH])),
    st.builds(Period, st.integers(1, 5), st.just(Unit.YEAR)),
)


def movements(membership: Membership) -> list[tuple[MovementKind, int]]:
    query = select(MrrMovement).where(MrrMovement.membership_id == membership.id).order_by(MrrMovement.id)
    return [(one.kind, one.amount_minor) for one in database.session.scalars(query)]


def move(membership: Membership, *steps: MembershipStatus, **changes: Any) -> None:
    with unit_of_work("test"):
        for step in steps:
            memberships.move(membership, step, reason="test")
        for name, value in changes.items():
            setattr(membership, name, value)


# -- what a price is a month -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("price", "period", "monthly"),
    [
        (700, Period(1, Unit.WEEK), 3044),
        (100, Period(1, Unit.DAY), 3044),
        (12000, Period(1, Unit.YEAR), 1000),
        (9000, Period(3, Unit.MONTH), 3000),
        (1, Period(2, Unit.MONTH), 1),
    ],
)
def test_a_price_is_so_much_a_month(price: int, period: Period, monthly: int) -> None:
    assert period.monthly(price) == monthly


@given(st.integers(0, 10**9), PERIODS)
def test_a_month_is_30_and_seven_sixteenths_of_a_day(price: int, period: Period) -> None:
    assert period.monthly(price) == round_half_away(price * Decimal("30.4375") / period.days)


# -- movements -------------------------------------------------------------------------------------------------------
def test_the_first_payment_is_new_and_the_end_is_churn(app: Flask) -> None:
    membership = factories.membership()
    assert movements(membership) == []
    move(membership, S.ACTIVE)
    move(membership, net_price_minor=4900)
    move(membership, net_price_minor=1000)
    move(membership, S.CANCELLED)
    assert movements(membership) == [(K.NEW, 2999), (K.EXPANSION, 1901), (K.CONTRACTION, -3900), (K.CHURN, -1000)]


def test_who_comes_back_is_not_new_again(app: Flask) -> None:
    membership = factories.active_membership()
    move(membership, S.EXPIRED)
    move(membership, S.ACTIVE)
    assert [kind for kind, _amount in movements(membership)] == [K.NEW, K.CHURN, K.REACTIVATION]


def test_a_trial_counts_once_it_is_paid(app: Flask, clock: TurnedClock) -> None:
    membership = factories.membership()
    move(membership, S.TRIALING)
    move(membership, S.ON_HOLD)
    assert movements(membership) == []
    move(membership, S.ACTIVE, anchor=clock.now)
    move(membership, S.ON_HOLD)
    assert movements(membership) == [(K.NEW, 2999)]


def test_what_is_free_or_paid_for_life_does_not_recur(app: Flask) -> None:
    for facts in ({"price_minor": 0}, {"recurring": False}, {"billing_cycles": 3, "periods_paid": 3}):
        assert movements(factories.active_membership(**facts)) == [], facts


def test_the_last_of_limited_cycles_counts_to_its_end(app: Flask, clock: TurnedClock) -> None:
    membership = factories.active_membership(billing_cycles=3, periods_paid=2, expires_at=clock.now)
    move(membership, periods_paid=3)
    assert movements(membership) == [(K.NEW, 2999)]
    move(membership, expires_at=None)
    assert movements(membership) == [(K.NEW, 2999), (K.CHURN, -2999)]


def test_a_change_that_is_rolled_back_moves_nothing(app: Flask) -> None:
    membership = factories.active_membership()
    with pytest.raises(RuntimeError), unit_of_work("test") as session:
        membership.net_price_minor = 1
        session.flush()
        raise RuntimeError
    assert movements(membership) == [(K.NEW, 2999)]


def test_what_was_not_loaded_before_it_changed_is_asked_of_the_ledger(app: Flask) -> None:
    membership = factories.active_membership()
    with unit_of_work("test") as session:
        session.expire(membership)
        membership.net_price_minor = 3999
    assert movements(membership) == [(K.NEW, 2999), (K.EXPANSION, 1000)]


def test_what_counts_nothing_costs_no_statement(app: Flask, statements: Statements) -> None:
    membership = factories.membership(price_minor=0)
    move(membership, S.ACTIVE)
    move(membership, cancellation_reason="moving")
    assert [one for one in statements if "mrr_movements" in one] == []


def test_changes_in_sql_are_found_and_written_once(db: Session) -> None:
    kept, changed, ended = (factories.active_membership() for _ in range(3))
    move(ended, S.CANCELLED)
    with unit_of_work("test") as session:
        session.execute(update(Membership).where(Membership.id == changed.id).values(net_price_minor=5000))
        session.execute(update(Membership).where(Membership.id == ended.id).values(status=S.ACTIVE))
    for missing in (2, 0):
        with unit_of_work("test") as session:
            assert ledger.repair(session) == missing
    assert ledger.held(db) == ledger.afresh(db) == {"EUR": 2999 + 5000 + 2999}
    assert movements(changed)[-1] == (K.EXPANSION, 2001)
    assert movements(ended)[-1] == (K.REACTIVATION, 2999)
    assert movements(kept) == [(K.NEW, 2999)]


def test_memberships_that_were_there_before_begin_with_their_first_paid_period(db: Session, clock: TurnedClock) -> None:
    began = clock.now
    kept, ended, _unpaid = (
        factories.active_membership(price_minor=700, duration_unit=Unit.WEEK),
        factories.active_membership(),
        factories.membership(),
    )
    clock.tick(days=3)
    move(ended, S.CANCELLED)
    with unit_of_work("test") as session:
        session.execute(delete(MrrMovement))
        for statement in importlib.import_module("webapp.migrations.versions.20261125_9e4d2b7c6f15_figures").BACKFILL:
            session.execute(text(statement))
    assert (movements(kept), movements(ended)) == ([(K.NEW, 3044)], [(K.NEW, 2999), (K.CHURN, -2999)])
    assert list(db.scalars(select(MrrMovement.at).order_by(MrrMovement.id))) == [began, began, clock.now]
    assert ledger.held(db) == ledger.afresh(db)


# -- any sequence of moves -------------------------------------------------------------------------------------------
CHANGES = st.one_of(
    st.tuples(st.just("status"), st.integers(0, 5)),
    st.tuples(st.just("net_price_minor"), st.integers(0, 10**6)),
    st.tuples(st.just("period"), PERIODS),
    st.tuples(st.just("recurring"), st.booleans()),
    st.tuples(st.just("billing_cycles"), st.integers(0, 3)),
    st.tuples(st.just("periods_paid"), st.integers(0, 3)),
    st.tuples(st.just("expires_at"), st.sampled_from([None, factories.FOREVER])),
    st.tuples(st.just("anchor"), st.sampled_from([None, factories.FOREVER])),
    st.tuples(st.just("expire"), st.none()),
)
STEPS = st.lists(st.tuples(st.integers(0, 2), st.booleans(), CHANGES), max_size=12)


def change(membership: Membership, name: str, value: Any) -> None:
    if name == "status":
        allowed = sorted(MOVES[membership.status])
        membership.move_to(allowed[value % len(allowed)], reason="test")
    elif name == "period":
        membership.duration, membership.duration_unit = value.count, value.unit
    elif name == "expire":
        database.session.flush()
        database.session.expire(membership)
    else:
        setattr(membership, name, value)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["EUR", "JPY"]), st.integers(0, 10**6)), min_size=3, max_size=3), STEPS)
def test_the_ledger_holds_what_the_memberships_come_to(app: Flask, made: list[Any], steps: list[Any]) -> None:
    database.session.rollback()
    empty_tables()
    with unit_of_work("test"):
        rows = [factories.membership(currency=currency, price_minor=price) for currency, price in made]
    work = list(steps)
    while work:
        with unit_of_work("test") as session:
            while work:
                number, commits, (name, value) = work.pop(0)
                change(rows[number], name, value)
                session.flush()
                if commits:
                    break
    session = database.session()
    assert ledger.held(session) == ledger.afresh(session)
    for row in rows:
        assert sum(amount for _kind, amount in movements(row)) == row.monthly.minor
