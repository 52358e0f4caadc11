"""How to pay by transfer, as its payer sees it, and as the operator sets it up and finds it again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.test_checkout import order
from tests.conftest import only
from tests.flows.test_transfers import SAVED
from tests.pages import Browser
from webapp.bank_transfers import reference_of
from webapp.domain import network
from webapp.models import Payment, PaymentStatus
from webapp.transactions import unit_of_work


@pytest.fixture
def shop(app: Flask) -> None:
    factories.product("premium")
    factories.product("global", currency="USD")
    with unit_of_work("test"):
        network.change(SAVED)


def copied(html: str) -> list[str]:
    return re.findall(r'data-copy="([^"]*)"', html)


def test_the_buyer_sees_all_of_it_with_buttons_and_a_picture(browser: Browser, shop: None) -> None:
    page = order(browser, gateway="manual")
    reference = reference_of(only(Payment).order_number)
    assert {"29.99", "Parzelle GmbH", "DE02120300000000202051", "BYLADEM1001", reference} <= set(copied(page.html))
    assert "DE02 1203 0000 0000 2020 51" in page.text
    assert '<div role="img" aria-label="QR code with account' in page.html
    svg = re.search(r"<svg[^>]*>", page.html[page.html.index("transfer__code") :])
    assert svg is not None
    assert "style" not in svg[0]
    account = browser.get(f"/account/payments/{only(Payment).reference}")
    assert reference in copied(account.html)
    assert "transfer__code" in account.html


def test_no_picture_in_a_currency_that_it_does_not_know(browser: Browser, shop: None) -> None:
    page = order(browser, "/register/global", gateway="manual")
    assert reference_of(only(Payment).order_number) in page.text
    assert "transfer__code" not in page.html


def test_without_an_account_the_words_are_all_there_is(browser: Browser, app: Flask) -> None:
    factories.product("premium")
    with unit_of_work("test"):
        network.change({"manual_instructions": "Cash on <b>delivery</b>"})
    page = order(browser, gateway="manual")
    assert "Cash on &lt;b&gt;delivery&lt;/b&gt;" in page.html
    assert reference_of(only(Payment).order_number) in page.text


def test_a_stranger_with_the_address_sees_no_account(browser: Browser, shop: None, client: FlaskClient) -> None:
    order(browser, gateway="manual")
    url = browser.url
    client.post("/logout")
    assert "DE02" not in browser.get(url).html


@pytest.mark.parametrize("written", [str, str.lower, lambda one: f" {one[:4]} {one[4:8]} {one[8:]} "])
def test_an_operator_finds_a_payment_by_its_reference(written: Any, client: FlaskClient) -> None:
    payment, other = factories.payment(gateway="manual"), factories.payment(gateway="manual")
    typed = written(reference_of(payment.order_number))
    factories.signed_in(client, factories.operator())
    found = client.get("/admin/payments", query_string={"search": typed}).text
    assert f"/admin/payments/{payment.id}" in found
    assert f"/admin/payments/{other.id}" not in found
    assert f"/admin/payments/{payment.id}" in client.get("/admin/search", query_string={"q": typed}).text


# -- noting what arrived -----------------------------------------------------------------------------------------------
@pytest.fixture
def payment(client: FlaskClient) -> Payment:
    found: Payment = factories.payment(gateway="manual")
    factories.signed_in(client, factories.operator())
    return found


def note(client: FlaskClient, payment: Payment, **typed: str) -> Any:
    answer = client.post(f"/admin/payments/{payment.id}/confirmation", data=typed)
    return client.get(answer.location) if answer.status_code == 303 else answer


def test_less_than_was_asked_for_is_noted_and_the_rest_named(client: FlaskClient, payment: Payment) -> None:
    page = note(client, payment, arrived="10,00", other="1").text
    assert "€10.00 is noted, and the customer is asked for €19.99." in page
    assert "Confirm €19.99" in page
    assert "Transferred" in client.get(f"/admin/customers/{payment.customer_id}/credit").text


def test_what_is_typed_counts_only_with_its_own_button(client: FlaskClient, payment: Payment) -> None:
    assert "The payment is completed." in note(client, payment, arrived="10.00").text


def test_more_than_was_asked_for_is_credit(client: FlaskClient, payment: Payment) -> None:
    assert "is the customer’s credit" in note(client, payment, arrived="30.00", other="1").text
    assert "€0.01" in client.get(f"/admin/customers/{payment.customer_id}/credit").text


@pytest.mark.parametrize("typed", ["", "ten", "0", "-5", "1e9", "9" * 50])
def test_what_is_no_amount_is_said_beside_the_field(client: FlaskClient, payment: Payment, typed: str) -> None:
    answer = note(client, payment, arrived=typed, other="1")
    assert answer.status_code == 422
    assert re.search(r'id="arrived-error">[^<]+<', answer.text)
    assert '<details class="disclosure" open>' in answer.text
    assert only(Payment).status == PaymentStatus.PENDING
