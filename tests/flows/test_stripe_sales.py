"""Sales by Stripe from the order to the money, whatever becomes of calls, answers and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed
from tests.conftest import TurnedClock, empty_tables
from tests.fakes.stripe import (
    ALWAYS_ASKS,
    DISPUTED,
    FAILS_LATER,
    GOOD,
    NO_FUNDS,
    SIGNING,
    CardRefused,
    StripeFake,
    Thing,
)
from tests.fakes.vendor import DropAnswer, HangUp, Status
from tests.lives import live_until
from webapp.domain import network, refunds, sale_holds
from webapp.extensions import db as database
from webapp.flows import asking, inbound, ordering, refunding, relaying
from webapp.gateways import beyond, gateways
from webapp.gateways.base import VendorUnreachable
from webapp.models import (
    Delivery,
    DeliveryStatus,
    Dispute,
    DisputeStatus,
    Event,
    InboundEvent,
    InboundStatus,
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
    RefundStatus,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

OTHER = "5555555555554444"


@dataclass
class Shop:
    """The product with Stripe's keys, and Stripe."""

    app: Flask
    fake: StripeFake
    settings: Settings
    clock: TurnedClock

    def order(self, gateway: str, product: str = "premium", **facts: object) -> Payment:
        placed = ordering.place(factories.order(product, gateway=gateway, **facts), self.settings)
        return self.payment(placed.reference)

    def payment(self, reference: str) -> Payment:
        database.session.rollback()
        return database.session.scalars(select(Payment).where(Payment.reference == reference)).one()

    def press(self, payment: Payment, *, stored: bool = False) -> str:
        """The button on our page; what Stripe calls the intent that it makes."""
        done = ordering.confirm(payment.id, "stripe", self.settings, stored=stored)
        assert done.step is not None
        return str(done.step["client_secret"]).split("_secret_")[0]

    def buy(self, gateway: str = "stripe", number: str = GOOD, product: str = "premium") -> Payment:
        """Ordered and paid at Stripe; nobody has told us yet."""
        payment = self.order(gateway, product)
        if gateway == "stripe":
            self.fake.pay(self.press(payment), number)
        else:
            self.fake.pay_page(str(payment.tries[-1].gateway_reference), number)
        return self.payment(payment.reference)

    def hear(self, *events: Thing, gateway: str = "stripe") -> None:
        """Notices come in, and a worker acts on them."""
        for event in events:
            body, headers = self.fake.notice(event)
            inbound.receive(gateway, gateways.get(gateway).open_notice(body, headers))
        database.session.rollback()
        inbound.work_off()
        database.session.rollback()


@pytest.fixture
def shop(app: Flask, db: Session, clock: TurnedClock) -> Iterator[Shop]:
    factories.product("premium")
    with StripeFake() as fake, installed(app, env=fake.env):
        yield Shop(app, fake, app.extensions["settings"], clock)


def only_try(payment: Payment) -> Try:
    return payment.tries[-1]


# -- first payments --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_sale_is_settled_by_a_notice_alone(shop: Shop, gateway: str) -> None:
    payment = shop.buy(gateway)
    assert payment.status == PaymentStatus.PENDING
    shop.hear(*shop.fake.events)
    payment = shop.payment(payment.reference)
    assert payment.is_paid
    assert str(payment.gateway_reference).startswith("pi_")
    assert payment.membership is not None
    assert payment.membership.status == MembershipStatus.ACTIVE
    credential = payment.membership.credential
    assert credential is not None
    assert (credential.label, credential.reference[:3]) == ("Visa •••• 4242", "pm_")


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_sale_is_settled_by_asking_when_all_notices_are_lost(shop: Shop, gateway: str) -> None:
    payment = shop.buy(gateway)
    asking.ask(only_try(payment).id)
    assert shop.payment(payment.reference).is_paid


def test_nothing_is_made_at_stripe_before_the_button_is_pressed(shop: Shop) -> None:
    payment = shop.order("stripe")
    assert shop.fake.calls == []
    assert only_try(payment).gateway_reference is None
    assert only_try(payment).status == TryStatus.NEEDS_ACTION
    shop.press(payment)
    assert [one.path for one in shop.fake.calls] == ["/v1/customers", "/v1/payment_intents"]


def test_pressing_twice_is_one_intent(shop: Shop) -> None:
    payment = shop.order("stripe")
    assert shop.press(payment) == shop.press(payment)
    assert len([one for one in shop.fake.things if one.startswith("pi_")]) == 1


