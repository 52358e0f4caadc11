"""With all notices lost, one comparison with the gateways brings everything to the truth; a second changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import TurnedClock
from tests.fakes.stripe import DISPUTED, FAILS_LATER, GOOD, NO_FUNDS, CardRefused
from tests.fakes.vendor import DropAnswer, Status
from tests.flows.test_inbound import Vendor, await_money, succeeded
from tests.flows.test_stripe_sales import Shop, shop
from tests.lives import buy, live_until
from webapp import hooks
from webapp.domain import attention, payments, reconciliations
from webapp.domain.reconciliations import Line
from webapp.domain.refunds import Wish
from webapp.extensions import db as database
from webapp.flows import asking, ordering, reconciling, refunding, sandbox_bank, sandbox_disputes, sandbox_refunds
from webapp.gateways.base import ChargeRequest, Outcome, VendorUnreachable, Verdict
from webapp.models import (
    Dispute,
    DisputeStatus,
    Event,
    Invoice,
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Reconciliation,
    Refund,
    RefundManner,
    Role,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

__all__ = ["shop"]
WEEK = timedelta(days=7)
S, T = PaymentStatus, TryStatus


def reconcile(**options: Any) -> Reconciliation:
    database.session.rollback()
    run = reconciling.run("test", **options)
    database.session.rollback()
    return run


def truth() -> dict[str, list[tuple[Any, ...]]]:
    """All that must not change when it is true already."""
    database.session.rollback()
    columns: dict[str, Iterable[Any]] = {
        "payments": (Payment.id, Payment.status, Payment.gateway_reference, Payment.version),
        "tries": (Try.id, Try.status, Try.gateway_reference, Try.puzzles_since, Try.settled_at),
        "refunds": (Refund.id, Refund.status, Refund.amount_minor, Refund.gateway_reference, Refund.puzzles_since),
        "disputes": (Dispute.id, Dispute.status, Dispute.closed_at),
        "memberships": (Membership.id, Membership.status, Membership.periods_paid, Membership.expires_at),
        "invoices": (Invoice.id, Invoice.number),
        "credentials": (StoredCredential.id, StoredCredential.reference),
        "events": (func.count(Event.id),),
    }
    return {name: [tuple(row) for row in database.session.execute(select(*some))] for name, some in columns.items()}


def status_of(reference: str) -> PaymentStatus:
    database.session.rollback()
    return database.session.scalars(select(Payment.status).where(Payment.reference == reference)).one()


def give_back(payment: Payment, minor: int) -> int:
    with unit_of_work("operator:1"):
        refund_id = refunding.begin(payment.id, Wish(Money(minor, payment.currency), reason="asked for")).id
    refunding.send(refund_id)
    database.session.rollback()
    return refund_id


# -- Stripe ----------------------------------------------------------------------------------------------------------
def test_after_a_week_without_notices_one_run_knows_all_that_stripe_knows(shop: Shop) -> None:
    expected: dict[str, PaymentStatus] = {}
    fake = shop.fake

    def paid(number: str = GOOD, gateway: str = "stripe-checkout") -> str:
        """Bought and known; what its intent is called."""
        payment = shop.buy(gateway, number)
        asking.ask(payment.tries[-1].id)
        nonlocal latest
        latest = shop.payment(payment.reference)
        return str(latest.gateway_reference)

    latest = shop.buy("stripe")
    expected[latest.reference] = S.COMPLETED
    expected[shop.buy("stripe-checkout").reference] = S.COMPLETED
    refused = shop.order("stripe")
    with pytest.raises(CardRefused):
        fake.pay(shop.press(refused), NO_FUNDS)
    expected[refused.reference] = S.PENDING
    for ok, status in ((True, S.COMPLETED), (False, S.PENDING)):
        late = shop.order("stripe-checkout")
        page = str(late.tries[-1].gateway_reference)
        fake.pay_page(page, late=True)
        fake.settle_late(page, ok=ok)
        expected[late.reference] = status
    left = shop.order("stripe-checkout")
    with unit_of_work("test"):
        payments.abandon_try(payments.locked(left.id).tries[-1], reason="the buyer went back")
    fake.pay_page(str(left.tries[-1].gateway_reference))
    expected[left.reference] = S.COMPLETED

    fake.make_refund(payment_intent=paid(), amount=500)
    expected[latest.reference] = S.PARTIALLY_REFUNDED
    fake.make_refund(payment_intent=paid())
    expected[latest.reference] = S.REFUNDED
    paid()
    give_back(latest, 700)
    ours = next(name for name, one in fake.things.items() if one["object"] == "refund" and one["amount"] == 700)
    fake.settle_refund(ours, ok=False)
    expected[latest.reference] = S.COMPLETED
    paid()
    fake.next(Status(200, {}, fake.shown(fake.things[str(latest.gateway_reference)])), DropAnswer())
    give_back(latest, 800)
    expected[latest.reference] = S.PARTIALLY_REFUNDED
    paid(DISPUTED)
    expected[latest.reference] = S.COMPLETED
    for end, status in (("won", S.COMPLETED), ("lost", S.REFUNDED)):
        paid()
        dispute = fake.dispute(str(latest.gateway_reference))
        fake.close_dispute(dispute["id"], end)
        expected[latest.reference] = status

    shop.clock.now += WEEK
    run = reconcile()
    assert {reference: status_of(reference) for reference in expected} == expected
    assert sorted(database.session.scalars(select(Dispute.status))) == sorted(
        [DisputeStatus.OPEN, DisputeStatus.WON, DisputeStatus.LOST]
    )
    assert [
        one.reason for one in database.session.scalars(select(Try).where(Try.status == T.DECLINED).order_by(Try.id))
    ][:1] == ["insufficient_funds"]
    assert run.failed == 0
    assert run.repaired == len(run.lines) >= 12
    known = truth()
    again = reconcile()
    assert (again.repaired, again.failed, again.lines) == (0, 0, [])
    assert truth() == known


def test_a_trial_whose_card_nobody_told_of_begins(shop: Shop) -> None:
    factories.product("trial", trial_duration=14)
    payment = shop.buy("stripe-checkout", product="trial")
    shop.clock.now += WEEK
    reconcile()
    membership = shop.payment(payment.reference).membership
    assert membership is not None
    assert membership.status == MembershipStatus.TRIALING
    assert membership.credential is not None


@pytest.mark.parametrize("hours", [3, 50])  # after a day Stripe knows the key no more, but tells by it what happened
@pytest.mark.parametrize(("number", "periods"), [(GOOD, 2), (FAILS_LATER, 1)])
def test_a_renewal_whose_answer_was_lost_is_known_after_one_run(
    shop: Shop, number: str, periods: int, hours: int
) -> None:
    shop.clock.use("2027-01-31T10:00Z")
    payment = shop.buy("stripe", number)
    shop.hear(*shop.fake.events)
    shop.fake.next(DropAnswer())
    live_until(shop.clock, "2027-02-28T10:05Z")
    database.session.rollback()
    assert database.session.scalars(select(Try.status).order_by(Try.id.desc())).first() == T.UNKNOWN
    shop.clock.now += timedelta(hours=hours)
    run = reconcile()
    membership = shop.payment(payment.reference).membership
    assert membership is not None
    assert membership.periods_paid == periods
    assert run.repaired == 1
    assert shop.fake.count("POST", "/v1/payment_intents") == 2  # it was not even sent again


def test_a_vendor_that_fails_half_way_loses_nothing(shop: Shop) -> None:
    bought = [shop.buy("stripe-checkout").reference for _ in range(4)]
    asking.ask(shop.payment(bought[0]).tries[-1].id)
    shop.fake.make_refund(payment_intent=str(shop.payment(bought[0]).gateway_reference), amount=100)
    shop.clock.now += timedelta(hours=1)
    shop.fake.next(None, *[Status(500)] * 4)  # one answer, then none: two tries, what was taken, what went back
    first = reconcile()
    assert [status_of(one) for one in bought] == [S.COMPLETED, S.COMPLETED, S.PENDING, S.PENDING]
    assert (first.repaired, first.failed) == (1, 4)
    assert "stripe" not in first.read_until
    shop.clock.now += timedelta(hours=1)
    second = reconcile()
    assert second.failed == 0
    assert [status_of(one) for one in bought] == [S.PARTIALLY_REFUNDED, *[S.COMPLETED] * 3]
    assert second.repaired == 3
    assert "stripe" in second.read_until


def test_a_silent_vendor_is_not_asked_a_thousand_times(shop: Shop) -> None:
    for _ in range(6):
        shop.buy("stripe-checkout")
    shop.clock.now += timedelta(hours=1)
    calls = len(shop.fake.calls)
    shop.fake.next(*[Status(503)] * 50)
    run = reconcile()
    tried = [one.path for one in shop.fake.calls[calls:]]
    assert sum(one.startswith("/v1/checkout") for one in tried) == reconciling.SILENT_AFTER
    assert any("does not answer" in one["effect"] and "3 more" in one["effect"] for one in run.lines)


# -- the pretend bank ------------------------------------------------------------------------------------------------
def bank_order(settings: Settings, *, known: bool = False) -> tuple[str, str]:
    """An order that waits at the bank, or, `known`, is paid: (payment, charge)."""
    placed = ordering.place(factories.order("premium"), settings)
    payment = database.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()
    charge, try_id = str(payment.tries[-1].gateway_reference), payment.tries[-1].id
    if known:
        sandbox_bank.approve(charge)
        asking.ask(try_id)
    database.session.rollback()
    return placed.reference, charge


def test_after_a_week_without_notices_one_run_knows_all_that_the_bank_knows(
    app: Flask, db: Session, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium")
    expected: dict[str, PaymentStatus] = {}
    paid, charge = bank_order(settings)
    sandbox_bank.approve(charge)
    expected[paid] = S.COMPLETED
    late, charge = bank_order(settings)
    sandbox_bank.approve(charge, tell_late=True)
    expected[late] = S.COMPLETED
    refused, charge = bank_order(settings)
    sandbox_bank.decline(charge)
    expected[refused] = S.PENDING
    left, charge = bank_order(settings)
    with unit_of_work("test") as session:
        number = session.scalars(select(Payment.id).where(Payment.reference == left)).one()
        payments.abandon_try(payments.locked(number).tries[-1], reason="the buyer went back")
    sandbox_bank.approve(charge)
    expected[left] = S.COMPLETED
    forgotten, _charge = bank_order(settings)
    expected[forgotten] = S.PENDING

    part, charge = bank_order(settings, known=True)
    sandbox_refunds.refund(charge, Money(500, "EUR"), "by-hand-1")
    expected[part] = S.PARTIALLY_REFUNDED
    for manner, status in (
        (RefundManner.LOST, S.PARTIALLY_REFUNDED),
        (RefundManner.LATE, S.PARTIALLY_REFUNDED),
        (RefundManner.BOUNCED, S.COMPLETED),
    ):
        ours, charge = bank_order(settings, known=True)
        sandbox_refunds.tell_to_refund(charge, manner)
        give_back(database.session.scalars(select(Payment).where(Payment.reference == ours)).one(), 600)
        expected[ours] = status
    for won, status in ((None, S.COMPLETED), (True, S.COMPLETED), (False, S.REFUNDED)):
        disputed, charge = bank_order(settings, known=True)
        name = sandbox_disputes.dispute(charge)
        if won is not None:
            sandbox_disputes.decide(name, won=won)
        expected[disputed] = status

    clock.now += WEEK
    run = reconcile()
    assert {reference: status_of(reference) for reference in expected} == expected
    assert len(database.session.scalars(select(Dispute)).all()) == 3
    assert run.failed == 0
    known = truth()
    again = reconcile()
    assert (again.repaired, again.failed) == (0, 0)
    assert truth() == known


def test_a_bank_that_changes_its_mind_about_a_dispute_is_followed(
    app: Flask, db: Session, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium")
    paid, charge = bank_order(settings, known=True)
    name = sandbox_disputes.dispute(charge, Money(900, "EUR"))
    sandbox_disputes.decide(name, won=False)
    reconcile()
    assert status_of(paid) == S.PARTIALLY_REFUNDED
    clock.now += WEEK
    sandbox_disputes.decide(name, won=True)
    reconcile()
    assert status_of(paid) == S.COMPLETED


def test_memberships_that_nobody_worked_on_are_renewed(
    app: Flask, db: Session, settings: Settings, clock: TurnedClock
) -> None:
    clock.use("2027-01-31T10:00Z")
    factories.product("premium")
    number = buy("premium", settings)
    clock.use("2027-02-25T10:10Z")  # announced within minutes of its time: somebody is about to
    assert reconcile().lines == []
    clock.use("2027-02-28T11:00Z")
    run = reconcile()
    assert database.session.get_one(Membership, number).periods_paid == 2
    assert [str(Line(**one)) for one in run.lines] == [
        f"membership {number:06d}: active, 1 paid → active, 2 paid, nobody had worked on it"
    ]
    assert reconcile().lines == []


# -- gateways of others ----------------------------------------------------------------------------------------------
class Newsy(Vendor):
    """Tells what it is told to tell; an exception among that is raised on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Sequence[str] | Exception] = []
        self.asked_since: list[datetime] = []

    def charge(self, _request: ChargeRequest) -> Outcome:
        return Outcome(Verdict.UNKNOWN, reason="no_answer")

    def changed(self, since: datetime) -> Iterator[Sequence[str]]:
        self.asked_since.append(since)
        for one in self.told:
            if isinstance(one, Exception):
                raise one
            assert not database.session().in_transaction(), "no transaction is open while a vendor is read"
            yield one


