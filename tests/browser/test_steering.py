"""Steering the network in a browser: its settings by keyboard, its look, and who helps to run it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import DESK, PHONE
from tests.browser.test_catalogue import tab_to, type_into
from tests.domain.test_logos import svg
from webapp import clock
from webapp.blueprints.admin.settings_sections import BY_SLUG
from webapp.domain import network
from webapp.extensions import db as database
from webapp.models import Role
from webapp.transactions import unit_of_work

Open = Callable[..., Page]


@pytest.fixture
def enter(open_page: Open, site: Any) -> Open:
    """An owner at a page of the admin, signed in on the way."""
    factories.operator(email="olga@example.com", name="Olga Peters")

    def go(path: str, **options: Any) -> Page:
        page = open_page(path, **{**DESK, **options})
        page.get_by_label("E-mail address").fill("olga@example.com")
        page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_url(re.compile(re.escape(path) + "$"))
        page.wait_for_load_state()
        return page

    return go


def saved() -> network.Network:
    database.session.rollback()
    database.session().info.pop(network.CACHE, None)
    return network.settings()


def test_settings_are_saved_by_keyboard_alone(enter: Open) -> None:
    page = enter("/admin/settings")
    tab_to(page, "Checkout and consumer law")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout and consumer law")
    tab_to(page, "hold_minutes")
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    type_into(page, "allowed_countries-narrow", "ger")
    expect(page.get_by_label("Andorra")).to_be_hidden()
    tab_to(page, "allowed_countries-DE")
    page.keyboard.press("Space")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#hold_minutes")).to_be_focused()
    expect(page.get_by_label("Germany")).to_be_checked()
    page.keyboard.press("Control+a")
    page.keyboard.type("45")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    assert (saved().hold_minutes, saved().allowed_countries) == (45, ["DE"])


def test_a_logo_and_a_colour_are_on_the_front_page(enter: Open, open_page: Open, tmp_path: Path) -> None:
    large, logo = tmp_path / "large.png", tmp_path / "logo.svg"
    large.write_bytes(b"\x89PNG" + b"\x00" * 1_000_001)
    logo.write_bytes(svg('<rect width="200" height="50" fill="#1b4f9c"/>'))
    page = enter("/admin/settings/look")
    page.get_by_label("Your logo").set_input_files(large)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#logo-error")).to_have_text("This file is larger than 1 MB. Choose a smaller one.")
    page.get_by_label("Your logo").set_input_files(logo)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Your logo is on every page now.")).to_be_visible()
    page.get_by_label("Accent colour (optional)").fill("#1b4f9c")
    page.get_by_label("Accent colour (optional)").press("Tab")
    expect(page.locator(".shade--light .button")).to_have_css("background-color", "rgb(27, 79, 156)")
    expect(page.locator(".shade--dark .button")).to_have_css("background-color", "rgb(84, 141, 225)")
    page.get_by_role("main").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    front = open_page("/", **DESK)
    image = front.locator(".masthead img")
    assert image.evaluate("(image) => [image.complete, image.naturalWidth > 0, image.width, image.height]") == [
        True,
        True,
        144,
        36,
    ]
    expect(front.get_by_role("link", name="Sign in")).to_be_visible()
    assert "#1b4f9c" in front.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')")


def test_a_colleague_is_invited_and_signs_in(enter: Open, open_page: Open) -> None:
    page = enter("/admin/staff")
    page.get_by_role("link", name="Invite a colleague").click()
    page.get_by_label("Name").fill("Ben Other")
    page.get_by_label("E-mail address").fill("ben@example.com")
    page.get_by_label("Manager").check()
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.locator("#invitation code").text_content() or ""
    other = open_page(link, **PHONE)
    other.get_by_label("New password").fill(factories.PASSWORD)
    other.get_by_role("button", name="Save password").click()
    other.get_by_label("E-mail address").fill("ben@example.com")
    other.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    other.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url(re.compile("/admin/"))
    other.goto("/admin/staff")
    expect(other.get_by_role("row", name=re.compile("Ben Other"))).to_contain_text("Manager")
    expect(other.get_by_role("link", name="Invite a colleague")).to_have_count(0)
    page.reload()
    expect(page.locator("#invitation")).to_have_count(0)
    page.get_by_role("button", name="Take access away").click()
    expect(page.get_by_text("They are signed out and cannot sign in any more.")).to_be_visible()
    other.goto("/admin/staff")
    expect(other).to_have_url(re.compile("/login"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_of_settings_and_staff_has_a_barrier(
    enter: Open, violations: Any, scheme: str, size: dict[str, Any]
) -> None:
    ben = factories.operator(name="Ben", role=Role.SUPPORT, two_step_at=clock.now())
    with unit_of_work("test"):
        network.change({"accent": "#b3261e", "accent_dark": "#ff4747", "hubspot_access_token": "pat-x"})
    page = enter("/admin/settings", color_scheme=scheme, **size)
    sections = [f"/admin/settings/{slug}" for slug in BY_SLUG]
    people = ["", "/new", "/roles", f"/{ben.id}", f"/{ben.id}/two-step/removal"]
    for path in ["/admin/settings", *sections, *(f"/admin/staff{one}" for one in people)]:
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