def test_an_answer_that_is_lost_is_given_again(shop: Shop) -> None:
    payment = shop.order("stripe")
    shop.fake.next(Status(200, {}, {"id": "cus_x", "object": "customer"}), DropAnswer())
    with pytest.raises(VendorUnreachable):
        shop.press(payment)
    assert only_try(shop.payment(payment.reference)).is_open


@pytest.mark.parametrize("trick", [DropAnswer(), HangUp(), Status(500), Status(429), Status(401)])
def test_whatever_stripe_does_the_buyer_can_press_again(shop: Shop, trick: object) -> None:
    payment = shop.order("stripe")
    shop.fake.next(trick)
    with pytest.raises(VendorUnreachable):
        shop.press(payment)
    shop.fake.pay(shop.press(payment))
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).is_paid
    assert sum(one["object"] == "payment_intent" for one in shop.fake.things.values()) == 1


def test_a_refused_card_is_a_failed_try_and_the_next_one_is_another_intent(shop: Shop) -> None:
    payment = shop.order("stripe")
    first = shop.press(payment)
    with pytest.raises(CardRefused):
        shop.fake.pay(first, NO_FUNDS)
    asking.ask(only_try(payment).id)
    payment = shop.payment(payment.reference)
    assert (only_try(payment).status, only_try(payment).reason) == (TryStatus.DECLINED, "insufficient_funds")
    second = shop.press(payment)
    assert second != first
    shop.fake.pay(second)
    shop.hear(*reversed(shop.fake.events))
    payment = shop.payment(payment.reference)
    assert payment.is_paid
    assert [one.status for one in payment.tries] == [TryStatus.DECLINED, TryStatus.SUCCEEDED]


def test_customers_and_metadata_lead_both_ways(shop: Shop) -> None:
    payment = shop.buy()
    intent = next(one for one in shop.fake.things.values() if one["object"] == "payment_intent")
    customer = shop.fake.things[intent["customer"]]
    assert payment.membership is not None
    assert intent["metadata"] == {
        "payment": payment.reference,
        "membership": payment.membership.reference,
        "order": payment.order_number,
        "try": f"pay-{payment.reference}-1",
    }
    assert customer["metadata"] == {"customer": payment.customer.reference}
    assert payment.customer.meta["stripe_customer"] == customer["id"]
    link = beyond(gateways.get("stripe")).address_of(intent["id"])
    assert link == f"https://dashboard.stripe.com/test/payments/{intent['id']}"


def test_who_bought_before_is_the_same_customer_at_stripe_also_at_its_page(shop: Shop) -> None:
    first = shop.buy()
    shop.hear(*shop.fake.events)
    factories.product("other", amount_minor=500)
    customer_id = shop.payment(first.reference).customer_id
    shop.order("stripe-checkout", "other", customer_id=customer_id, email="")
    made = [one for one in shop.fake.things.values() if one["object"] == "customer"]
    assert len(made) == 1


def test_a_customer_who_is_gone_at_stripe_is_made_anew(shop: Shop) -> None:
    payment = shop.order("stripe")
    with unit_of_work("test") as session:
        session.get_one(Payment, payment.id).customer.meta["stripe_customer"] = "cus_gone"
    shop.fake.pay(shop.press(payment))
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).customer.meta["stripe_customer"] != "cus_gone"


# -- any order, any number -------------------------------------------------------------------------------------------
def facts(reference: str) -> tuple[object, ...]:
    """Where a sale stands, and what was told of it."""
    database.session.rollback()
    payment = database.session.scalars(select(Payment).where(Payment.reference == reference)).one()
    told = select(Event.type, func.count()).where(Event.type != "payment.failed").group_by(Event.type)
    return (
        payment.status,
        payment.membership.status if payment.membership else None,
        sorted((one.amount_minor, one.status) for one in payment.refunds),
        sorted((one.amount_minor, one.status) for one in payment.disputes),
        sorted(tuple(row) for row in database.session.execute(told)),
        database.session.scalar(select(func.count(StoredCredential.id))),
    )


