"""Sales by PayPal from the order to the money, whatever becomes of calls, answers and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed
from tests.conftest import TurnedClock, empty_tables
from tests.fakes.paypal import PayPalFake, Thing
from tests.fakes.vendor import DropAnswer, HangUp, Status
from webapp.domain import network, payments, receivables, refunds
from webapp.errors import Invalid
from webapp.extensions import db as database
from webapp.flows import asking, inbound, ordering, refunding
from webapp.gateways import gateways
from webapp.models import (
    Dispute,
    DisputeStatus,
    Event,
    InboundEvent,
    InboundStatus,
    MembershipStatus,
    Payment,
    PaymentStatus,
    RefundStatus,
    Try,
    TryStatus,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work


@dataclass
class Shop:
    """The product with PayPal's keys, and PayPal."""

    app: Flask
    fake: PayPalFake
    settings: Settings
    clock: TurnedClock

    def order(self, gateway: str = "paypal", product: str = "once") -> Payment:
        placed = ordering.place(factories.order(product, gateway=gateway), self.settings)
        return self.payment(placed.reference)

    def payment(self, reference: str) -> Payment:
        database.session.rollback()
        return database.session.scalars(select(Payment).where(Payment.reference == reference)).one()

    def agree(self, payment: Payment) -> str:
        """The buyer agrees at PayPal, and does not come back; PayPal's name of the order."""
        name = str(payment.tries[-1].gateway_reference).removeprefix("order:")
        self.fake.approve(name)
        return name

    def buy(self) -> Payment:
        payment = self.order()
        self.agree(payment)
        self.hear(*self.fake.events)
        return self.payment(payment.reference)

    def hear(self, *events: Thing) -> None:
        """Notices come in, and a worker acts on them."""
        for event in events:
            body, headers = self.fake.notice(event)
            inbound.receive("paypal", inbound.open_notice("paypal", body, headers))
        database.session.rollback()
        inbound.work_off()
        database.session.rollback()

    def hear_all(self) -> None:
        """And of what that leads to, until nothing is left to be told."""
        heard = 0
        while heard < len(self.fake.events):
            heard, news = len(self.fake.events), self.fake.events[heard:]
            self.hear(*news)

    def taken(self) -> int:
        return sum(one["_kind"] == "capture" for one in self.fake.things.values())


@pytest.fixture
def shop(app: Flask, db: Session, clock: TurnedClock) -> Iterator[Shop]:
    factories.product("once", recurring=False)
    with PayPalFake() as fake, installed(app, env=fake.env):
        yield Shop(app, fake, app.extensions["settings"], clock)


def last_try(payment: Payment) -> Try:
    return payment.tries[-1]


# -- first payments --------------------------------------------------------------------------------------------------
def test_a_sale_is_settled_by_a_notice_alone(shop: Shop) -> None:
    payment = shop.buy()
    assert payment.is_paid
    assert str(payment.gateway_reference).startswith("capture:")
    assert payment.membership is not None
    assert payment.membership.status == MembershipStatus.ACTIVE


def test_a_sale_is_settled_by_coming_back(shop: Shop, client: FlaskClient) -> None:
    payment = shop.order()
    shop.agree(payment)
    answer = client.get(f"/checkout/return/{payment.reference}?token=x&PayerID=y")
    assert answer.headers["Location"].endswith(f"/thank-you/{payment.reference}")
    assert shop.payment(payment.reference).is_paid


def test_a_sale_is_settled_by_asking_when_all_notices_are_lost(shop: Shop) -> None:
    payment = shop.order()
    shop.agree(payment)
    asking.ask(last_try(payment).id)
    assert shop.payment(payment.reference).is_paid


def test_coming_back_notices_and_asking_take_it_once(shop: Shop, client: FlaskClient) -> None:
    payment = shop.buy()
    client.get(f"/checkout/return/{payment.reference}")
    asking.ask(last_try(payment).id)
    shop.hear_all()
    assert shop.taken() == 1
    assert shop.payment(payment.reference).status == PaymentStatus.COMPLETED


def test_whoever_leaves_paypal_is_asked_how_else(shop: Shop, client: FlaskClient) -> None:
    payment = shop.order()
    answer = client.get(f"/checkout/return/{payment.reference}?left=1&token=x")
    assert f"/pay/{payment.reference}" in answer.headers["Location"]
    assert last_try(shop.payment(payment.reference)).is_open


