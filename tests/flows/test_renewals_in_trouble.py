"""Renewals when workers collide or die, and answers are lost: each period is charged once, whoever asks."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from concurrent.futures import wait
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from tests.conftest import Statements, TurnedClock, empty_tables
from tests.fakes.bad_days import BadDays
from tests.lives import at, buy, events, fail, forget_card, live_until, membership, pay, taken
from tests.waiting import in_context
from webapp.domain import lifecycle, memberships, reactivations
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.flows import asking, charging
from webapp.models import (
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


@pytest.fixture
def bank(app: Flask) -> BadDays:
    return BadDays()


def many(number: int, settings: Settings) -> None:
    """Copies of one that was bought: each with a card of its own, all due at the same instant."""
    first = membership(buy("premium", settings))
    card = db.session.scalars(select(StoredCredential.reference)).one()
    facts = {"plan_id": first.plan_id, "credential_id": first.credential_id, "expires_at": first.expires_at}
    facts |= {"anchor": first.anchor, "activated_at": first.activated_at, "announced": 2, "periods_paid": 1}
    for _one in range(number - 1):
        owner = factories.customer()
        with unit_of_work("test") as session:
            session.add(
                Membership(
                    customer_id=owner.id,
                    currency="EUR",
                    price_minor=2999,
                    status=S.ACTIVE,
                    auto_renew=True,
                    gateway="sandbox",
                    **facts,
                )
            )
    assert card


def test_several_workers_share_the_work_and_none_is_done_twice(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays
) -> None:
    factories.product("premium")
    many(60, settings)
    clock.use("2027-02-28T10:00Z")
    threads = [threading.Thread(target=in_context(app, charging.work_off)) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert max(Counter(bank.charged).values()) == 1
    assert taken() == [2999] * 61
    assert set(db.session.scalars(select(Membership.periods_paid))) == {2}


def test_what_many_renewals_read_is_read_together(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays, statements: Statements, monkeypatch: Any
) -> None:
    """One row that is read for itself has the others written before it, each by statements of its own."""
    monkeypatch.setattr(charging, "THREADS", 1)
    monkeypatch.setattr(charging, "wait", lambda waiting, return_when: wait(waiting))
    factories.product("premium")
    many(20, settings)
    clock.use("2027-02-28T10:00Z")
    db.session.rollback()
    statements.clear()
    assert charging.work_off() == 20
    reads = Counter(one for one in statements if one.startswith("SELECT"))
    theirs = ("credit_balances", "sandbox_")  # a balance is locked for each, and the bank's own tables are the bank's
    assert max(number for read, number in reads.items() if not any(one in read for one in theirs)) < 5
    assert sum(one.startswith("INSERT INTO moves") for one in statements) == 1


def test_a_worker_killed_between_charge_and_answer_loses_nothing(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    clock.use("2027-02-28T10:00Z")
    db.session.rollback()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        bank.next("kill")
        charging.work_off()
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    db.session.rollback()
    assert db.session.scalars(select(Try.status).order_by(Try.id.desc())).first() == TryStatus.STARTED
    assert taken() == [2999, 2999]
    clock.tick(minutes=6)
    charging.work_off()  # its claim is over, but nobody knows yet: it is not charged again
    assert bank.charged == []
    asking.ask_due()
    db.session.rollback()
    assert (membership(number).periods_paid, taken()) == (2, [2999, 2999])
    assert membership(number).expires_at == at("2027-03-31T10:00Z")


@pytest.mark.parametrize("trick", ["lose", "forget"])
def test_a_lost_answer_blocks_the_next_try_and_is_settled_by_asking(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays, trick: str
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    bank.next(trick)
    live_until(clock, "2027-02-28T10:00Z")
    assert membership(number).status == S.ACTIVE
    assert membership(number).expires_at == at("2027-02-28T10:00Z")
    live_until(clock, "2027-02-28T12:00Z")
    assert len(bank.charged) == 1
    asking.ask_due()
    db.session.rollback()
    assert len(set(bank.charged)) == 1  # asked again with the same key
    assert (membership(number).periods_paid, taken()) == (2, [2999, 2999])


def test_what_nobody_knows_is_on_hold_after_the_grace_and_does_not_expire(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    bank.next("forget")
    live_until(clock, "2027-03-20T10:00Z")
    assert membership(number).status == S.ON_HOLD
    assert events("membership.on_hold", "membership.expired", "payment.failed") == [
        ("2027-03-03T10:00:00Z", "membership.on_hold")
    ]


def test_one_that_is_broken_does_not_stop_the_others(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays
) -> None:
    factories.product("premium")
    many(3, settings)
    broken = db.session.scalars(select(Membership.id).order_by(Membership.id)).all()[1]
    with unit_of_work("test") as session:
        session.get_one(Membership, broken).discount = {"code": "TEN", "type": "nothing that there is"}
    clock.use("2027-02-28T10:00Z")
    charging.work_off()
    db.session.rollback()
    assert db.session.scalars(select(Membership.periods_paid).order_by(Membership.id)).all()[::2] == [2, 2]


def test_a_period_cannot_be_asked_for_twice(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    from sqlalchemy.exc import IntegrityError

    factories.product("premium")
    number = buy("premium", settings)
    with pytest.raises(IntegrityError), unit_of_work("test") as session:
        one = session.get_one(Membership, number)
        session.add(Payment(customer_id=one.customer_id, membership_id=number, currency="EUR", period_number=1))


def test_what_is_cancelled_while_it_is_charged_is_shown_to_the_staff(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    bank.next("lose")
    live_until(clock, "2027-02-28T10:00Z")
    with unit_of_work("operator:1"):
        memberships.cancel(memberships.find(number), reason="x", at_once=True)
    clock.tick(hours=1)
    asking.ask_due()
    db.session.rollback()
    attempt = db.session.scalars(select(Try).order_by(Try.id.desc())).first()
    assert attempt is not None
    assert attempt.puzzles_since is not None
    assert (membership(number).status, membership(number).periods_paid) == (S.CANCELLED, 1)


# -- whatever happens, in whatever order -----------------------------------------------------------------------------
STEPS = st.one_of(
    st.tuples(st.just("age"), st.sampled_from([1, 24, 72, 24 * 8, 24 * 29, 24 * 31])),
    st.tuples(st.just("age"), st.sampled_from([24, 24 * 29, 24 * 31])),
    st.tuples(st.just("tick"), st.sampled_from([1, 72, 24 * 31])),
    st.tuples(st.sampled_from(["run", "ask", "pay", "charge"])),
    st.tuples(st.sampled_from(["pay", "cancel", "undo", "end", "reactivate", "forget"])),
    st.tuples(st.just("fails"), st.booleans()),
    st.tuples(st.just("trick"), st.sampled_from(["decline", "lose", "forget"])),
)


class Life:
    """One membership, and what may be done to it by anybody at any time."""

    def __init__(self, settings: Settings, clock: TurnedClock, bank: BadDays) -> None:
        self.settings, self.clock, self.bank = settings, clock, bank
        factories.product("premium", trial_duration=0)
        self.number = buy("premium", settings)

    def tick(self, hours: int) -> None:
        self.clock.tick(hours=hours)

    def age(self, hours: int) -> None:
        """Time goes by, and the clock and the workers do what is due in the end."""
        self.tick(hours)
        self.run()
        self.ask()

    def run(self) -> None:
        charging.work_off()

    def ask(self) -> None:
        asking.ask_due()

    def pay(self) -> None:
        open_one = select(Payment).where(Payment.status.in_(("pending", "failed")), Payment.period_number.is_not(None))
        payment = db.session.scalars(open_one).first()
        if payment is not None:
            pay(payment, self.settings)

    def charge(self) -> None:
        charging.charge_now(self.number, actor="operator:1")

    def cancel(self) -> None:
        with unit_of_work("customer:1"):
            memberships.cancel(memberships.find(self.number), reason="x")

    def undo(self) -> None:
        with unit_of_work("customer:1"):
            memberships.undo_cancellation(memberships.find(self.number))

    def end(self) -> None:
        with unit_of_work("operator:1"):
            memberships.cancel(memberships.find(self.number), reason="x", at_once=True)

    def reactivate(self) -> None:
        with unit_of_work("customer:1"):
            reactivations.ask(memberships.find(self.number))

    def forget(self) -> None:
        forget_card(self.number)

    def fails(self, fails: bool) -> None:
        fail(fails)

    def trick(self, trick: str) -> None:
        self.bank.next(trick)

    def do(self, step: tuple[Any, ...]) -> None:
        before = self.facts()
        with contextlib.suppress(DomainError):  # it is refused, and nothing has changed
            getattr(self, step[0])(*step[1:])
        db.session.rollback()
        self.check(before, self.facts())

    def facts(self) -> tuple[int, Any, S]:
        db.session.rollback()
        one = membership(self.number)
        return one.periods_paid, one.expires_at, one.status

    def check(self, before: tuple[int, Any, S], after: tuple[int, Any, S]) -> None:
        paid = select(Payment).where(Payment.status == PaymentStatus.COMPLETED)
        completed = list(db.session.scalars(paid))
        granted = [one.period_number for one in completed if one.period_number is not None]
        assert sorted(granted) == list(range(1, after[0] + 1))  # each period is paid once, and what is paid is served
        assert after[0] - before[0] in (0, 1)
        if after[0] > before[0]:
            assert after[1] > self.clock.now
            assert after[1] > before[1] or before[2] == S.CANCELLED  # taken up again, it is a period from that day
        keys = Counter(one.gateway_reference for one in completed)
        assert max(keys.values()) == 1
        unknown = db.session.scalar(
            select(func.count()).select_from(Try).where(Try.status.in_(("started", "unknown", "needs-action")))
        )
        assert len(completed) <= len(taken()) <= len(completed) + (unknown or 0)


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=16))
def test_each_period_is_charged_once_and_what_is_paid_is_served(
    app: Flask, settings: Settings, clock: TurnedClock, bank: BadDays, steps: list[tuple[Any, ...]]
) -> None:
    db.session.rollback()
    empty_tables()
    db.session.remove()
    clock.use("2027-01-31T10:00Z")
    bank._tricks.clear()
    life = Life(settings, clock, bank)
    for step in steps:
        life.do(step)


def test_the_kinds_of_payments_are_told_apart(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    assert lifecycle.next_payment(membership(_bought(settings))) is None
    assert [one.kind for one in db.session.scalars(select(Payment))] == [PaymentKind.FIRST]


def _bought(settings: Settings) -> int:
    factories.product("premium")
    return buy("premium", settings)
