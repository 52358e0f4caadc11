"""Whatever somebody changes, and whenever: what was paid was served, is still to be served, or is credit."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.test_changes import MONTH, YEAR, ask, settle
from tests.lives import buy, live_until, membership
from webapp.domain import credits, unused_time
from webapp.domain.unused_time import MICROSECOND
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.models import Payment, PaymentKind
from webapp.models.payment import PAID
from webapp.periods import Period
from webapp.settings import Settings

WISHES = [("small", MONTH), ("large", MONTH), ("small", YEAR), ("large", YEAR), ("extra", None), ("without", None)]
STEPS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(WISHES)), min_size=1, max_size=5)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def ask_for(number: int, wish: str, currency: str, period: Period | None) -> None:
    """As somebody would; what cannot be had is refused, and nothing changes."""
    try:
        if wish == "without":
            change = ask(number, removed=(f"extra-{currency}",))
        else:
            change = ask(number, f"{wish}-{currency}", period=period)
    except DomainError:
        return
    if change.payment is not None and change.payment.asked:
        settle(change)


def paid_for(number: int) -> list[Payment]:
    db.session.rollback()
    query = select(Payment).where(Payment.membership_id == number, Payment.status.in_(PAID))
    return list(db.session.scalars(query.order_by(Payment.completed_at, Payment.id)))


def served(payments: list[Payment], now: datetime) -> Fraction:
    """What the time that is over was worth, by what was paid for it; a change ends what was paid before."""
    worth = Fraction(0)
    for position, payment in enumerate(payments):
        begins, ends = payment.covers_from, payment.covers_until
        if begins is None or ends is None:
            continue
        later = [one.covers_from for one in payments[position + 1 :] if _ends_others(one) and one.covers_from]
        over = min([now, ends, *later])
        recurring = sum(one.total_minor for one in payment.line_items if one.recurring)
        worth += recurring * max(Fraction(0), Fraction((over - begins) // MICROSECOND, (ends - begins) // MICROSECOND))
    return worth


def _ends_others(payment: Payment) -> bool:
    """A change that begins a period of its own: it has a number."""
    return payment.kind == PaymentKind.CHANGE and payment.period_number is not None


def periods_of(number: int) -> list[tuple[datetime, datetime]]:
    numbered = [one for one in paid_for(number) if one.period_number is not None]
    return [(one.covers_from, one.covers_until) for one in numbered if one.covers_from and one.covers_until]


def check(number: int, now: datetime) -> None:
    mine, payments = membership(number), paid_for(number)
    currency = mine.currency
    balance = credits.balance(mine.customer_id, currency).minor
    unused = -sum(line.total.minor for line in unused_time.lines(mine, now))
    paid = sum(one.asked.minor for one in payments)
    rounded = 2 * sum(len(one.line_items) for one in payments) + 2
    assert balance >= 0
    assert abs(paid - served(payments, now) - unused - balance) <= rounded, (paid, unused, balance)
    periods = periods_of(number)
    assert all(begins < ends for begins, ends in periods)
    numbers = [one.period_number for one in payments if one.period_number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert mine.periods_paid == len(numbers)


@pytest.fixture
def shop(app: Flask, clock: TurnedClock) -> TurnedClock:
    """The same plans in three currencies: with two, no and three decimals."""
    for currency in ("EUR", "JPY", "KWD"):
        facts = {"currency": currency, "product_group": currency}
        factories.product(f"small-{currency}", amount_minor=2999, year=29900, **facts)
        factories.product(f"large-{currency}", amount_minor=7777, year=80001, **facts)
        factories.product(f"extra-{currency}", type="package", amount_minor=501, year=5001, **facts)
    return clock


@given(currency=CURRENCIES, steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_was_paid_is_lost(
    shop: TurnedClock, settings: Settings, currency: str, steps: list[tuple[int, tuple[str, Period | None]]]
) -> None:
    shop.use("2027-04-01T10:00Z")
    number = buy(f"small-{currency}", settings)
    check(number, shop.now)
    for days, (wish, period) in steps:
        live_until(shop, (shop.now + timedelta(days=days, seconds=7)).isoformat())
        check(number, shop.now)
        ask_for(number, wish, currency, period)
        check(number, shop.now)
