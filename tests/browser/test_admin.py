"""What an operator does, in a browser: with script and without, with the keyboard, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import DESK, PHONE, Office, Open
from webapp.extensions import db as database
from webapp.models import (
    DeliveryStatus,
    InboundStatus,
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
)


def back(page: Page) -> None:
    """One step, until the page of then is loaded anew: no history keeps what a page showed."""
    with page.expect_event("load"):
        page.go_back()


def names(page: Page) -> list[str]:
    return page.locator("tbody th a").all_inner_texts()


def fresh(row: Any) -> Any:
    database.session.rollback()
    database.session.refresh(row)
    return row


@pytest.mark.ux("H8")
def test_typing_finds_without_a_button_and_leaves_one_entry_in_the_history(enter: Open) -> None:
    page = enter("/admin/customers")
    before = page.evaluate("history.length")
    page.get_by_label("Search").press_sequentially("love", delay=60)
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")
    expect(page).to_have_url(re.compile(r"search=love$"))
    expect(page).to_have_title("Customers: “love” – Parzelle")
    expect(page.get_by_label("Search")).to_be_focused()
    assert names(page) == ["Ada Lovelace"]
    assert page.evaluate("history.length") == before
    page.reload()
    assert names(page) == ["Ada Lovelace"]
    assert page.get_by_label("Search").input_value() == "love"


@pytest.mark.ux("H4")
def test_a_slow_answer_does_not_take_away_what_is_typed_meanwhile(enter: Open) -> None:
    page = enter("/admin/customers")
    asked: list[str] = []

    def late(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            page.get_by_label("Search").press_sequentially("lace")
        route.continue_()

    page.route("**/admin/customers?*", late)
    page.get_by_label("Search").fill("love")
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")
    expect(page).to_have_url(re.compile("search=lovelace$"))
    assert page.get_by_label("Search").input_value() == "lovelace"


@pytest.mark.ux("N1")
def test_status_sort_and_pages_are_steps_that_back_undoes(enter: Open) -> None:
    page = enter("/admin/customers")
    page.get_by_role("link", name="None", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?status=none$"))
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 60")
    expect(page.locator("#status-none")).to_be_focused()
    page.get_by_role("link", name="E-mail address").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("E-mail address")
    expect(page.locator("#sort-email")).to_be_focused()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#list-count")).to_have_text("Showing 51–60 of 60")
    expect(page.locator(":focus")).to_have_count(1)

    back(page)
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 60")
    expect(page.locator("header.masthead")).to_have_count(1)
    back(page)
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Registered")
    back(page)
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 61")


def test_a_search_keeps_the_status_that_was_chosen_meanwhile(enter: Open) -> None:
    page = enter("/admin/customers")
    page.get_by_role("link", name="Active", exact=True).click()
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")
    page.get_by_label("Search").fill("guest")
    expect(page.get_by_role("heading", name="No match")).to_be_visible()
    assert "status=active" in page.evaluate("location.search")
    page.get_by_label("Search").press("Enter")
    expect(page).to_have_url(re.compile("status=active"))
    page.get_by_role("link", name="Remove filter: status active").click()
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 60")


@pytest.mark.ux("N1")
def test_a_row_leads_to_its_page_and_back_to_the_same_view(enter: Open) -> None:
    page = enter("/admin/customers?search=guest&sort=email")
    page.get_by_role("link", name="Guest 07").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Guest 07")
    page.go_back()
    expect(page.locator("#list-count")).to_have_text("Showing 1–50 of 60")
    assert page.get_by_label("Search").input_value() == "guest"


@pytest.mark.ux("H3", "M15")
@pytest.mark.noisy
def test_without_a_connection_the_list_stays_and_says_so(enter: Open) -> None:
    page = enter("/admin/customers")
    page.context.set_offline(True)
    page.get_by_label("Search").fill("love")
    expect(page.get_by_role("alert")).to_contain_text("You are offline.")
    assert len(names(page)) == 50


@pytest.mark.ux("W1")
def test_a_membership_is_cancelled_by_keyboard_alone(enter: Open, office: Office) -> None:
    membership: Membership = office["membership"]
    page = enter(f"/admin/memberships/{membership.id}")
    opener = page.get_by_role("link", name="Cancel now …")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel this membership now?")
    expect(dialog.get_by_role("button", name="Keep the membership")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert fresh(membership).status == MembershipStatus.ACTIVE

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The membership is cancelled.")).to_be_visible()
    assert fresh(membership).status == MembershipStatus.CANCELLED


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_money_that_arrived_is_confirmed(enter: Open, office: Office, script: bool) -> None:
    payment: Payment = office["payment"]
    page = enter("/admin/payments", java_script_enabled=script)
    page.get_by_role("link", name=payment.order_number).click()
    page.get_by_role("link", name="Confirm that the money arrived …").click()
    page.get_by_role("button", name="Confirm €29.99").click()
    expect(page.get_by_text("The payment is completed.")).to_be_visible()
    assert fresh(payment).status == PaymentStatus.COMPLETED


def test_everything_goes_without_script(enter: Open, office: Office) -> None:
    page = enter("/admin/customers", java_script_enabled=False)
    page.get_by_label("Search").fill("guest")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status").last).to_have_text("Showing 1–50 of 60")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("status").last).to_have_text("Showing 51–60 of 60")

    membership: Membership = office["membership"]
    page.goto(f"/admin/memberships/{membership.id}")
    page.get_by_role("link", name=re.compile("^Cancel at ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this membership at the end of its period?")
    page.get_by_label("Reason").fill("Moved abroad")
    page.get_by_role("button", name=re.compile("^Cancel at ")).click()
    assert fresh(membership).cancel_at == membership.expires_at

    page.goto("/admin/deliveries")
    page.get_by_role("link", name="Send 2 again: crm.listeners").click()
    page.get_by_role("button", name="Send 2 deliveries again").click()
    expect(page.get_by_text("2 deliveries go out again.")).to_be_visible()
    assert fresh(office["delivery"]).status == DeliveryStatus.PENDING


def test_a_delivery_that_goes_out_shows_its_result_by_itself(
    enter: Open, office: Office, work: Callable[[], None]
) -> None:
    """Its destination does not exist here, so the result is another failure."""
    page = enter(f"/admin/deliveries/{office['delivery'].id}")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("The delivery goes out now.")).to_be_visible()
    expect(page.locator("#attempt-rows tbody tr")).to_have_count(1)
    work()
    expect(page.locator("#attempt-rows tbody tr")).to_have_count(2, timeout=8000)
    expect(page.locator("#attempt-rows")).to_contain_text("ModuleNotFoundError")


PAGES = [
    "/admin/customers",
    "/admin/customers?search=nobody&status=active",
    "/admin/customers/{customer}",
    "/admin/memberships",
    "/admin/memberships/{membership}",
    "/admin/memberships/{membership}/cancellation",
    "/admin/payments",
    "/admin/payments/{payment}",
    "/admin/payments/{payment}/confirmation",
    "/admin/deliveries",
    "/admin/deliveries?status=running",
    "/admin/deliveries/{delivery}",
    "/admin/deliveries/retries?handler=crm.listeners",
    "/admin/sites",
    "/admin/sites/{site}",
    "/admin/events",
    "/admin/events?type=site.deleted",
    "/admin/events/{event}",
    "/admin/inbound-events",
    "/admin/inbound-events/{notice}",
    "/admin/search?q=love",
    "/admin/search?q=nothing-like-it",
]


@pytest.mark.ux("W8", "W24")
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_the_pages_are_accessible_and_never_scroll_sideways(
    enter: Open, office: Office, violations: Callable[[Page], list[str]], size: dict[str, Any], scheme: str
) -> None:
    page = enter("/admin/customers", color_scheme=scheme, bypass_csp=True, **size)
    ids = {name: row.id for name, row in office.items()}
    for path in PAGES:
        page.goto(path.format(**ids))
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    page.goto(PAGES[4].format(**ids))
    page.get_by_role("link", name="Cancel now …").click()
    assert violations(page) == []


def test_anything_is_found_from_any_page_by_keyboard(enter: Open, office: Office) -> None:
    page = enter("/admin/deliveries")
    page.get_by_role("banner").get_by_role("searchbox").focus()
    page.keyboard.type("ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sites", level=2)).to_be_visible()
    page.get_by_role("main").get_by_role("searchbox").fill("lovel")
    expect(page.get_by_role("heading", name="Sites", level=2)).to_be_visible()
    page.get_by_role("link", name="Ada Lovelace", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


def test_a_notice_that_failed_is_looked_at_again(enter: Open, office: Office) -> None:
    page = enter("/admin/inbound-events?status=failed")
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("The notice is looked at again now.")).to_be_visible()
    assert fresh(office["notice"]).status == InboundStatus.RECEIVED
