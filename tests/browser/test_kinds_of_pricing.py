"""Each way of pricing from its form to its sale in a browser, and what is ticked beside a plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from webapp.models import CurrencyPrice, ProductType

Open = Callable[..., Page]

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 320, "height": 640}}


def new_product(enter: Open, name: str, kind: str) -> Page:
    page = enter("/admin/products/new", **DESK)
    page.locator("#name").fill(name)
    page.get_by_role("radio", name=kind, exact=True).check()
    return page


def save(page: Page, name: str) -> None:
    page.get_by_role("button", name="Add the product").click()
    expect(page.get_by_text(f"“{name}” is saved.")).to_be_visible()


def order(page: Page) -> None:
    page.get_by_label("E-mail address").fill("buyer@example.com")
    page.get_by_label("Create password").fill("a sentence works well")
    page.get_by_label("Full name").fill("Ada Person")
    page.locator("#billing_country").select_option("DE")
    for id, text in {
        "billing_address_line_1": "Street 1",
        "billing_zip_code": "10115",
        "billing_city": "Berlin",
        "site_title": "Bakery",
        "site_url": "bakery",
    }.items():
        page.locator(f"#{id}").fill(text)
    page.locator("#early_start").check()
    page.locator("#order-button").click()


def test_what_is_free_is_made_looked_at_and_ordered(enter: Open, open_page: Open) -> None:
    page = new_product(enter, "Starter", "Free")
    expect(page.locator("#preview")).to_contain_text("Free")
    save(page, "Starter")
    shop = open_page("/register/starter", **DESK)
    order(shop)
    expect(shop).to_have_url(re.compile("/thank-you/"))


def test_what_buyers_price_is_made_looked_at_and_ordered(enter: Open, open_page: Open) -> None:
    page = new_product(enter, "Gift", "Buyers name the amount")
    page.locator("#pwyw_minimum").fill("5")
    page.locator("#pwyw_suggested").fill("15")
    page.get_by_label("Name", exact=True).press("Tab")
    expect(page.locator("#preview")).to_contain_text("You decide how much you pay.")
    save(page, "Gift")
    shop = open_page("/register/gift", **DESK)
    amount = shop.locator("#amount-gift")
    expect(amount).to_have_value("15.00")
    amount.fill("2")
    amount.press("Tab")
    expect(shop.locator("#amount-gift-error")).to_have_text("Pay €5.00 or more for Gift.")
    amount.fill("20")
    amount.press("Tab")
    expect(shop.locator("#amount-gift-error")).to_be_empty()
    expect(shop.locator("#summary")).to_contain_text("€20.00")
    shop.get_by_label("Pay this amount per month").check()
    expect(shop.locator("#summary")).to_contain_text("€20.00 per month")
    order(shop)
    expect(shop).to_have_url(re.compile("/sandbox/"))


def test_what_is_sold_on_request_is_made_looked_at_and_leads_elsewhere(enter: Open, open_page: Open) -> None:
    page = new_product(enter, "Agency", "On request")
    page.locator("#contact_us_link").fill("https://example.com/call")
    save(page, "Agency")
    expect(page.locator("#cards-title + .plans, .plans").first).to_contain_text("On request")
    shop = open_page("/", **DESK)
    link = shop.get_by_role("link", name="Contact us")
    expect(link).to_have_attribute("href", "https://example.com/call")


def test_a_plan_in_two_currencies_is_made_looked_at_and_ordered(enter: Open, open_page: Open) -> None:
    page = new_product(enter, "Bakery", "Paid")
    page.locator("#amount").fill("12.50")
    page.get_by_role("button", name="Add prices in another currency").click()
    currency = page.locator("#currency_prices-0-currency")
    expect(currency).to_be_focused()
    currency.select_option("CHF")
    page.locator("#currency_prices-0-amount").fill("14")
    page.locator("#currency_prices-0-amount").press("Tab")
    expect(page.locator("#preview .plan")).to_have_count(2)
    expect(page.locator("#preview")).to_contain_text("CHF14.00")
    save(page, "Bakery")
    shop = open_page("/", **DESK)
    shop.get_by_role("link", name="CHF").click()
    expect(shop.locator(".plan", has_text="Bakery")).to_contain_text("CHF14.00")
    shop.get_by_role("link", name="Choose Bakery").click()
    expect(shop.locator("#summary")).to_contain_text("CHF14.00")
    shop.get_by_role("radio", name="Euro (EUR)").check()
    expect(shop.locator("#summary")).to_contain_text("€12.50")
    shop.get_by_role("radio", name="Swiss Franc (CHF)").check()
    expect(shop.locator("#summary")).to_contain_text("CHF14.00")
    order(shop)
    expect(shop).to_have_url(re.compile("/sandbox/"))
    expect(shop.get_by_role("main")).to_contain_text("CHF")


@pytest.fixture
def with_extras(site: Any) -> None:
    """Premium offers backups and help with moving in; Studio only backups."""
    facts = {"type": ProductType.PACKAGE, "recurring": True}
    backups = factories.product("backups", name="Backups", amount_minor=500, description="Every night.", **facts)
    help_ = factories.product("help", name="Help", amount_minor=4900, **{**facts, "recurring": False})
    factories.product("premium", name="Premium", available_addons=[backups.id, help_.id])
    factories.product("studio", name="Studio", available_addons=[backups.id], list_order=20)


def test_what_goes_with_a_plan_is_ticked_and_the_focus_stays(with_extras: None, open_page: Open) -> None:
    shop = open_page("/register/premium", **DESK)
    help_ = shop.get_by_role("checkbox", name=re.compile("Help"))
    help_.focus()
    shop.keyboard.press("Space")
    expect(shop.locator("#summary")).to_contain_text("€78.99")
    expect(help_).to_be_focused()
    shop.get_by_role("checkbox", name=re.compile("Backups")).check()
    expect(shop.locator("#summary")).to_contain_text("€83.99")
    shop.get_by_role("radio", name=re.compile("Studio")).check()
    expect(help_).to_have_count(0)
    expect(shop.get_by_role("checkbox", name=re.compile("Backups"))).to_be_checked()
    expect(shop.locator("#summary")).to_contain_text("€34.99")
    expect(shop.locator("#summary")).not_to_contain_text("€49.00")


def test_what_goes_with_a_plan_is_ordered_without_script(with_extras: None, open_page: Open) -> None:
    shop = open_page("/register/premium", java_script_enabled=False, **DESK)
    shop.get_by_role("checkbox", name=re.compile("Backups")).check()
    shop.get_by_role("button", name="Update the summary").click()
    expect(shop.locator("#summary")).to_contain_text("€34.99")
    expect(shop.get_by_role("checkbox", name=re.compile("Backups"))).to_be_checked()
    order(shop)
    expect(shop).to_have_url(re.compile("/sandbox/"))
    expect(shop.get_by_role("main")).to_contain_text("€34.99")


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_no_page_of_this_has_a_barrier(
    enter: Open, with_extras: None, violations: Any, scheme: str, size: dict[str, Any]
) -> None:
    gift = {"pricing_type": "pay_what_you_want", "amount_minor": 0, "pwyw_minimum_minor": 500}
    factories.product("gift", name="Gift", list_order=30, **gift)
    swiss = [CurrencyPrice(currency="CHF", amount_minor=3300, setup_fee_minor=5000)]
    plan = factories.product("swiss", name="Swiss", list_order=40, year=29900, currency_prices=swiss)
    asked = {"pricing_type": "contact_us", "amount_minor": 0, "contact_us_label": "Call us"}
    factories.product("agency", name="Agency", contact_us_link="https://example.com", list_order=50, **asked)
    code = factories.discount_code("TEN", allowed_periods=["1-year"])
    page = enter("/admin/discount-codes", color_scheme=scheme, **size)
    pages = ("new", code.id, f"{code.id}/edit")
    for path in (
        "/admin/discount-codes",
        *(f"/admin/discount-codes/{one}" for one in pages),
        f"/admin/products/{plan.id}",
        f"/admin/products/{plan.id}/edit",
        "/?currency=CHF",
        "/register/premium",
        "/register/gift",
        "/register/swiss?currency=CHF",
    ):
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
