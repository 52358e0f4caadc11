"""The report's months come to what a slow reckoning in Python makes of the rows themselves."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.conftest import Statements, TurnedClock, empty_tables
from tests.domain.test_figures import begin, count, end, refund
from webapp.domain import figure_months
from webapp.domain.figures import Span, Totals
from webapp.extensions import db as database
from webapp.models import Measure, MovementKind, MrrMovement, Payment, Refund
from webapp.transactions import unit_of_work

K, M = MovementKind, Measure
YEAR = Span(date(2027, 1, 1), date(2027, 12, 31))


def read(span: Span = YEAR, currency: str = "EUR") -> list[tuple[Span, Totals]]:
    return figure_months.read(database.session(), currency, span)


def test_a_month_begins_where_the_last_one_ended(app: Flask, clock: TurnedClock) -> None:
    clock.use("2026-11-30T10:00Z")
    lost = begin(price_minor=1000)
    clock.use("2027-01-31T23:59:59Z")
    begin(price_minor=2000)
    count()
    clock.use("2027-02-01T00:00:00Z")
    end(lost)
    found = read()
    assert len(found) == 12
    assert [(one.mrr_before, one.mrr, one.paying) for _month, one in found[:3]] == [
        *((1000, 3000, 2), (3000, 2000, 1), (2000, 2000, 1))
    ]
    assert [one.churn for _month, one in found[:3]] == [0, Fraction(1, 2), 0]
    assert [month.days for month, _totals in found[:4]] == [31, 28, 31, 30]


def test_it_costs_two_statements_and_one_currency_alone(app: Flask, clock: TurnedClock, statements: Statements) -> None:
    begin(price_minor=1000)
    begin(currency="JPY", price_minor=500)
    clock.tick(1)
    count()
    statements.clear()
    read(Span(date(2020, 1, 1), date(2030, 1, 31)), "JPY")
    assert len(statements) == 2
    assert figure_months.currencies(database.session()) == ["EUR", "JPY"]


@pytest.mark.parametrize(
    ("text", "day"), [("2027-03", date(2027, 3, 1)), ("2027-13", None), ("", None), ("0000-01", None), ("27-3", None)]
)
def test_months_are_read_or_not_at_all(text: str, day: date | None) -> None:
    assert figure_months.month_of(text) == day


EVENTS = st.lists(
    st.tuples(st.sampled_from(["begin", "end", "price", "refund", "count"]), st.integers(0, 9), st.integers(0, 40)),
    max_size=14,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(EVENTS)
def test_the_months_are_what_the_rows_come_to(
    app: Flask, clock: TurnedClock, events: list[tuple[str, int, int]]
) -> None:
    database.session.rollback()
    empty_tables()
    clock.use("2027-01-31T22:00Z")
    rows: list[Any] = []
    for what, number, days in events:
        clock.tick(days=days)
        if what == "begin":
            rows.append(begin(price_minor=100 * (number + 1)))
        elif what == "count":
            count()
        elif what == "refund" and rows:
            refund(rows[number % len(rows)].payments[0], 100 + number)
        elif what in ("end", "price") and rows and rows[number % len(rows)].is_served:
            row = rows[number % len(rows)]
            if what == "end":
                end(row)
            else:
                with unit_of_work("test"):
                    row.net_price_minor = 50 * number
    clock.tick(1)
    span = Span(date(2027, 1, 1), clock.now.date())
    database.session.rollback()
    for month, totals in read(span):
        assert (totals.mrr, totals.paying, totals.revenue, totals.of[M.MRR_CHURN]) == slowly(month)


def slowly(month: Span) -> tuple[int, int, int, int]:
    """By loading every row."""
    session = database.session
    movements = [one for one in session.scalars(select(MrrMovement)) if one.at.date() <= month.last]
    standing: dict[int, int] = {}
    for one in movements:
        standing[one.membership_id] = standing.get(one.membership_id, 0) + one.amount_minor
    paid = [one.total_minor for one in session.scalars(select(Payment)) if inside(month, one.completed_at)]
    back = [one.amount_minor for one in session.scalars(select(Refund)) if inside(month, one.created_at)]
    churned = [one.amount_minor for one in movements if one.kind == K.CHURN and inside(month, one.at)]
    paying = len([amount for amount in standing.values() if amount])
    return sum(standing.values()), paying, sum(paid) - sum(back), sum(churned)


def inside(month: Span, at: Any) -> bool:
    return at is not None and month.first <= at.date() <= month.last


def test_trials_of_a_month(app: Flask, clock: TurnedClock) -> None:
    clock.use("2027-01-10T10:00Z")
    begin(trial=True, trial_ends_at=clock.now + timedelta(days=14))
    lost = begin(trial=True, trial_ends_at=clock.now + timedelta(days=14))
    clock.tick(days=14)
    end(lost)
    [january, *_rest] = read()
    assert january[1].trial_conversion == 0
