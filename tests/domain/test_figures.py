"""What a span of days comes to: true now, and the same whether its days are kept already or not."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import TurnedClock, empty_tables
from webapp.domain import figure_days, figures, ledger, memberships, receivables
from webapp.domain.figures import Figures, Span
from webapp.extensions import db as database
from webapp.jobs import schedule, turns
from webapp.models import DailyFigure, Measure, Membership, MembershipStatus, Payment, Refund, RefundStatus
from webapp.transactions import unit_of_work

S, M = MembershipStatus, Measure
DAY = timedelta(days=1)


def count() -> int:
    """As the clock does it."""
    return schedule.count_days()


def look(clock: TurnedClock, days: int = 30, currency: str = "EUR") -> Figures:
    today = clock.now.date()
    first = today - (days - 1) * DAY
    return figures.read(database.session(), currency, Span(first, today), Span(first - days * DAY, first - DAY))


def begin(trial: bool = False, **values: Any) -> Any:
    """A membership whose first payment is completed, or whose trial begins."""
    with unit_of_work("test"):
        membership = factories.membership(**values)
        payment = factories.payment(membership=membership, currency=membership.currency)
        receivables.complete(payment, reason="test")
        if not trial:
            membership.anchor = payment.completed_at
        memberships.move(membership, S.TRIALING if trial else S.ACTIVE, reason="test")
    return membership


def end(membership: Any, status: MembershipStatus = S.CANCELLED) -> None:
    with unit_of_work("test"):
        memberships.move(membership, status, reason="test")


def refund(payment: Payment, amount: int) -> Refund:
    with unit_of_work("test") as session:
        row = Refund(payment=payment, amount_minor=amount, currency=payment.currency)
        session.add(row)
        session.flush()
        row.move_to(RefundStatus.SUCCEEDED, reason="test")
    return row


@pytest.fixture(params=["not counted yet", "counted"])
def counted(request: pytest.FixtureRequest) -> Any:
    """Whatever is asked is true before the clock has counted the days, and after."""
    return count if request.param == "counted" else lambda: None


def test_a_sale_is_in_the_figures(app: Flask, clock: TurnedClock, counted: Any) -> None:
    begin()
    counted()
    now = look(clock).now
    assert (now.revenue, now.mrr, now.arr, now.paying) == (2999, 2999, 12 * 2999, 1)
    assert (now.of[M.ORDERS_BEGUN], now.of[M.ORDERS_PAID], now.of[M.MEMBERSHIPS_NEW]) == (1, 1, 1)
    assert (now.per_member, now.order_conversion, now.churn) == (2999, 1, None)
    assert look(clock).days == {clock.now.date(): now.of}


def test_the_span_before_is_what_it_is_compared_with(app: Flask, clock: TurnedClock, counted: Any) -> None:
    lost, _kept = begin(price_minor=1000), begin(price_minor=2000)
    clock.tick(days=40)
    end(lost)
    begin(price_minor=500)
    counted()
    found = look(clock)
    assert (found.before.mrr_before, found.before.mrr, found.now.mrr_before, found.now.mrr) == (0, 3000, 3000, 2500)
    assert (found.before.revenue, found.now.revenue) == (2 * 2999, 2999)
    assert (found.now.churn, found.now.paying, found.now.of[M.MEMBERSHIPS_LOST]) == (Fraction(1, 2), 2, 1)
    assert look(clock, days=7).now.of == found.now.of
    assert look(clock, days=7).before.of == {}


def test_money_given_back_is_taken_off_the_day_it_went(app: Flask, clock: TurnedClock, counted: Any) -> None:
    payment = begin().payments[0]
    begin()
    clock.tick(days=2)
    back = refund(payment, 999)
    clock.tick(days=2)
    assert look(clock).now.revenue == 2 * 2999 - 999
    with unit_of_work("test"):
        back.move_to(RefundStatus.FAILED, reason="came back")
    counted()
    found = look(clock)
    assert found.now.revenue == 2 * 2999
    assert [found.days[one].get(M.REFUNDS) for one in sorted(found.days)] == [None, 999, -999]


def test_trials_are_won_when_they_are_paid(app: Flask, clock: TurnedClock, counted: Any) -> None:
    trial = {"trial": True, "trial_ends_at": clock.now + 14 * DAY}
    won, lost, unpaid, _running = (begin(**trial) for _ in range(4))
    clock.tick(days=14)
    with unit_of_work("test"):
        won.anchor = clock.now
        memberships.move(won, S.ACTIVE, reason="paid")
        memberships.move(unpaid, S.ON_HOLD, reason="not paid")
    end(lost)
    end(unpaid, S.EXPIRED)
    counted()
    now = look(clock).now
    assert (now.of[M.TRIALS_WON], now.of[M.TRIALS_LOST], now.trial_conversion) == (1, 2, Fraction(1, 3))
    assert (now.of[M.MEMBERSHIPS_NEW], now.of[M.MEMBERSHIPS_LOST], now.paying) == (4, 2, 1)


def test_an_order_that_is_given_up_is_begun_and_no_membership_is_lost(
    app: Flask, clock: TurnedClock, counted: Any
) -> None:
    payment = factories.payment()
    end(payment.membership)
    begin()
    counted()
    now = look(clock).now
    assert (now.of[M.ORDERS_BEGUN], now.of[M.ORDERS_PAID], now.order_conversion) == (2, 1, Fraction(1, 2))
    assert now.of[M.MEMBERSHIPS_LOST] == 0


def test_currencies_are_never_added_up(app: Flask, clock: TurnedClock, counted: Any) -> None:
    begin(price_minor=1000)
    begin(currency="JPY", price_minor=500)
    counted()
    assert (look(clock).now.mrr, look(clock, currency="JPY").now.mrr) == (1000, 500)
    assert look(clock).currencies == ["EUR", "JPY"]
    unknown = look(clock, currency="USD")
    assert (unknown.now.mrr, unknown.currencies) == (0, ["EUR", "JPY"])


# -- keeping the days ------------------------------------------------------------------------------------------------
def kept(db: Session) -> list[tuple[date, Measure, int]]:
    query = select(DailyFigure).where(DailyFigure.measure != M.UNTIL).order_by(DailyFigure.day, DailyFigure.measure)
    return [(one.day, one.measure, one.value) for one in db.scalars(query)]


def test_counting_twice_changes_nothing(db: Session, clock: TurnedClock) -> None:
    begin()
    clock.tick(days=1)
    begin()
    assert count() == 0
    before = kept(db)
    count()
    assert kept(db) == before != []


def test_what_happened_since_is_added_to_what_is_kept(app: Flask, clock: TurnedClock) -> None:
    begin()
    clock.tick(1)
    count()
    clock.tick(1)
    begin()
    assert look(clock).now.mrr == 2 * 2999
    count()
    assert look(clock).now.mrr == 2 * 2999


def test_what_was_committed_late_is_in_the_next_count(db: Session, clock: TurnedClock) -> None:
    """A transaction that noted its time before midnight and committed after it."""
    clock.use("2027-03-01T00:00:02Z")
    count()
    with unit_of_work("test") as session:
        payment = factories.payment()
        session.execute(
            update(Payment).where(Payment.id == payment.id).values(completed_at=clock.now - timedelta(seconds=4))
        )
    clock.tick(60)
    count()
    assert (date(2027, 2, 28), M.REVENUE, 2999) in kept(db)


def test_a_clock_that_stood_still_for_a_year_catches_up_in_steps(db: Session, clock: TurnedClock) -> None:
    begin()
    clock.tick(days=400)
    begin()
    clock.tick(1)
    steps = 0
    with unit_of_work("test") as session:
        left = figure_days.roll_up(session)
    while left:
        with unit_of_work("test") as session:
            left, steps = figure_days.roll_up(session), steps + 1
    assert steps >= 400 // 31
    assert sum(value for _day, measure, value in kept(db) if measure == M.MRR_NEW) == 2 * 2999
    assert figure_days.counted_until(db) == clock.now


def test_rows_changed_past_the_models_are_counted_after_a_repair(app: Flask, clock: TurnedClock) -> None:
    membership = begin()
    clock.tick(days=9)
    count()
    with unit_of_work("test") as session:
        session.execute(update(Payment).values(total_minor=5000))
        session.execute(update(Membership).where(Membership.id == membership.id).values(net_price_minor=4000))
    assert (look(clock).now.revenue, look(clock).now.mrr) == (2999, 2999)
    assert app.test_cli_runner().invoke(args=["figures", "repair"]).output == "1 movements were missing\n"
    assert (look(clock).now.revenue, look(clock).now.mrr) == (5000, 4000)


def test_the_clock_counts_days_by_itself(db: Session, clock: TurnedClock) -> None:
    begin()
    clock.tick(1)
    assert "count-days" in turns.tick(schedule.CHORES)
    assert db.scalar(select(func.count()).select_from(DailyFigure)) != 0


EVENTS = st.lists(
    st.tuples(st.sampled_from(["begin", "trial", "end", "price", "count"]), st.integers(0, 9), st.integers(0, 50)),
    max_size=14,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(EVENTS)
def test_kept_or_not_the_figures_are_the_same_and_agree_with_the_memberships(
    app: Flask, clock: TurnedClock, events: list[tuple[str, int, int]]
) -> None:
    database.session.rollback()
    empty_tables()
    clock.use("2027-01-31T10:00Z")
    rows: list[Any] = []
    for what, number, hours in events:
        clock.tick(hours=hours)
        if what in ("begin", "trial"):
            rows.append(begin(trial=what == "trial", price_minor=100 * (number + 1), trial_ends_at=clock.now))
        elif what == "count":
            count()
        elif rows and rows[number % len(rows)].is_served:
            row = rows[number % len(rows)]
            if what == "end":
                end(row)
            else:
                with unit_of_work("test"):
                    row.net_price_minor = 50 * number
    clock.tick(1)
    before = look(clock, days=5)
    count()
    after = look(clock, days=5)
    assert after == before
    assert after.now.mrr == sum(ledger.afresh(database.session()).values())
    assert after.now.paying == len([row for row in rows if row.monthly])
