"""What people are written when something is sold, made, or over: by a worker, once, in their language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock, only
from tests.integrations.mailbox import kinds, written
from webapp.bank_transfers import reference_of
from webapp.domain import memberships, network, payments
from webapp.domain.outbox import replay
from webapp.extensions import db
from webapp.flows import charging, ordering, relaying
from webapp.gateways.base import Outcome, Verdict
from webapp.integrations.mailing import listeners, renewals
from webapp.models import (
    Delivery,
    DeliveryStatus,
    Mail,
    Membership,
    Payment,
    PaymentKind,
    PaymentStatus,
    Refund,
    Try,
)
from webapp.settings import Settings
from webapp.transactions import reading, unit_of_work

HANDLERS = ("webapp.integrations.mailing.listeners", "webapp.flows.provisioning")


@pytest.fixture
def work(app: Flask) -> Callable[[], list[Mail]]:
    """Have a worker do what is due; the mails that were written by then."""

    def drain() -> list[Mail]:
        db.session.rollback()
        for _ in range(2):
            for handler in HANDLERS:
                relaying.drain(app, handler, lease=timedelta(minutes=1))
        return written()

    return drain


Work = Callable[[], list[Mail]]


def call(listener: Callable[..., str], *rows: Any) -> str:
    """As a worker does it, with the key of a delivery in hand."""
    from webapp.outgoing import delivering

    db.session.rollback()
    with reading() as session, delivering("a-key"):
        return listener(*(session.merge(row) if hasattr(row, "id") else row for row in rows))


def buy(
    settings: Settings, gateway: str = "sandbox", plan: str = "premium", locale: str = "en", **cart: Any
) -> Payment:
    order = factories.order(plan, gateway=gateway, site_url="ada", locale=locale, cart=cart)
    ordering.place(order, settings)
    payment: Payment = only(Payment)
    return payment


def approve() -> None:
    attempt = only(Try)
    if attempt.gateway_reference is not None and attempt.is_open:
        with unit_of_work("test"):
            locked = payments.locked(attempt.payment_id)
            payments.record_answer(locked.tries[-1], Outcome(Verdict.SUCCEEDED, reference=attempt.gateway_reference))


# -- sales -----------------------------------------------------------------------------------------------------------
@pytest.mark.ux("T4")
def test_a_sale_is_confirmed_with_all_that_the_law_asks(settings: Settings, work: Work) -> None:
    factories.product("premium", name="Premium")
    with unit_of_work("test"):
        network.change(
            {
                "terms_url": "https://parzelle.example/terms",
                "company_name": "Grün GmbH",
                "company_address": "Weg 1\nBerlin",
            }
        )
    payment = buy(settings)
    approve()
    confirmation, ready = work()
    assert (confirmation.kind, ready.kind) == ("order_confirmation", "site_ready")
    for fact in (
        payment.order_number,
        "Premium: €29.99",
        "Total: €29.99",
        "http://ada.localhost/",
        "€29.99 per month",
        "The next charge is €29.99 on",
        "Grün GmbH\nWeg 1\nBerlin",
        "Ada Person",
        "Germany",
        "https://parzelle.example/terms",
        "Right of withdrawal",
        "(Grün GmbH, Weg 1, Berlin, e-mail: support@example.com)",
        "http://localhost/withdraw",
        "Model withdrawal form",
    ):
        assert fact in confirmation.text
    assert "http://ada.localhost/" in ready.text
    assert confirmation.customer_id == ready.customer_id == payment.customer_id


def test_it_is_in_the_language_of_the_order(settings: Settings, work: Work) -> None:
    factories.product("premium")
    buy(settings, locale="de")
    approve()
    confirmation, ready = work()
    assert "Gesamt: 29,99\N{NO-BREAK SPACE}€" in confirmation.text
    assert "Widerrufsrecht" in confirmation.text
    assert "ist online" in ready.subject


def test_a_delivery_that_is_carried_out_twice_writes_once(settings: Settings, work: Work) -> None:
    factories.product("premium")
    buy(settings)
    approve()
    work()
    with unit_of_work("test") as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.status = DeliveryStatus.DEAD
        session.flush()
        assert replay(session)
    work()
    assert kinds() == ["order_confirmation", "site_ready"]


def test_what_is_free_is_confirmed_without_talk_of_money(settings: Settings, work: Work) -> None:
    factories.free_product()
    buy(settings, gateway="free", plan="free")
    confirmation = work()[0]
    assert "Nothing more is charged" in confirmation.text
    assert "Paid by" not in confirmation.text


def test_a_trial_says_when_it_ends_and_what_follows(settings: Settings, work: Work) -> None:
    factories.product("premium", trial_duration=14, trial_duration_unit="day")
    buy(settings)
    approve()
    started = work()[0]
    assert started.kind == "trial_started"
    assert "it is free until" in started.text
    assert "it costs €29.99 per month, unless you cancel before" in started.text


def test_a_business_reads_nothing_of_withdrawing(app: Flask, settings: Settings, work: Work) -> None:
    factories.product("premium")
    buy(settings)
    with unit_of_work("test"):
        only_payment = db.session.scalars(select(Payment)).one()
        only_payment.customer.business = True
    approve()
    assert "Model withdrawal form" not in work()[0].text


def test_outside_of_the_eu_nothing_is_said_of_withdrawing(settings: Settings, work: Work) -> None:
    factories.product("premium")
    with unit_of_work("test"):
        network.change({"consumer_law": "none"})
    buy(settings)
    approve()
    assert "Model withdrawal form" not in work()[0].text


def test_who_pays_by_transfer_reads_how(settings: Settings, work: Work) -> None:
    factories.product("premium")
    payment = buy(settings, gateway="manual")
    [mail] = work()
    assert mail.kind == "payment_instructions"
    assert f"Payment reference: {reference_of(payment.order_number)}" in mail.text
    assert f"http://localhost/thank-you/{payment.reference}" in mail.text
    with unit_of_work("operator:1"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")
    assert [one.kind for one in work()] == ["payment_instructions", "order_confirmation", "site_ready"]


def test_an_order_that_is_paid_needs_no_instructions(settings: Settings, work: Work) -> None:
    factories.product("premium")
    payment = buy(settings, gateway="manual")
    with unit_of_work("operator:1"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")
    assert "payment_instructions" not in [one.kind for one in work()]


# -- money that does not come, or goes back --------------------------------------------------------------------------
def declined(payment: Payment, seconds: float, clock: TurnedClock) -> None:
    with unit_of_work("test"):
        locked = payments.locked(payment.id)
        attempt = payments.open_try(locked) or payments.begin_try(locked, "sandbox")
    clock.tick(seconds)
    with unit_of_work("test"):
        locked = payments.locked(payment.id)
        payments.record_answer(locked.tries[-1], Outcome(Verdict.DECLINED, reason="insufficient_funds"))
    assert attempt is not None


def test_who_was_refused_on_the_page_is_not_written_to(work: Work, clock: TurnedClock) -> None:
    declined(factories.payment(), 5, clock)
    assert work() == []


def test_who_has_left_by_then_is_told_where_to_pay(work: Work, clock: TurnedClock) -> None:
    payment = factories.payment()
    declined(payment, 600, clock)
    [mail] = work()
    assert mail.kind == "payment_failed"
    assert f"http://localhost/pay/{payment.reference}" in mail.text
    assert "insufficient" not in mail.text


@pytest.mark.ux("M10")
def test_a_renewal_that_fails_is_always_told(work: Work, clock: TurnedClock) -> None:
    payment = factories.payment(membership=factories.active_membership(), kind=PaymentKind.RENEWAL)
    declined(payment, 1, clock)
    declined(payment, 1, clock)
    assert [one.kind for one in work()] == ["payment_failed"]


def test_what_was_paid_in_the_meantime_is_not_told_as_failed(work: Work, clock: TurnedClock) -> None:
    payment = factories.payment()
    declined(payment, 600, clock)
    with unit_of_work("test") as session:
        session.get_one(Payment, payment.id).status = PaymentStatus.COMPLETED
    assert work() == []


def test_a_renewal_is_receipted(app: Flask, clock: TurnedClock) -> None:
    payment = factories.payment(
        membership=factories.active_membership(),
        kind=PaymentKind.RENEWAL,
        status=PaymentStatus.COMPLETED,
        completed_at=clock.now,
    )
    assert call(renewals.confirm, payment) == "renewal_receipt written"
    assert call(renewals.confirm, payment) == "renewal_receipt was written already"
    assert "Total: €29.99" in written()[0].text


def test_a_refund_is_told(app: Flask) -> None:
    payment = factories.payment(status=PaymentStatus.COMPLETED)
    refund = factories.save(lambda: Refund(payment_id=payment.id, amount_minor=1000, currency="EUR"))
    call(listeners.tell_of_refund, payment, refund)
    assert "€10.00" in written()[0].subject


# -- the end ---------------------------------------------------------------------------------------------------------
def cancel(membership: Membership, actor: str, **how: Any) -> None:
    with unit_of_work(actor):
        memberships.cancel(memberships.find(membership.id), reason="by_staff", **how)


def test_who_is_cancelled_by_the_staff_is_told(work: Work, clock: TurnedClock) -> None:
    membership = factories.active_membership(expires_at=clock.now + timedelta(days=20))
    cancel(membership, "operator:1")
    [mail] = work()
    assert mail.kind == "cancellation_confirmed"
    assert "20 February 2027" in mail.text


def test_who_cancels_for_themself_is_told_where_they_do_it(work: Work, clock: TurnedClock) -> None:
    membership = factories.active_membership(expires_at=clock.now + timedelta(days=20))
    cancel(membership, f"customer:{membership.customer_id}")
    assert work() == []


def test_the_end_is_told_when_it_comes(work: Work, clock: TurnedClock) -> None:
    membership = factories.active_membership(expires_at=clock.now + timedelta(days=20))
    cancel(membership, "customer:1")
    clock.tick(days=21)
    charging.work_off()
    assert [one.kind for one in work()] == ["membership_ended"]


def test_an_end_at_once_is_told_once(work: Work, clock: TurnedClock) -> None:
    membership = factories.active_membership(expires_at=clock.now + timedelta(days=20))
    cancel(membership, "operator:1", at_once=True)
    assert [one.kind for one in work()] == ["membership_ended"]


def test_nobody_is_told_of_the_end_of_what_never_began(work: Work) -> None:
    cancel(factories.membership(), "clock", at_once=True)
    assert work() == []


def test_who_did_not_pay_is_told_that_it_ran_out(app: Flask) -> None:
    call(listeners.tell_of_expiry, factories.active_membership())
    assert kinds() == ["membership_expired"]


def test_who_gave_no_name_is_greeted_without_one(app: Flask) -> None:
    person = factories.customer()
    with unit_of_work("test") as session:
        session.merge(person).display_name = person.email
    call(listeners.tell_of_expiry, factories.active_membership(customer=person))
    assert written()[0].text.startswith("Hello,")