def test_what_was_paid_otherwise_is_not_taken_from_paypal_as_well(shop: Shop) -> None:
    payment = shop.order()
    name = str(last_try(payment).gateway_reference).removeprefix("order:")
    ordering.pay_again(payment.id, "manual", shop.settings)
    with unit_of_work("staff"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="staff")
    shop.fake.approve(name)  # in a window that was still open
    shop.hear_all()
    assert shop.taken() == 0
    assert shop.payment(payment.reference).is_paid


def test_a_refusal_is_a_failed_try_and_the_next_one_is_another_order(shop: Shop) -> None:
    payment = shop.order()
    first = shop.agree(payment)
    shop.fake.refuses = "INSTRUMENT_DECLINED"
    shop.hear_all()
    payment = shop.payment(payment.reference)
    assert (last_try(payment).status, last_try(payment).reason) == (TryStatus.DECLINED, "instrument_declined")
    shop.fake.refuses = ""
    ordering.pay_again(payment.id, "paypal", shop.settings)
    payment = shop.payment(payment.reference)
    assert shop.agree(payment) != first
    shop.hear(*reversed(shop.fake.events))
    assert [one.status for one in shop.payment(payment.reference).tries] == [TryStatus.DECLINED, TryStatus.SUCCEEDED]
    assert shop.taken() == 1


@pytest.mark.parametrize("trick", [DropAnswer(), HangUp(), Status(500), Status(429), Status(401)])
def test_whatever_paypal_does_the_buyer_can_go_on(shop: Shop, trick: object) -> None:
    sign_in = Status(200, {}, {"access_token": "A21-x", "expires_in": 9})
    shop.fake.next(sign_in, trick, *([sign_in, trick] if trick == Status(401) else []))
    payment = shop.order()
    assert last_try(payment).is_open
    ordering.pay_again(payment.id, "paypal", shop.settings)
    payment = shop.payment(payment.reference)
    shop.agree(payment)
    shop.hear_all()
    assert shop.payment(payment.reference).is_paid
    assert sum(one["_kind"] == "order" for one in shop.fake.things.values()) == 1


@pytest.mark.parametrize("trick", [DropAnswer(), HangUp(), Status(500), Status(503)])
def test_a_capture_without_an_answer_is_settled_by_asking_and_taken_once(shop: Shop, trick: object) -> None:
    payment = shop.order()
    name = shop.agree(payment)
    looked = Status(200, {}, {"id": name, "status": "APPROVED", "purchase_units": []})
    shop.fake.next(looked, trick)
    asking.ask(last_try(payment).id)
    payment = shop.payment(payment.reference)
    assert last_try(payment).is_open
    asking.ask(last_try(payment).id)
    assert shop.payment(payment.reference).is_paid
    assert shop.taken() == 1


def test_what_is_held_is_waited_for_and_may_still_come(shop: Shop) -> None:
    shop.fake.holds = True
    payment = shop.buy()
    assert (last_try(payment).status, last_try(payment).reason) == (TryStatus.NEEDS_ACTION, "processing")
    shop.fake.settle(shop.fake.only_capture()["id"], ok=True)
    shop.hear_all()
    assert shop.payment(payment.reference).is_paid


def test_what_is_held_and_denied_is_a_failed_try(shop: Shop) -> None:
    shop.fake.holds = True
    payment = shop.buy()
    shop.fake.settle(shop.fake.only_capture()["id"], ok=False)
    shop.hear_all()
    payment = shop.payment(payment.reference)
    assert (last_try(payment).status, last_try(payment).reason) == (TryStatus.DECLINED, "denied")
    assert not payment.is_paid


def test_an_order_nobody_agreed_to_runs_out(shop: Shop) -> None:
    payment = shop.order()
    shop.fake.expire(str(last_try(payment).gateway_reference).removeprefix("order:"))
    asking.ask(last_try(payment).id)
    assert last_try(shop.payment(payment.reference)).reason == "expired"
    ordering.pay_again(payment.id, "paypal", shop.settings)
    shop.agree(shop.payment(payment.reference))
    shop.hear_all()
    assert shop.payment(payment.reference).is_paid


def test_late_money_for_an_order_given_up_is_accepted(shop: Shop) -> None:
    payment = shop.order()
    with unit_of_work("clock"):
        receivables.void(payments.locked(payment.id), reason="given up")
    shop.agree(shop.payment(payment.reference))
    shop.hear_all()
    assert shop.payment(payment.reference).is_paid


def test_the_renewal_of_what_recurs_is_asked_for_by_a_link(shop: Shop) -> None:
    assert gateways.get("paypal").capabilities  # orders store no way to pay
    payment = shop.buy()
    assert payment.membership is not None
    assert payment.membership.credential is None


