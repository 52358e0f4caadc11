"""Lists by the keyboard alone: finding and opening, choosing rows, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.blueprints.admin import rows
from tests.browser.office import DESK, PHONE, Office, Open
from webapp.extensions import db as database
from webapp.models import BulkJob, DeliveryStatus


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_a_customer_is_found_and_opened_by_keys_and_back_restores_the_view(enter: Open) -> None:
    page = enter("/admin/customers?sort=email")
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("guest 3j")  # a letter that is typed moves nothing
    expect(page.get_by_role("heading", name="No match")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.locator("#list-count")).to_have_text("Showing 1–10 of 10")
    page.keyboard.press("Tab")
    for key in "jjk":
        page.keyboard.press(key)
    name = focused(page)
    assert name.startswith("Guest 3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(page.locator("#list-count")).to_have_text("Showing 1–10 of 10")
    assert page.get_by_label("Search").input_value() == "guest 3"


@pytest.mark.ux("N1")
def test_back_from_a_row_restores_where_one_was(enter: Open) -> None:
    page = enter("/admin/customers")
    page.get_by_role("link", name="Guest 15").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 200
    page.get_by_role("link", name="Guest 15").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Guest 15")
    with page.expect_event("load"):
        page.go_back()
    assert abs(page.evaluate("scrollY") - before) < 5


def test_the_keys_are_told_and_can_be_switched_off(enter: Open) -> None:
    page = enter("/admin/customers")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("j")
    expect(dialog.get_by_label("Use single keys on this device")).to_be_focused()
    dialog.get_by_label("Use single keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert focused(page) != "search"
    page.get_by_role("button", name="Keyboard").click()
    expect(dialog.get_by_label("Use single keys on this device")).not_to_be_checked()


@pytest.mark.ux("N5", "N6", "N7", "W1")
def test_dead_deliveries_are_sent_again_by_keyboard_with_progress(
    enter: Open, office: Office, work: Callable[[], None]
) -> None:
    rows.dead(28)
    page = enter("/admin/deliveries?status=dead&size=10")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#bulk-count")).to_have_text("1 selected.")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#status-text")).to_have_text("2 selected.")
    page.keyboard.press("x")
    expect(page.locator("#bulk-count")).to_have_text("1 selected.")
    page.locator("#rows-pick").press("Space")
    expect(page.locator("#bulk-count")).to_have_text("10 selected.")
    page.get_by_label("Select all 30 matching").press("Space")
    expect(page.locator("#bulk-count")).to_have_text("30 selected.")
    page.get_by_role("button", name="Send again …").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Send 30 deliveries again?")
    expect(page.get_by_role("link", name="Leave them as they are")).to_be_focused()
    page.get_by_label("Number of rows").focus()
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0")
    address = page.url
    page.goto("/admin/customers")  # it goes on
    work()
    page.reload()
    page.get_by_role("link", name="30 deliveries sent again.").press("Enter")
    expect(page).to_have_url(address)
    expect(page.get_by_text("30 deliveries sent again.")).to_be_visible()


@pytest.mark.ux("N7", "H12")
def test_a_job_shows_its_end_by_itself(enter: Open, office: Office, work: Callable[[], None]) -> None:
    page = enter(f"/admin/bulk/deliveries?action=deliveries.retry&id={office['delivery'].id}")
    page.get_by_role("button", name="Send 1 delivery again").press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()
    expect(page.get_by_text("1 delivery sent again.").first).to_be_visible(timeout=8000)
    expect(page.locator("#status-text")).to_have_text("1 delivery sent again.")
    database.session.rollback()
    database.session.refresh(office["delivery"])
    assert office["delivery"].status in (DeliveryStatus.PENDING, DeliveryStatus.DEAD)


def test_an_export_is_made_and_fetched_by_keyboard(enter: Open, work: Callable[[], None]) -> None:
    page = enter("/admin/customers?search=guest")
    page.get_by_label("Select all 60 matching").press("Space")
    page.get_by_role("button", name="Export as CSV …").press("Enter")
    page.get_by_role("button", name="Export 60 rows").press("Enter")
    work()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch the file").press("Enter")
    assert re.fullmatch(r"customers-[\d-]+\.csv", download.value.suggested_filename)
    assert len(download.value.path().read_text().splitlines()) == 61


def test_rows_are_chosen_without_script(enter: Open, office: Office) -> None:
    page = enter("/admin/deliveries", java_script_enabled=False)
    page.get_by_label(f"Select {office['delivery'].id}").check()
    page.get_by_role("button", name="Send again …").click()
    page.get_by_role("button", name="Send 1 delivery again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send 1 delivery again")


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_what_is_about_many_rows_is_accessible(
    enter: Open, office: Office, violations: Callable[[Page], list[str]], size: dict[str, Any], scheme: str
) -> None:
    dead = office["delivery"]
    page = enter("/admin/deliveries", color_scheme=scheme, bypass_csp=True, **size)
    page.locator("#rows-pick").check()
    assert violations(page) == []
    page.get_by_role("button", name="Keyboard").click()
    assert violations(page) == []
    page.goto(f"/admin/bulk/deliveries?action=deliveries.retry&id={dead.id}")
    assert violations(page) == []
    page.get_by_role("button", name="Send 1 delivery again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    database.session.rollback()
    job = database.session.scalars(select(BulkJob)).one()
    for path in (f"/admin/jobs/{job.id}", "/admin/jobs"):
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
