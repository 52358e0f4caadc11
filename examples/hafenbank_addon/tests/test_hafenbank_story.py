"""The whole way: somebody buys at the checkout and pays at Hafenbank; it goes on, goes back, and ends."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from fake_hafenbank import FakeHafenbank
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed, work_off
from tests.conftest import TurnedClock
from tests.lives import live_until
from tests.pages import Browser, Page
from webapp.flows import inbound, reconciling
from webapp.models import (
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    Role,
    StoredCredential,
)

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
    "gateway": "hafenbank",
}


@pytest.fixture
def shop(network: Flask, clock: TurnedClock) -> None:
    factories.product("premium", name="Premium")


def order(browser: Browser) -> str:
    """Order Premium, to be paid at Hafenbank; the address of the bank's page."""
    browser.get("/register/premium")
    return bank_page(browser.submit(**BUYER))


def bank_page(page: Page) -> str:
    [address] = [address for address, text in page.links if text == "Continue to payment"]
    return address


def at_the_bank(address: str, decision: str) -> str:
    """Open the bank's page and press a button of it; where the bank sends the buyer."""
    assert "29.99 EUR" in requests.get(address, timeout=5).text
    answer = requests.post(address, data={"decision": decision}, timeout=5, allow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["Location"]


def buy(browser: Browser) -> Page:
    return browser.get(at_the_bank(order(browser), "pay"))


def all_of(db: Session, kind: type) -> list[Any]:
    db.rollback()
    return list(db.scalars(select(kind).order_by(kind.id)))  # type: ignore[attr-defined]


def only(db: Session, kind: type) -> Any:
    [found] = all_of(db, kind)
    return found


def test_a_buyer_pays_at_the_bank_and_has_what_they_bought(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    browser.get("/register/premium")
    assert "You pay on the next page, at your bank." in browser.page.text
    page = buy(browser)
    assert "Order received" in page.text
    assert only(db, Payment).status == PaymentStatus.COMPLETED
    assert only(db, Membership).status == MembershipStatus.ACTIVE
    assert only(db, StoredCredential).label == "Hafenbank •••• 4711"
    assert [(one["amount"], one["status"]) for one in bank.orders.values()] == [("29.99", "paid")]


def test_the_next_period_is_charged_by_the_mandate(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session, clock: TurnedClock
) -> None:
    buy(browser)
    live_until(clock, "2027-02-28T10:00Z")
    assert [one.status for one in all_of(db, Payment)] == [PaymentStatus.COMPLETED] * 2
    assert [(one["amount"], one["mandate"]) for one in bank.orders.values()] == [("29.99", "man_1")] * 2
    assert only(db, Membership).periods_paid == 2


def test_an_empty_account_is_tried_again_and_the_reason_is_said(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session, clock: TurnedClock
) -> None:
    buy(browser)
    bank.empty("man_1")
    live_until(clock, "2027-03-01T10:00Z")
    assert only(db, Membership).status == MembershipStatus.ON_HOLD
    assert [one["status"] for one in bank.orders.values()] == ["paid", "refused", "refused"]
    first, renewal = all_of(db, Payment)
    assert (first.status, renewal.tries[-1].reason) == (PaymentStatus.COMPLETED, "not_covered")


def test_a_buyer_who_never_comes_back_is_heard_of_by_notice(
    shop: None, bank: FakeHafenbank, browser: Browser, client: FlaskClient, db: Session
) -> None:
    at_the_bank(order(browser), "pay")
    body, headers = bank.notice("ord_1")
    for _twice in range(2):
        assert client.post("/webhooks/hafenbank", data=body, headers=headers).status_code == 200
    assert inbound.work_off() == 1
    assert only(db, Membership).status == MembershipStatus.ACTIVE


def test_a_notice_is_not_believed_the_bank_is_asked(
    shop: None, bank: FakeHafenbank, browser: Browser, client: FlaskClient, db: Session
) -> None:
    order(browser)
    body, headers = bank.notice("ord_1")
    forged = {**headers, "Hafenbank-Signature": headers["Hafenbank-Signature"][:-4] + "0000"}
    assert client.post("/webhooks/hafenbank", data=body, headers=forged).status_code == 400
    assert client.post("/webhooks/hafenbank", data=body, headers=headers).status_code == 200
    inbound.work_off()
    assert only(db, Payment).status == PaymentStatus.PENDING


def test_a_notice_that_was_lost_is_found_out_within_the_hour(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    at_the_bank(order(browser), "pay")
    reconciling.run("clock")
    assert only(db, Membership).status == MembershipStatus.ACTIVE


def test_after_a_refusal_the_buyer_tries_again_without_typing(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    page = browser.get(at_the_bank(order(browser), "refuse"))
    assert "There is not enough money in the account." in page.text
    again = bank_page(browser.submit(gateway="hafenbank"))
    assert "Order received" in browser.get(at_the_bank(again, "pay")).text
    assert [one["status"] for one in bank.orders.values()] == ["refused", "paid"]
    assert only(db, Payment).status == PaymentStatus.COMPLETED


def test_leaving_the_banks_page_costs_nothing(shop: None, bank: FakeHafenbank, browser: Browser, db: Session) -> None:
    browser.get(at_the_bank(order(browser), "cancel"))
    assert browser.url.startswith("/pay/")
    assert only(db, Payment).status == PaymentStatus.PENDING


def test_while_the_bank_is_down_nobody_is_charged_and_the_order_is_kept(
    shop: None, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    bank.answers_first = [503]
    browser.get("/register/premium")
    browser.submit(**BUYER)
    assert browser.url.startswith("/thank-you/")
    assert only(db, Payment).status == PaymentStatus.PENDING
    assert bank.orders == {}


def test_an_operator_gives_a_part_back_through_the_bank(
    shop: None, app: Flask, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    buy(browser)
    staff = Browser(factories.signed_in(app.test_client(), factories.operator(role=Role.OWNER)))
    staff.get(f"/admin/payments/{only(db, Payment).id}/refund")
    form = next(n for n, one in enumerate(staff.page.forms) if one["action"].endswith("/refunds"))
    page = staff.submit(form, share="other", amount="10.00", reason="late")
    assert "The money has been given back." in page.text
    assert bank.orders["ord_1"]["returned"] == "10.00"
    refund = only(db, Refund)
    assert (refund.status, refund.amount_minor, refund.gateway_reference) == (RefundStatus.SUCCEEDED, 1000, "ret_1")


def test_an_account_that_is_removed_is_forgotten_at_the_bank(
    shop: None, network: Flask, bank: FakeHafenbank, browser: Browser, db: Session
) -> None:
    buy(browser)
    owner = Browser(factories.signed_in(network.test_client(), only(db, Membership).customer))
    owner.get(f"/account/payment-methods/{only(db, StoredCredential).id}/removal")
    assert "No payment method is stored" in owner.submit().text
    work_off(network, "webapp.flows.storing")
    assert bank.mandates["man_1"]["ended"]


@pytest.mark.parametrize("missing", ["HAFENBANK_API_BASE", "HAFENBANK_API_KEY", "HAFENBANK_NOTICE_SECRET"])
def test_without_its_variables_the_network_sells_without_it(
    app: Flask, bank: FakeHafenbank, browser: Browser, missing: str
) -> None:
    factories.product("premium")
    env = {name: value for name, value in bank.env.items() if name != missing}
    with installed(app, "hafenbank_addon", env=env) as [addon]:
        assert addon.error == ""
        assert "Hafenbank" not in browser.get("/register/premium").text


def test_what_the_operator_enters_ties_it_to_the_bank(app: Flask, bank: FakeHafenbank, browser: Browser) -> None:
    factories.product("premium")
    with installed(app, "hafenbank_addon"):
        office = Browser(factories.signed_in(app.test_client(), factories.operator()))
        page = office.get("/admin/settings/gateways/hafenbank")
        assert "keys are missing" in page.text
        [at] = [number for number, form in enumerate(page.forms) if "HAFENBANK_API_KEY" in form["fields"]]
        page = office.submit(at, **bank.env)
        assert "Changes saved." in page.text
        assert "offered" in page.text
        assert "Hafenbank" in browser.get("/register/premium").text