@pytest.fixture
def vendor(app: Flask) -> Iterator[Newsy]:
    before = hooks.registry.snapshot()
    made = Newsy()
    hooks.add_filter("wu_payment_gateways", lambda known: {**known, "vendor": lambda _config: made}, guard=False)
    yield made
    hooks.registry.restore(before)


def settled(vendor: Newsy, reference: str, *, refunded: int) -> int:
    """A payment that is paid here, and of which so much went back there."""
    payment_id = await_money(reference)
    with unit_of_work("test") as session:
        attempt = session.scalars(select(Try).where(Try.payment_id == payment_id)).one()
        payments.record_answer(attempt, succeeded(reference))
    whole = Money(2999, "EUR")
    vendor.truth[reference] = Outcome(
        Verdict.SUCCEEDED, reference=reference, amount=whole, refunded=Money(refunded, "EUR")
    )
    return payment_id


@pytest.mark.parametrize("error", [VendorUnreachable("gone"), RuntimeError("nonsense with a secret in it")])
def test_what_was_read_before_a_list_broke_off_counts_and_the_rest_is_read_again(
    vendor: Newsy, clock: TurnedClock, error: Exception
) -> None:
    first, second = settled(vendor, "ch_1", refunded=100), settled(vendor, "ch_2", refunded=200)
    vendor.told = [("ch_1",), error, ("ch_2",)]
    run = reconcile()
    assert (run.repaired, run.failed) == (1, 1)
    assert "secret" not in str(run.lines)
    assert database.session.get_one(Payment, first).status == S.PARTIALLY_REFUNDED
    vendor.told = [("ch_1",), ("ch_2",)]
    clock.now += timedelta(days=9)
    reconcile()
    assert database.session.get_one(Payment, second).status == S.PARTIALLY_REFUNDED
    assert vendor.asked_since[1] == clock.now - reconciling.REACHES_BACK
    reconcile()
    assert vendor.asked_since[2] == clock.now - reconciling.OVERLAP
    reconcile(back=timedelta(days=20))
    assert vendor.asked_since[3] == clock.now - timedelta(days=20)


