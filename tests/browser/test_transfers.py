"""Paying by bank transfer, in a browser: what is copied, what is scanned, and what an operator notes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import Office
from tests.browser.test_buying import PHONE, fill_in
from tests.browser.test_german import sideways
from tests.conftest import only
from tests.flows.test_transfers import SAVED
from webapp.bank_transfers import reference_of
from webapp.domain import network
from webapp.extensions import db as database
from webapp.models import Payment, PaymentStatus
from webapp.transactions import unit_of_work

Open = Callable[..., Page]
MAY_COPY = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture
def shop(site: object) -> None:
    factories.product("premium")
    with unit_of_work("test"):
        network.change({**SAVED, "active_gateways": ["manual"]})


def reference() -> str:
    database.session.rollback()
    return reference_of(only(Payment).order_number)


def test_a_buyer_copies_what_the_bank_asks_for(
    open_page: Open, shop: None, violations: Callable[[Page], list[str]]
) -> None:
    page = open_page("/register/premium", **PHONE, **MAY_COPY)
    fill_in(page)
    page.get_by_role("button", name="Order with obligation to pay", exact=True).click()
    expect(page.get_by_role("heading", name="Where the money goes")).to_be_visible()
    assert sideways(page) == 0
    for what, copied in (
        ("the IBAN", SAVED["manual_iban"]),
        ("the payment reference", reference()),
        ("the amount", "29.99"),
    ):
        page.get_by_role("button", name=f"Copy {what}", exact=True).click()
        expect(page.get_by_text("Copied.").first).to_be_attached()
        assert page.evaluate("navigator.clipboard.readText()") == copied
    code = page.get_by_role("img", name="QR code with account")
    box = code.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(box["height"], abs=4)
    assert box["width"] > 150
    assert violations(page) == []


def test_without_script_and_in_german_all_of_it_is_there(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", locale="de-DE", java_script_enabled=False, **PHONE)
    for name, value in (
        ("email_address", "ada@example.com"),
        ("password", "a long enough sentence"),
        ("full_name", "Ada Lovelace"),
        ("billing_address_line_1", "Hauptstr. 1"),
        ("billing_zip_code", "10115"),
        ("billing_city", "Berlin"),
        ("site_title", "Bäckerei"),
        ("site_url", "baeckerei"),
    ):
        page.locator(f"#{name}").fill(value)
    page.locator("#billing_country").select_option("DE")
    page.locator("#early_start").check()
    page.get_by_role("button", name="Zahlungspflichtig bestellen", exact=True).click()
    expect(page.get_by_role("heading", name="Wohin das Geld überwiesen wird")).to_be_visible()
    expect(page.get_by_role("img", name="QR-Code mit Konto")).to_be_visible()
    expect(page.get_by_text("DE02 1203 0000 0000 2020 51", exact=True)).to_be_visible()
    expect(page.get_by_text(f"Bitte {reference()} bis zum")).to_be_visible()
    expect(page.get_by_role("button", name="IBAN kopieren")).to_have_count(0)
    page.goto(f"/account/payments/{only(Payment).reference}")
    expect(page.get_by_role("img", name="QR-Code mit Konto")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_part_that_arrived_is_noted(enter: Open, office: Office, script: bool) -> None:
    payment: Payment = office["payment"]
    page = enter(f"/admin/payments?search={reference_of(payment.order_number)}", java_script_enabled=script)
    page.get_by_role("link", name=payment.order_number, exact=True).click()
    page.get_by_role("link", name="Confirm that the money arrived …").click()
    page.get_by_text("Another amount arrived").click()
    page.get_by_label("Amount that arrived").fill("ten")
    page.get_by_role("button", name="Note this amount").click()
    expect(page.locator("#arrived-error")).not_to_be_empty()
    page.get_by_label("Amount that arrived").fill("10.00")
    page.get_by_label("Amount that arrived").press("Enter")
    expect(page.get_by_text("the customer is asked for €19.99")).to_be_visible()
    database.session.rollback()
    assert database.session.get_one(Payment, payment.id).status == PaymentStatus.PENDING
