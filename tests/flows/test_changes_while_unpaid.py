"""Other terms when a period is over: being paid for in that very moment, or asked for again and again unpaid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.fakes.bad_days import BadDays
from tests.flows.test_changes import MONTH, YEAR, ask, balance
from tests.lives import at, buy, fail, forget_card, live_until, membership, taken
from webapp import clock as product_clock
from webapp.domain import agenda, memberships, payments
from webapp.domain.change_wishes import ChangeRequest
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.flows import asking, changing, charging, ordering, sandbox_bank
from webapp.models import Change, ChangeStatus, MembershipStatus, Payment, PaymentStatus, Try
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


@pytest.fixture
def number(app: Flask, settings: Settings, clock: TurnedClock) -> int:
    clock.use("2027-04-01T10:00Z")
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    return buy("basic", settings)


def begin_to_pay(number: int, settings: Settings) -> tuple[Change, Try]:
    """The buyer is at the bank's page."""
    change = ask(number, "more")
    assert change.payment is not None
    ordering.pay_again(change.payment.id, "sandbox", settings)
    db.session.rollback()
    attempt = payments.open_try(db.session.get_one(Payment, change.payment.id))
    assert attempt is not None
    return change, attempt


def approve(attempt: Try) -> None:
    attempt_id, reference = attempt.id, str(attempt.gateway_reference)
    sandbox_bank.approve(reference)
    asking.ask(attempt_id)
    db.session.rollback()


# -- being paid for while the period ends ----------------------------------------------------------------------------
def test_no_renewal_is_charged_while_other_terms_are_being_paid(
    number: int, settings: Settings, clock: TurnedClock
) -> None:
    live_until(clock, "2027-05-01T09:50Z")
    _change, attempt = begin_to_pay(number, settings)
    live_until(clock, "2027-05-01T10:20Z")
    assert (taken(), membership(number).status) == ([3000], S.ACTIVE)
    approve(attempt)
    mine = membership(number)
    assert (mine.plan.slug, mine.status, mine.periods_paid, balance(number)) == ("more", S.ACTIVE, 2, 0)
    live_until(clock, "2027-05-30T10:00Z")
    assert taken() == [3000, 4999]  # the last ten minutes counted
    assert mine.expires_at == at("2027-06-01T10:20Z")


def test_who_left_the_bank_is_charged_for_the_renewal_and_late_money_is_credit(
    number: int, settings: Settings, clock: TurnedClock
) -> None:
    live_until(clock, "2027-05-01T09:50Z")
    change, attempt = begin_to_pay(number, settings)
    live_until(clock, "2027-05-01T11:00Z")
    db.session.refresh(change)
    assert (taken(), change.status) == ([3000, 3000], ChangeStatus.WITHDRAWN)
    approve(db.session.get_one(Try, attempt.id))
    mine = membership(number)
    assert (mine.plan.slug, mine.periods_paid, balance(number)) == ("basic", 2, 4999)
    live_until(clock, "2027-06-02T10:00Z")
    assert (membership(number).periods_paid, balance(number), taken()) == (3, 1999, [3000, 4999, 3000])


def test_a_declined_payment_for_other_terms_leaves_the_renewal_to_the_card(
    number: int, settings: Settings, clock: TurnedClock
) -> None:
    live_until(clock, "2027-05-01T09:50Z")
    _change, attempt = begin_to_pay(number, settings)
    sandbox_bank.decline(str(attempt.gateway_reference))
    asking.ask(attempt.id)
    live_until(clock, "2027-05-01T11:00Z")
    assert (taken(), membership(number).periods_paid) == ([3000, 3000], 2)


def test_a_charge_for_other_terms_that_nobody_knows_of_keeps_the_renewal_back(
    number: int, settings: Settings, clock: TurnedClock
) -> None:
    bank = BadDays()
    live_until(clock, "2027-05-01T09:59Z")
    bank.next("lose")
    changing.ask(
        number, ChangeRequest(("more",)), at=product_clock.now(), key="", unit=lambda: unit_of_work("customer")
    )
    live_until(clock, "2027-05-01T20:00Z")
    assert len(set(bank.charged)) == 1
    assert membership(number).status == S.ACTIVE
    live_until(clock, "2027-05-05T20:00Z")
    assert (len(set(bank.charged)), membership(number).status) == (1, S.ON_HOLD)
    unknown = db.session.scalars(select(Payment.id).order_by(Payment.id.desc())).first() or 0
    with unit_of_work("operator"):
        payments.confirm_by_hand(payments.locked(unknown), actor="operator")
    mine = membership(number)
    assert (mine.plan.slug, mine.status, mine.periods_paid) == ("more", S.ACTIVE, 2)
    assert taken() == [3000, 5000]


