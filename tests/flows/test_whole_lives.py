"""A membership's whole life, in any order that people and time may choose: the money always adds up.

The pretend bank keeps books of its own. What they say is compared with ours after each step.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock, empty_tables
from tests.lives import at, buy, fail, live_until, membership, pay
from webapp.domain import agenda, credits, memberships, reactivations, receivables, refunds, unused_time
from webapp.domain.change_wishes import ChangeRequest
from webapp.domain.refunds import Wish
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.flows import asking, changing, charging, refunding
from webapp.models import (
    CreditMovement,
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    RefundStatus,
    SandboxCharge,
    SandboxRefund,
    Try,
)
from webapp.models.payment import PAID
from webapp.models.sandbox import SandboxRefundStatus
from webapp.money import Money
from webapp.periods import Period, Unit
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus
MONTH, YEAR = Period(1, Unit.MONTH), Period(1, Unit.YEAR)
BEGINS_ANEW = (PaymentKind.CHANGE, PaymentKind.REACTIVATION)

TERMS = [("small", MONTH), ("large", MONTH), ("small", YEAR), ("large", YEAR)]
DAYS = st.sampled_from([0, 1, 3, 7, 14, 16, 30, 31, 45, 100])
STEPS = st.one_of(
    st.tuples(st.just("time"), DAYS),
    st.tuples(st.just("time"), DAYS),
    st.tuples(st.just("card"), st.booleans()),
    st.tuples(st.just("change"), st.sampled_from(TERMS)),
    st.tuples(st.just("cancel"), st.booleans()),
    st.tuples(st.just("keep"), st.none()),
    st.tuples(st.just("pay"), st.none()),
    st.tuples(st.just("refund"), st.tuples(st.integers(0, 9), st.integers(1, 100), st.booleans(), st.booleans())),
    st.tuples(st.just("again"), st.none()),
    st.tuples(st.just("ask twice"), st.none()),
)


class Life:
    """One membership, and whatever may happen to it. What cannot be done is refused, and changes nothing."""

    def __init__(self, clock: TurnedClock, settings: Settings, plan: str) -> None:
        self.clock, self.settings = clock, settings
        self.number = buy(plan, settings)

    @property
    def it(self) -> Membership:
        db.session.rollback()
        return membership(self.number)

    def payments(self) -> list[Payment]:
        db.session.rollback()
        return list(db.session.scalars(select(Payment).order_by(Payment.id)))

    def go_on(self, what: str, how: Any) -> None:
        getattr(self, what.replace(" ", "_"))(how)
        db.session.rollback()

    def time(self, days: int) -> None:
        live_until(self.clock, (self.clock.now + timedelta(days=days, seconds=7)).isoformat())
        refunding.ask_due()

    def card(self, fails: bool) -> None:
        fail(fails)

    def change(self, wish: tuple[str, Period]) -> None:
        request = ChangeRequest((wish[0],), period=wish[1])
        changing.ask(self.number, request, at=self.clock.now, key="", unit=lambda: unit_of_work("customer:1"))

    def cancel(self, at_once: bool) -> None:
        with unit_of_work("customer:1"):
            memberships.cancel(memberships.find(self.number), reason="too_expensive", at_once=at_once)

    def keep(self, _how: None) -> None:
        with unit_of_work("customer:1"):
            memberships.undo_cancellation(memberships.find(self.number))

    def pay(self, _how: None) -> None:
        """What is asked for, as the link in the mail leads to it."""
        for payment in self.payments():
            if payment.status in (PaymentStatus.PENDING, PaymentStatus.FAILED) and payment.asked:
                pay(payment, self.settings)
                return

    def refund(self, how: tuple[int, int, bool, bool]) -> None:
        which, percent, to_credit, ends = how
        paid = [one for one in self.payments() if refunds.left(one)]
        if paid:
            chosen = paid[which % len(paid)]
            some = Money(max(1, refunds.left(chosen).minor * percent // 100), chosen.currency)
            with unit_of_work("operator:1"):
                refund = refunding.begin(chosen.id, Wish(some, "asked", to_credit=to_credit, end_membership=ends))
                db.session.flush()
                refund_id = refund.id
            refunding.send(refund_id)
            refunding.send(refund_id)

    def again(self, _how: None) -> None:
        with unit_of_work("customer:1"):
            payment = reactivations.ask(memberships.find(self.number))
            db.session.flush()
            payment_id = payment.id
        payment = receivables.find(payment_id)
        if payment.asked:
            pay(payment, self.settings)

    def ask_twice(self, _how: None) -> None:
        """All that was ever heard of the bank is heard once more, and the clock rings again."""
        for attempt in db.session.scalars(select(Try.id)).all():
            asking.ask(attempt)
        charging.work_off()
        refunding.ask_due()


# -- what must be true whatever happened -----------------------------------------------------------------------------
def bank_and_books_agree(life: Life) -> None:
    """Each sum that the bank took is one payment that is paid, and the other way round."""
    charges = db.session.scalars(select(SandboxCharge).where(SandboxCharge.amount_minor > 0)).all()
    taken = Counter((one.reference, one.amount_minor) for one in charges if one.status == "succeeded")
    booked = Counter((one.gateway_reference, one.asked.minor) for one in life.payments() if one.is_paid and one.asked)
    assert taken == booked


def gone_back_once(life: Life) -> None:
    """What the bank gave back is what we know of, and never more than it took."""
    given = [one for one in db.session.scalars(select(SandboxRefund)) if one.status != SandboxRefundStatus.FAILED]
    for payment in life.payments():
        mine = [one for one in payment.refunds if one.status != RefundStatus.FAILED]
        sent = sum(one.sent_back.minor for one in mine)
        assert sent <= payment.asked.minor
        assert sum(one.amount_minor for one in mine) <= payment.total_minor
        at_bank = sum(one.amount_minor for one in given if one.charge.reference == payment.gateway_reference)
        assert at_bank == sent


def each_period_is_paid_once(life: Life) -> None:
    numbered = [one for one in life.payments() if one.is_paid and one.period_number is not None]
    numbered.sort(key=lambda one: one.period_number or 0)
    assert [one.period_number for one in numbered] == list(range(1, len(numbered) + 1))
    assert life.it.periods_paid == len(numbered)
    times = [(one, one.covers_from, one.covers_until) for one in numbered]
    for (_first, begins, ends), (later, follows, _ends) in pairwise(times):
        assert begins is not None
        assert ends is not None
        assert follows is not None
        assert begins < ends
        assert follows >= ends or later.kind in BEGINS_ANEW


def credit_is_conserved(life: Life) -> None:
    customer, currency = life.it.customer_id, life.it.currency
    movements = db.session.scalar(select(func.sum(CreditMovement.amount_minor))) or 0
    balance = credits.balance(customer, currency).minor
    assert 0 <= balance == movements


def nobody_gets_more_than_was_paid(life: Life) -> None:
    """What the bank has, less what is owed to the customer as credit and as time to come, is for what was served."""
    it, now = life.it, life.clock.now
    payments = [one for one in life.payments() if one.status in PAID]
    back = [one for payment in payments for one in payment.refunds if one.status != RefundStatus.FAILED]
    cash = sum(one.asked.minor for one in payments) - sum(one.sent_back.minor for one in back)
    owed = credits.balance(it.customer_id, it.currency).minor
    if it.is_served:
        owed -= sum(line.total.minor for line in unused_time.lines(it, now))
    rounded = 2 * sum(len(one.line_items) for one in payments) + 2
    assert owed <= cash + rounded, (owed, cash)


def nothing_is_overdue(life: Life) -> None:
    """Who is served has paid for it, or is within what the network grants."""
    it, now = life.it, life.clock.now
    if it.status == S.ACTIVE and it.expires_at is not None:
        assert it.expires_at > now or agenda.next_instant() is not None
    if it.status in (S.CANCELLED, S.EXPIRED):
        assert not it.is_served
        assert not [one for one in memberships.open_payments(it) if one.kind == PaymentKind.RENEWAL and it.cancelled_at]


LAWS = (
    bank_and_books_agree,
    gone_back_once,
    each_period_is_paid_once,
    credit_is_conserved,
    nobody_gets_more_than_was_paid,
    nothing_is_overdue,
)


@pytest.fixture
def shop(app: Flask, clock: TurnedClock) -> TurnedClock:
    return clock


def open_shop() -> None:
    db.session.rollback()
    empty_tables()
    db.session.expunge_all()
    factories.product("small", amount_minor=2999, year=29900, product_group="all", trial_duration=0)
    factories.product("large", amount_minor=7777, year=80001, product_group="all", setup_fee_minor=1000)


CHANGED_AT_ONCE = [("change", ("small", YEAR)), ("refund", (1, 96, False, True)), ("time", 1), ("again", None)]
PAID_LATE = [("card", True), ("time", 31), ("time", 7), ("pay", None), ("refund", (0, 50, True, False)), ("time", 45)]
TWICE_ENDED = [("cancel", False), ("keep", None), ("cancel", True), ("again", None), ("cancel", False), ("time", 45)]


@example(plan="small", steps=CHANGED_AT_ONCE)
@example(plan="large", steps=PAID_LATE)
@example(plan="small", steps=TWICE_ENDED)
@given(plan=st.sampled_from(["small", "large"]), steps=st.lists(STEPS, min_size=1, max_size=12))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
def test_the_money_adds_up_whatever_happens(
    shop: TurnedClock, settings: Settings, plan: str, steps: list[tuple[str, Any]]
) -> None:
    shop.now = at("2027-01-31T10:00Z")
    open_shop()
    life = Life(shop, settings, plan)
    for what, how in steps:
        try:
            life.go_on(what, how)
        except DomainError as refusal:
            event(f"{what}: {refusal.code}")
            db.session.rollback()
        else:
            event(f"{what}: done")
        for law in LAWS:
            law(life)
