"""What a buyer does, in a browser: with script and without, with the mouse and with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests import factories
from tests.conftest import only
from webapp.extensions import db as database
from webapp.models import Payment, PaymentStatus, Sale, Site, Try, User

Open = Callable[..., Page]

PHONE = {"viewport": {"width": 320, "height": 640}}
DESK = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def shop(site: Any) -> None:
    factories.free_product(list_order=1, feature_list=["One site"])
    factories.product("premium", setup_fee_minor=9900, year=29900, list_order=2, feature_list=["Your own domain"])
    factories.product("studio", name="Studio", amount_minor=4900, trial_duration=14, list_order=3)
    factories.discount_code("TEN", 10)


def count(kind: type) -> int:
    database.session.rollback()
    return database.session.scalar(select(func.count()).select_from(kind)) or 0


def fill_in(page: Page, **other: str) -> None:
    """Everything a private person is asked, by its label."""
    values = {
        "E-mail address": "ada@example.com",
        "Create password": "a long enough sentence",
        "Full name": "Ada Lovelace",
        "Street and number": "Hauptstr. 1",
        "Postcode": "10115",
        "Town or city": "Berlin",
        "Site name": "Ada's bakery",
        "Site address": "adas-bakery",
        **other,
    }
    for label, value in values.items():
        page.get_by_label(re.compile(f"^{label}")).fill(value)
    page.get_by_label("Country").select_option("DE")
    page.get_by_label(re.compile("I expressly ask you to begin")).check()


def order(page: Page) -> None:
    page.get_by_role("button", name="Order with obligation to pay", exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_plan_is_bought_paid_and_set_up(open_page: Open, shop: None, work: Callable[[], None], script: bool) -> None:
    page = open_page("/register/premium", java_script_enabled=script)
    fill_in(page)
    order(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Test payment")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    assert only(Payment).status == PaymentStatus.COMPLETED
    work()
    if not script:
        page.reload()
    expect(page.get_by_role("link", name="Open your site")).to_be_visible(timeout=8000)


@pytest.mark.ux("P12", "W16")
def test_after_a_decline_the_order_goes_on_without_retyping(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium")
    fill_in(page)
    order(page)
    page.get_by_role("button", name="Decline").click()
    problem = page.get_by_text("Your payment was declined and nothing was charged.")
    expect(problem).to_be_visible()
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    assert (count(Sale), count(Try), count(User)) == (1, 2, 1)


@pytest.mark.ux("P14", "H12")
def test_told_late_the_page_brings_itself_up_to_date(
    open_page: Open, shop: None, work: Callable[[], None], clock: Any
) -> None:
    page = open_page("/register/premium")
    fill_in(page)
    order(page)
    page.get_by_role("button", name="Approve, but tell us late").click()
    expect(page.get_by_text("We are confirming your payment")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("pay", re.I))).to_have_count(0)
    clock.tick(minutes=2)
    work()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")


@pytest.mark.ux("C31", "O6", "W19")
def test_the_summary_lives(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium")
    summary = page.locator("#summary")
    expect(summary).to_contain_text("€128.99")
    page.get_by_label("Yearly").check()
    expect(summary).to_contain_text("€398.00")
    expect(page.get_by_label("Yearly")).to_be_focused()
    expect(page.locator("#status-text")).to_contain_text("€398.00")
    page.get_by_text("Do you have a voucher?").click()
    page.get_by_label("Voucher code").fill("ten")
    page.get_by_role("button", name="Apply").click()
    expect(summary).to_contain_text("€368.10")
    page.get_by_label("Voucher code").fill("nonsense")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("This code does not exist. Check the spelling.").first).to_be_visible()
    page.locator("label", has_text="Studio").first.click()
    expect(summary).to_contain_text("Free until")
    expect(summary).to_contain_text("Due today")


@pytest.mark.ux("C3", "C23", "W19")
def test_an_address_is_checked_when_it_is_left(open_page: Open, shop: None) -> None:
    page = open_page("/register/free")
    address = page.get_by_label("Site address")
    address.fill("admin")
    address.blur()
    expect(page.locator("#site_url-error")).to_contain_text("This address is taken. Try ")
    address.fill("bakery")
    address.blur()
    expect(page.locator("#site_url-error")).to_be_empty()
    expect(page.locator("#site_url-status")).to_contain_text("available")


@pytest.mark.ux("C6", "H7", "W19")
def test_an_address_that_looks_mistyped_is_put_right_by_a_press(open_page: Open, shop: None) -> None:
    page = open_page("/register/free")
    address = page.get_by_label("E-mail address")
    address.fill("ada@gmial.com")
    page.get_by_label("Create password").first.fill("a long enough sentence")
    offer = page.get_by_role("status").filter(has_text="Did you mean")
    expect(offer).to_be_visible()
    expect(address).not_to_have_attribute("aria-invalid", "true")
    offer.get_by_role("button", name="ada@gmail.com").click()
    expect(address).to_have_value("ada@gmail.com")
    expect(address).to_be_focused()
    expect(page.locator("#email_address-meant")).to_be_empty()
    expect(page.get_by_label("Create password").first).to_have_value("a long enough sentence")


@pytest.mark.ux("C4", "H6", "W14")
def test_what_is_wrong_is_summed_up_and_reached_by_its_link(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium")
    order(page)
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("There is a problem")
    assert page.title().startswith("Error: ")
    summary.get_by_role("link", name="Enter your full name.").click()
    field = page.get_by_label("Full name")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert all(page.locator(f"#{one}").count() == 1 for one in described)
    assert page.locator("#full_name-error").inner_text() == "Enter your full name."


@pytest.mark.ux("P3", "P10")
def test_a_double_click_is_one_sale(open_page: Open, shop: None) -> None:
    page = open_page("/register/free")
    fill_in(page)
    page.get_by_role("button", name="Order with obligation to pay").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    assert (count(Sale), count(User), count(Site)) == (1, 1, 1)


@pytest.mark.ux("P3", "P18")
def test_back_and_a_second_tab_are_the_same_sale(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium")
    fill_in(page)
    order(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Test payment")
    page.go_back()
    button = page.get_by_role("button", name="Order with obligation to pay")
    expect(button).to_be_visible()
    assert button.get_attribute("aria-disabled") != "true"
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
    expect(page.get_by_text("You have not been charged.")).to_be_visible()
    order(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Test payment")
    assert (count(Sale), count(Payment)) == (1, 1)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")
    assert count(Sale) == 1


@pytest.mark.ux("W1")
def test_the_whole_order_by_keyboard_alone(open_page: Open, shop: None) -> None:
    page = open_page("/register/free")
    typed = {
        "email_address": "ada@example.com",
        "password": "a long enough sentence",
        "full_name": "Ada Lovelace",
        "billing_address_line_1": "Hauptstr. 1",
        "billing_zip_code": "10115",
        "billing_city": "Berlin",
        "site_title": "Bakery",
        "site_url": "bakery",
    }
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("() => ({id: document.activeElement.id, name: document.activeElement.name || ''})")
        if here["name"] in typed:
            page.keyboard.type(typed[here["name"]])
        elif here["name"] == "early_start":
            page.keyboard.press("Space")
        elif here["id"] == "order-button":
            page.keyboard.press("Enter")
            break
    expect(page.get_by_role("heading", level=1)).to_have_text("Order received")


@pytest.mark.ux("W8", "W24")
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_the_pages_of_an_order_are_accessible_and_never_scroll_sideways(
    open_page: Open, shop: None, violations: Callable[[Page], list[str]], size: dict[str, Any], scheme: str
) -> None:
    page = open_page("/", color_scheme=scheme, **size)

    def check(where: str, heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        page.wait_for_load_state()
        assert violations(page) == [], where
        wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{where} scrolls sideways"

    check("front page", "Your own website, ready in a minute")
    page.goto("/register/premium")
    check("order form", "Your order")
    order(page)
    expect(page.locator("#error-summary")).to_be_visible()
    check("order form with errors", "Your order")
    fill_in(page)
    order(page)
    check("the bank's page", "Test payment")
    page.get_by_role("button", name="Decline").click()
    check("declined", "Pay your order")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    check("thank you", "Order received")
    page.goto("/nowhere")
    check("not found", "There is nothing at this address")