def test_an_operator_does_not_charge_while_other_terms_are_being_paid(
    number: int, settings: Settings, clock: TurnedClock
) -> None:
    live_until(clock, "2027-05-01T09:50Z")
    begin_to_pay(number, settings)
    clock.use("2027-05-01T10:10Z")
    with pytest.raises(Conflict):
        charging.charge_now(number, actor="operator:1")
    assert taken() == [3000]


def test_paying_again_and_again_puts_off_no_end(number: int, settings: Settings, clock: TurnedClock) -> None:
    """Somebody who begins to pay whenever the clock looks is on hold and ends like everybody."""
    forget_card(number)
    live_until(clock, "2027-05-01T09:50Z")
    change, _attempt = begin_to_pay(number, settings)
    assert change.payment is not None
    pays = change.payment.id
    for hours in range(0, 14 * 24, 7):
        live_until(clock, (at("2027-05-01T10:30Z") + timedelta(hours=hours)).isoformat())
        try:
            ordering.pay_again(pays, ("manual", "sandbox")[hours % 2], settings)
        except DomainError:
            break
    assert membership(number).status == S.EXPIRED
    assert clock.now < at("2027-05-08T10:00Z")


# -- asked for again and again, unpaid -------------------------------------------------------------------------------
def test_the_days_of_grace_do_not_begin_anew_with_other_terms(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    """Each of these is a downgrade of the one before, and the last of them leads to the first."""
    clock.use("2027-04-01T10:00Z")
    factories.product("one", amount_minor=3000, year=50000)
    factories.product("two", amount_minor=5000, year=30000)
    number = buy("one", settings)
    fail()
    live_until(clock, "2027-05-01T12:00Z")
    circle = [("two", YEAR), ("two", MONTH), ("one", YEAR), ("one", MONTH)]
    for day in range(30):
        plan, period = circle[day % 4]
        try:
            ask(number, plan, period=period)
        except DomainError:
            break
        live_until(clock, (at("2027-05-02T12:00Z") + timedelta(days=day)).isoformat())
    assert membership(number).status == S.EXPIRED
    assert clock.now == at("2027-05-08T12:00Z")  # the last try is on the seventh day
    assert taken() == [3000]


def test_without_a_card_the_grace_does_not_begin_anew_either(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    clock.use("2027-04-01T10:00Z")
    factories.product("one", amount_minor=3000)
    factories.product("less", amount_minor=2000)
    factories.product("least", amount_minor=1000)
    number = buy("one", settings)
    forget_card(number)
    live_until(clock, "2027-05-03T12:00Z")
    ask(number, "less")
    live_until(clock, "2027-05-04T09:00Z")
    assert membership(number).status == S.ON_HOLD
    ask(number, "least")
    live_until(clock, "2027-05-04T12:00Z")
    assert membership(number).status == S.EXPIRED


def test_what_is_paid_has_its_days_of_grace_again(number: int, settings: Settings, clock: TurnedClock) -> None:
    fail()
    live_until(clock, "2027-05-02T12:00Z")
    fail(False)
    live_until(clock, "2027-05-05T12:00Z")
    mine = membership(number)
    assert (mine.status, mine.unpaid_since, mine.failed_at) == (S.ACTIVE, None, None)
    fail()
    live_until(clock, "2027-06-02T12:00Z")
    mine = membership(number)
    assert agenda.ends_at(mine, memberships.open_payments(mine)[0]) == at("2027-06-08T10:00Z")


def test_an_open_offer_of_an_ended_membership_is_void(number: int, settings: Settings, clock: TurnedClock) -> None:
    forget_card(number)
    live_until(clock, "2027-05-01T09:50Z")
    change, _attempt = begin_to_pay(number, settings)
    live_until(clock, "2027-05-10T10:00Z")
    db.session.refresh(change)
    assert change.payment is not None
    assert (membership(number).status, change.payment.status) == (S.EXPIRED, PaymentStatus.CANCELLED)
    with unit_of_work("operator"):
        payments.confirm_by_hand(payments.locked(change.payment.id), actor="operator")
    assert balance(number) == 4999
