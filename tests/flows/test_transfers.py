"""Orders that wait for a bank transfer: what the buyer is told, and how long the order is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.conftest import TurnedClock, only
from webapp import hooks
from webapp.bank_transfers import BankAccount, reference_of
from webapp.domain import checkout, memberships, network, payments, reactivations, receivables, transfers
from webapp.flows import ordering
from webapp.gateways.base import Base, Beginning, Capability, Later, PaymentRequest
from webapp.models import (
    Invoice,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Redemption,
    RedemptionStatus,
    Sale,
    Site,
    SiteStatus,
    Try,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
ACCOUNT = BankAccount("Parzelle GmbH", "DE02120300000000202051", "BYLADEM1001", "Example Bank")
SAVED = {
    "manual_account_holder": ACCOUNT.holder,
    "manual_iban": ACCOUNT.iban,
    "manual_bic": ACCOUNT.bic,
    "manual_bank": ACCOUNT.bank,
    "manual_instructions": "Quote {{ reference }} with the {{ amount }}.",
    "manual_instructions_de": "Bitte {{ reference }} bis zum {{ due_date }} angeben.",
}


class BankGateway(Base):
    """An add-on's, with days of its own."""

    id, title, capabilities = "bank", "Bank", Capability.OFFLINE

    def begin(self, request: PaymentRequest) -> Beginning:
        return Later("Go to the bank.", due_days=30)


@pytest.fixture
def account(app: Flask) -> None:
    with unit_of_work("test"):
        network.change(SAVED)


def buy(settings: Settings, gateway: str = "manual", **values: Any) -> Payment:
    factories.product("premium")
    ordering.place(factories.order("premium", gateway=gateway, **values), settings)
    payment: Payment = only(Payment)
    return payment


def give_up() -> int:
    with unit_of_work("clock"):
        return checkout.give_up_due()


def confirm(payment: Payment) -> str:
    with unit_of_work("operator:1"):
        return payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")


def test_a_buyer_is_told_account_amount_and_reference(account: None, settings: Settings) -> None:
    payment = buy(settings)
    told = transfers.awaited(payment)
    assert told is not None
    reference = reference_of(payment.order_number)
    assert (told.account, told.reference) == (ACCOUNT, reference)
    assert told.note == f"Quote {reference} with the €29.99."
    for line in ("Parzelle GmbH", "IBAN: DE02 1203 0000 0000 2020 51", "BIC: BYLADEM1001", "Example Bank", "€29.99"):
        assert line in told.instructions
    assert told.instructions.endswith(f"Payment reference: {reference}")


def test_in_their_language(account: None, settings: Settings, clock: TurnedClock) -> None:
    clock.use("2026-12-01T10:00Z")
    told = transfers.awaited(buy(settings, locale="de"))
    assert told is not None
    assert told.note == f"Bitte {told.reference} bis zum 15. Dezember 2026 angeben."


def test_what_is_saved_later_is_for_later_orders(account: None, settings: Settings) -> None:
    payment = buy(settings)
    with unit_of_work("test"):
        network.change({"manual_iban": "GB33BUKB20201555555555", "manual_due_days": 3})
    told = transfers.awaited(only(Payment))
    assert told is not None
    assert told.account == ACCOUNT
    assert payment.due_at == only(Payment).due_at


def test_the_invoice_names_the_reference(account: None, settings: Settings) -> None:
    payment = buy(settings)
    confirm(payment)
    assert only(Invoice).content["paid"]["reference"] == reference_of(payment.order_number)


def test_an_order_is_kept_until_some_days_after_the_money_is_due(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.discount_code("ONCE", 10, max_uses=1)
    payment = buy(settings, cart={"discount_code": "ONCE"}, site_url="bakery")
    due = payment.due_at
    assert due is not None
    assert only(Redemption).held_until == due
    assert only(Sale).hold_until == due + timedelta(days=7)
    clock.tick(days=20)
    assert give_up() == 0
    clock.tick(days=1, minutes=1)
    assert give_up() == 1
    assert only(Payment).status == PaymentStatus.CANCELLED
    assert (only(Site).status, only(Redemption).status) == (SiteStatus.ARCHIVED, RedemptionStatus.RELEASED)


def test_any_gateways_later_is_kept_for_the_days_that_it_says(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    hooks.add_filter("wu_payment_gateways", lambda known: {**known, "bank": BankGateway})
    payment = buy(settings, gateway="bank", site_url="bakery")
    assert payment.due_at is not None
    assert timedelta(days=29) < payment.due_at - payment.created_at <= timedelta(days=30)
    clock.tick(days=31)
    assert give_up() == 0
    confirm(payment)
    assert only(Payment).membership.status == MembershipStatus.ACTIVE


def test_looking_again_at_how_to_pay_shortens_nothing(settings: Settings) -> None:
    payment = buy(settings)
    before = only(Sale).hold_until
    ordering.pay_again(payment.id, "manual", settings)
    assert only(Sale).hold_until == before
    assert len(only(Payment).tries) == 1


def test_who_pays_otherwise_is_kept_no_longer_than_others(settings: Settings, clock: TurnedClock) -> None:
    payment = buy(settings)
    ordering.pay_again(payment.id, "sandbox", settings)
    assert only(Payment).due_at is None
    clock.tick(minutes=31)
    assert give_up() == 1


def test_money_that_comes_after_the_order_was_given_up_begins_it(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    payment = buy(settings)
    clock.tick(days=22)
    assert give_up() == 1
    assert confirm(payment) == "completed, although it had been void"
    assert only(Payment).membership.status == MembershipStatus.ACTIVE


# -- taking up again ---------------------------------------------------------------------------------------------------
@pytest.fixture
def ended(app: Flask) -> int:
    membership = factories.active_membership(
        plan=factories.product("premium"), recurring=True, periods_paid=1, gateway="manual"
    )
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(membership.id), reason="x", at_once=True)
    return int(membership.id)


def ask_again(number: int) -> int:
    with unit_of_work("customer:1"):
        payment = reactivations.ask(memberships.find(number))
    return int(payment.id)


def void(number: int) -> None:
    with unit_of_work("operator:1"):
        receivables.void(payments.locked(number), reason="made void by an operator")


def test_late_money_for_a_void_reactivation_takes_the_contract_up_again(ended: int) -> None:
    payment_id = ask_again(ended)
    void(payment_id)
    assert confirm(receivables.find(payment_id)).startswith("completed")
    membership, payment = memberships.find(ended), receivables.find(payment_id)
    assert (membership.status, membership.periods_paid, payment.period_number) == (MembershipStatus.ACTIVE, 2, 2)


def test_what_was_asked_for_in_its_place_is_void_then(ended: int) -> None:
    first = ask_again(ended)
    void(first)
    second = ask_again(ended)
    assert second != first
    confirm(receivables.find(first))
    assert receivables.find(second).status == PaymentStatus.CANCELLED
    assert memberships.find(ended).periods_paid == 2


def test_of_two_that_were_paid_the_second_renews_nothing(ended: int) -> None:
    first = ask_again(ended)
    void(first)
    second = ask_again(ended)
    confirm(receivables.find(second))
    assert confirm(receivables.find(first)).startswith("paid, and nothing was renewed")
    assert memberships.find(ended).periods_paid == 2


def test_a_try_without_instructions_waits_for_no_transfer(settings: Settings) -> None:
    buy(settings, gateway="sandbox")
    assert transfers.told(only(Try)) is None
    assert transfers.quoted(only(Payment)) == ""
