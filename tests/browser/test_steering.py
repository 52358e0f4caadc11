"""What steers a network, in a browser: first steps, dashboard and what needs attention, by keyboard and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import PHONE, Office, Open
from tests.browser.test_admin import fresh
from webapp.models import DeliveryStatus


def test_the_first_steps_are_taken_by_keyboard(enter: Open) -> None:
    page = enter("/admin/")
    page.get_by_role("link", name="Go on with the first steps").press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Your company")
    page.get_by_label("Address", exact=True).focus()
    page.keyboard.type("Hauptstr. 1")
    page.get_by_label("Help address").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("Help address").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("help@example.org")
    page.keyboard.press("Enter")
    steps = page.get_by_role("navigation", name="Steps")
    expect(steps.get_by_role("listitem").first).to_have_text("Your company done")
    expect(page.get_by_role("heading", level=2)).to_have_text("A way to be paid")
    page.get_by_role("button", name="Leave it for later").press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("A test purchase")
    page.goto("/admin/")
    expect(page.get_by_text("A way to be paid · A test purchase")).to_be_visible()


def test_what_needs_attention_is_taken_and_tried_again_by_keyboard(enter: Open, office: Office) -> None:
    page = enter("/admin/attention")
    name = f"Delivery {office['delivery'].id}: sync_contact"
    row = page.get_by_role("row", name=name)
    row.get_by_role("button", name="Take").press("Enter")
    expect(row).to_contain_text("Olga Peters")
    page.get_by_role("link", name="Mine").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    row.get_by_role("button", name="Send again").press("Enter")
    expect(page.get_by_text("The delivery goes out now.")).to_be_visible()
    assert fresh(office["delivery"]).status == DeliveryStatus.PENDING
    page.get_by_role("link", name="Needs attention").press("Enter")
    expect(page.get_by_role("row", name=name)).to_have_count(0)


@pytest.mark.parametrize("path", ["/admin/", "/admin/attention", "/admin/setup"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_are_accessible_and_fit_a_phone(
    enter: Open, violations: Callable[[Page], list[str]], path: str, scheme: str
) -> None:
    page = enter(path, color_scheme=scheme)
    assert violations(page) == []
    page.set_viewport_size(PHONE["viewport"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1280, "de")])
def test_a_way_to_pay_is_moved_named_and_tried_by_keyboard(enter: Open, width: int, language: str) -> None:
    words = {
        "en": ("Down", "Changes saved.", "Save", "Test the connection", "There is nobody to ask"),
        "de": ("Nach unten", "Änderungen gespeichert.", "Speichern", "Verbindung prüfen", "Hier ist niemand zu fragen"),
    }
    down, saved, save, test, nobody = words[language]
    page = enter("/admin/settings/gateways", viewport={"width": width, "height": 800})
    if language == "de":
        page.get_by_role("link", name="Deutsch", exact=True).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Zahlungsarten")
    first = page.locator("#gateway-rows code").first.inner_text()
    page.locator(f"button[name=down][value={first}]").press("Enter")
    expect(page.get_by_text(saved)).to_be_visible()
    expect(page.locator("#gateway-rows code").first).not_to_have_text(first)
    expect(page.locator(f"button[name=up][value={first}]")).to_be_visible()
    page.get_by_role("button", name=f"{down}: ").first.wait_for()
    page.locator("#gateway-rows a[href$=manual]").press("Enter")
    page.locator("#title_de").focus()
    page.keyboard.type("Per Überweisung")
    page.get_by_role("button", name=save, exact=True).press("Enter")
    expect(page.get_by_text(saved)).to_be_visible()
    expect(page.locator("#title_de")).to_have_value("Per Überweisung")
    page.get_by_role("button", name=test).press("Enter")
    verdict = page.locator("#verdict")
    expect(verdict).to_be_focused()
    expect(verdict).to_contain_text(nobody)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
