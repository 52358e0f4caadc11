"""Money given back by an operator, and a customer's credit, on the pages of the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.conftest import Look
from tests.pages import Browser
from webapp import clock, hooks
from webapp.domain import credits, payments
from webapp.extensions import db
from webapp.flows import ordering, sandbox_bank
from webapp.gateways.base import Outcome, Verdict
from webapp.models import (
    AuditEntry,
    Dispute,
    LineItem,
    LineType,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    Role,
    TaxDoubt,
)
from webapp.models.sandbox import SandboxCharge
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work


@pytest.fixture
def browser(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


def paid(**values: Any) -> Payment:
    """By bank transfer, so that it goes back by hand."""
    facts = {"status": PaymentStatus.COMPLETED, "gateway": "manual", "total_minor": 11900, "tax_minor": 1900, **values}
    payment = factories.payment(**facts)
    line = {"type": LineType.PRODUCT, "title": "Premium", "currency": "EUR", "position": 1, "recurring": True}
    sums = {"unit_price_minor": 10000, "subtotal_minor": 10000, "tax_minor": 1900, "total_minor": 11900}
    taxes = [{"title": "VAT", "rate": "19", "amount": 1900}]
    factories.save(lambda: LineItem(payment_id=payment.id, taxes=taxes, **line, **sums))
    return rows.fresh(payment)


def refunds_of(payment: Payment) -> list[Refund]:
    db.session.rollback()
    return list(db.session.scalars(select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)))


def give_back(browser: Browser, payment: Payment, **form: Any) -> Any:
    browser.get(f"/admin/payments/{payment.id}/refund")
    return rows.send(browser, "/refunds", **form)


def test_an_order_is_given_back_through_the_bank_from_the_page(
    app: Flask, browser: Browser, settings: Settings, clock: Any
) -> None:
    factories.product("premium")
    placed = ordering.place(factories.order("premium"), settings)
    charge = db.session.scalars(select(SandboxCharge)).one().reference
    sandbox_bank.approve(charge)
    with unit_of_work("test"):
        payment = db.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()
        attempt = payment.tries[0]
        payments.record_answer(attempt, Outcome(Verdict.SUCCEEDED, reference=charge))
    page = browser.get(f"/admin/payments/{payment.id}/refund")
    assert page.fields["amount"] == "29.99"
    page = rows.send(browser, "/refunds", share="other", amount="10.00", reason="late")
    assert "The money has been given back." in page.text
    assert "€19.99 can still be given back" in page.text
    assert sandbox_bank.find(charge).refunded_minor == 1000


def test_by_hand_it_is_sent_and_then_confirmed(browser: Browser) -> None:
    payment = paid()
    page = give_back(browser, payment, share="whole", reason="Withdrawn")
    assert "Send the money now" in page.text
    settling = [n for n, form in enumerate(page.forms) if form["action"].endswith("/settlement")]
    page = browser.submit(next(n for n in settling if page.forms[n]["fields"]["sent"] == "1"))
    assert "The money has been given back." in page.text
    assert rows.fresh(payment).status == PaymentStatus.REFUNDED
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["payments.refund", "payments.refund-settle"]
    assert "Give money back" not in page.text


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("119.01", "At most"),
        ("0", "above zero"),
        ("-5", "above zero"),
        ("NaN", "Enter an amount like"),
        ("1e9", "Enter an amount like"),
        ("", "Enter an amount like"),
        ("9" * 30, "At most"),
    ],
)
def test_a_wrong_amount_is_said_beside_it_and_changes_nothing(browser: Browser, amount: str, said: str) -> None:
    payment = paid()
    page = give_back(browser, payment, share="other", amount=amount, reason="kept")
    assert browser.response.status_code == 422
    assert said in page.text
    assert page.fields["reason"] == "kept"
    assert refunds_of(payment) == []


def test_what_was_given_back_cannot_be_given_again(browser: Browser) -> None:
    payment = paid()
    give_back(browser, payment, share="whole")
    assert (
        "Nothing of it is left"
        in browser.client.post(f"/admin/payments/{payment.id}/refunds", data={"share": "whole"}).text
    )
    assert browser.client.get(f"/admin/payments/{payment.id}/refund").status_code == 303
    assert len(refunds_of(payment)) == 1


def test_the_unused_part_and_the_end_of_the_membership(browser: Browser, clock: Any) -> None:
    begins, ends = clock.now - timedelta(days=15), clock.now + timedelta(days=16)
    membership = factories.active_membership(anchor=begins, expires_at=ends, periods_paid=1)
    payment = paid(membership=membership, covers_from=begins, covers_until=ends)
    page = browser.get(f"/admin/payments/{payment.id}/refund")
    assert "€61.42" in page.text  # 16 of 31 days
    rows.send(browser, "/refunds", share="unused", end_membership="y", to_credit="y")
    [refund] = refunds_of(payment)
    assert (refund.amount_minor, refund.status) == (6142, RefundStatus.SUCCEEDED)
    assert rows.fresh(membership).status == MembershipStatus.CANCELLED
    assert credits.balance(payment.customer_id, "EUR") == Money(6142, "EUR")


def test_an_integrators_objection_is_said_and_nothing_goes(browser: Browser) -> None:
    payment = paid(membership=factories.active_membership(expires_at=clock.now() + timedelta(days=9)))

    def object_(_membership: Any) -> None:
        raise hooks.Reject("There is a contract.")

    hooks.add_action("wu_membership_pre_cancel", object_)
    page = give_back(browser, payment, share="whole", end_membership="y")
    assert "There is a contract." in page.text
    assert refunds_of(payment) == []


def test_the_tax_goes_back_with_one_click(browser: Browser) -> None:
    payment = paid(tax_doubt=TaxDoubt.REFUNDABLE)
    page = browser.get(f"/admin/payments/{payment.id}")
    assert "Give €19.00 tax back" in page.text
    rows.send(browser, "/refunds")
    [refund] = refunds_of(payment)
    assert (refund.amount_minor, refund.kind) == (1900, "tax")


def test_a_payment_that_nobody_shall_pay_is_made_void(browser: Browser) -> None:
    payment = factories.payment()
    browser.get(f"/admin/payments/{payment.id}")
    page = rows.send(browser, "/voiding")
    assert "The payment is void." in page.text
    assert rows.fresh(payment).status == PaymentStatus.CANCELLED
    assert browser.client.post(f"/admin/payments/{payment.id}/voiding").status_code == 409


def test_disputes_and_open_refunds_are_among_what_needs_a_person(browser: Browser, look: Look) -> None:
    payment = paid()
    facts = {"gateway": "manual", "gateway_reference": "dp_1", "amount_minor": 100, "currency": "EUR"}
    factories.save(lambda: Dispute(payment_id=payment.id, **facts))
    give_back(browser, payment, share="whole")
    text = look("/admin/attention").text
    assert "Disputes about payments" in text
    assert "Refunds that need a person" in text
    assert "dp_1" in look(f"/admin/payments/{payment.id}").text


def test_support_may_not_give_back(client: FlaskClient) -> None:
    payment = paid()
    factories.signed_in(client, factories.operator(role=Role.SUPPORT))
    assert client.post(f"/admin/payments/{payment.id}/refunds", data={"share": "whole"}).status_code == 403
    assert "Give money back" not in client.get(f"/admin/payments/{payment.id}").text


def test_a_refund_of_another_payment_is_not_found(browser: Browser) -> None:
    one, other = paid(), paid()
    give_back(browser, one, share="whole")
    path = f"/admin/payments/{other.id}/refunds/{refunds_of(one)[0].id}"
    assert browser.client.post(f"{path}/settlement", data={"sent": "1"}).status_code == 404
    assert browser.client.post(f"{path}/question").status_code == 404


# -- credit ------------------------------------------------------------------------------------------------------------
def test_credit_is_given_and_taken_with_a_reason_and_the_customer_sees_it(browser: Browser, look: Look) -> None:
    customer = factories.customer()
    browser.get(f"/admin/customers/{customer.id}/credit")
    page = rows.send(browser, "/credit", amount="12,50", currency="EUR", reason="Sorry for the wait")
    assert "The credit is now €12.50." in page.text
    page = rows.send(browser, "/credit", amount="-20", currency="EUR", reason="Mistake")
    assert (browser.response.status_code, "There is less credit than that." in page.text) == (409, True)
    page = rows.send(browser, "/credit", amount="5", currency="EUR", reason=" ")
    assert "Say why." in page.text
    assert "€12.50" in look(f"/admin/customers/{customer.id}").text
    client = browser.client.application.test_client()
    text = factories.signed_in(client, customer).get("/account/payments").text
    assert "Sorry for the wait" in text
    assert "€12.50" in text
