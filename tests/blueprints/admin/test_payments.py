"""Payments as operators see them, and the word that the money arrived."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.addons import installed
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from webapp.extensions import db
from webapp.flows import ordering
from webapp.models import (
    Event,
    LineItem,
    LineType,
    MembershipStatus,
    Move,
    Payment,
    PaymentKind,
    PaymentStatus,
    Refund,
    RefundStatus,
    Site,
    Try,
    TryStatus,
    User,
)
from webapp.settings import Settings


@pytest.fixture
def unpaid(app: Any, settings: Settings) -> Payment:
    """An order that is to be paid by bank transfer."""
    factories.product("premium")
    placed = ordering.place(factories.order("premium", gateway="manual"), settings)
    return db.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()


def line(payment: Payment, position: int, **values: Any) -> LineItem:
    facts = {
        "type": LineType.PRODUCT,
        "title": f"Line {position}",
        "unit_price_minor": 100,
        "subtotal_minor": 100,
        "total_minor": 100,
    }
    return factories.save(
        lambda: LineItem(payment_id=payment.id, position=position, currency="EUR", **{**facts, **values})
    )


def test_the_list_shows_who_is_to_pay_what_and_how(look: Look) -> None:
    payment = factories.payment(gateway="manual", total_minor=129900)
    (row,) = look("/admin/payments").one("tbody").all("tr")
    cells = rows.cells(row)
    assert cells[:5] == [
        payment.order_number,
        f"{payment.customer.display_name} {payment.customer.email}",
        "unpaid",
        "€1,299.00",
        "Bank transfer",
    ]
    assert [one.text for one in row.all(class_="end")] == ["€1,299.00"]


def test_a_payment_has_its_lines_tries_and_refunds(look: Look, statements: Statements) -> None:
    payment = factories.payment(
        status=PaymentStatus.PARTIALLY_REFUNDED, gateway_reference="sb_1", discount_code="TEN", kind=PaymentKind.RENEWAL
    )
    line(payment, 1, title="Premium", quantity=2, discount_minor=10, tax_minor=19, total_minor=109)
    factories.save(
        lambda: Try(
            payment_id=payment.id,
            number=1,
            gateway="sandbox",
            status=TryStatus.DECLINED,
            reason="card_expired",
            gateway_reference="sb_0",
        )
    )
    factories.save(
        lambda: Try(
            payment_id=payment.id, number=2, gateway="sandbox", status=TryStatus.SUCCEEDED, gateway_reference="sb_1"
        )
    )
    factories.save(
        lambda: Refund(
            payment_id=payment.id, amount_minor=500, currency="EUR", status=RefundStatus.SUCCEEDED, reason="goodwill"
        )
    )
    statements.clear()

    root = look(f"/admin/payments/{payment.id}")
    assert len(statements) <= 14
    assert root.one("h1").text == f"Payment {payment.order_number}"
    said = facts(root)
    assert (said["Amount"], said["For"], said["Discount code"]) == ("€29.99", "a renewal", "TEN")
    tables = {
        one.one("caption").text: [[cell.text for cell in row.all("th", "td")] for row in one.one("tbody").all("tr")]
        for one in root.all("table")
    }
    assert tables["Lines of the payment"] == [["Premium", "2", "€1.00", "€0.10", "€0.19", "€1.09"]]
    assert [row[:5] for row in tables["Tries"]] == [
        ["1", "Test payment", "declined", "card_expired", "sb_0"],
        ["2", "Test payment", "succeeded", "–", "sb_1"],
    ]
    assert [row[1:5] for row in tables["Money given back"]] == [["€5.00", "–", "given back", "goodwill"]]
    assert rows.link(root, payment.membership.plan.name) == f"/admin/memberships/{payment.membership_id}"


@pytest.mark.parametrize("number", [1, 20])
def test_a_page_costs_no_more_however_much_there_is(look: Look, statements: Statements, number: int) -> None:
    payment = factories.payment()
    rows.many(number, lambda index: line(payment, index + 1))
    rows.many(
        number,
        lambda index: factories.save(
            lambda: Try(payment_id=payment.id, number=index + 1, gateway="sandbox", status=TryStatus.DECLINED)
        ),
    )
    statements.clear()
    look(f"/admin/payments/{payment.id}")
    assert len(statements) <= 14


def test_the_word_of_an_operator_completes_the_order(browser: Browser, unpaid: Payment, operator: User) -> None:
    browser.get(f"/admin/payments/{unpaid.id}/confirmation")
    assert "€29.99 for order" in browser.page.text
    assert "Confirm €29.99" in browser.page.buttons
    page = browser.submit(rows.form_of(browser.page, "/confirmation"))

    assert browser.url == f"/admin/payments/{unpaid.id}"
    assert "The payment is completed." in page.text
    assert "Has the money arrived?" not in page.text
    rows.fresh(unpaid)
    assert (unpaid.status, unpaid.membership.status) == (PaymentStatus.COMPLETED, MembershipStatus.ACTIVE)
    assert unpaid.tries[0].status == TryStatus.SUCCEEDED
    assert db.session.scalars(select(Site.slug)).one().startswith("site-")
    assert set(db.session.scalars(select(Move.actor).where(Move.new.in_(("completed", "active"))))) == {
        f"operator:{operator.id}"
    }
    assert "confirmed by Olga Peters" in page.text
    assert f"operator:{operator.id}" not in page.text


def test_the_question_has_not_yet_as_its_first_answer(look: Look, unpaid: Payment) -> None:
    root = look(f"/admin/payments/{unpaid.id}")
    opener = next(one for one in root.all("a") if "data-opens" in one.attrs)
    assert (opener.text, opener.attrs["href"]) == (
        "Confirm that the money arrived …",
        f"/admin/payments/{unpaid.id}/confirmation",
    )
    (focused,) = [one for one in root.by_id("confirm-money") if "autofocus" in one.attrs]
    assert focused.text == "Not yet"
    page = look(opener.attrs["href"])
    (focused,) = [one for one in page if "autofocus" in one.attrs]
    assert (focused.text, focused.attrs["href"]) == ("Not yet", f"/admin/payments/{unpaid.id}")


def test_a_second_word_changes_nothing(signed_in: FlaskClient, unpaid: Payment) -> None:
    url = f"/admin/payments/{unpaid.id}/confirmation"
    assert signed_in.post(url).status_code == 303
    events = len(db.session.scalars(select(Event.id)).all())
    answer = signed_in.post(url)
    assert answer.status_code == 409
    assert "This payment is completed already." in answer.text
    assert len(db.session.scalars(select(Event.id)).all()) == events
    assert signed_in.get(url).headers["Location"] == f"/admin/payments/{unpaid.id}"


@pytest.mark.parametrize("status", [PaymentStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED])
def test_what_is_paid_is_not_asked_about(look: Look, status: PaymentStatus) -> None:
    assert "Has the money arrived?" not in look(f"/admin/payments/{factories.payment(status=status).id}").text


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED])
def test_money_that_comes_late_is_accepted(signed_in: FlaskClient, status: PaymentStatus) -> None:
    payment = factories.payment(status=status)
    assert signed_in.post(f"/admin/payments/{payment.id}/confirmation").status_code == 303
    assert rows.fresh(payment).status == PaymentStatus.COMPLETED


def test_a_gateway_that_reports_by_itself_is_warned_about(look: Look) -> None:
    by_card, by_transfer = factories.payment(gateway="sandbox"), factories.payment(gateway="manual")
    warning = "which reports payments itself"
    assert warning in look(f"/admin/payments/{by_card.id}/confirmation").text
    assert warning not in look(f"/admin/payments/{by_transfer.id}/confirmation").text


def test_a_payment_leads_to_its_page_at_the_gateway(app: Flask, look: Look) -> None:
    taken = factories.payment(gateway="stripe", gateway_reference="pi_123", status=PaymentStatus.COMPLETED)
    elsewhere = factories.payment(gateway="gone-by-now", gateway_reference="x")
    with installed(app, env={"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1"}):
        link = rows.link(look(f"/admin/payments/{taken.id}"), "Its page at the gateway")
        assert link == "https://dashboard.stripe.com/test/payments/pi_123"
        assert "Its page at the gateway" not in look(f"/admin/payments/{elsewhere.id}").text