ORDERS = strategies.lists(strategies.integers(0, 40), min_size=1, max_size=40)


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
@given(picks=ORDERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_multiplicity_of_the_notices_of_a_sale_end_the_same(
    app: Flask, clock: TurnedClock, gateway: str, picks: Sequence[int]
) -> None:
    ends = []
    for shuffled in (False, True):
        database.session.remove()
        empty_tables()
        factories.product("premium")
        with StripeFake() as fake, installed(app, env=fake.env):
            shop = Shop(app, fake, app.extensions["settings"], clock)
            reference = shop.buy(gateway, DISPUTED).reference
            intent = next(one["id"] for one in fake.things.values() if one["object"] == "payment_intent")
            fake.make_refund(payment_intent=intent, amount=1000)
            fake.close_dispute(next(one for one in fake.things if one.startswith("du_")), "won")
            events = list(fake.events)
            sent = [events[one % len(events)] for one in picks] if shuffled else events
            for event in sent:
                shop.hear(event)
            shop.hear(*events[:: -1 if shuffled else 1])  # what was left out comes at last
            ends.append(facts(reference))
    assert ends[0] == ends[1]
    assert ends[0][0] == PaymentStatus.PARTIALLY_REFUNDED


def test_every_kind_of_event_is_taken_and_what_is_not_ours_is_left_alone(shop: Shop) -> None:
    payment = shop.buy()
    for kind in KINDS:
        thing = {"id": f"x_{kind}"[:60], "object": kind.rpartition(".")[0], "metadata": {}, "status": "x"}
        if kind == "invoice.upcoming":
            thing.pop("id")
        shop.fake.tell(kind, thing)
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).is_paid
    rows = database.session.scalars(select(InboundEvent)).all()
    assert {one.status for one in rows} == {InboundStatus.DONE, InboundStatus.IGNORED}
    assert len(rows) == len(shop.fake.events)


KINDS = """
checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed
checkout.session.expired customer.subscription.created customer.subscription.updated customer.subscription.deleted
customer.subscription.trial_will_end customer.subscription.paused customer.subscription.resumed
customer.subscription.pending_update_applied customer.subscription.pending_update_expired invoice.created
invoice.finalized invoice.finalization_failed invoice.paid invoice.payment_succeeded invoice.payment_failed
invoice.payment_action_required invoice.upcoming invoice.overdue invoice.voided invoice.marked_uncollectible
invoice_payment.paid payment_intent.succeeded payment_intent.payment_failed payment_intent.processing
payment_intent.requires_action payment_intent.canceled payment_intent.amount_capturable_updated setup_intent.succeeded
setup_intent.setup_failed payment_method.attached payment_method.detached payment_method.updated
payment_method.automatically_updated charge.refunded refund.created refund.updated refund.failed
charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn
charge.dispute.funds_reinstated customer.created customer.updated customer.deleted customer.tax_id.created
subscription_schedule.created billing_portal.session.created something.nobody.knows
""".split()


def test_the_address_takes_signed_notices_only(shop: Shop, client: FlaskClient) -> None:
    shop.buy()
    body, headers = shop.fake.notice(shop.fake.events[-1])
    for path in ("/webhooks/stripe", "/webhooks/stripe-checkout"):
        assert client.post(path, data=body, headers=headers).status_code == 200
        old = shop.fake.notice(shop.fake.events[-1], age=301)[1]
        forged = shop.fake.notice(shop.fake.events[-1], "whsec_other")[1]
        for wrong in (old, forged, {"Content-Type": "application/json"}):
            assert client.post(path, data=body, headers=wrong).status_code == 400
    with unit_of_work("test"):
        network.change({"stripe_webhook_secret": "whsec_unused"})
    assert client.post("/webhooks/stripe", data=body, headers=headers).status_code == 200


def test_while_a_secret_is_changed_both_are_good(app: Flask, db: Session, client: FlaskClient) -> None:
    with StripeFake() as fake, installed(app, env={**fake.env, "STRIPE_WEBHOOK_SECRET": f"whsec_new, {SIGNING}"}):
        event = fake.tell("customer.created", {"id": "cus_1", "object": "customer"})
        for secret in ("whsec_new", SIGNING):
            body, headers = fake.notice(event, secret)
            assert client.post("/webhooks/stripe", data=body, headers=headers).status_code == 200


