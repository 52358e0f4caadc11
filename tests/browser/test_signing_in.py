"""Signing in with a real browser: by keyboard, with a passkey, and as accessible as the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Server

EMAIL = "ada@example.com"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def by_keyboard(page: Page) -> None:
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("staff", [False, True])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_security_pages_are_accessible(
    site: Server,
    open_page: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    staff: bool,
    look: str,
) -> None:
    factories.operator(email=EMAIL) if staff else factories.customer(user=factories.user(email=EMAIL))
    page = open_page("/login?next=/account/security", color_scheme=look, viewport={"width": 390, "height": 800})
    assert violations(page) == []
    by_keyboard(page)
    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path, heading in (("password", "Change password"), ("two-step", "Set up two-step sign-in")):
        page.goto(f"/account/security/{path}")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert violations(page) == []
    page.keyboard.press("Tab")
    page.get_by_label("Code", exact=True).fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert violations(page) == []


@pytest.mark.ux("K1", "W17")
def test_a_passkey_is_added_and_signs_in(site: Server, open_page: Callable[..., Page]) -> None:
    factories.customer(user=factories.user(email=EMAIL))
    page = open_page("/login?next=/account/security")
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    by_keyboard(page)
    page.get_by_label("Name").fill("my laptop")
    page.get_by_role("button", name="Add a passkey").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    expect(page.get_by_text("my laptop", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto("/login?next=/account/security")
    page.get_by_role("button", name="Use a passkey instead").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
