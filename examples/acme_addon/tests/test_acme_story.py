"""The whole way: somebody buys with Acme Pay in the checkout, and Acme is told of it, and tells us of its end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_acme import WEBHOOK_SECRET, FakeAcme, sign
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed, work_off
from tests.pages import Browser, Page
from webapp.flows import inbound
from webapp.models import Customer, Membership, MembershipStatus, Payment, PaymentStatus

BUYER = {
    "customer_type": "person",
    "email_address": "ada@example.org",
    "password": "a long enough sentence",
    "full_name": "Ada Lovelace",
    "billing_country": "DE",
    "billing_address_line_1": "Hauptstr. 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
    "site_title": "Ada's bakery",
    "site_url": "adas-bakery",
    "early_start": "y",
    "gateway": "acme-pay",
    "analytics_consent": "y",
}


@pytest.fixture
def shop(network: Flask) -> None:
    factories.product("premium", name="Premium")


def order(browser: Browser) -> str:
    """Order Premium with Acme Pay; the name of the payment at Acme."""
    browser.get("/register/premium")
    return at_acme(browser.submit(**BUYER))


def at_acme(page: Page) -> str:
    """The name of the payment whose page at Acme the buyer is sent to."""
    [address] = [address for address, text in page.links if text == "Continue to payment"]
    return address.rpartition("/")[2]


def come_back(browser: Browser, acme: FakeAcme, reference: str, where: str = "return_url") -> Page:
    """As Acme's page sends the buyer back."""
    return browser.get(acme.payments[reference][where])


def only(db: Session, kind: type) -> Any:
    db.rollback()
    return db.scalars(select(kind)).one()


def test_acme_pay_is_offered_in_the_checkout(shop: None, browser: Browser) -> None:
    page = browser.get("/register/premium")
    assert "Acme Pay" in page.text
    assert "You pay on the next page, at Acme." in page.text


def test_a_buyer_pays_at_acme_and_acme_hears_of_the_sale(
    shop: None, network: Flask, acme: FakeAcme, browser: Browser, db: Session
) -> None:
    reference = order(browser)
    assert acme.payments[reference]["amount"] == 2999
    acme.pay(reference)
    page = come_back(browser, acme, reference)
    assert "Order received" in page.text
    assert only(db, Payment).status == PaymentStatus.COMPLETED
    assert only(db, Membership).status == MembershipStatus.ACTIVE

    work_off(network)
    assert [(one["email"], one["plan"]) for one in acme.contacts] == [("ada@example.org", "Premium")]
    assert [one["name"] for one in acme.events] == ["purchase"]
    assert only(db, Customer).meta["crm_contact_id"] == acme.contacts[0]["id"]


def test_a_buyer_who_never_comes_back_is_heard_of_by_notice(
    shop: None, acme: FakeAcme, browser: Browser, client: FlaskClient, db: Session
) -> None:
    reference = order(browser)
    acme.pay(reference)
    body, headers = acme.notice(reference)
    for _ in range(2):
        assert client.post("/webhooks/acme-pay", data=body, headers=headers).status_code == 200
    assert inbound.work_off() == 1
    assert only(db, Membership).status == MembershipStatus.ACTIVE


def test_a_notice_is_not_believed_acme_is_asked(
    shop: None, acme: FakeAcme, browser: Browser, client: FlaskClient, db: Session
) -> None:
    body, headers = acme.notice(order(browser))
    client.post("/webhooks/acme-pay", data=body, headers=headers)
    inbound.work_off()
    assert only(db, Payment).status == PaymentStatus.PENDING


def test_a_forged_notice_is_refused(shop: None, acme: FakeAcme, browser: Browser, client: FlaskClient) -> None:
    body, headers = acme.notice(order(browser))
    answer = client.post("/webhooks/acme-pay", data=body, headers={**headers, "X-Acme-Signature": "0" * 64})
    assert answer.status_code == 400


def test_after_a_refusal_the_buyer_tries_again_without_typing(
    shop: None, acme: FakeAcme, browser: Browser, db: Session
) -> None:
    reference = order(browser)
    acme.refuse(reference)
    page = come_back(browser, acme, reference)
    assert "declined" in page.text
    second = at_acme(browser.submit(gateway="acme-pay"))
    assert second != reference
    acme.pay(second)
    assert "Order received" in come_back(browser, acme, second).text
    assert only(db, Payment).status == PaymentStatus.COMPLETED


def test_leaving_acmes_page_costs_nothing(shop: None, acme: FakeAcme, browser: Browser, db: Session) -> None:
    reference = order(browser)
    come_back(browser, acme, reference, "cancel_url")
    assert browser.url.startswith("/pay/")
    assert only(db, Payment).status == PaymentStatus.PENDING


def test_while_acme_is_down_nobody_is_charged_and_the_order_is_kept(
    shop: None, acme: FakeAcme, browser: Browser, db: Session
) -> None:
    acme.answers_first = [503]
    browser.get("/register/premium")
    browser.submit(**BUYER)
    assert browser.url.startswith("/thank-you/")
    assert only(db, Payment).status == PaymentStatus.PENDING
    assert acme.payments == {}


def test_acme_ends_what_was_bought(
    shop: None, acme: FakeAcme, browser: Browser, client: FlaskClient, db: Session
) -> None:
    reference = order(browser)
    acme.pay(reference)
    come_back(browser, acme, reference)
    event = {
        "type": "subscription.cancelled",
        "id": "evt_1",
        "subscription_id": only(db, Membership).reference,
        "at_once": True,
    }
    body = json.dumps(event).encode()
    headers = {"X-Webhook-Signature": sign(body, WEBHOOK_SECRET)}
    assert client.post("/hooks/acme/crm", data=body, headers=headers).json == {"handled": True}
    assert only(db, Membership).status == MembershipStatus.CANCELLED


def test_without_its_secret_only_the_gateway_is_left_out(app: Flask, acme: FakeAcme, browser: Browser) -> None:
    factories.product("premium")
    env = {name: value for name, value in acme.env.items() if name != "ACME_PAY_SECRET"}
    with installed(app, "acme_addon", env=env) as [addon]:
        assert addon.error == ""
        assert "Acme Pay" not in browser.get("/register/premium").text
