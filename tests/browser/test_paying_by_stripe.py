"""Paying by Stripe in a browser: with its fields on our page, and at its own page. Stripe is played on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.addons import installed
from tests.browser.test_buying import fill_in, only, order
from tests.fakes.stripe import ALWAYS_ASKS, GOOD, NO_FUNDS, StripeFake
from tests.fakes.vendor import HangUp
from webapp.models import Membership, MembershipStatus, Payment, PaymentStatus

Open = Callable[..., Page]


@pytest.fixture
def stripe(site: Any) -> Iterator[StripeFake]:
    factories.product("premium", list_order=2)
    factories.product("studio", name="Studio", amount_minor=4900, trial_duration=14, list_order=3)
    with StripeFake() as fake, installed(site.app, env=fake.env):
        yield fake


def ordered(open_page: Open, way: str = "Card", plan: str = "premium", **options: Any) -> Page:
    page = open_page(f"/register/{plan}", **options)
    fill_in(page)
    page.get_by_role("radio", name=way, exact=True).check(force=True)
    order(page)
    return page


def heading(page: Page) -> Any:
    return expect(page.get_by_role("heading", level=1))


def test_a_card_is_typed_on_our_page_and_a_refused_one_is_tried_again(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    heading(page).to_have_text("Pay your order")
    page.get_by_label("Card number").fill(NO_FUNDS)
    page.get_by_role("button", name="Pay €29.99").click()
    problem = page.get_by_role("alert").filter(has_text="enough funds")
    expect(problem).to_be_focused()
    expect(page.get_by_label("Card number")).to_have_value(NO_FUNDS)  # nothing is typed again but what was wrong
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")
    assert only(Payment).status == PaymentStatus.COMPLETED


def test_a_bank_that_refuses_leaves_the_order_open(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    page.get_by_label("Card number").fill(ALWAYS_ASKS)
    page.get_by_role("button", name="Pay €29.99").click()
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert").filter(has_text="Your bank did not confirm")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="Your bank did not confirm")).to_be_visible()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")


def test_a_trial_keeps_the_card_and_charges_nothing(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page, plan="studio")
    expect(page.get_by_text("Nothing is charged today.")).to_be_visible()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Save the card").click()
    heading(page).to_have_text("Order received")
    membership = only(Membership)
    assert membership.status == MembershipStatus.TRIALING
    assert membership.credential.label == "Visa •••• 4242"


def test_an_answer_that_never_came_is_pressed_for_again(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    page.get_by_label("Card number").fill(GOOD)
    stripe.next(HangUp())
    page.get_by_role("button", name="Pay €29.99").click()
    expect(page.get_by_role("alert").filter(has_text="You have not been charged")).to_be_visible()
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")


@pytest.mark.noisy
def test_fields_that_do_not_load_are_said_and_asked_for_again(open_page: Open, stripe: StripeFake) -> None:
    page = open_page("/register/premium")
    page.route("**/js/stripe.js", lambda route: route.abort())
    fill_in(page)
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    order(page)
    expect(page.get_by_text("The card fields could not be loaded.")).to_be_visible()
    page.unroute("**/js/stripe.js")
    page.get_by_role("button", name="Load again").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_hosted_page_works_with_and_without_script(open_page: Open, stripe: StripeFake, script: bool) -> None:
    page = ordered(open_page, "Stripe Checkout", java_script_enabled=script)
    heading(page).to_have_text("Pay at Stripe")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("You have not been charged.")).to_be_visible()
    page.get_by_role("radio", name="Stripe Checkout", exact=True).check(force=True)
    page.get_by_role("button", name="Continue to payment").first.click()
    heading(page).to_have_text("Pay at Stripe")
    page.get_by_label("Card number").fill(NO_FUNDS)
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay").click()
    heading(page).to_have_text("Order received")
    assert only(Payment).status == PaymentStatus.COMPLETED


def test_only_the_page_that_needs_stripe_may_load_it(open_page: Open, stripe: StripeFake, site: Any) -> None:
    page = open_page("/register/premium")
    client = site.app.test_client()
    assert stripe.url not in client.get("/register/premium").headers["Content-Security-Policy"]
    fill_in(page)
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    order(page)
    heading(page).to_have_text("Pay your order")
    policy = client.get(f"/pay/{only(Payment).reference}").headers["Content-Security-Policy"]
    assert f"script-src 'self' {stripe.url}" in policy
    assert f"connect-src 'self' {stripe.url}" in policy
