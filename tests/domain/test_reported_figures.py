"""Figures of several currencies put together in one, at the rate of each day, exact to the minor unit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import TurnedClock
from tests.domain.test_figures import begin, count, end
from webapp.domain import exchange_rates, figure_months, figures, reported_figures
from webapp.domain.exchange_rates import Rates
from webapp.domain.figures import Figures, Span
from webapp.domain.reported_figures import Lacking
from webapp.extensions import db as database
from webapp.models import Measure, RateSource
from webapp.money import exponent
from webapp.transactions import unit_of_work

M, DAY = Measure, timedelta(days=1)


def rate(currency: str, day: str, value: str, source: RateSource = RateSource.ECB) -> None:
    with unit_of_work("test") as session:
        exchange_rates.keep(session, [(currency, date.fromisoformat(day), Decimal(value))], source)


def look(clock: TurnedClock, to: str = "EUR", days: int = 30) -> Figures:
    database.session().rollback()
    today = clock.now.date()
    first = today - (days - 1) * DAY
    spans = Span(first, today), Span(first - days * DAY, first - DAY)
    return reported_figures.read(database.session(), to, ["EUR", "USD"], *spans)


@pytest.fixture(params=["not counted yet", "counted"])
def counted(request: pytest.FixtureRequest) -> object:
    return count if request.param == "counted" else lambda: None


def test_every_day_counts_at_its_own_rate(app: Flask, clock: TurnedClock, counted: object) -> None:
    clock.use("2027-03-01T10:00Z")
    rate("USD", "2027-03-01", "1.25")
    rate("USD", "2027-03-02", "1.2")
    begin(currency="USD", price_minor=3000)
    begin(price_minor=1000)
    clock.tick(days=1)
    begin(currency="USD", price_minor=1200)
    assert callable(counted)
    counted()
    found = look(clock)
    # 29.99 dollars are 23.99 euros on the first day, and 24.99 on the second.
    assert found.now.revenue == 2399 + 2999 + 2499
    assert (found.days[date(2027, 3, 1)][M.MRR_NEW], found.days[date(2027, 3, 2)][M.MRR_NEW]) == (2400 + 1000, 1000)
    # 30 dollars a month were worth 24 euros, and are worth 25 now.
    assert (found.now.mrr, found.now.arr, found.now.of[M.MRR_EXCHANGE]) == (3500 + 1000, 12 * 4500, 100)
    assert (found.now.paying, found.now.per_member) == (3, 1500)
    assert (found.now.of[M.ORDERS_BEGUN], found.now.of[M.MEMBERSHIPS_NEW]) == (3, 3)


def test_what_has_ended_leaves_nothing_however_rates_went(app: Flask, clock: TurnedClock, counted: object) -> None:
    clock.use("2027-03-01T10:00Z")
    rate("USD", "2027-03-01", "1.25")
    gone = begin(currency="USD", price_minor=3000)
    clock.tick(days=1)
    rate("USD", "2027-03-02", "1.0")
    clock.tick(days=3)
    end(gone)
    assert callable(counted)
    counted()
    found = look(clock)
    assert (found.now.mrr, found.now.of[M.MRR_NEW], found.now.of[M.MRR_CHURN]) == (0, 2400, -3000)
    assert found.now.of[M.MRR_EXCHANGE] == 600


def test_days_without_a_rate_have_the_last_one_known_and_earlier_ones_the_first(app: Flask, clock: TurnedClock) -> None:
    clock.use("2027-03-05T10:00Z")  # a Friday
    rate("USD", "2027-03-05", "1.25")
    clock.tick(days=2)
    begin(currency="USD", price_minor=1000)
    found = look(clock)
    assert found.now.mrr == 800
    assert found.rates is not None
    assert (found.rates.newest(["EUR", "USD"]), found.rates.guessed) == (date(2027, 3, 5), set())
    clock.use("2027-03-01T10:00Z")
    begin(currency="USD", price_minor=1000)
    clock.use("2027-03-07T10:00Z")
    found = look(clock)
    assert found.now.mrr == 1600
    assert found.rates is not None
    assert found.rates.guessed == {"USD"}


def test_without_any_rate_nothing_is_put_together(app: Flask, clock: TurnedClock) -> None:
    begin(currency="KWD", price_minor=1000)
    begin()
    with pytest.raises(Lacking) as lacking:
        look(clock)
    assert lacking.value.currencies == ["KWD"]
    with pytest.raises(Lacking) as lacking:
        look(clock, to="USD")
    assert lacking.value.currencies == ["KWD", "USD"]


def test_one_currency_needs_no_rate_and_is_what_it_is_alone(app: Flask, clock: TurnedClock) -> None:
    begin(price_minor=1000)
    clock.tick(days=40)
    begin(price_minor=500)
    today = clock.now.date()
    first = today - 29 * DAY
    spans = Span(first, today), Span(first - 30 * DAY, first - DAY)
    alone, all_of_it = figures.read(database.session(), "EUR", *spans), look(clock)
    assert (all_of_it.now, all_of_it.before, all_of_it.days) == (alone.now, alone.before, alone.days)


def test_months_add_up_from_one_to_the_next(app: Flask, clock: TurnedClock) -> None:
    clock.use("2027-03-10T10:00Z")
    rate("USD", "2027-03-10", "1.25")
    begin(currency="USD", price_minor=3000)
    clock.use("2027-04-20T10:00Z")
    rate("USD", "2027-04-15", "1.5")
    begin(price_minor=1000)
    count()
    span = Span(date(2027, 3, 1), date(2027, 4, 20))
    months, _rates = reported_figures.by_month(database.session(), "EUR", span)
    (_march, first), (_april, second) = months
    assert (first.mrr, second.mrr_before, second.mrr, second.of[M.MRR_EXCHANGE]) == (2400, 2400, 3000, -400)
    alone = figure_months.read(database.session(), "EUR", span)
    assert [month for month, _totals in months] == [month for month, _totals in alone]


@given(
    minor=st.integers(-(10**12), 10**12),
    rates=st.tuples(*[st.decimals("0.0001", "20000", places=4)] * 2),
    pair=st.sampled_from([("USD", "JPY"), ("KWD", "EUR"), ("JPY", "KWD"), ("USD", "CHF")]),
)
def test_an_amount_is_off_by_half_a_minor_unit_at_most(
    minor: int, rates: tuple[Decimal, Decimal], pair: tuple[str, str]
) -> None:
    source, to = pair
    day = date(2027, 3, 1)
    worth = dict(zip(pair, (Fraction(one) for one in rates), strict=True)) | {"EUR": Fraction(1)}
    known = Rates(to, {currency: ([day], [value]) for currency, value in worth.items()})
    exact = Fraction(minor, 10 ** exponent(source)) / worth[source] * worth[to] * 10 ** exponent(to)
    got = known.convert(minor, source, day)
    assert abs(got - exact) <= Fraction(1, 2)
    assert known.convert(-minor, source, day) == -got
    assert known.convert(minor, to, day) == minor