# -- money back ------------------------------------------------------------------------------------------------------
def give_back(payment: Payment, minor: int) -> int:
    with unit_of_work("staff") as session:
        refund = refunding.begin(payment.id, refunds.Wish(amount=Money(minor, "EUR"), reason="kind"))
        session.flush()
        refund_id = refund.id
    refunding.send(refund_id)
    database.session.rollback()
    return refund_id


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_parts_and_the_rest_are_given_back_once_with_all_their_notices(shop: Shop, gateway: str) -> None:
    payment = shop.buy(gateway)
    shop.hear(*shop.fake.events)
    give_back(payment, 1000)
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).status == PaymentStatus.PARTIALLY_REFUNDED
    give_back(payment, 1999)
    shop.hear(*shop.fake.events, gateway="stripe-checkout")
    payment = shop.payment(payment.reference)
    assert payment.status == PaymentStatus.REFUNDED
    assert [one.amount_minor for one in payment.refunds] == [1000, 1999]


def test_a_refund_whose_answer_was_lost_is_sent_once(shop: Shop) -> None:
    payment = shop.buy()
    shop.hear(*shop.fake.events)
    shop.fake.next(Status(200, {}, {"id": "pi_x", "object": "payment_intent", "currency": "eur"}), DropAnswer())
    give_back(payment, 1000)
    shop.hear(*shop.fake.events)
    payment = shop.payment(payment.reference)
    assert [(one.amount_minor, one.status) for one in payment.refunds] == [(1000, RefundStatus.SUCCEEDED)]


def test_a_refund_that_fails_days_later_is_taken_back(shop: Shop) -> None:
    payment = shop.buy()
    shop.hear(*shop.fake.events)
    shop.fake.refunds_take_long = True
    give_back(payment, 2999)
    name = next(one for one in shop.fake.things if one.startswith("re_"))
    shop.fake.settle_refund(name, ok=True)
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).status == PaymentStatus.REFUNDED
    shop.fake.settle_refund(name, ok=False)
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).status == PaymentStatus.COMPLETED


def test_what_was_given_back_at_stripe_is_noted_here(shop: Shop) -> None:
    payment = shop.buy("stripe-checkout")
    shop.hear(*shop.fake.events)
    shop.fake.make_refund(payment_intent=str(shop.payment(payment.reference).gateway_reference), amount=500)
    shop.hear(*shop.fake.events, *shop.fake.events)
    assert [one.amount_minor for one in shop.payment(payment.reference).refunds] == [500]


@pytest.mark.parametrize(
    ("status", "mirrored", "paid"),
    [
        ("won", DisputeStatus.WON, PaymentStatus.COMPLETED),
        ("lost", DisputeStatus.LOST, PaymentStatus.REFUNDED),
        ("warning_closed", DisputeStatus.WON, PaymentStatus.COMPLETED),
    ],
)
def test_a_dispute_is_mirrored(shop: Shop, status: str, mirrored: DisputeStatus, paid: PaymentStatus) -> None:
    payment = shop.buy(number=DISPUTED)
    shop.hear(*shop.fake.events)
    dispute = database.session.scalars(select(Dispute)).one()
    assert (dispute.status, dispute.reason) == (DisputeStatus.OPEN, "fraudulent")
    shop.fake.close_dispute(dispute.gateway_reference, status)
    shop.hear(*reversed(shop.fake.events))
    assert database.session.scalars(select(Dispute)).one().status == mirrored
    assert shop.payment(payment.reference).status == paid


def test_what_changed_while_notices_were_lost_is_found(shop: Shop) -> None:
    payment = shop.buy(number=DISPUTED)
    intent = str(only_try(payment).gateway_reference)
    shop.fake.make_refund(payment_intent=intent, amount=100)
    found = list(beyond(gateways.get("stripe")).changed(shop.clock.now.replace(year=2020)))
    assert any(one[0].startswith("re_") and intent in one for one in found)
    assert any(one[0] == intent for one in found)
    assert [one[0] for one in beyond(gateways.get("stripe")).decided(shop.clock.now.replace(year=2020))] == [intent]


