"""From the wish to the bank and back: refused, slow, lost, doubled, and two at once."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.test_inbound import Vendor
from webapp import hooks
from webapp.domain import refund_moves, refunds
from webapp.domain.refunds import Wish
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.flows import inbound, ordering, refunding, sandbox_bank, sandbox_refunds
from webapp.gateways.base import Capability, Notice, Outcome, RefundRequest, VendorUnreachable, Verdict
from webapp.models import (
    Delivery,
    Event,
    InboundEvent,
    InboundStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundManner,
    RefundStatus,
    Try,
    TryStatus,
)
from webapp.models.sandbox import SandboxCharge
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

TOTAL = Money(2999, "EUR")


class Refunder(Vendor):
    """Answers refunds as it is told to, one after the other, and keeps the requests."""

    capabilities = Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Outcome | Exception] = []
        self.requests: list[RefundRequest] = []

    def refund(self, request: RefundRequest) -> Outcome:
        assert not db.session().in_transaction(), "no transaction is open while a vendor is asked"
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def vendor(app: Flask) -> Iterator[Refunder]:
    before = hooks.registry.snapshot()
    made = Refunder()
    hooks.add_filter("wu_payment_gateways", lambda known: {**known, "vendor": lambda _config: made}, guard=False)
    yield made
    hooks.registry.restore(before)


def paid(gateway: str = "vendor") -> Payment:
    payment = factories.payment(gateway=gateway, status=PaymentStatus.COMPLETED, gateway_reference="ch_1")
    row = {"payment_id": payment.id, "number": 1, "gateway": gateway, "gateway_reference": "ch_1"}
    factories.save(lambda: Try(status=TryStatus.SUCCEEDED, **row))
    return payment


@pytest.fixture
def bought(app: Flask, settings: Settings) -> Payment:
    """An order that the sandbox bank was paid for."""
    factories.product("premium")
    placed = ordering.place(factories.order("premium"), settings)
    charge = db.session.scalars(select(SandboxCharge)).one().reference
    sandbox_bank.approve(charge)
    inbound.receive("sandbox", Notice("evt_1", "charge.succeeded", charge, {}))
    inbound.work_off()
    db.session.rollback()
    return db.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()


def wish(payment: Payment, minor: int = 1000, **values: Any) -> int:
    with unit_of_work("operator:1"):
        return refunding.begin(payment.id, Wish(Money(minor, payment.currency), **values)).id


def row(refund_id: int) -> Refund:
    db.session.rollback()
    return db.session.get_one(Refund, refund_id, populate_existing=True)


def charge_of(payment: Payment) -> str:
    return str(row_of(payment).gateway_reference)


def row_of(payment: Payment) -> Payment:
    db.session.rollback()
    return db.session.get_one(Payment, payment.id, populate_existing=True)


def at_the_bank() -> int:
    db.session.rollback()
    return db.session.scalars(select(SandboxCharge)).one().refunded_minor


def notice(reference: str, event_id: str, kind: str = "charge.refunded") -> tuple[InboundStatus, str]:
    inbound.receive("sandbox", Notice(event_id, kind, reference, {}))
    inbound.work_off()
    db.session.rollback()
    event = db.session.scalars(select(InboundEvent).where(InboundEvent.external_id == event_id)).one()
    return event.status, event.effect


# -- the sandbox bank --------------------------------------------------------------------------------------------------
def test_a_refund_goes_through_the_gateway_and_is_told_once(bought: Payment) -> None:
    refund_id = wish(bought)
    assert row(refund_id).status == RefundStatus.PENDING
    assert refunding.send(refund_id) == "given back"
    assert refunding.send(refund_id) == "nothing to send"
    assert (at_the_bank(), row_of(bought).status) == (1000, PaymentStatus.PARTIALLY_REFUNDED)
    told = db.session.scalar(select(func.count()).where(Event.type == "payment.refunded"))
    mails = select(func.count()).where(Delivery.callback.endswith(":tell_of_refund"))
    assert (told, db.session.scalar(mails)) == (1, 1)
    assert str(row(refund_id).gateway_reference).startswith("sbr_")


def test_a_bank_that_refuses_leaves_all_as_it_was(bought: Payment) -> None:
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.REFUSED)
    refund_id = wish(bought)
    assert refunding.send(refund_id) == "failed"
    assert (row(refund_id).problem, row_of(bought).status) == (
        "The bank gives nothing back of this payment.",
        PaymentStatus.COMPLETED,
    )
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.AT_ONCE)
    assert refunding.send(wish(bought)) == "given back"


def test_a_lost_answer_is_settled_by_asking_and_money_goes_once(bought: Payment, clock: TurnedClock) -> None:
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.LOST)
    refund_id = wish(bought)
    assert refunding.send(refund_id) == "no decision yet"
    assert (row(refund_id).status, at_the_bank()) == (RefundStatus.PENDING, 1000)
    assert refunding.ask_due() == 0
    clock.tick(minutes=2)
    assert refunding.ask_due() == 1
    assert (row(refund_id).status, at_the_bank()) == (RefundStatus.SUCCEEDED, 1000)


def test_a_process_that_dies_before_the_answer_is_made_up_for(bought: Payment, clock: TurnedClock) -> None:
    refund_id = wish(bought)
    clock.tick(minutes=3)
    assert refunding.ask_due() == 1
    assert row(refund_id).status == RefundStatus.SUCCEEDED


def test_a_slow_bank_tells_by_a_notice(bought: Payment, clock: TurnedClock) -> None:
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.LATE)
    refund_id = wish(bought)
    assert refunding.send(refund_id) == "no decision yet"
    named = str(row(refund_id).gateway_reference)
    assert notice(named, "early", "refund.succeeded") == (InboundStatus.DONE, "no decision yet")
    clock.tick(hours=1)
    assert notice(named, "late", "refund.succeeded") == (InboundStatus.DONE, "given back")
    assert notice(named, "again", "refund.succeeded") == (InboundStatus.DONE, "known already")


def test_money_that_bounces_later_is_to_be_given_again(bought: Payment, clock: TurnedClock) -> None:
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.BOUNCED)
    refund_id = wish(bought, 2999)
    refunding.send(refund_id)
    clock.tick(hours=1)
    named = str(row(refund_id).gateway_reference)
    assert notice(named, "late", "refund.failed") == (InboundStatus.DONE, "failed")
    assert (row_of(bought).status, refunds.left(row_of(bought))) == (PaymentStatus.COMPLETED, TOTAL)


def test_the_notice_about_our_own_refund_adds_nothing(bought: Payment) -> None:
    refunding.send(wish(bought))
    assert notice(charge_of(bought), "evt_r") == (InboundStatus.DONE, "nothing new was given back")
    assert len(row_of(bought).refunds) == 1


def test_a_notice_that_is_quicker_than_the_answer_adds_nothing_either(bought: Payment) -> None:
    """The bank has given it back, its answer is lost, and the notice comes before anybody asks again."""
    sandbox_refunds.tell_to_refund(charge_of(bought), RefundManner.LOST)
    refund_id = wish(bought)
    refunding.send(refund_id)
    notice(charge_of(bought), "evt_r")
    assert [one.id for one in row_of(bought).refunds] == [refund_id]
    assert row(refund_id).status == RefundStatus.SUCCEEDED


def test_what_is_given_back_at_the_bank_itself_is_recorded_as_the_difference(bought: Payment) -> None:
    charge = charge_of(bought)
    for number, minor in enumerate((1000, 500)):
        sandbox_refunds.refund(charge, Money(minor, "EUR"), f"by the bank {number}")
        for time in range(2):
            notice(charge, f"evt_{number}_{time}")
    assert [one.amount_minor for one in row_of(bought).refunds] == [1000, 500]
    assert row_of(bought).status == PaymentStatus.PARTIALLY_REFUNDED


# -- any gateway -------------------------------------------------------------------------------------------------------
def test_the_vendor_is_asked_for_what_it_took_under_one_key(vendor: Refunder, clock: TurnedClock) -> None:
    payment = paid()
    refund_id = wish(payment, reason="asked for")
    vendor.answers = [ConnectionError("gone"), VendorUnreachable("away"), Outcome(Verdict.SUCCEEDED, "re_1")]
    for _ in range(3):
        refunding.send(refund_id)
        clock.tick(hours=1)
    assert row(refund_id).status == RefundStatus.SUCCEEDED
    assert {(one.payment_reference, one.amount, one.reason) for one in vendor.requests} == {
        ("ch_1", Money(1000, "EUR"), "asked for")
    }
    assert len({one.idempotency_key for one in vendor.requests}) == 1


def test_nonsense_is_no_answer(vendor: Refunder) -> None:
    refund_id = wish(paid())
    vendor.answers = ["yes"]  # type: ignore[list-item]
    assert refunding.send(refund_id) == "no decision yet"
    assert row(refund_id).problem == "TypeError"


def test_a_name_that_another_refund_has_is_not_kept_and_stops_no_other(vendor: Refunder, clock: TurnedClock) -> None:
    payment = paid()
    first, second, third = wish(payment, 100), wish(payment, 200), wish(payment, 300)
    same = Outcome(Verdict.SUCCEEDED, "re_1")
    vendor.answers = [same, same, Outcome(Verdict.SUCCEEDED, "re_3")]
    refunding.send(first)
    clock.tick(minutes=5)
    assert refunding.ask_due() == 2
    assert [row(one).status for one in (first, second, third)] == [
        RefundStatus.SUCCEEDED,
        RefundStatus.PENDING,
        RefundStatus.SUCCEEDED,
    ]


@pytest.mark.parametrize("gateway", ["manual", "nobody-knows"])
def test_what_no_gateway_can_send_is_for_the_operator(app: Flask, gateway: str) -> None:
    refund_id = wish(paid(gateway))
    assert row(refund_id).by_hand
    assert refunding.send(refund_id) == "nothing to send"
    assert row(refund_id).status == RefundStatus.PENDING


def test_two_operators_at_once_never_give_back_more_than_was_paid(app: Flask, vendor: Refunder) -> None:
    payment_id, said = paid().id, []

    def give(minor: int) -> None:
        with app.app_context():
            try:
                with unit_of_work(f"operator:{minor}"):
                    refunding.begin(payment_id, Wish(Money(minor, "EUR")))
                said.append("begun")
            except DomainError as error:
                said.append(error.code)
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(give, 2000 + one)) for one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(said) == ["begun", "more_than_is_left", "more_than_is_left", "more_than_is_left"]


def test_two_answers_at_once_give_back_once(app: Flask, bought: Payment) -> None:
    refund_id = wish(bought)
    said: list[str] = []

    def ask() -> None:
        with app.app_context():
            said.append(refunding.send(refund_id))
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(ask,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said.count("given back") == 1
    assert at_the_bank() == 1000


def test_what_was_sent_too_long_ago_is_not_sent_again(vendor: Refunder, clock: TurnedClock) -> None:
    """After a day its vendor knows the key no more, so the money could go twice: as after a week without a clock."""
    refund_id = wish(paid())
    vendor.answers = [VendorUnreachable("gone")]
    refunding.send(refund_id)
    clock.now += refund_moves.REMEMBERED + timedelta(seconds=1)
    assert refunding.ask_due() == 1
    assert len(vendor.requests) == 1
    assert row(refund_id).status == RefundStatus.PENDING
    assert row(refund_id).puzzles_since == clock.now
    assert refunding.send(refund_id) == "nothing to send"
