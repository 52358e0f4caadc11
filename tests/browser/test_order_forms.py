"""Order forms in a browser: put together by keyboard and by dragging, and bought through in steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import entering
from tests.conftest import only
from webapp.domain import checkout_forms
from webapp.domain.form_definitions import Snippet, Spec
from webapp.extensions import db as database
from webapp.models import Customer, Sale

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 320, "height": 640}}
SIZE = Spec("shoe_size", "text", label={"en": "Shoe size", "de": "Schuhgröße"}, required=True)
SPRING = "/admin/checkout-forms/spring-offer"


@pytest.fixture
def shop(site: Any) -> None:
    factories.free_product(list_order=1)
    factories.product("premium", list_order=2)


@pytest.fixture
def editor(shop: None, open_page: Open) -> Page:
    factories.operator(email="olga@example.com", name="Olga Peters")
    factories.order_form("spring-offer", "multi-step", SIZE)
    return entering(open_page)(SPRING, viewport={"width": 1280, "height": 3000})


def fields(step: int = 0) -> list[str]:
    database.session.rollback()
    database.session.expire_all()
    made = checkout_forms.worked_at(checkout_forms.find("spring-offer"))
    return [one.id for one in made.steps[step].fields]


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    button.press("Enter")


def test_a_form_is_put_together_by_keyboard(editor: Page) -> None:
    press(editor, "Move “Address of the site” up")
    expect(editor.locator("#status-text")).to_have_text("“Address of the site” is now number 2 of 5 in “Site”.")
    expect(editor.get_by_role("button", name="Move “Address of the site” up", exact=True)).to_be_focused()
    assert fields(1)[:3] == ["site_section", "site_url", "site_title"]
    editor.get_by_label("Add to “Site”", exact=True).first.select_option("paragraph")
    press(editor, "Add to “Site”")
    expect(editor.locator("[data-field='paragraph']")).to_be_visible()
    press(editor, "Publish")
    expect(editor.get_by_text("needs a label").first).to_be_visible()
    editor.get_by_role("link", name="Edit “Several lines of text”", exact=True).press("Enter")
    editor.get_by_label(re.compile(r"^Label \(English\)")).fill("Your story")
    press(editor, "Save")
    expect(editor.locator("[data-field='paragraph']")).to_contain_text("Your story")
    press(editor, "Publish")
    expect(editor.get_by_text("The form is published.")).to_be_visible()
    frame = editor.frame_locator(".form-preview")
    expect(frame.get_by_text("Your order", exact=True)).to_be_visible()


def test_a_field_is_dragged_to_another_step(editor: Page) -> None:
    grip = editor.locator("[data-field='site_title'] .form-field__grip")
    grip.drag_to(editor.locator("[data-field='pricing_table'] .form-field__grip"))
    expect(editor.locator("[data-step='plan'] [data-field='site_title']")).to_be_visible()
    assert "site_title" in fields(0)
    expect(editor.locator("#status-text")).to_contain_text("in “Plan”.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_form_in_steps_is_bought_through(open_page: Open, shop: None, script: bool) -> None:
    factories.order_form("spring-offer", "multi-step", SIZE, thanks={"en": "Welcome **aboard**."})
    page = open_page("/checkout/spring-offer", java_script_enabled=script, **PHONE)
    page.locator("label", has_text="Free").first.click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Site name")).to_be_visible()
    page.get_by_label("Site name").fill("Ada's bakery")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("Site address").fill("adas-bakery")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Site address")).to_have_value("adas-bakery")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Create password").fill("a long enough sentence")
    page.get_by_label("Country").select_option("DE")
    page.get_by_label(re.compile("^Postcode")).fill("10115")
    page.get_by_label("Shoe size").fill("42")
    page.get_by_label(re.compile("I expressly ask you to begin")).check()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.get_by_role("button", name="Order with obligation to pay", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    expect(page.get_by_text("aboard")).to_be_visible()
    database.session.rollback()
    assert (only(Customer).answers or {})["shoe_size"]["value"] == "42"


def test_what_is_typed_is_there_after_a_reload(open_page: Open, shop: None) -> None:
    page = open_page("/register/free")
    page.get_by_label("Full name").fill("Ada Lovelace")
    with page.expect_response("**/checkout/main-form/draft"):
        page.get_by_label("Site name").click()
    page.goto("/register/free")
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
    expect(page.get_by_label("Create password")).to_have_value("")


def test_a_script_runs_once_for_a_sale(open_page: Open, shop: None) -> None:
    code = (
        "parent.document.documentElement.dataset.ran = (parent.document.documentElement.dataset.ran || '') + {{ plan }}"
    )
    factories.order_form(snippets=(Snippet("script_1", "Ads", code, consent=False),))
    page = open_page("/checkout/spring-offer?products=free")
    for label, value in {
        "E-mail address": "ada@example.com",
        "Create password": "a long enough sentence",
        "Full name": "Ada Lovelace",
        "Postcode": "10115",
        "Site name": "Ada's bakery",
        "Site address": "adas-bakery",
    }.items():
        page.get_by_label(re.compile(f"^{label}")).fill(value)
    page.get_by_label("Country").select_option("DE")
    page.get_by_label(re.compile("I expressly ask you to begin")).check()
    page.get_by_role("button", name="Order with obligation to pay", exact=True).click()
    expect(page.locator("html[data-ran='Free']")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    expect(page.locator("html[data-ran]")).to_have_count(0)
    database.session.rollback()
    assert only(Sale).snippets_run == ["script_1"]


def test_the_form_speaks_german(open_page: Open, shop: None) -> None:
    factories.order_form("spring-offer", "multi-step", SIZE)
    page = open_page("/checkout/spring-offer?products=free", locale="de-DE", **PHONE)
    page.get_by_role("button", name="Weiter").click()
    page.get_by_label("Name der Website").fill("Bäckerei")
    page.get_by_label("Adresse der Website").fill("baeckerei")
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_label("Schuhgröße")).to_be_visible()
    expect(page.get_by_role("list", name="Schritte der Bestellung")).to_contain_text("Tarif")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