# -- trials and renewals ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_trial_charges_nothing_and_keeps_the_card_for_its_end(shop: Shop, gateway: str) -> None:
    factories.product("trial", trial_duration=14)
    payment = shop.buy(gateway, product="trial")
    shop.hear(*shop.fake.events)
    payment = shop.payment(payment.reference)
    assert payment.membership is not None
    assert payment.membership.status == MembershipStatus.TRIALING
    assert payment.membership.credential is not None
    assert not any(one["object"] == "payment_intent" for one in shop.fake.things.values())
    assert only_try(payment).status == TryStatus.SUCCEEDED
    setup = next(one for one in shop.fake.things.values() if one["object"] == "setup_intent")
    assert (setup["usage"], setup["metadata"]["payment"]) == ("off_session", payment.reference)


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_second_trial_with_the_same_card_is_none_whichever_way_it_is_typed(shop: Shop, gateway: str) -> None:
    factories.product("trial", trial_duration=14)
    bought = [
        shop.buy("stripe", product="trial"),
        shop.buy(gateway, product="trial"),
        shop.buy(gateway, OTHER, "trial"),
    ]
    shop.hear(*shop.fake.events)
    members = [shop.payment(one.reference).membership for one in bought]
    assert [one and one.status for one in members] == ["trialing", "expired", "trialing"]
    live_until(shop.clock, "2027-03-01T10:00Z")
    charged = [one for one in shop.fake.things.values() if one["object"] == "payment_intent"]
    payers = {one["metadata"]["membership"] for one in charged}
    assert members[0] is not None
    assert members[1] is not None
    assert members[0].reference in payers
    assert members[1].reference not in payers


def renewed(shop: Shop, number: str, gateway: str = "stripe") -> Membership:
    """A month after it was bought with this card, when its renewal is due."""
    shop.clock.use("2027-01-31T10:00Z")
    payment = shop.buy(gateway, number)
    shop.hear(*shop.fake.events)
    live_until(shop.clock, "2027-02-28T11:00Z")
    database.session.rollback()
    membership = shop.payment(payment.reference).membership
    assert membership is not None
    return membership


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_renewal_charges_the_stored_card(shop: Shop, gateway: str) -> None:
    membership = renewed(shop, GOOD, gateway)
    assert (membership.status, membership.periods_paid) == (MembershipStatus.ACTIVE, 2)
    intents = [one for one in shop.fake.things.values() if one["object"] == "payment_intent"]
    assert [one["status"] for one in intents] == ["succeeded"] * 2
    shop.hear(*shop.fake.events)
    assert membership.periods_paid == 2


def test_a_card_that_fails_puts_the_membership_on_hold(shop: Shop) -> None:
    membership = renewed(shop, FAILS_LATER)
    assert membership.status == MembershipStatus.ON_HOLD
    assert database.session.scalars(select(Try.reason).order_by(Try.id.desc())).first() == "generic_decline"
    shop.hear(*shop.fake.events, *shop.fake.events)
    assert database.session.get_one(Membership, membership.id).status == MembershipStatus.ON_HOLD


def test_a_bank_that_asks_is_answered_with_the_stored_card_on_our_page(shop: Shop) -> None:
    shop.clock.use("2027-01-31T10:00Z")
    payment = shop.order("stripe")
    name = shop.press(payment)
    shop.fake.pay(name, ALWAYS_ASKS)
    shop.fake.authenticate(name, ok=True)
    shop.hear(*shop.fake.events)
    live_until(shop.clock, "2027-02-28T11:00Z")
    database.session.rollback()
    renewal = database.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert renewal is not None
    assert (only_try(renewal).status, only_try(renewal).reason) == (TryStatus.DECLINED, "authentication_required")
    done = ordering.confirm(renewal.id, "stripe", shop.settings, stored=True)
    assert done.step is not None
    method = str(done.step["payment_method"])
    intent = shop.fake.things[str(done.step["client_secret"]).split("_secret_")[0]]
    shop.fake.confirm(intent, ALWAYS_ASKS, method)
    shop.fake.authenticate(intent["id"], ok=True)
    shop.hear(*shop.fake.events)
    renewal = shop.payment(renewal.reference)
    assert renewal.is_paid
    assert renewal.membership is not None
    assert renewal.membership.status == MembershipStatus.ACTIVE


@pytest.mark.parametrize("trick", [DropAnswer(), HangUp(), Status(500), Status(503), Status(429), Status(401)])
def test_a_charge_without_an_answer_is_settled_by_asking_and_taken_once(shop: Shop, trick: object) -> None:
    shop.clock.use("2027-01-31T10:00Z")
    payment = shop.buy()
    shop.hear(*shop.fake.events)
    shop.fake.next(trick, trick) if isinstance(trick, Status) and trick.status >= 500 else shop.fake.next(trick)
    live_until(shop.clock, "2027-02-28T11:00Z")
    database.session.rollback()
    shop.clock.use("2027-02-28T13:00Z")
    asking.ask_due()
    database.session.rollback()
    membership = shop.payment(payment.reference).membership
    assert membership is not None
    assert (membership.status, membership.periods_paid) == (MembershipStatus.ACTIVE, 2)
    taken = [one for one in shop.fake.things.values() if one["object"] == "charge" and one["status"] == "succeeded"]
    assert len(taken) == 2