def test_what_begins_with_a_trial_is_not_offered_by_paypal(shop: Shop) -> None:
    factories.product("trial", trial_duration=14)
    with pytest.raises(Invalid) as refused:
        shop.order(product="trial")
    assert refused.value.field == "gateway"
    assert shop.fake.calls == []


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
    )


@given(picks=strategies.lists(strategies.integers(0, 40), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_multiplicity_of_the_notices_of_a_sale_end_the_same(
    app: Flask, clock: TurnedClock, picks: Sequence[int]
) -> None:
    ends = []
    for shuffled in (False, True):
        database.session.remove()
        empty_tables()
        factories.product("once", recurring=False)
        with PayPalFake() as fake, installed(app, env=fake.env):
            shop = Shop(app, fake, app.extensions["settings"], clock)
            fake.holds = True
            payment = shop.order()
            fake.capture(shop.agree(payment), {})
            name = fake.only_capture()["id"]
            fake.settle(name, ok=True)
            fake.refund_there(name, 1000)
            fake.close_dispute(fake.dispute(name), "RESOLVED_SELLER_FAVOUR")
            events = list(fake.events)
            sent = [events[one % len(events)] for one in picks] if shuffled else events
            for event in sent:
                shop.hear(event)
            shop.hear(*events[:: -1 if shuffled else 1])  # what was left out comes at last
            ends.append(facts(payment.reference))
    assert ends[0] == ends[1]
    assert ends[0][0] == PaymentStatus.PARTIALLY_REFUNDED


def test_every_kind_of_event_is_taken_and_what_is_not_ours_is_left_alone(shop: Shop) -> None:
    payment = shop.buy()
    for kind in KINDS:
        shop.fake.tell(kind, kind.split(".")[1].lower(), {"id": f"X{kind}"[:60], "status": "x"})
    shop.hear_all()
    assert shop.payment(payment.reference).is_paid
    rows = database.session.scalars(select(InboundEvent)).all()
    assert {one.status for one in rows} == {InboundStatus.DONE, InboundStatus.IGNORED}
    assert len(rows) == len(shop.fake.events)


KINDS = """
CHECKOUT.ORDER.APPROVED CHECKOUT.ORDER.COMPLETED CHECKOUT.ORDER.SAVED CHECKOUT.ORDER.VOIDED
CHECKOUT.PAYMENT-APPROVAL.REVERSED PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED
PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED PAYMENT.SALE.COMPLETED PAYMENT.SALE.DENIED
PAYMENT.SALE.PENDING PAYMENT.SALE.REFUNDED PAYMENT.SALE.REVERSED BILLING.SUBSCRIPTION.CREATED
BILLING.SUBSCRIPTION.ACTIVATED BILLING.SUBSCRIPTION.UPDATED BILLING.SUBSCRIPTION.SUSPENDED
BILLING.SUBSCRIPTION.CANCELLED BILLING.SUBSCRIPTION.EXPIRED BILLING.SUBSCRIPTION.PAYMENT.FAILED BILLING.PLAN.CREATED
CATALOG.PRODUCT.CREATED CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED
VAULT.PAYMENT-TOKEN.CREATED SOMETHING.NOBODY.KNOWS
""".split()


def test_the_address_takes_signed_notices_only(shop: Shop, client: FlaskClient) -> None:
    shop.buy()
    body, headers = shop.fake.notice(shop.fake.events[-1])
    assert client.post("/webhooks/paypal", data=body, headers=headers).status_code == 200
    old = shop.fake.notice(shop.fake.events[-1], age=5 * 86400)[1]
    other = shop.fake.notice(shop.fake.events[-1], webhook="1WH9")[1]
    elsewhere = {**headers, "Paypal-Cert-Url": "https://evil.example/cert.pem"}
    for wrong in (old, other, elsewhere, {"Content-Type": "application/json"}):
        assert client.post("/webhooks/paypal", data=body, headers=wrong).status_code == 400


def test_what_nobody_can_check_is_sent_again(shop: Shop, client: FlaskClient) -> None:
    event = shop.fake.tell("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "2GG"})
    body, headers = shop.fake.notice(event)
    shop.fake.next(*[Status(500)] * 3)
    assert client.post("/webhooks/paypal", data=body, headers=headers).status_code == 503
    shop.fake._tricks.clear()
    assert client.post("/webhooks/paypal", data=body, headers=headers).status_code == 200


def test_keys_that_are_saved_are_good_at_once(app: Flask, db: Session) -> None:
    factories.product("once", recurring=False)
    with PayPalFake() as fake, installed(app, env={"PAYPAL_API_BASE": fake.url}):
        with unit_of_work("staff"):
            network.change({name.lower(): value for name, value in fake.env.items() if name != "PAYPAL_API_BASE"})
        order = factories.order("once", gateway="paypal")
        assert ordering.place(order, app.extensions["settings"]).url


# -- money back ------------------------------------------------------------------------------------------------------
def give_back(payment: Payment, minor: int) -> None:
    with unit_of_work("staff") as session:
        refund = refunding.begin(payment.id, refunds.Wish(amount=Money(minor, "EUR"), reason="kind"))
        session.flush()
        refund_id = refund.id
    refunding.send(refund_id)
    database.session.rollback()


def given(payment: Payment) -> list[tuple[int, RefundStatus]]:
    database.session.rollback()
    found = database.session.get_one(Payment, payment.id)
    return sorted((one.amount_minor, one.status) for one in found.refunds)


def test_parts_and_the_rest_are_given_back_once_with_all_their_notices(shop: Shop) -> None:
    payment = shop.buy()
    give_back(payment, 1000)
    shop.hear_all()
    assert shop.payment(payment.reference).status == PaymentStatus.PARTIALLY_REFUNDED
    give_back(payment, 1999)
    shop.hear_all()
    shop.hear(*reversed(shop.fake.events))
    assert given(payment) == [(1000, RefundStatus.SUCCEEDED), (1999, RefundStatus.SUCCEEDED)]
    assert shop.payment(payment.reference).status == PaymentStatus.REFUNDED


def test_a_refund_whose_answer_is_lost_is_given_once(shop: Shop) -> None:
    payment = shop.buy()
    shop.fake.next(DropAnswer())
    give_back(payment, 1000)
    shop.hear_all()
    assert given(payment) == [(1000, RefundStatus.SUCCEEDED)]


def test_a_refund_whose_answer_is_lost_is_found_by_its_notice(shop: Shop) -> None:
    payment = shop.buy()
    shop.fake.next(DropAnswer())
    give_back(payment, 1000)
    shop.hear(shop.fake.events[-1])
    assert given(payment) == [(1000, RefundStatus.SUCCEEDED)]
    assert sum(one.path.endswith("/refund") for one in shop.fake.calls) == 1


def test_a_refund_that_fails_days_later_is_taken_back(shop: Shop) -> None:
    payment = shop.buy()
    shop.fake.refunds_take_long = True
    give_back(payment, 2999)
    name = next(one["id"] for one in shop.fake.things.values() if one["_kind"] == "refund")
    assert given(payment) == [(2999, RefundStatus.PENDING)]
    shop.fake.settle_refund(name, ok=False)
    shop.hear_all()
    assert given(payment) == [(2999, RefundStatus.FAILED)]
    assert shop.payment(payment.reference).status == PaymentStatus.COMPLETED


def test_what_was_given_back_at_paypal_is_noted_here(shop: Shop) -> None:
    payment = shop.buy()
    shop.fake.refund_there(shop.fake.only_capture()["id"], 500)
    shop.hear(*shop.fake.events, *shop.fake.events)
    assert given(payment) == [(500, RefundStatus.SUCCEEDED)]


def test_what_paypal_took_back_is_noted_here(shop: Shop) -> None:
    payment = shop.buy()
    shop.fake.reverse(shop.fake.only_capture()["id"])
    shop.hear_all()
    assert shop.payment(payment.reference).status == PaymentStatus.REFUNDED


@pytest.mark.parametrize(
    ("code", "mirrored", "paid"),
    [
        ("RESOLVED_SELLER_FAVOUR", DisputeStatus.WON, PaymentStatus.COMPLETED),
        ("RESOLVED_BUYER_FAVOUR", DisputeStatus.LOST, PaymentStatus.REFUNDED),
    ],
)
def test_a_dispute_is_mirrored(shop: Shop, code: str, mirrored: DisputeStatus, paid: PaymentStatus) -> None:
    payment = shop.buy()
    name = shop.fake.dispute(shop.fake.only_capture()["id"])
    shop.hear_all()
    dispute = database.session.scalars(select(Dispute)).one()
    assert (dispute.status, dispute.amount_minor) == (DisputeStatus.OPEN, 2999)
    shop.fake.close_dispute(name, code)
    shop.hear_all()
    assert database.session.scalars(select(Dispute)).one().status == mirrored
    assert shop.payment(payment.reference).status == paid
