"""Whatever a notice claims, however often and in whatever order: what is true is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.fakes.serving import serving
from webapp import hooks
from webapp.domain import inbox, payments
from webapp.extensions import db as database
from webapp.flows import inbound, relaying, sandbox_bank, sandbox_refunds
from webapp.gateways.base import (
    Base,
    Capability,
    Config,
    Notice,
    Outcome,
    Payer,
    PaymentRequest,
    Redirect,
    VendorUnreachable,
    Verdict,
)
from webapp.gateways.sandbox import SandboxGateway
from webapp.models import (
    Customer,
    Event,
    InboundEvent,
    InboundStatus,
    Payment,
    PaymentStatus,
    Try,
    TryStatus,
    User,
)
from webapp.money import Money
from webapp.transactions import unit_of_work

TOTAL = Money(2999, "EUR")
pytestmark = pytest.mark.usefixtures("app")


class Vendor(Base):
    """A gateway that answers what it was told to, and remembers what it was asked."""

    id = "vendor"
    capabilities = Capability.NONE

    def __init__(self) -> None:
        self.truth: dict[str, Outcome | Exception] = {}
        self.asked: list[str] = []

    def fetch(self, reference: str) -> Outcome:
        self.asked.append(reference)
        assert not database.session().in_transaction(), "no transaction is open while a vendor is asked"
        answer = self.truth[reference]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    before = hooks.registry.snapshot()
    made = Vendor()

    def factory(_config: Any) -> Vendor:
        return made

    hooks.add_filter("wu_payment_gateways", lambda gateways: {**gateways, "vendor": factory}, guard=False)
    yield made
    hooks.registry.restore(before)


def succeeded(reference: str = "ch_1", amount: Money = TOTAL) -> Outcome:
    return Outcome(Verdict.SUCCEEDED, reference=reference, amount=amount)


def await_money(reference: str = "ch_1", gateway: str = "vendor") -> int:
    """A payment whose buyer is at the gateway's page; the payment's id."""
    with unit_of_work() as session:
        user = User(email=f"{reference}@example.org", username=f"{gateway}-{reference}", password_hash="-")
        customer = Customer(user=user, display_name="Ada", email=f"{reference}@example.org")
        payment = Payment(customer=customer, currency="EUR", total_minor=TOTAL.minor, gateway=gateway)
        payment.tries.append(Try(number=1, gateway=gateway, gateway_reference=reference, status=TryStatus.NEEDS_ACTION))
        session.add(payment)
        session.flush()
        return payment.id


def notice(event_id: str = "evt_1", reference: str = "ch_1", kind: str = "charge.succeeded") -> None:
    inbound.receive("vendor", Notice(event_id, kind, reference, {"id": event_id}))


def events() -> list[InboundEvent]:
    database.session.rollback()
    return list(database.session.scalars(select(InboundEvent).order_by(InboundEvent.id)))


def effects() -> list[tuple[InboundStatus, str]]:
    return [(one.status, one.effect) for one in events()]


def status_of(payment_id: int) -> PaymentStatus:
    database.session.rollback()
    return database.session.get_one(Payment, payment_id).status


def times_recorded(event_type: str) -> int:
    return database.session.scalar(select(func.count()).where(Event.type == event_type)) or 0


# -- what a notice leads to ----------------------------------------------------------------------------------
def test_a_notice_completes_the_payment_it_is_about(vendor: Vendor) -> None:
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded()
    notice()
    assert inbound.work_off() == 1
    assert status_of(payment_id) == PaymentStatus.COMPLETED
    [event] = events()
    assert (event.status, event.effect, event.attempts_made) == (InboundStatus.DONE, "completed", 1)
    assert event.handled_at is not None


def test_the_gateway_is_believed_and_not_the_notice(vendor: Vendor) -> None:
    payment_id = await_money()
    vendor.truth["ch_1"] = Outcome(Verdict.DECLINED, reference="ch_1", reason="card_declined")
    notice(kind="charge.succeeded")
    inbound.work_off()
    assert status_of(payment_id) == PaymentStatus.PENDING
    assert effects() == [(InboundStatus.DONE, "declined")]


def test_a_payment_is_completed_once_however_often_we_are_told(vendor: Vendor) -> None:
    await_money()
    vendor.truth["ch_1"] = succeeded()
    for number in range(3):
        notice(f"evt_{number}")
        notice(f"evt_{number}")
    assert inbound.work_off() == 3
    assert [effect for _, effect in effects()] == ["completed", "known already", "known already"]
    assert times_recorded("payment.completed") == 1


@pytest.mark.parametrize("order", list(permutations(["charge.pending", "charge.failed", "charge.succeeded"])))
def test_notices_in_any_order_lead_to_the_same_end(vendor: Vendor, order: tuple[str, ...]) -> None:
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded()
    for number, kind in enumerate(order):
        notice(f"evt_{number}", kind=kind)
    inbound.work_off()
    assert status_of(payment_id) == PaymentStatus.COMPLETED
    assert times_recorded("payment.completed") == 1
    assert times_recorded("payment.failed") == 0


def test_a_late_decision_arrives_with_the_later_notice(vendor: Vendor) -> None:
    payment_id = await_money()
    vendor.truth["ch_1"] = Outcome(Verdict.NEEDS_ACTION, reference="ch_1", reason="processing")
    notice("evt_1")
    inbound.work_off()
    assert (status_of(payment_id), effects()) == (
        PaymentStatus.PENDING,
        [(InboundStatus.DONE, "no decision yet")],
    )
    vendor.truth["ch_1"] = succeeded()
    notice("evt_2")
    inbound.work_off()
    assert status_of(payment_id) == PaymentStatus.COMPLETED


def test_another_amount_than_was_asked_for_completes_nothing(vendor: Vendor) -> None:
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded(amount=Money(1, "EUR"))
    notice()
    inbound.work_off()
    assert status_of(payment_id) == PaymentStatus.PENDING
    assert "amount differs" in effects()[0][1]


@pytest.mark.parametrize("reference", ["ch_unknown", ""])
def test_what_is_not_ours_is_ignored_and_nobody_is_asked(vendor: Vendor, reference: str) -> None:
    await_money()
    notice(reference=reference)
    assert inbound.work_off() == 1
    assert effects() == [(InboundStatus.IGNORED, "not ours")]
    assert vendor.asked == []


def test_another_gateways_object_of_the_same_name_is_left_alone(vendor: Vendor) -> None:
    payment_id = await_money(gateway="sandbox")
    notice()
    inbound.work_off()
    assert effects() == [(InboundStatus.IGNORED, "not ours")]
    assert status_of(payment_id) == PaymentStatus.PENDING


def test_from_the_banks_page_to_the_completed_payment(app: Flask, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    with serving(app) as address:
        gateway = SandboxGateway(Config({}, address), bank=sandbox_bank, refunds=sandbox_refunds)
        beginning = gateway.begin(request_for(TOTAL))
        assert isinstance(beginning, Redirect)
        payment_id = await_money(beginning.reference, gateway="sandbox")

        page = beginning.url.removeprefix(address)
        app.test_client().post(page, data={"decision": "late"})
        clock.tick(20)
        relaying.drain(app, "webapp.flows.sandbox_bank", lease=timedelta(minutes=1))
    assert status_of(payment_id) == PaymentStatus.PENDING
    assert inbound.work_off() == 1
    assert status_of(payment_id) == PaymentStatus.COMPLETED


def request_for(amount: Money) -> PaymentRequest:
    return PaymentRequest(
        reference="abc",
        order_number="000042",
        amount=amount,
        description="Premium",
        payer=Payer("cus-1", "ada@example.org", "Ada"),
        return_url="http://localhost/thank-you/abc",
        cancel_url="http://localhost/pay/abc",
        idempotency_key="pay-abc-1",
    )


# -- when something goes wrong -------------------------------------------------------------------------------
def test_a_vendor_that_cannot_be_reached_is_asked_later(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    payment_id = await_money()
    vendor.truth["ch_1"] = VendorUnreachable("time-out")
    notice()
    assert inbound.work_off() == 1
    assert effects() == [(InboundStatus.RECEIVED, "the gateway cannot be asked: time-out")]
    assert inbound.work_off() == 0  # not at once

    clock.tick(10)
    vendor.truth["ch_1"] = succeeded()
    assert inbound.work_off() == 1
    assert status_of(payment_id) == PaymentStatus.COMPLETED
    assert events()[0].attempts_made == 2


def test_after_ten_tries_a_notice_waits_for_a_person(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    await_money()
    vendor.truth["ch_1"] = VendorUnreachable("time-out")
    notice()
    for _ in range(10):
        assert inbound.work_off() == 1
        clock.tick(2 * 86400)
    assert inbound.work_off() == 0
    assert effects() == [(InboundStatus.FAILED, "the gateway cannot be asked: time-out")]
    assert len(vendor.asked) == 10


def test_one_notice_that_fails_keeps_no_other_waiting(vendor: Vendor) -> None:
    broken, healthy = await_money("ch_broken"), await_money("ch_1")
    vendor.truth = {"ch_broken": RuntimeError("key sk_live_123 is wrong"), "ch_1": succeeded()}
    notice("evt_1", "ch_broken")
    notice("evt_2", "ch_1")
    assert inbound.work_off() == 2
    assert (status_of(broken), status_of(healthy)) == (PaymentStatus.PENDING, PaymentStatus.COMPLETED)
    assert effects()[0] == (InboundStatus.RECEIVED, "RuntimeError")  # and not what it said


def test_a_gateway_that_is_gone_for_a_while_is_asked_when_it_is_back(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded()
    notice()
    with_vendor = hooks.registry.snapshot()
    hooks.remove_all_filters("wu_payment_gateways")
    inbound.work_off()
    assert effects() == [(InboundStatus.RECEIVED, "NotFound")]
    hooks.registry.restore(with_vendor)
    clock.tick(60)
    inbound.work_off()
    assert status_of(payment_id) == PaymentStatus.COMPLETED


def test_a_killed_workers_notice_is_taken_up_after_its_lease(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded()
    notice()
    with unit_of_work() as session:
        assert inbox.claim(session, inbound.LEASE)  # and then it was killed
    assert inbound.work_off() == 0
    clock.tick(inbound.LEASE.total_seconds())
    assert inbound.work_off() == 1
    assert status_of(payment_id) == PaymentStatus.COMPLETED


def test_a_worker_that_was_given_up_cannot_undo_what_the_next_one_wrote(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    notice()
    with unit_of_work() as session:
        [slow] = inbox.claim(session, timedelta(minutes=2))
    clock.tick(120)
    with unit_of_work() as session:
        [quick] = inbox.claim(session, timedelta(minutes=2))
    assert slow is not None
    assert quick is not None
    with unit_of_work() as session:
        inbox.postpone(session, slow, "too slow")
    assert effects() == [(InboundStatus.RECEIVED, "")]
    with unit_of_work() as session:
        inbox.finish(session, quick, InboundStatus.DONE, "completed")
    with unit_of_work() as session:
        inbox.finish(session, slow, InboundStatus.FAILED, "too slow")
    assert effects() == [(InboundStatus.DONE, "completed")]


def test_what_one_notice_leads_to_a_later_one_of_the_same_batch_is_about(vendor: Vendor) -> None:
    """A name that is known only once the notice before it was handled."""
    await_money("ch_1")
    vendor.truth["ch_1"] = succeeded("ch_2")  # once it is taken, the vendor calls it so
    vendor.truth["ch_2"] = succeeded("ch_2")
    notice("evt_0", "ch_unknown")
    notice("evt_1", "ch_1")
    notice("evt_2", "ch_2")
    assert inbound.work_off() == 3
    assert [status for status, _effect in effects()] == [InboundStatus.IGNORED, InboundStatus.DONE, InboundStatus.DONE]


def test_a_payload_that_its_gateway_cannot_read_keeps_no_other_waiting(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names(_self: Vendor, payload: Mapping[str, Any]) -> list[str]:
        raise LookupError("nonsense")

    monkeypatch.setattr(Vendor, "names", names)
    payment_id = await_money()
    vendor.truth["ch_1"] = succeeded()
    notice("evt_0", "ch_unknown")
    notice("evt_1", "ch_1")
    assert inbound.work_off() == 2
    assert status_of(payment_id) == PaymentStatus.COMPLETED
    assert effects()[0] == (InboundStatus.RECEIVED, "LookupError")


def test_a_vendor_that_takes_its_time_leaves_the_rest_for_later(
    vendor: Vendor, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.use("2027-01-31T10:00:00Z")
    await_money("ch_1")
    asked = vendor.fetch

    def slow(reference: str) -> Outcome:
        clock.tick(inbound.LEASE.total_seconds() / 2)
        return asked(reference)

    monkeypatch.setattr(vendor, "fetch", slow)
    vendor.truth["ch_1"] = succeeded()
    for number in range(3):
        notice(f"evt_{number}", "ch_1")
    inbound.work_off(3)
    assert [status for status, _effect in effects()].count(InboundStatus.RECEIVED) == 2
    clock.tick(inbound.LEASE.total_seconds())
    inbound.work_off()
    inbound.work_off()
    clock.tick(inbound.LEASE.total_seconds())
    inbound.work_off()
    assert {status for status, _effect in effects()} == {InboundStatus.DONE}


# -- how much and in which order -----------------------------------------------------------------------------
def test_no_more_is_worked_off_than_was_asked_for(vendor: Vendor) -> None:
    for number in range(3):
        notice(f"evt_{number}", "ch_unknown")
    assert inbox.count_due() == 3
    assert inbound.work_off(2) == 2
    assert inbox.count_due() == 1
    assert inbound.work_off(2) == 1
    assert inbound.work_off(2) == 0


def test_what_has_waited_longest_comes_first(vendor: Vendor, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    notice("evt_1", "ch_1")
    clock.tick(1)
    notice("evt_2", "ch_2")
    inbound.work_off(1)
    assert [one.status for one in events()] == [InboundStatus.IGNORED, InboundStatus.RECEIVED]


def test_late_money_of_a_try_that_was_given_up_is_no_second_payment_when_it_is_said_twice(vendor: Vendor) -> None:
    payment_id = await_money()
    with unit_of_work("test"):
        payments.abandon_try(payments.locked(payment_id).tries[-1], reason="the buyer went back")
    vendor.truth["ch_1"] = succeeded()
    notice("evt_1")
    notice("evt_2")
    inbound.work_off()
    assert [effect for _, effect in effects()] == ["completed", "known already"]
    assert database.session.scalars(select(Try.puzzles_since)).one() is None
