"""Sales that PayPal charges again by itself: mirrored, steered and ended, whatever is told, lost or told twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed, work_off
from tests.conftest import TurnedClock, empty_tables
from tests.fakes import paypal_signing as signing
from tests.fakes.paypal import Thing
from tests.fakes.paypal_subscriptions import PLANS, PayPalSubscriptionsFake
from tests.fakes.vendor import Status
from webapp.domain import credits, memberships, network, payment_methods, payments
from webapp.errors import Conflict, NotFound
from webapp.extensions import db as database
from webapp.flows import asking, charging, inbound, ordering, reconciling
from webapp.gateways import beyond, gateways, pretending
from webapp.gateways.paypal import PayPalGateway
from webapp.models import (
    CreditKind,
    Dispute,
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
    StoredCredential,
    TryStatus,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


@dataclass
class Shop:
    app: Flask
    fake: PayPalSubscriptionsFake
    settings: Settings
    clock: TurnedClock

    def order(self, product: str = "premium", **more: Any) -> Membership:
        placed = ordering.place(factories.order(product, gateway="paypal", **more), self.settings)
        payment = database.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()
        assert payment.membership is not None
        return payment.membership

    def name(self) -> str:
        return next(name for name, one in reversed(self.fake.things.items()) if one["_kind"] == "subscription")

    def buy(self, product: str = "premium", **more: Any) -> Membership:
        membership = self.order(product, **more)
        self.fake.agree(self.name())
        self.hear(*self.fake.events)
        return self.now(membership)

    def now(self, membership: Membership) -> Membership:
        database.session.rollback()
        return database.session.get_one(Membership, membership.id, populate_existing=True)

    def hear(self, *events: Thing) -> None:
        for event in events:
            body, headers = self.fake.notice(event)
            inbound.receive("paypal", inbound.open_notice("paypal", body, headers))
        database.session.rollback()
        inbound.work_off()
        database.session.rollback()

    def wait(self, days: float) -> None:
        """The days pass, and the clock process does what is due meanwhile."""
        self.clock.tick(days=days)
        charging.work_off()
        database.session.rollback()
        work_off(self.app, "webapp.flows.storing")
        database.session.rollback()

    def bill(self, *, ok: bool = True) -> str:
        return self.fake.bill(self.name(), ok=ok)

    def status(self) -> str:
        return str(self.fake.things[self.name()]["status"])

    def payments(self, membership: Membership) -> list[Payment]:
        database.session.rollback()
        return list(
            database.session.scalars(
                select(Payment).where(Payment.membership_id == membership.id).order_by(Payment.id)
            ).all()
        )


@pytest.fixture
def shop(app: Flask, db: Session, clock: TurnedClock) -> Iterator[Shop]:
    clock.use("2027-01-15T12:00:00Z")
    factories.product("premium")
    factories.product("studio", amount_minor=4900, trial_duration=14)
    with PayPalSubscriptionsFake() as fake, installed(app, env=fake.env):
        yield Shop(app, fake, app.extensions["settings"], clock)


# -- the agreement ---------------------------------------------------------------------------------------------------
def test_the_buyer_agrees_once_and_the_first_payment_is_settled(shop: Shop) -> None:
    membership = shop.buy()
    assert (membership.status, membership.auto_renew) == (S.ACTIVE, True)
    assert membership.credential is not None
    assert membership.credential.reference == shop.name()
    assert membership.credential.label == f"PayPal ({membership.customer.email})"
    (payment,) = shop.payments(membership)
    assert str(payment.gateway_reference).startswith("sale:")


def test_a_second_sale_on_the_same_terms_has_the_same_plan(shop: Shop) -> None:
    shop.buy()
    shop.buy(email="bob@example.com")
    plans = [one for one in shop.fake.calls if one.method == "POST" and one.path == PLANS]
    assert len(plans) == 1


@pytest.mark.parametrize("changed", [False, True])
def test_a_plan_of_other_terms_is_not_taken_whatever_paypal_lists(shop: Shop, changed: bool) -> None:
    shop.fake.lists_all = True
    shop.buy("studio")
    if changed:  # somebody has made it cheaper at PayPal
        plan = next(one for one in shop.fake.things.values() if one["_kind"] == "plan")
        plan["billing_cycles"][1]["pricing_scheme"]["fixed_price"]["value"] = "1.00"
    again = PayPalGateway(beyond(gateways.get("paypal")).config, value_of=network.value_of, roots=[signing.root()])
    with pretending({**gateways.all(), "paypal": again}):
        shop.order("studio" if changed else "premium")
    used = shop.fake.things[shop.fake.things[shop.name()]["plan_id"]]["billing_cycles"][-1]
    assert used["pricing_scheme"]["fixed_price"]["value"] == ("49.00" if changed else "29.99")


def test_a_trial_charges_nothing_and_then_every_period(shop: Shop) -> None:
    membership = shop.buy("studio")
    assert (membership.status, membership.auto_renew) == (S.TRIALING, True)
    shop.wait(14)
    assert shop.now(membership).is_served
    shop.bill()
    shop.hear(shop.fake.events[-1])
    membership = shop.now(membership)
    assert (membership.status, membership.periods_paid) == (S.ACTIVE, 1)
    assert [one.total_minor for one in shop.payments(membership)] == [0, 4900]


def test_an_account_at_paypal_has_one_free_trial(shop: Shop) -> None:
    shop.order("studio")
    shop.fake.agree(shop.name(), payer="SAMEPERSON")
    second = shop.order("studio", email="eve@example.com")
    shop.fake.agree(shop.name(), payer="SAMEPERSON")
    shop.hear(*shop.fake.events)
    shop.wait(0)
    assert shop.now(second).status == S.EXPIRED
    assert shop.status() == "CANCELLED"
    assert shop.payments(second)[-1].total_minor == 4900


def test_an_agreement_to_another_price_needs_a_decision_and_takes_no_more(shop: Shop) -> None:
    membership = shop.order()
    plan = next(one for one in shop.fake.things.values() if one["_kind"] == "plan")
    plan["billing_cycles"][0]["pricing_scheme"]["fixed_price"]["value"] = "1.00"  # somebody changed it at PayPal
    shop.fake.agree(shop.name())
    shop.hear(*shop.fake.events)
    shop.wait(0)
    assert shop.now(membership).status == S.PENDING
    assert "asked for" in shop.payments(membership)[0].tries[0].reason
    assert shop.status() == "CANCELLED"


def test_a_fee_in_the_first_payment_and_a_code_for_two_renewals_are_agreed_to(shop: Shop) -> None:
    factories.product("gold", amount_minor=1000, setup_fee_minor=500)
    factories.discount_code("TWO", 10, apply_to_renewals="first", renewals_limit=1)
    membership = shop.buy("gold", cart={"discount_code": "TWO"})
    for _ in range(3):
        shop.wait(31)
        shop.bill()
        shop.hear(shop.fake.events[-1])
    assert [one.total_minor for one in shop.payments(membership)] == [1400, 900, 1000, 1000]
    assert shop.now(membership).periods_paid == 4


def test_terms_that_paypal_has_no_plan_for_are_an_order(shop: Shop) -> None:
    factories.product("decade", duration=3, duration_unit="year")
    membership = shop.order("decade")
    assert str(shop.payments(membership)[0].tries[0].gateway_reference).startswith("order:")


def test_an_account_that_may_have_no_subscriptions_takes_orders(shop: Shop) -> None:
    sign_in = Status(200, {}, {"access_token": "A21-x", "expires_in": 9000})
    shop.fake.next(sign_in, Status(403, {}, {"name": "NOT_AUTHORIZED"}))
    shop.fake.tokens.append("A21-x")
    membership = shop.order()
    assert str(shop.payments(membership)[0].tries[0].gateway_reference).startswith("order:")


def test_whoever_does_not_agree_has_paid_nothing(shop: Shop) -> None:
    membership = shop.order()
    asking.ask(shop.payments(membership)[0].tries[0].id)
    assert shop.now(membership).status == S.PENDING
    assert shop.payments(membership)[0].tries[0].is_open


def test_what_was_paid_otherwise_meanwhile_is_not_charged_by_paypal_for_ever(shop: Shop) -> None:
    membership = shop.order()
    (payment,) = shop.payments(membership)
    ordering.pay_again(payment.id, "manual", shop.settings)
    with unit_of_work("staff"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="staff")
    shop.fake.agree(shop.name())
    shop.hear(*shop.fake.events)
    shop.wait(0)
    assert shop.status() == "CANCELLED"
    assert shop.payments(membership)[0].tries[0].puzzles_since is not None


# -- renewals --------------------------------------------------------------------------------------------------------
def test_each_period_is_paid_by_what_paypal_takes(shop: Shop) -> None:
    membership = shop.buy()
    ends = []
    for _ in range(3):
        shop.wait(31)
        shop.bill()
        shop.hear(shop.fake.events[-1])
        membership = shop.now(membership)
        ends.append(f"{membership.expires_at:%m-%d}")
    assert (membership.status, membership.periods_paid, ends) == (S.ACTIVE, 4, ["03-15", "04-15", "05-15"])
    assert all(one.is_paid for one in shop.payments(membership))


def test_money_that_comes_a_little_early_pays_for_the_period_when_it_is_due(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(30.9)
    shop.bill()
    shop.hear(shop.fake.events[-1])
    assert shop.now(membership).periods_paid == 1
    shop.wait(0.2)
    assert shop.now(membership).periods_paid == 2


def test_with_all_notices_lost_each_period_is_found_all_the_same(shop: Shop) -> None:
    membership = shop.buy()
    for day in ("2027-02-15", "2027-03-15"):
        shop.clock.use(f"{day}T10:00:00Z")
        shop.bill()
        shop.clock.use(f"{day}T12:00:00Z")
        shop.wait(0)
    assert shop.now(membership).periods_paid == 3


def test_a_charge_that_comes_late_is_waited_for_and_found_by_comparing(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(31)
    assert shop.now(membership).status == S.ACTIVE
    assert shop.payments(membership)[-1].tries[-1].status == TryStatus.NEEDS_ACTION
    shop.clock.tick(hours=20)
    shop.bill()
    reconciling.run("test")
    assert (shop.now(membership).periods_paid, shop.now(membership).status) == (2, S.ACTIVE)


def test_a_failure_is_mailed_retried_and_settled(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(31)
    shop.bill(ok=False)
    shop.hear(shop.fake.events[-1])
    assert shop.now(membership).status == S.ON_HOLD
    shop.wait(1.1)  # tried again: PayPal takes what is owed
    membership = shop.now(membership)
    assert (membership.status, membership.periods_paid) == (S.ACTIVE, 2)
    assert len(shop.payments(membership)[-1].tries) == 2


def test_what_cannot_be_taken_at_all_ends_the_membership_and_the_agreement(shop: Shop) -> None:
    membership = shop.buy()
    shop.fake.has_no_money = True
    shop.wait(31)
    shop.bill(ok=False)
    shop.hear(shop.fake.events[-1])
    for _ in range(9):
        shop.wait(1)
    membership = shop.now(membership)
    assert (membership.status, membership.credential) == (S.EXPIRED, None)
    assert shop.status() == "CANCELLED"


def test_paypals_own_late_success_brings_it_back(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(31)
    shop.bill(ok=False)
    shop.hear(shop.fake.events[-1])
    shop.bill()
    shop.hear(shop.fake.events[-1])
    assert (shop.now(membership).status, shop.now(membership).periods_paid) == (S.ACTIVE, 2)


def test_a_charge_that_nobody_asked_for_needs_a_decision(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(5)
    shop.bill()
    shop.hear(shop.fake.events[-1])
    shop.hear(shop.fake.tell("PAYMENT.SALE.COMPLETED", "sale", shop.fake.events[-1]["resource"]))
    (payment,) = shop.payments(membership)
    assert payment.tries[-1].puzzles_since is not None
    assert "nobody asked for" in payment.tries[-1].reason
    assert shop.now(membership).periods_paid == 1


def test_credit_is_not_used_for_what_paypal_takes_whole(shop: Shop) -> None:
    membership = shop.buy()
    with unit_of_work("test"):
        credits.add(membership.customer_id, Money(1000, "EUR"), CreditKind.GOODWILL, reason="sorry")
    shop.wait(31)
    shop.bill()
    shop.hear(shop.fake.events[-1])
    assert shop.payments(membership)[-1].credit_minor == 0
    assert shop.now(membership).periods_paid == 2


# -- steering --------------------------------------------------------------------------------------------------------
def cancel(membership: Membership, *, at_once: bool = False) -> None:
    with unit_of_work("test"):
        memberships.cancel(memberships.find(membership.id), reason="enough", at_once=at_once)


def test_a_cancellation_rests_it_and_taking_it_back_wakes_it(shop: Shop) -> None:
    membership = shop.buy()
    cancel(membership)
    shop.wait(0)
    assert shop.status() == "SUSPENDED"
    with unit_of_work("test"):
        memberships.undo_cancellation(memberships.find(membership.id))
    shop.wait(0)
    assert shop.status() == "ACTIVE"
    cancel(membership)
    shop.wait(32)
    assert (shop.status(), shop.now(membership).status) == ("CANCELLED", S.CANCELLED)


def test_an_end_at_once_ends_it_there(shop: Shop) -> None:
    membership = shop.buy()
    cancel(membership, at_once=True)
    shop.wait(0)
    assert shop.status() == "CANCELLED"


def test_another_price_ends_it_and_the_customer_is_asked(shop: Shop) -> None:
    membership = shop.buy()
    with unit_of_work("test"):
        found = memberships.find(membership.id)
        found.items[0].unit_price_minor = 3500
        found.price_minor = 3500
        found.due_at = shop.clock.now
    shop.wait(0)
    membership = shop.now(membership)
    assert (shop.status(), membership.credential, membership.status) == ("CANCELLED", None, S.ACTIVE)
    shop.wait(31)
    payment = shop.payments(membership)[-1]
    assert (payment.total_minor, payment.is_paid, len(payment.tries)) == (3500, False, 0)


def test_a_renewal_paid_otherwise_ends_it(shop: Shop) -> None:
    membership = shop.buy()
    shop.wait(31)
    shop.bill(ok=False)
    shop.hear(shop.fake.events[-1])
    payment = shop.payments(membership)[-1]
    ordering.pay_again(payment.id, "manual", shop.settings)
    with unit_of_work("staff"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="staff")
    shop.wait(0)
    membership = shop.now(membership)
    assert (shop.status(), membership.periods_paid, membership.credential) == ("CANCELLED", 2, None)


def test_a_renewal_paid_at_paypal_begins_a_new_agreement_from_the_next_period_on(shop: Shop) -> None:
    membership = shop.buy()
    shop.fake.cancel(shop.name(), {})
    shop.hear(shop.fake.events[-1])
    assert shop.now(membership).credential is None
    shop.wait(29)
    payment = shop.payments(membership)[-1]
    ordering.pay_again(payment.id, "paypal", shop.settings)
    shop.fake.agree(shop.name())
    shop.hear(*shop.fake.events)
    membership = shop.now(membership)
    assert (membership.periods_paid, f"{membership.expires_at:%m-%d}") == (2, "03-15")
    due = shop.fake.things[shop.name()]["billing_info"]["next_billing_time"]
    assert due.startswith(("2027-03-15", "2027-03-16"))


def test_money_that_came_late_for_a_period_does_not_pay_for_the_next_one_as_well(shop: Shop) -> None:
    with unit_of_work("test"):
        network.change({"grace_period_days": 60})
    membership = shop.buy()
    shop.fake.cancel(shop.name(), {})
    shop.hear(shop.fake.events[-1])
    shop.clock.use("2027-03-13T12:00:00Z")  # two days before the next period is due as well
    shop.wait(0)
    payment = shop.payments(membership)[-1]
    ordering.pay_again(payment.id, "paypal", shop.settings)
    shop.fake.agree(shop.name())
    shop.hear(*shop.fake.events)
    assert f"{shop.now(membership).expires_at:%m-%d}" == "03-15"
    shop.wait(2)
    assert shop.now(membership).periods_paid == 2
    shop.bill()
    shop.hear(shop.fake.events[-1])
    assert (shop.now(membership).periods_paid, f"{shop.now(membership).expires_at:%m-%d}") == (3, "04-15")


def test_the_payer_ends_it_at_paypal(shop: Shop) -> None:
    membership = shop.buy()
    shop.fake.cancel(shop.name(), {})
    shop.hear(shop.fake.events[-1])
    membership = shop.now(membership)
    assert (membership.status, membership.auto_renew, membership.credential) == (S.ACTIVE, False, None)


def test_limited_cycles_end_there_too(shop: Shop) -> None:
    factories.product("course", billing_cycles=2)
    membership = shop.buy("course")
    shop.wait(31)
    shop.bill()
    shop.hear(*shop.fake.events)
    assert shop.status() == "EXPIRED"
    assert shop.now(membership).is_paid_up


# -- any order -------------------------------------------------------------------------------------------------------
@given(picks=strategies.lists(strategies.integers(0, 40), min_size=1, max_size=20))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_multiplicity_of_the_notices_ends_the_same(
    app: Flask, clock: TurnedClock, picks: Sequence[int]
) -> None:
    ends = []
    for shuffled in (False, True):
        database.session.remove()
        empty_tables()
        clock.use("2027-01-15T12:00:00Z")
        factories.product("premium")
        with PayPalSubscriptionsFake() as fake, installed(app, env=fake.env):
            shop = Shop(app, fake, app.extensions["settings"], clock)
            membership = shop.order()
            fake.agree(shop.name())
            events = list(fake.events)
            sent = [events[one % len(events)] for one in picks] if shuffled else events
            shop.hear(*sent)
            shop.hear(*events[:: -1 if shuffled else 1])
            shop.wait(31)
            shop.bill(ok=False)
            shop.bill()
            fake.refund_there(fake.things[shop.name()]["_sales"][-1], 1000)
            events = list(fake.events)
            shop.hear(*([events[one % len(events)] for one in picks] if shuffled else events))
            shop.hear(*events[:: -1 if shuffled else 1])
            reconciling.run("test")  # what went back before anybody knew that it had come
            shop.wait(2)
            membership = shop.now(membership)
            found = [(one.status, one.total_minor) for one in shop.payments(membership)]
            ends.append((membership.status, membership.periods_paid, found))
    assert ends[0] == ends[1]
    assert ends[0][:2] == (S.ACTIVE, 2)
    assert ends[0][2][1][0] == PaymentStatus.PARTIALLY_REFUNDED


def test_a_way_that_paypal_charges_is_offered_for_nothing_else(shop: Shop) -> None:
    membership = shop.buy()
    held = database.session.scalars(select(StoredCredential)).one()
    assert held.agreement is not None
    assert held.agreement["membership"] == membership.id
    other = shop.order(email="bob@example.com")
    with unit_of_work("test"), pytest.raises((Conflict, NotFound)):
        payment_methods.choose(memberships.find(other.id), held)


# -- a lost week -----------------------------------------------------------------------------------------------------
def test_with_all_notices_lost_for_a_week_one_comparison_brings_everything_to_the_truth(shop: Shop) -> None:
    factories.product("once", recurring=False)
    renewing, ending, failing = shop.buy(), shop.buy(), shop.buy()
    names = {one.id: one.credential.reference for one in (renewing, ending, failing) if one.credential is not None}
    bought = [shop.order("once") for _ in range(3)]
    orders = [str(shop.payments(one)[0].tries[0].gateway_reference).removeprefix("order:") for one in bought]
    shop.clock.use("2027-02-15T10:00:00Z")
    for name in orders[:2]:
        shop.fake.approve(name)
    shop.fake.capture(orders[1], {})
    taken = str(shop.fake.things[orders[1]]["_captures"][0])
    shop.fake.refund_there(taken, 1000)
    shop.fake.bill(names[renewing.id])
    shop.fake.cancel(names[ending.id], {})
    shop.fake.bill(names[failing.id], ok=False)
    disputed = str(shop.fake.things[names[renewing.id]]["_sales"][0])
    shop.fake.dispute(disputed)
    shop.clock.use("2027-02-22T12:00:00Z")
    reconciling.run("test")
    work_off(shop.app, "webapp.flows.storing")

    assert (shop.now(renewing).status, shop.now(renewing).periods_paid) == (S.ACTIVE, 2)
    assert shop.now(ending).credential is None
    assert shop.now(failing).status == S.ON_HOLD
    agreed, refunded, left = (shop.payments(one)[0].status for one in bought)
    assert (agreed, refunded) == (PaymentStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED)
    assert left == PaymentStatus.PENDING
    disputes = database.session.scalars(select(Dispute)).all()
    assert [one.payment_id for one in disputes] == [shop.payments(renewing)[0].id]
    before = [(one.id, one.status) for one in database.session.scalars(select(Payment).order_by(Payment.id))]
    reconciling.run("test")
    database.session.rollback()
    assert before == [(one.id, one.status) for one in database.session.scalars(select(Payment).order_by(Payment.id))]
