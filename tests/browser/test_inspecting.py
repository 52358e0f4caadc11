"""Views, notes and acting as a customer, as a person uses them: with script, with the keyboard, and without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.office import PHONE, Office, Open


def test_a_search_is_kept_as_a_view_and_found_again_by_its_tab(enter: Open, office: Office, violations: Any) -> None:
    page = enter("/admin/customers")
    page.get_by_label("Search").press_sequentially("love", delay=60)
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name of the view").fill("Loved ones")
    page.keyboard.press("Enter")
    views = page.get_by_role("navigation", name="Views")
    expect(views.get_by_role("link", name="Loved ones")).to_have_attribute("aria-current", "page")
    assert violations(page) == []

    views.get_by_role("link", name="All", exact=True).click()
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 61")
    views.get_by_role("link", name="Loved ones").click()
    expect(page).to_have_url(re.compile(r"search=love$"))
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")


@pytest.mark.ux("H6")
def test_a_column_goes_and_comes_back_and_the_focus_stays(enter: Open, office: Office) -> None:
    page = enter("/admin/customers?search=love")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("link", name="Hide column: Country").press("Enter")
    expect(page.get_by_role("columnheader", name="Country")).to_have_count(0)
    expect(page.locator("#column-country")).to_be_focused()
    page.get_by_role("link", name="Show column: Country").press("Enter")
    expect(page.get_by_role("columnheader", name="Country")).to_be_visible()


def test_views_and_notes_work_without_script(enter: Open, office: Office) -> None:
    page = enter("/admin/payments?status=pending", java_script_enabled=False)
    page.get_by_text("Save this view").click()
    page.get_by_label("Name of the view").fill("Unpaid")
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("link", name="Unpaid").first).to_be_visible()
    page.goto(f"/admin/customers/{office['customer'].id}")
    page.get_by_label("Add a note").fill("Called.\n<b>Twice.</b>")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".note__text")).to_have_text("Called.\n<b>Twice.</b>", use_inner_text=True)


@pytest.mark.ux("N13", "W1")
def test_acting_as_a_customer_is_begun_and_ended_by_keyboard_on_a_phone(
    enter: Open, office: Office, violations: Any
) -> None:
    page = enter(f"/admin/customers/{office['customer'].id}", **PHONE)
    page.get_by_role("link", name="Act as this customer …").press("Enter")
    page.get_by_label("Reason").fill("She asked for help.")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/account/$"))
    banner = page.get_by_role("complementary", name="Acting as a customer")
    expect(banner).to_contain_text("You are acting as Ada Lovelace.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto("/account/security")
    expect(page.get_by_text("This is for the customer alone")).to_be_visible()
    banner.get_by_role("button", name="End").press("Enter")
    expect(page).to_have_url(re.compile(f"/admin/customers/{office['customer'].id}$"))
    expect(page.get_by_text("You are yourself again.")).to_be_visible()
    expect(banner).to_have_count(0)
