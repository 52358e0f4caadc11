"""Order forms in a browser: put together by keyboard and by dragging, and bought through in steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import entering
from tests.conftest import only
from webapp.domain import checkout_forms, passwords
from webapp.domain.form_definitions import Snippet, Spec
from webapp.extensions import db as database
from webapp.models import Customer, Sale
from webapp.transactions import unit_of_work

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


def test_settings_are_picked_by_keyboard(open_page: Open, shop: None) -> None:
    factories.operator(email="olga@example.com", name="Olga Peters")
    factories.order_form("spring-offer", "single-step")
    page = entering(open_page)(f"{SPRING}/fields/pricing_table")
    tick = page.get_by_role("group", name="Plans").get_by_label("Premium")
    tick.focus()
    tick.press("Space")
    press(page, "Save")
    expect(page.get_by_text("The field is saved.")).to_be_visible()
    page.goto(page.url.rstrip("/") + "/settings")
    narrow = page.get_by_label("Narrow the list")
    narrow.press_sequentially("austr")
    austria = page.get_by_label("Austria", exact=True)
    expect(page.get_by_label("Germany", exact=True)).to_be_hidden()
    austria.focus()
    austria.press("Space")
    press(page, "Save")
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    database.session.rollback()
    made = checkout_forms.worked_at(checkout_forms.find("spring-offer"))
    assert made.countries == ("AT",)
    assert next(one for one in made.fields if one.type == "pricing_table").options["plans"] == ["premium"]


def fill(page: Page, **more: str) -> None:
    for label, value in {
        "E-mail address": "ada@example.com",
        "Full name": "Ada Lovelace",
        "Postcode": "10115",
        "Site name": "Ada's bakery",
        "Site address": "adas-bakery",
        **more,
    }.items():
        page.get_by_label(re.compile(rf"^{label}( \(optional\))?$")).fill(value)
    page.get_by_label("Country").select_option("DE")
    page.get_by_label(re.compile("I expressly ask you to begin")).check()


def with_options(**options: dict[str, Any]) -> None:
    factories.order_form("spring-offer", "single-step", SIZE)
    with unit_of_work("test"):
        row = checkout_forms.locked("spring-offer")
        made = checkout_forms.worked_at(row)
        fields = [replace(one, options=options.get(one.type, one.options)) for one in made.steps[0].fields]
        checkout_forms.keep(row, made.with_steps([replace(made.steps[0], fields=tuple(fields))]), seen=row.version)
        checkout_forms.publish(row)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_who_has_an_account_signs_in_within_the_form(open_page: Open, shop: None, script: bool) -> None:
    hashed = passwords.hash_password("the one she knows")
    factories.customer(user=factories.user(email="ada@example.com", password_hash=hashed))
    with_options(email={"inline_login": True})
    page = open_page("/checkout/spring-offer?products=free", java_script_enabled=script, **PHONE)
    fill(page, **{"Create password": "a long enough sentence", "Shoe size": "42"})
    page.get_by_role("button", name="Order with obligation to pay", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    own = page.get_by_label("Password of your account")
    own.fill("the one she knows")
    own.press("Enter")
    expect(page.get_by_text("You are signed in as")).to_be_visible()
    expect(page.get_by_label("Shoe size")).to_have_value("42")
    page.get_by_label(re.compile("I expressly ask you to begin")).check()
    page.get_by_role("button", name="Order with obligation to pay", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_form_without_a_password_is_ordered_by(open_page: Open, shop: None, script: bool) -> None:
    with_options(password={"generated": True}, email={"confirm": True})
    page = open_page("/checkout/spring-offer?products=free", java_script_enabled=script, **PHONE)
    fill(page, **{"E-mail address, once more": "ada@example.com", "Shoe size": "42"})
    expect(page.get_by_label("Create password")).to_have_count(0)
    page.get_by_role("button", name="Order with obligation to pay", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    expect(page.get_by_text("Choose a password for the next time")).to_be_visible()


def test_a_password_that_is_easy_to_guess_is_said_once_it_is_left(open_page: Open, shop: None) -> None:
    with_options(password={"strength": "strong", "confirm": True})
    page = open_page("/checkout/spring-offer?products=free")
    field = page.get_by_label("Create password")
    field.fill("tulipsaladxx")
    field.press("Tab")
    expect(page.locator("#password-error")).to_contain_text("This password is easy to guess.")
    field.fill("tulip salad bicycle")
    field.press("Tab")
    expect(page.locator("#password-error")).to_be_empty()
