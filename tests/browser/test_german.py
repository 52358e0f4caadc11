"""The German checkout in a small window, and the way from one language to the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories

pytestmark = pytest.mark.browser
GERMAN = {"locale": "de-DE", "viewport": {"width": 320, "height": 640}}


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def form(open_page: Callable[..., Page]) -> Page:
    factories.product("premium", year=29900, setup_fee_minor=990)
    return open_page("/register/premium", **GERMAN)


@pytest.mark.ux("M0", "W8")
def test_the_longer_words_fit_into_a_small_window(form: Page) -> None:
    assert sideways(form) == 0
    form.get_by_role("button", name="Zahlungspflichtig bestellen", exact=True).click()
    expect(form.get_by_role("heading", name="Es gibt ein Problem")).to_be_visible()
    expect(form).to_have_title("Fehler: Bestellung – Parzelle")
    assert sideways(form) == 0


def test_the_switch_keeps_the_place(form: Page) -> None:
    form.goto("/register?products=premium&period=1-year")
    form.get_by_role("link", name="English", exact=True).click()
    expect(form).to_have_url("/register?products=premium&period=1-year")
    expect(form.locator("html")).to_have_attribute("lang", "en")
    form.get_by_role("link", name="Deutsch", exact=True).press("Enter")
    expect(form).to_have_url("/register?products=premium&period=1-year")
    expect(form.locator("html")).to_have_attribute("lang", "de")


def test_what_htmx_brings_is_german_too(form: Page) -> None:
    form.get_by_label("Jährlich").check()
    expect(form.locator("#summary")).to_contain_text("pro Jahr")
