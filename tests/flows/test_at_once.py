"""Two who do something to the same membership in the same instant: each is heard, and no money moves twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock
from tests.fakes.bad_days import BadDays
from tests.flows.at_once import at_once
from tests.flows.test_changes import ask, balance
from tests.lives import buy, forget_card, live_until, membership, taken
from webapp import clock as product_clock
from webapp.domain import credits, locks, memberships, payments, refunds, steering
from webapp.domain.change_wishes import ChangeRequest
from webapp.domain.refunds import Wish
from webapp.domain.steering import Step
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.flows import asking, changing, charging, refunding
from webapp.models import (
    ChangeStatus,
    CreditKind,
    CreditMovement,
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    Refund,
    RefundStatus,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus
ROUNDS = range(3)


@pytest.fixture
def number(app: Flask, settings: Settings, clock: TurnedClock) -> int:
    """A membership in the middle of its second period, with a card."""
    clock.use("2027-04-01T10:00Z")
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    factories.product("less", amount_minor=1000, name="Less")
    made = buy("basic", settings)
    live_until(clock, "2027-05-16T10:00Z")
    return made


def newest(*kinds: PaymentKind) -> int:
    db.session.rollback()
    query = select(Payment.id).where(Payment.kind.in_(kinds)) if kinds else select(Payment.id)
    return db.session.scalars(query.order_by(Payment.id.desc())).first() or 0


def unit() -> Any:
    return unit_of_work("customer")


def change(number: int, plan: str) -> Callable[[], Any]:
    return lambda: changing.ask(number, ChangeRequest((plan,)), at=product_clock.now(), key="", unit=unit)


def confirm(payment_id: int, actor: str) -> Callable[[], Any]:
    def go() -> str:
        with unit_of_work(actor):
            return payments.confirm_by_hand(payments.locked(payment_id), actor=actor)

    return go


def refund(payment_id: int, *, minor: int | None = None, ends: bool = False) -> Callable[[], Any]:
    """All that is left, or so much; sent to the bank at once."""

    def go() -> str:
        with unit_of_work("operator:1"):
            left = refunds.left(payments.locked(payment_id))
            amount = left if minor is None else type(left)(minor, left.currency)
            begun = refunding.begin(payment_id, Wish(amount, end_membership=ends))
            db.session.flush()
            number = begun.id
        return refunding.send(number)

    return go


def cancel(number: int, *, at_once: bool = True) -> Callable[[], Any]:
    def go() -> str:
        with unit_of_work("operator:2"):
            memberships.cancel(locks.membership(number), reason="x", at_once=at_once)
        return "cancelled"

    return go


def errors(said: list[Any]) -> list[Any]:
    """What is no refusal of ours: a deadlock, a row that was changed meanwhile."""
    return [one for one in said if isinstance(one, Exception) and not isinstance(one, DomainError)]


def refused(said: list[Any]) -> list[str]:
    return [one.code for one in said if isinstance(one, DomainError)]


def given_back() -> int:
    done = select(func.sum(Refund.amount_minor)).where(Refund.status == RefundStatus.SUCCEEDED)
    return db.session.scalar(done) or 0


# -- money and other terms -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("_round", ROUNDS)
def test_a_renewal_is_paid_while_less_is_asked_for(app: Flask, number: int, clock: TurnedClock, _round: int) -> None:
    """The change voids what was asked for the next period, and the money renews the membership."""
    forget_card(number)
    live_until(clock, "2027-05-30T10:00Z")
    renewal = newest(PaymentKind.RENEWAL)
    said = at_once(app, confirm(renewal, "operator:1"), change(number, "less"))
    assert errors(said) == []
    mine, paid = membership(number), db.session.get_one(Payment, renewal)
    assert paid.is_paid
    assert mine.periods_paid == (3 if paid.period_number == 3 else 2)  # void by then, it is a question for a person


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_offer_is_paid_while_it_is_withdrawn(app: Flask, number: int, _round: int) -> None:
    offered = ask(number, "more")
    assert offered.payment is not None
    due = offered.payment.total_minor

    def withdraw() -> None:
        changing.withdraw(number, reason="x", unit=unit)

    said = at_once(app, confirm(offered.payment.id, "operator:1"), withdraw)
    assert errors(said) == []
    mine = membership(number)
    assert (mine.plan.slug, balance(number)) in [("more", 0), ("basic", due)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_ask_for_other_terms(app: Flask, number: int, _round: int) -> None:
    said = at_once(app, change(number, "more"), change(number, "less"))
    assert errors(said) == []
    mine = membership(number)
    assert [one.status for one in mine.changes].count(ChangeStatus.PENDING) <= 1
    assert mine.periods_paid == len([one for one in mine.payments if one.is_paid and one.period_number is not None])
    bought = [one for one in mine.payments if one.kind == PaymentKind.CHANGE and one.is_paid]
    assert len(bought) <= 1
    assert sum(taken()) == sum(one.asked.minor for one in mine.payments if one.is_paid)


# -- two clocks, two admins ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("_round", ROUNDS)
def test_two_clocks_renew_once(app: Flask, number: int, clock: TurnedClock, _round: int) -> None:
    bank = BadDays()
    clock.use("2027-06-01T10:00Z")
    said = at_once(app, charging.work_off, charging.work_off, lambda: charging.prepare([number]))
    assert errors(said) == []
    db.session.rollback()
    charging.send([])
    assert len(set(bank.charged)) <= 1
    clock.tick(minutes=6)
    charging.work_off()
    asking.ask_due()
    db.session.rollback()
    assert (membership(number).periods_paid, taken()) == (3, [3000, 3000, 3000])


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_settle_the_same_payment(app: Flask, number: int, clock: TurnedClock, _round: int) -> None:
    forget_card(number)
    live_until(clock, "2027-05-30T10:00Z")
    renewal = newest(PaymentKind.RENEWAL)
    said = at_once(app, confirm(renewal, "operator:1"), confirm(renewal, "operator:2"))
    assert errors(said) == []
    assert refused(said) == ["already_paid"]
    assert membership(number).periods_paid == 3


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_give_the_same_money_back(app: Flask, number: int, _round: int) -> None:
    payment_id = newest()
    said = at_once(app, refund(payment_id, minor=2000), refund(payment_id, minor=2000))
    assert errors(said) == []
    assert refused(said) == ["more_than_is_left"]
    assert given_back() == 2000


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_gives_back_and_ends_it_while_another_cancels(app: Flask, number: int, _round: int) -> None:
    said = at_once(app, refund(newest(), ends=True), cancel(number))
    assert errors(said) == []
    assert membership(number).status == S.CANCELLED
    assert given_back() in (0, 3000)
    assert given_back() == 3000 or refused(said)


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_cancel(app: Flask, number: int, _round: int) -> None:
    said = at_once(app, cancel(number), cancel(number))
    assert errors(said) == []
    assert refused(said) == ["already_ended"]
    assert membership(number).status == S.CANCELLED


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_steers_while_another_changes(app: Flask, number: int, _round: int) -> None:
    def expire() -> None:
        with unit_of_work("operator:2"):
            steering.take(locks.membership(number), None, Step.EXPIRE)

    said = at_once(app, expire, change(number, "more"))
    assert errors(said) == []
    mine = membership(number)
    assert mine.status == S.EXPIRED
    assert sum(taken()) == sum(one.asked.minor for one in mine.payments if one.is_paid)


# -- money that goes back against a renewal --------------------------------------------------------------------------
@pytest.mark.parametrize("_round", ROUNDS)
def test_money_goes_back_while_it_renews(app: Flask, number: int, clock: TurnedClock, _round: int) -> None:
    BadDays()
    before = newest()
    clock.use("2027-06-01T10:00Z")
    said = at_once(app, refund(before, ends=True), charging.work_off)
    assert errors(said) == []
    mine = membership(number)
    assert given_back() == 3000
    assert mine.status == S.CANCELLED
    assert len(taken()) in (2, 3)
    renewed = [one for one in mine.payments if one.kind == PaymentKind.RENEWAL and one.period_number == 3]
    assert all(one.is_paid for one in renewed) or not renewed


@pytest.mark.parametrize("_round", ROUNDS)
def test_credit_is_used_once_by_two_memberships(
    app: Flask, number: int, clock: TurnedClock, settings: Settings, _round: int
) -> None:
    """Both are due in the same instant, and their customer has credit for one."""
    BadDays()
    other = buy("basic", settings, email="second@example.com")
    with unit_of_work("test") as session:
        owner = session.get_one(Membership, number).customer
        session.get_one(Membership, other).customer_id = owner.id
        credits.add(owner.id, Money(3000, "EUR"), CreditKind.GOODWILL, reason="sorry")
    clock.use("2027-06-16T10:00Z")
    before = len(taken())
    said = at_once(app, lambda: work([number]), lambda: work([other]))
    assert errors(said) == []
    assert balance(number) == 0
    assert len(taken()) == before + 1
    used = select(func.count()).where(CreditMovement.kind == CreditKind.USED)
    assert db.session.scalar(used) == 1


def work(ids: list[int]) -> None:
    charging.send(charging.prepare(ids))