def test_a_notice_settles_a_charge_whose_answer_was_lost(shop: Shop) -> None:
    shop.clock.use("2027-01-31T10:00Z")
    payment = shop.buy()
    shop.hear(*shop.fake.events)
    shop.fake.next(DropAnswer())
    live_until(shop.clock, "2027-02-28T11:00Z")
    shop.hear(*shop.fake.events)
    membership = shop.payment(payment.reference).membership
    assert membership is not None
    assert membership.periods_paid == 2


# -- the hosted page ---------------------------------------------------------------------------------------------------
def test_a_late_bank_is_waited_for_and_may_still_refuse(shop: Shop) -> None:
    payment = shop.order("stripe-checkout")
    session = str(only_try(payment).gateway_reference)
    shop.fake.pay_page(session, late=True)
    shop.hear(*shop.fake.events)
    assert only_try(shop.payment(payment.reference)).reason == "processing"
    shop.fake.settle_late(session, ok=False)
    shop.hear(*shop.fake.events)
    assert only_try(shop.payment(payment.reference)).reason == "insufficient_funds"


def test_a_refusal_on_the_hosted_page_leaves_it_open(shop: Shop) -> None:
    payment = shop.order("stripe-checkout")
    session = str(only_try(payment).gateway_reference)
    with pytest.raises(CardRefused):
        shop.fake.pay_page(session, NO_FUNDS)
    asking.ask(only_try(payment).id)
    assert only_try(shop.payment(payment.reference)).is_open
    shop.fake.pay_page(session)
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).is_paid


# -- what the buyer leaves is closed at Stripe ------------------------------------------------------------------------
def told_at_gateways(shop: Shop) -> list[DeliveryStatus]:
    relaying.drain(shop.app, "webapp.flows.telling", lease=timedelta(seconds=60))
    database.session.rollback()
    sent = select(Delivery.status).where(Delivery.handler == "webapp.flows.telling").order_by(Delivery.id)
    return list(database.session.scalars(sent))


@pytest.mark.parametrize(("first", "then"), [("stripe", "stripe-checkout"), ("stripe-checkout", "sandbox")])
def test_who_chooses_another_way_cannot_pay_by_the_first_as_well(shop: Shop, first: str, then: str) -> None:
    payment = shop.order(first)
    left = shop.press(payment) if first == "stripe" else str(payment.tries[-1].gateway_reference)
    ordering.pay_again(payment.id, then, shop.settings)
    assert told_at_gateways(shop) == [DeliveryStatus.DONE]
    assert shop.fake.things[left]["status"] == ("canceled" if first == "stripe" else "expired")
    shop.hear(*shop.fake.events)
    tries = [(one.gateway, one.status) for one in shop.payment(payment.reference).tries]
    assert tries == [(first, TryStatus.DECLINED), (then, TryStatus.NEEDS_ACTION)]


def test_money_that_came_before_it_was_closed_counts(shop: Shop) -> None:
    payment = shop.order("stripe")
    left = shop.press(payment)
    ordering.pay_again(payment.id, "sandbox", shop.settings)
    shop.fake.pay(left)
    assert told_at_gateways(shop) == [DeliveryStatus.DONE]
    assert shop.fake.things[left]["status"] == "succeeded"
    shop.hear(*shop.fake.events)
    assert shop.payment(payment.reference).status == PaymentStatus.COMPLETED


def test_an_order_that_is_given_up_is_closed_and_told_until_stripe_hears_it(shop: Shop) -> None:
    payment = shop.order("stripe")
    left = shop.press(payment)
    shop.clock.now += timedelta(hours=2)
    with unit_of_work("clock"):
        assert sale_holds.give_up_due() == 1
    shop.fake.next(Status(503))
    assert told_at_gateways(shop) == [DeliveryStatus.PENDING]
    shop.clock.now += timedelta(minutes=10)
    assert told_at_gateways(shop) == [DeliveryStatus.DONE]
    assert shop.fake.things[left]["status"] == "canceled"


def test_a_page_without_a_name_at_stripe_has_nothing_to_be_closed(shop: Shop) -> None:
    payment = shop.order("stripe")
    ordering.pay_again(payment.id, "sandbox", shop.settings)
    assert told_at_gateways(shop) == []