def test_one_that_fails_is_read_again_and_keeps_no_other_waiting(vendor: Newsy, clock: TurnedClock) -> None:
    settled(vendor, "ch_1", refunded=100)
    second = settled(vendor, "ch_2", refunded=200)
    vendor.truth["ch_1"] = ValueError("talks nonsense")
    vendor.told = [("ch_1",), ("ch_2",), ("ch_3",), ()]
    run = reconcile()
    assert (run.looked_at, run.repaired, run.failed) == (2, 1, 1)
    assert database.session.get_one(Payment, second).status == S.PARTIALLY_REFUNDED
    clock.now += timedelta(hours=1)
    reconcile()
    assert vendor.asked_since[1] == clock.now - reconciling.REACHES_BACK


def test_what_nobody_can_be_asked_about_any_more_is_left_to_a_person(vendor: Newsy, clock: TurnedClock) -> None:
    payment_id = await_money()
    with unit_of_work("test") as session:
        session.execute(update(Try).values(status=T.UNKNOWN, gateway_reference=None, credential_reference="card_1"))
        session.execute(update(Try).values(ask_at=clock.now, created_at=clock.now))
    clock.now += asking.REMEMBERED - timedelta(minutes=1)
    run = reconcile()
    assert (run.repaired, run.failed) == (0, 1)
    clock.now += timedelta(minutes=1)
    run = reconcile()
    assert ["needs a decision" in one["effect"] for one in run.lines] == [True]
    looks = attention.look(database.session(), attention.Everybody(role=Role.OWNER), at_most=9)
    assert [(one.source.name, one.object_id, one.next_at) for one in looks] == [("puzzles", payment_id, None)]
    assert reconcile().lines == []


