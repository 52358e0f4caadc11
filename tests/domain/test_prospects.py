"""What comes next is what the rules then do: shown before, and so it happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories, lives
from tests.conftest import TurnedClock
from tests.flows.test_changes import ask
from webapp import clock as product_clock
from webapp.domain import credits, lifecycle, memberships, prospects
from webapp.domain.prospects import Coming
from webapp.extensions import db as database
from webapp.models import CreditKind, Membership, Payment, Renewals, StoredCredential
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

C = Coming


@pytest.fixture(autouse=True)
def april(app: Flask, clock: TurnedClock) -> TurnedClock:
    clock.use("2027-04-01T10:00:00Z")
    return clock


def ahead(number: int) -> list[prospects.Prospect]:
    membership = lives.membership(number)
    return prospects.of(membership, lifecycle.next_payment(membership))


def coming(number: int) -> list[tuple[str, str, int | None]]:
    """(when, what, what is asked for)."""
    database.session.rollback()
    return [
        (product_clock.rfc3339(one.when)[:16], str(one.what), one.reckoning.asked.minor if one.reckoning else None)
        for one in ahead(number)
    ]


def test_the_next_charge_is_said_with_its_lines_and_is_what_is_taken(clock: TurnedClock, settings: Settings) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=10000)
    factories.discount_code("HALF", 50, apply_to_renewals=Renewals.ALWAYS)
    number = lives.buy("plan", settings, cart={"country": "DE", "discount_code": "HALF"})
    assert coming(number) == [("2027-04-28T10:00", C.ASKED, None), ("2027-05-01T10:00", C.CHARGED, 5950)]
    [charge] = [one for one in ahead(number) if one.reckoning]
    assert charge.reckoning is not None
    [line] = charge.reckoning.lines
    assert (line.subtotal.minor, line.discount.minor, charge.reckoning.code) == (10000, 5000, "HALF")
    assert [(name, amount.minor) for name, amount in charge.reckoning.taxes] == [("19% VAT", 950)]
    lives.live_until(clock, "2027-05-01T11:00:00Z")
    assert lives.taken()[-1] == 5950


def test_credit_is_used_first(settings: Settings) -> None:
    factories.product("plan", amount_minor=10000)
    number = lives.buy("plan", settings)
    with unit_of_work("test"):
        credits.add(lives.membership(number).customer_id, Money(4000, "EUR"), CreditKind.GOODWILL, reason="sorry")
    assert coming(number)[-1] == ("2027-05-01T10:00", C.CHARGED, 6000)


def test_retries_the_end_and_the_switching_off_come_as_announced(clock: TurnedClock, settings: Settings) -> None:
    factories.product("plan", amount_minor=10000)
    number = lives.buy("plan", settings, fails=True)
    lives.live_until(clock, "2027-05-01T11:00:00Z")
    said = coming(number)
    assert [what for _when, what, _asked in said] == [*[C.RETRIED] * 4, C.EXPIRES, C.SITES_OFF]
    assert [when[:10] for when, _what, _asked in said] == [
        *("2027-05-02", "2027-05-04", "2027-05-06", "2027-05-08", "2027-05-08", "2027-05-08")
    ]
    lives.live_until(clock, "2027-05-08T23:00:00Z")
    assert (str(lives.membership(number).status), coming(number)) == ("expired", [])


def test_an_end_that_was_asked_for_is_the_last_thing(settings: Settings) -> None:
    factories.product("plan", amount_minor=10000)
    number = lives.buy("plan", settings)
    with unit_of_work("test"):
        memberships.cancel(memberships.find(number), reason="x")
    assert coming(number) == [("2027-05-01T10:00", C.CANCELLED, None)]


@pytest.mark.parametrize(("stays", "what"), [(False, C.LAST_PERIOD_ENDS), (True, C.STAYS_FOR_LIFE)])
def test_the_last_of_limited_cycles_is_said_before(settings: Settings, stays: bool, what: Coming) -> None:
    factories.product("plan", amount_minor=10000, billing_cycles=2, stays_for_life=stays)
    number = lives.buy("plan", settings)
    assert coming(number)[-2:] == [("2027-05-01T10:00", C.CHARGED, 10000), ("2027-06-01T10:00", what, None)]


def test_a_trial_says_when_it_ends_and_what_is_charged_then(settings: Settings) -> None:
    factories.product("plan", amount_minor=10000, setup_fee_minor=2000, trial_duration=14)
    said = coming(lives.buy("plan", settings))
    assert [what for _when, what, _asked in said if what != C.ASKED] == [C.TRIAL_ENDS, said[-1][1]]
    assert said[-1][0] == "2027-04-15T10:00"
    assert said[-1][2] == 12000


def test_a_change_that_waits_and_what_it_will_cost(settings: Settings) -> None:
    factories.product("big", amount_minor=30000, product_group="hosting")
    factories.product("small", amount_minor=10000, product_group="hosting")
    number = lives.buy("big", settings)
    ask(number, "small")
    said = {what: (when, asked) for when, what, asked in coming(number)}
    assert said[C.CHANGES.value] == ("2027-05-01T10:00", None)
    assert said[C.CHARGED.value] == ("2027-05-01T10:00", 10000)


def test_what_was_asked_for_already_is_shown_as_it_was_asked(
    db: Session, clock: TurnedClock, settings: Settings
) -> None:
    factories.product("plan", amount_minor=10000)
    number = lives.buy("plan", settings)
    lives.forget_card(number)
    lives.live_until(clock, "2027-04-29T00:00:00Z")
    asked = db.scalars(select(Payment).where(Payment.membership_id == number, Payment.period_number == 2)).one()
    assert coming(number) == [("2027-05-01T10:00", C.DUE, asked.total_minor)]


def test_nothing_comes_of_what_has_no_end(clock: TurnedClock) -> None:
    free = factories.active_membership(price_minor=0, expires_at=None)
    ended = factories.membership(expires_at=clock.now + timedelta(days=3))
    assert (coming(free.id), coming(ended.id)) == ([], [])


def test_credit_does_not_lessen_what_a_gateway_takes_by_itself(settings: Settings) -> None:
    factories.product("plan", amount_minor=1000)
    number = lives.buy("plan", settings)
    with unit_of_work("test") as session:
        mine = session.get_one(Membership, number)
        credits.add(mine.customer_id, Money(400, "EUR"), CreditKind.GOODWILL, reason="sorry")
    assert coming(number)[-1][2] == 600
    with unit_of_work("test") as session:
        card = session.scalars(select(StoredCredential)).one()
        card.agreement = {"period": "1-month", "currency": "EUR", "number": 1, "amounts": [[1000, 0]]}
    assert coming(number)[-1][2] == 1000
