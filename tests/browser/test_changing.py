"""Other terms for a contract, by the customer and by the staff: by keyboard, without script, in the smallest window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import entering
from tests.browser.test_account import EMAIL, PHONE
from webapp import clock
from webapp.extensions import db as database
from webapp.models import Change, ChangeStatus, Membership, MembershipItem

Open = Callable[..., Page]
Look = Callable[[Page], list[str]]
SMALL = {"viewport": {"width": 320, "height": 640}}
ENGLISH = ("More", "Yearly", "Change plan", "Order with obligation to pay", "Due today")
GERMAN = ("More", "Jährlich", "Tarif ändern", "Zahlungspflichtig bestellen", "Heute fällig")


@pytest.fixture
def contract(site: Any) -> Membership:
    ada = factories.customer(user=factories.user(email=EMAIL), display_name="Ada Lovelace")
    group = {"product_group": "web"}
    basic = factories.product("basic", amount_minor=3000, year=30000, name="Basic", list_order=1, **group)
    factories.product("more", amount_minor=5000, year=50000, name="More", list_order=2, feature_list=["Calls"], **group)
    dates = {"anchor": clock.now(), "expires_at": clock.now() + timedelta(days=30), "periods_paid": 1}
    made: Membership = factories.active_membership(
        customer=ada, plan=basic, price_minor=3000, items=[item(basic)], **dates
    )
    return made


def item(plan: Any) -> MembershipItem:
    return MembershipItem(product_id=plan.id, quantity=1, unit_price_minor=3000, recurring=True)


def asked(contract: Membership) -> list[Change]:
    database.session.rollback()
    database.session.refresh(contract)
    return list(contract.changes)


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def to_change(open_page: Open, contract: Membership, **options: Any) -> Page:
    page = open_page("/login", **options)
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("input[type=password]").fill(factories.PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()
    page.wait_for_url("**/account/")
    page.goto(f"/account/memberships/{contract.id}/change")
    return page


@pytest.mark.ux("H7", "W1", "W15")
def test_a_dearer_plan_is_looked_at_and_ordered_by_keyboard(
    open_page: Open, contract: Membership, violations: Look
) -> None:
    page = to_change(open_page, contract)
    status = page.locator("#status-text")
    before = status.element_handle()
    page.get_by_role("radio", name="Basic").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="More")).to_be_focused()
    expect(page.locator("#confirm")).to_contain_text("€50.00")
    expect(status).to_have_text("Due today: €50.00. New price: €50.00 per month.")
    assert page.evaluate("one => one.isConnected && !one.closest('#change')", before)
    assert page.locator("#change [aria-live], #change [role=status]").count() == 0
    assert violations(page) == []
    button = page.get_by_role("button", name="Order with obligation to pay", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Change plan")
    assert [one.status for one in asked(contract)] == [ChangeStatus.PENDING]


@pytest.mark.ux("H4")
def test_what_is_chosen_in_the_very_moment_of_an_answer_counts(open_page: Open, contract: Membership) -> None:
    """Between the answer's arrival and its settling, when nothing listens yet in what it brought."""
    page = to_change(open_page, contract)
    page.evaluate("""() => {
        const choose = () => document.querySelector("#choices [value='1-year']").click();
        document.addEventListener("htmx:afterSwap", choose, { once: true });
    }""")
    page.get_by_role("radio", name="More").check(force=True)
    expect(page.locator("#confirm")).to_contain_text("500")
    expect(page.get_by_role("radio", name="Yearly", exact=True)).to_be_checked()


@pytest.mark.ux("W8", "W24", "M0")
@pytest.mark.parametrize(("locale", "words"), [("en-GB", ENGLISH), ("de-DE", GERMAN)], ids=["en", "de"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_it_is_changed_in_the_smallest_window_with_and_without_script(
    open_page: Open, contract: Membership, violations: Look, locale: str, words: tuple[str, ...], script: bool
) -> None:
    plan, period, title, order, due = words
    page = to_change(open_page, contract, locale=locale, java_script_enabled=script, **SMALL)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("radio", name=plan).check(force=True)
    if script:
        expect(page.locator("#confirm")).to_contain_text(due)
    page.get_by_role("radio", name=period, exact=True).check(force=True)
    if not script:
        page.locator("#show-costs").click()
    expect(page.locator("#confirm")).to_contain_text("500")
    if script:
        assert violations(page) == []
        assert sideways(page) <= 0
    page.get_by_role("button", name=order, exact=True).click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(title)
    assert [(one.plan.slug, one.duration_unit) for one in asked(contract)] == [("more", "year")]


@pytest.mark.ux("H7", "W1")
def test_the_staff_gives_other_terms_by_keyboard(open_page: Open, contract: Membership, violations: Look) -> None:
    factories.operator(email="olga@example.com", name="Olga Peters")
    page = entering(open_page)(f"/admin/memberships/{contract.id}/change", **PHONE)
    page.get_by_role("radio", name="Basic").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#status-text")).to_have_text("Due today: €50.00. New price: €50.00 per month.")
    assert violations(page) == []
    assert sideways(page) <= 0
    page.get_by_role("radio", name="At the end of what is paid").focus()
    page.keyboard.press("Space")
    expect(page.locator("#status-text")).to_have_text("Due today: €0.00. New price: €50.00 per month.")
    page.get_by_label("Reason").focus()
    page.keyboard.type("She called.")
    page.get_by_role("button", name="Change the membership").press("Enter")
    expect(page.get_by_text("A change waits: More")).to_be_visible()
    assert [one.status for one in asked(contract)] == [ChangeStatus.PENDING]
