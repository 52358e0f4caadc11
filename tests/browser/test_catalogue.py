"""What is sold, made in a browser: by keyboard alone, with script and without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import factories
from tests.browser.office import DESK, PHONE, Open, entering
from webapp.extensions import db as database
from webapp.models import Product


@pytest.fixture
def enter(open_page: Open, site: Any) -> Open:
    factories.operator(email="olga@example.com", name="Olga Peters")
    return entering(open_page)


def tab_to(page: Page, id: str) -> None:
    """Tab on until the control with this id has the focus."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()") == id:
            return
    raise AssertionError(f"{id} is not reached by Tab")


def type_into(page: Page, id: str, text: str) -> None:
    tab_to(page, id)
    page.keyboard.type(text)


def test_a_plan_is_made_by_keyboard_and_bought_by_the_year(enter: Open, open_page: Open) -> None:
    page = enter("/admin/products")
    tab_to(page, "Add a product")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a product")
    type_into(page, "name", "Bakery")
    type_into(page, "description", "For everyone who bakes.")
    type_into(page, "features", "One site\nOwn domain")
    type_into(page, "amount", "12,50")
    tab_to(page, "Add a price for another period")
    page.keyboard.press("Enter")
    expect(page.locator("#variations-0-amount")).to_be_focused()
    page.keyboard.type("120")
    type_into(page, "setup_fee", "30")
    expect(page.locator("#preview .plan")).to_have_count(2)
    expect(page.locator("#preview")).to_contain_text("€12.50")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Bakery” is saved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bakery")

    shop = open_page("/register/bakery/1/year", **DESK)
    summary = shop.locator("#summary")
    expect(summary).to_contain_text("€120.00 per year")
    expect(summary).to_contain_text("Set-up fee")
    expect(summary).to_contain_text("€150.00")


@pytest.mark.ux("C4")
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(enter: Open, violations: Any) -> None:
    page = enter("/admin/products/new")
    page.get_by_label("Name", exact=True).fill("Bakery")
    page.locator("#amount").fill("cheap")
    page.get_by_role("button", name="Add a price for another period").click()
    expect(page.locator("#variations-0-amount")).to_be_focused()
    page.get_by_role("button", name="Add the product").click()
    expect(page.locator("#error-summary")).to_be_focused()
    assert page.title().startswith("Error:")
    assert violations(page) == []
    page.get_by_role("link", name="Enter an amount like 29.99.").first.click()
    expect(page.locator("#amount")).to_be_focused()
    expect(page.locator("#name")).to_have_value("Bakery")
    expect(page.locator("#amount")).to_have_value("cheap")
    page.get_by_role("button", name="Remove other period 1").click()
    expect(page.locator("#variations-0-amount")).to_have_count(0)
    expect(page.locator("#amount")).to_have_value("cheap")


def test_what_does_not_count_is_not_shown(enter: Open) -> None:
    page = enter("/admin/products/new")
    page.get_by_role("radio", name="Once").check()
    expect(page.locator("#duration")).to_be_hidden()
    for kind, shown in {
        "Free": set(),
        "On request": {"#contact_us_link"},
        "Buyers name the amount": {"#pwyw_minimum", "#duration", "#setup_fee"},
    }.items():
        page.get_by_role("radio", name=kind).check()
        for one in ("#amount", "#contact_us_link", "#pwyw_minimum", "#duration", "#setup_fee", "#currency_prices"):
            expect(page.locator(one)).to_be_visible(visible=one in shown)
    page.get_by_role("radio", name="Once").check()
    expect(page.locator("#duration")).to_be_hidden()
    page.get_by_label("Type").select_option("package")
    expect(page.locator("#available_addons")).to_be_hidden()
    expect(page.locator("#preview")).to_contain_text("You decide")


@pytest.mark.ux("H6", "N11", "W5")
def test_a_product_is_moved_and_the_focus_stays(enter: Open) -> None:
    for slug in ("one", "two", "three"):
        factories.product(slug, name=slug.title())
    page = enter("/admin/products")
    button = page.get_by_role("button", name="Move up: Three")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status-text")).to_have_text("“Three” moved up.")
    assert page.locator("tbody th a").all_inner_texts() == ["One", "Three", "Two"]
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tbody th a").first).to_have_text("Three")


def test_a_link_is_built_and_announces_a_code_that_does_nothing(enter: Open) -> None:
    plan = factories.product("premium", year=29900)
    page = enter(f"/admin/products/{plan.id}")
    page.get_by_label("Billing period").select_option("1-year")
    expect(page.locator("#links code")).to_have_text(re.compile(r"/register/premium/1/year$"))
    page.locator("#link-code").fill("none")
    page.locator("#link-code").press("Enter")
    expect(page.locator("#link-code-error")).to_have_text("There is no such code.")


def test_a_plan_is_made_without_script(enter: Open) -> None:
    page = enter("/admin/products/new", java_script_enabled=False)
    page.get_by_label("Name", exact=True).fill("Bakery")
    page.locator("#amount").fill("12.50")
    page.get_by_role("button", name="Add a price for another period").click()
    page.locator("#variations-0-amount").fill("120")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview .plan")).to_have_count(2)
    page.get_by_role("button", name="Add the product").click()
    expect(page.get_by_text("“Bakery” is saved.")).to_be_visible()
    database.session.rollback()
    assert len(database.session.scalars(select(Product)).one().variations) == 1


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_no_page_of_the_catalogue_has_a_barrier(
    enter: Open, violations: Any, scheme: str, size: dict[str, Any]
) -> None:
    plan = factories.product("premium", year=29900, setup_fee_minor=9900, feature_list=["One site"])
    factories.active_membership(plan=plan)
    page = enter("/admin/products", color_scheme=scheme, **size)
    for path in ("", "/new", f"/{plan.id}", f"/{plan.id}/edit", f"/{factories.product().id}/deletion"):
        page.goto(f"/admin/products{path}")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