def test_only_the_newest_run_that_failed_needs_a_person(vendor: Newsy, clock: TurnedClock) -> None:
    def open_now() -> list[str]:
        found = attention.look(database.session(), attention.Everybody(), at_most=9, only="reconciliation")
        return [one.reason for one in found]

    vendor.told = [VendorUnreachable("gone")]
    reconcile()
    reconcile()
    assert open_now() == ["news of vendor: not compared, cannot be asked: gone"]
    vendor.told = []
    reconcile()
    assert open_now() == []


def test_old_runs_are_forgotten_and_what_they_read_is_not(vendor: Newsy, clock: TurnedClock) -> None:
    reconcile()
    clock.now += reconciliations.KEPT + timedelta(days=1)
    reconcile()
    assert len(database.session.scalars(select(Reconciliation)).all()) == 1


def test_the_command_says_a_line_for_each_difference(vendor: Newsy, app: Flask) -> None:
    payment_id = settled(vendor, "ch_1", refunded=100)
    vendor.told = [("ch_1",), VendorUnreachable("gone")]
    done = app.test_cli_runner().invoke(args=["reconcile", "--days", "3"])
    assert done.output.splitlines() == [
        "news of vendor: not compared, cannot be asked: gone",
        f"payment {payment_id:06d} (vendor ch_1): completed → partially-refunded, 1.00 EUR given back at the gateway",
        "1 looked at, 1 repaired, 1 failed",
    ]
    assert done.exit_code == 1
