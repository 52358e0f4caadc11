"""Money that counts for something is not given a second time: not for unused time, not as credit, not by a refund."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.test_changes import MONTH, YEAR, ask, balance, settle
from tests.lives import buy, forget_card, live_until, membership, pay
from webapp.domain import changes, credits, locks, payments, refund_moves, refund_reports, refunds
from webapp.domain.refunds import Wish
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.flows import asking, ordering, refunding, sandbox_bank
from webapp.models import Change, CreditKind, Payment, PaymentKind, PaymentStatus, Refund
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work


@pytest.fixture
def number(app: Flask, settings: Settings, clock: TurnedClock) -> int:
    """Half of a month of 30 days is over."""
    clock.use("2027-04-01T10:00Z")
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    factories.product("extra", amount_minor=500, type="package")
    made = buy("basic", settings)
    clock.tick(days=15)
    return made


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def first() -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment).order_by(Payment.id)).first() or pytest.fail("nothing was bought")


def give_back(payment: Payment, minor: int | None = None, *, to_credit: bool = False) -> Refund:
    payment_id = payment.id
    with unit_of_work("operator:1"):
        row = payments.locked(payment_id)
        amount = refunds.left(row) if minor is None else eur(minor)
        refund = refunding.begin(payment_id, Wish(amount, to_credit=to_credit))
        db.session.flush()
        number = refund.id
    refunding.send(number)
    db.session.rollback()
    return db.session.get_one(Refund, number)


def paid_late(number: int, clock: TurnedClock, settings: Settings) -> Payment:
    """An offer lapses while its buyer is at the bank, who takes the money all the same."""
    change: Change = ask(number, "more")
    assert change.payment is not None
    pays = change.payment.id
    ordering.pay_again(pays, "sandbox", settings)
    attempt = payments.open_try(db.session.get_one(Payment, pays))
    assert attempt is not None
    attempt_id, reference = attempt.id, str(attempt.gateway_reference)
    with unit_of_work("customer"):
        changes.withdraw(locks.membership(number), reason="changed their mind")
    sandbox_bank.approve(reference)
    asking.ask(attempt_id)
    db.session.rollback()
    return db.session.get_one(Payment, pays)


# -- credit that late money became -----------------------------------------------------------------------------------
def test_late_money_that_is_given_back_is_no_longer_credit(number: int, clock: TurnedClock, settings: Settings) -> None:
    late = paid_late(number, clock, settings)
    assert (late.status, balance(number), refunds.left(late).minor) == (PaymentStatus.COMPLETED, 3500, 3500)
    give_back(late, 1000)
    assert (balance(number), refunds.left(first()).minor) == (2500, 3000)
    give_back(late)
    assert balance(number) == 0
    assert db.session.get_one(Payment, late.id).status == PaymentStatus.REFUNDED


def test_credit_that_is_used_is_not_given_back(number: int, clock: TurnedClock, settings: Settings) -> None:
    late = paid_late(number, clock, settings)
    live_until(clock, "2027-05-01T10:00Z")  # the renewal is paid with it
    assert balance(number) == 500
    late = db.session.get_one(Payment, late.id)
    assert refunds.left(late).minor == 500
    with pytest.raises(Invalid):
        give_back(late, 501)
    give_back(late, 500)
    assert (balance(number), refunds.left(db.session.get_one(Payment, late.id)).minor) == (0, 0)
    with pytest.raises(Conflict):
        give_back(late, 1)


def test_what_does_not_reach_the_customer_is_credit_again(number: int, clock: TurnedClock, settings: Settings) -> None:
    late = paid_late(number, clock, settings)
    refund = give_back(late, 3500)
    with unit_of_work("bank"):
        payments.locked(late.id)
        refund_moves.fail(db.session.get_one(Refund, refund.id), "the account is closed")
    assert balance(number) == 3500
    assert refunds.left(db.session.get_one(Payment, late.id)).minor == 3500


def test_late_money_that_the_bank_takes_back_is_no_longer_credit(
    number: int, clock: TurnedClock, settings: Settings
) -> None:
    late = paid_late(number, clock, settings)
    with unit_of_work("operator"):
        owner = membership(number).customer_id
        credits.take(owner, eur(3000), CreditKind.CORRECTION, reason="as if it had been used")
    with unit_of_work("bank"):
        row = payments.locked(late.id)
        dispute = refund_reports.open_dispute(row, eur(3500), reference="dp_1")
        refund_reports.close_dispute(dispute, won=False)
    late = db.session.get_one(Payment, late.id)
    assert (balance(number), late.status) == (0, PaymentStatus.REFUNDED)  # as far as it was there


def test_late_money_to_the_balance_is_there_once(number: int, clock: TurnedClock, settings: Settings) -> None:
    late = paid_late(number, clock, settings)
    give_back(late, 3500, to_credit=True)
    assert balance(number) == 3500


# -- time that was counted -------------------------------------------------------------------------------------------
def test_what_was_counted_as_unused_is_not_given_back(number: int) -> None:
    bought = settle(ask(number, "more"))
    assert bought.total_minor == 3500
    assert refunds.left(first()).minor == 1500
    with pytest.raises(Invalid):
        give_back(first(), 1501)
    assert refunds.left(db.session.get_one(Payment, bought.id)).minor == 3500


def test_what_was_counted_and_became_credit_is_not_given_back(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    clock.use("2027-04-01T10:00Z")
    factories.product("yearly", amount_minor=3000, year=36600)
    factories.product("more", amount_minor=5000)
    number = buy("yearly", settings, cart={"period": YEAR})
    clock.tick(days=61)
    ask(number, "more", period=MONTH)
    assert balance(number) == 25500
    assert refunds.left(first()).minor == 6100


def test_an_offer_that_is_not_taken_counts_nothing(number: int, clock: TurnedClock) -> None:
    ask(number, "more")
    live_until(clock, "2027-04-18T11:00Z")
    assert refunds.left(first()).minor == 3000


def test_a_second_change_counts_the_first_and_nothing_twice(number: int, clock: TurnedClock) -> None:
    factories.product("most", amount_minor=9000)
    second = settle(ask(number, "more"))
    clock.tick(days=15)
    third = settle(ask(number, "most"))
    db.session.rollback()
    left = [refunds.left(db.session.get_one(Payment, one)).minor for one in (first().id, second.id, third.id)]
    assert left == [1500, 1000, 6500]
    assert sum(left) == 3000 + 3500 + 6500 - 1500 - 2500


def test_money_that_the_bank_takes_is_noted_in_full(number: int) -> None:
    """It is gone, whatever it was counted for."""
    settle(ask(number, "more"))
    payment_id = first().id
    with unit_of_work("bank"):
        paid = payments.locked(payment_id)
        refund_reports.close_dispute(refund_reports.open_dispute(paid, eur(3000), reference="dp_1"), won=False)
    assert first().status == PaymentStatus.REFUNDED
    assert refunds.left(first()).minor == 0


# -- which payment pays for now --------------------------------------------------------------------------------------
def test_an_extra_later_on_leaves_the_period_to_its_payment(number: int) -> None:
    extra = settle(ask(number, "extra"))
    assert refunds.pays_now(first())
    assert not refunds.pays_now(db.session.get_one(Payment, extra.id))


def test_a_period_paid_early_leaves_the_running_one_to_its_payment(
    number: int, clock: TurnedClock, settings: Settings
) -> None:
    forget_card(number)
    live_until(clock, "2027-04-29T10:00Z")
    query = select(Payment).where(Payment.kind == PaymentKind.RENEWAL)
    pay(db.session.scalars(query).one(), settings)
    early = db.session.scalars(query).one()
    assert refunds.pays_now(first())
    assert not refunds.pays_now(early)
    live_until(clock, "2027-05-02T10:00Z")
    assert not refunds.pays_now(first())
    assert refunds.pays_now(db.session.get_one(Payment, early.id))


def test_money_that_came_for_nothing_pays_for_nothing(number: int, clock: TurnedClock, settings: Settings) -> None:
    late = paid_late(number, clock, settings)
    assert refunds.pays_now(first())
    assert not refunds.pays_now(late)


def test_a_change_pays_for_now(number: int) -> None:
    bought = settle(ask(number, "more"))
    assert refunds.pays_now(bought)
    assert not refunds.pays_now(first())
