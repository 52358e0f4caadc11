"""What customers do in the account, and consumers without one: by keyboard, on a phone, as accessible as the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests import factories
from webapp import clock
from webapp.domain import network
from webapp.extensions import db as database
from webapp.models import Declaration, DeclarationStatus, Membership, Site, SiteStatus
from webapp.transactions import unit_of_work

Open = Callable[..., Page]
Look = Callable[[Page], list[str]]
EMAIL = "ada@example.com"
PHONE = {"viewport": {"width": 390, "height": 800}}


@pytest.fixture
def contract(site: Any) -> Membership:
    ada = factories.customer(user=factories.user(email=EMAIL), display_name="Ada Lovelace")
    ends = clock.now() + timedelta(days=30)
    made: Membership = factories.active_membership(customer=ada, plan=factories.product("premium"), expires_at=ends)
    facts = {"customer": ada, "membership": made, "slug": "bakery", "title": "Ada's bakery"}
    factories.save(lambda: Site(status=SiteStatus.PUBLISHED, **facts))
    return made


def enter(page: Page) -> None:
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def press(page: Page, role: Any, name: str | re.Pattern[str]) -> None:
    """By keyboard: focus what has this name, and Enter."""
    page.get_by_role(role, name=name).first.focus()
    page.keyboard.press("Enter")


def now(membership: Membership) -> Membership:
    database.session.rollback()
    database.session.refresh(membership)
    return membership


@pytest.mark.ux("X7", "W1", "W15")
def test_a_contract_is_cancelled_and_kept_after_all_by_keyboard(
    open_page: Open, contract: Membership, violations: Look
) -> None:
    page = open_page("/login")
    enter(page)
    for text in ("€29.99", "none saved", "Ada's bakery", "Open problems"):
        expect(page.get_by_text(text).first).to_be_in_viewport()
    assert violations(page) == []
    press(page, "link", "Premium")
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    assert violations(page) == []
    press(page, "link", "Cancel contract")
    expect(page.get_by_text("The contract ends on")).to_be_visible()
    assert violations(page) == []
    press(page, "button", re.compile("^Cancel at"))
    expect(page.get_by_text("Until then nothing changes.")).to_be_visible()
    assert violations(page) == []
    assert now(contract).cancel_at is not None
    press(page, "button", "Undo cancellation")
    expect(page.get_by_text("Your cancellation is undone.")).to_be_visible()
    assert now(contract).cancel_at is None


def test_the_profile_is_changed_on_a_phone_in_the_dark(open_page: Open, contract: Membership, violations: Look) -> None:
    page = open_page("/login", color_scheme="dark", **PHONE)
    enter(page)
    for tab in ("Payments", "Security", "Profile"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_role("heading", name=tab, level=1)).to_be_visible()
        assert violations(page) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    page.get_by_label("business").check()
    page.get_by_label("Full name").fill("Ada King")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("link", name="Enter the company name.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Company").fill("Engines Ltd")
    page.get_by_label("Street and number").fill("Hauptstr. 1")
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town or city").fill("Berlin")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value("Engines Ltd")


@pytest.mark.ux("X2", "X4", "X5")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_contract_is_cancelled_without_signing_in(open_page: Open, contract: Membership, script: bool) -> None:
    page = open_page("/", java_script_enabled=script)
    press(page, "link", "Cancel contracts here")
    expect(page.get_by_role("heading", name="Cancel a contract")).to_be_visible()
    for label, text in (
        ("Full name", "Ada Lovelace"),
        ("E-mail address or customer number", EMAIL),
        ("Contract or site", str(contract.id)),
        ("E-mail address for the confirmation", EMAIL),
    ):
        page.get_by_label(label).focus()
        page.keyboard.type(text)
    press(page, "button", "Cancel now")
    expect(page.get_by_text("We received your cancellation on")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename.startswith("cancellation-")
    assert now(contract).cancel_at == contract.expires_at


@pytest.mark.ux("X6")
def test_a_contract_is_withdrawn_from_in_german_on_a_phone(
    open_page: Open, contract: Membership, violations: Look
) -> None:
    page = open_page("/", locale="de-DE", **PHONE)
    page.get_by_role("link", name="Vertrag widerrufen", exact=True).click()
    expect(page.get_by_role("heading", name="Einen Vertrag widerrufen")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Vor- und Nachname").fill("Ada Lovelace")
    page.get_by_label("Vertrag oder Website").fill(str(contract.id))
    page.get_by_label("E-Mail-Adresse").fill(EMAIL)
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_role("heading", name="Bestätigen Sie Ihren Widerruf")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Widerruf bestätigen", exact=True).click()
    expect(page.get_by_text("Ihr Widerruf ist am")).to_be_visible()
    assert violations(page) == []
    database.session.rollback()
    assert database.session.scalars(select(Declaration)).one().status == DeclarationStatus.OPEN


@pytest.mark.ux("X1", "L24", "W4")
@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_laws_words_stand_alone_large_enough_and_readable(
    open_page: Open, contract: Membership, violations: Look, look: str
) -> None:
    page = open_page("/cancel-contract", locale="de-DE", color_scheme=look)
    wordings: list[tuple[str, Locator, int]] = [
        (text, page.get_by_role("link", name=text, exact=True), 24)
        for text in ("Verträge hier kündigen", "Vertrag widerrufen")
    ]
    wordings.append(("Jetzt kündigen", page.get_by_role("button", name="Jetzt kündigen", exact=True), 44))
    for text, found, height in wordings:
        assert found.inner_text() == text
        assert float(found.evaluate("it => parseFloat(getComputedStyle(it).fontSize)")) >= 16
        box = found.bounding_box()
        assert box is not None
        assert box["height"] >= height
    assert violations(page) == []


@pytest.mark.ux("L10", "L20")
def test_the_choice_about_cookies_is_made_without_losing_what_is_typed(
    open_page: Open, contract: Membership, violations: Look
) -> None:
    with unit_of_work("test"):
        network.change({"ga4_measurement_id": "G-ABC123DEF4"})
    page = open_page("/register/premium")
    assert violations(page) == []
    accept, reject = page.get_by_role("button", name="Accept all"), page.get_by_role("button", name="Reject all")
    for fact in ("fontSize", "backgroundColor", "color", "fontWeight", "height", "width", "borderTopColor"):
        style = f"it => getComputedStyle(it).{fact}"
        assert accept.evaluate(style) == reject.evaluate(style), fact
    page.get_by_label("Full name").fill("Ada Lovelace")
    reject.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your choice is saved.")).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
    page.goto("/register/premium")
    expect(reject).to_have_count(0)
    page.get_by_role("link", name="Cookie settings").click()
    page.get_by_label("Allow statistics").check()
    page.get_by_role("button", name="Save choice").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    expect(page.get_by_label("Allow statistics")).to_be_checked()
    assert violations(page) == []
