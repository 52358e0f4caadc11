"""Paying by Stripe in a browser: with its fields on our page, and at its own page. Stripe is played on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests import factories
from tests.addons import installed
from tests.browser.test_buying import fill_in, only, order
from tests.fakes.stripe import ALWAYS_ASKS, ASKS_ELSEWHERE, GOOD, NO_FUNDS, StripeFake
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


def speaking(page: Page, language: str) -> Page:
    """The page where the buyer pays, in that language."""
    heading(page).to_have_text("Pay your order")
    if language == "de":
        page.get_by_role("link", name="Deutsch", exact=True).press("Enter")
        heading(page).to_have_text("Bestellung bezahlen")
    return page


def card_number(page: Page) -> Locator:
    return page.frame_locator("#card-fields iframe").get_by_label("Card number")


def heading(page: Page) -> Any:
    return expect(page.get_by_role("heading", level=1))


def test_a_card_is_typed_on_our_page_and_a_refused_one_is_tried_again(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    heading(page).to_have_text("Pay your order")
    card_number(page).fill(NO_FUNDS)
    page.get_by_role("button", name="Pay €29.99").click()
    problem = page.get_by_role("alert").filter(has_text="enough funds")
    expect(problem).to_be_focused()
    expect(card_number(page)).to_have_value(NO_FUNDS)  # nothing is typed again but what was wrong
    card_number(page).fill(GOOD)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")
    assert only(Payment).status == PaymentStatus.COMPLETED


def test_a_bank_that_refuses_leaves_the_order_open(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    card_number(page).fill(ALWAYS_ASKS)
    page.get_by_role("button", name="Pay €29.99").click()
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert").filter(has_text="Your bank did not confirm")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="Your bank did not confirm")).to_be_visible()
    card_number(page).fill(GOOD)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")


@pytest.mark.ux("P13")
@pytest.mark.parametrize(
    ("language", "width", "closes"), [("en", 320, False), ("de", 320, True), ("en", 1280, True), ("de", 1280, False)]
)
def test_the_bank_asks_in_a_named_dialog_and_a_refusal_leads_back_to_the_card(
    open_page: Open, stripe: StripeFake, language: str, width: int, closes: bool
) -> None:
    """Whoever closes what the bank asks, or lets it run out, has not confirmed either."""
    page = speaking(ordered(open_page, **window(width)), language)
    before = {"en": "Your bank may ask you to confirm.", "de": "Ihre Bank fordert Sie eventuell zur Freigabe auf."}
    expect(page.locator("#card-form").get_by_text(before[language], exact=True)).to_be_visible()
    card_number(page).fill(ALWAYS_ASKS)
    page.locator("button[data-pays]").click()
    dialog = page.get_by_role("dialog", name="Bank")
    expect(dialog.get_by_role("button").first).to_be_focused()
    if closes:
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name="Refuse").press("Enter")
    after = {"en": "Your bank did not confirm the payment.", "de": "Ihre Bank hat die Zahlung nicht freigegeben."}
    problem = page.locator("#card-problem")
    expect(problem).to_be_focused()
    expect(problem).to_contain_text(after[language])
    card_number(page).fill(GOOD)
    page.locator("button[data-pays]").click()
    heading(page).to_have_text({"en": "Order received", "de": "Bestellung eingegangen"}[language])


@pytest.mark.ux("P13")
@pytest.mark.parametrize("answer", ["Confirm", "Refuse"])
def test_from_the_banks_own_page_both_answers_lead_back_to_the_order(
    open_page: Open, stripe: StripeFake, answer: str
) -> None:
    page = ordered(open_page)
    card_number(page).fill(ASKS_ELSEWHERE)
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Your bank asks")
    page.get_by_role("button", name=answer).click()
    if answer == "Refuse":
        problem = page.get_by_role("alert").filter(has_text="Your bank did not confirm the payment.")
        expect(problem).to_be_visible()
        card_number(page).fill(GOOD)
        page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")
    assert only(Payment).status == PaymentStatus.COMPLETED


def test_a_way_to_pay_that_was_chosen_while_the_sum_was_on_its_way_stays_chosen(
    open_page: Open, stripe: StripeFake
) -> None:
    page = open_page("/register/premium")
    held: list[Route] = []
    page.route("**/checkout/summary", lambda route: held.append(route))
    page.get_by_label("Country").select_option("AT")
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    page.evaluate("""() => {
        document.querySelector("#gateway-choices input").dataset.before = "";
        const sent = () => new FormData(document.querySelector("#gateway-choices input").form).get("gateway");
        document.addEventListener("htmx:afterSwap", () => { window.sentAtOnce = sent(); }, { once: true });
    }""")
    with page.expect_response("**/checkout/summary"):
        held[0].continue_()
    expect(page.locator("[data-before]")).to_have_count(0)
    expect(page.get_by_role("radio", name="Card", exact=True)).to_be_checked()
    assert page.evaluate("window.sentAtOnce") == "stripe"  # an order in that very moment goes to where it was to go


def test_a_trial_keeps_the_card_and_charges_nothing(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page, plan="studio")
    expect(page.get_by_text("Nothing is charged today.")).to_be_visible()
    card_number(page).fill(GOOD)
    page.get_by_role("button", name="Save the card").click()
    heading(page).to_have_text("Order received")
    membership = only(Membership)
    assert membership.status == MembershipStatus.TRIALING
    assert membership.credential.label == "Visa •••• 4242"


def test_an_answer_that_never_came_is_pressed_for_again(open_page: Open, stripe: StripeFake) -> None:
    page = ordered(open_page)
    card_number(page).fill(GOOD)
    stripe.next(HangUp())
    page.get_by_role("button", name="Pay €29.99").click()
    expect(page.get_by_role("alert").filter(has_text="You have not been charged")).to_be_visible()
    page.get_by_role("button", name="Pay €29.99").click()
    heading(page).to_have_text("Order received")


@pytest.mark.ux("C25")
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_card_is_typed_in_a_named_frame_in_the_buyers_language(
    open_page: Open, stripe: StripeFake, violations: Callable[[Page], list[str]], width: int, language: str
) -> None:
    page = speaking(ordered(open_page, **window(width)), language)
    frame = page.locator("#card-fields iframe")
    expect(frame).to_have_attribute("title", re.compile(r"\w"))
    expect(frame).to_have_attribute("src", re.compile(f"locale={language}$"))
    for token in ("cc-number", "cc-exp", "cc-csc"):
        field = page.frame_locator("#card-fields iframe").locator(f"[autocomplete={token}]")
        expect(field).to_have_attribute("inputmode", "numeric")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pay = page.locator("button[data-pays]")
    pay.click()  # nothing is typed yet
    problem = page.locator("#card-problem")
    expect(problem).to_be_focused()
    expect(problem).to_have_text(INCOMPLETE[language])


def window(width: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 800}}


INCOMPLETE = {
    "en": "Check what you entered and try again.",
    "de": "Prüfen Sie Ihre Angaben und versuchen Sie es noch einmal.",
}
BROKEN = {"en": "Card fields could not be loaded.", "de": "Die Kartenfelder konnten nicht geladen werden."}


@pytest.mark.noisy
@pytest.mark.ux("P11")
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [320, 1280])
def test_fields_that_are_slower_than_ten_seconds_are_given_up(
    open_page: Open, stripe: StripeFake, violations: Callable[[Page], list[str]], width: int, language: str
) -> None:
    page = open_page("/register/premium", **window(width))
    page.route("**/js/stripe.js", lambda route: None)  # it never answers
    fill_in(page)
    page.clock.install()
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    order(page)
    speaking(page, language)
    pay, wait, broken = page.locator("button[data-pays]"), page.locator("#card-wait"), page.locator("#card-broken")
    expect(wait).to_be_visible()
    expect(pay).to_have_attribute("aria-describedby", "card-wait")
    page.clock.run_for(9_000)
    expect(wait).to_be_visible()
    page.clock.run_for(2_000)
    expect(broken).to_be_visible()
    expect(broken).to_have_role("alert")
    expect(broken.get_by_text(BROKEN[language], exact=True)).to_be_visible()
    expect(wait).to_be_hidden()
    expect(pay).to_have_attribute("aria-disabled", "true")
    expect(pay).to_have_attribute("aria-describedby", "card-broken")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pay.click(force=True)
    expect(broken).to_be_visible()
    elsewhere = {"en": "Pay at the payment provider", "de": "Beim Zahlungsanbieter bezahlen"}
    broken.get_by_role("button", name=elsewhere[language]).click()
    heading(page).to_have_text("Pay at Stripe")


@pytest.mark.noisy
@pytest.mark.ux("P11")
def test_a_frame_that_stays_silent_has_what_the_script_left_of_the_ten_seconds(
    open_page: Open, stripe: StripeFake
) -> None:
    page = open_page("/register/premium")
    held: list[Route] = []
    page.route("**/js/stripe.js", lambda route: held.append(route))
    page.route("**/elements**", lambda route: None)  # it never answers
    fill_in(page)
    page.clock.install()
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    with page.expect_request("**/js/stripe.js"):
        order(page)
    expect(page.locator("#card-wait")).to_be_visible()
    page.clock.run_for(8_000)
    expect(page.locator("#card-wait")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#card-fields iframe")).to_be_attached()
    page.clock.run_for(1_000)
    expect(page.locator("#card-wait")).to_be_visible()
    page.clock.run_for(1_500)
    expect(page.locator("#card-broken")).to_be_visible()


@pytest.mark.noisy
@pytest.mark.ux("P11")
def test_fields_that_do_not_load_are_said_and_asked_for_again(open_page: Open, stripe: StripeFake) -> None:
    page = open_page("/register/premium")
    page.route("**/js/stripe.js", lambda route: route.abort())
    fill_in(page)
    page.get_by_role("radio", name="Card", exact=True).check(force=True)
    order(page)
    expect(page.get_by_text("Card fields could not be loaded.")).to_be_visible()
    page.unroute("**/js/stripe.js")
    page.get_by_role("button", name="Load again").click()
    card_number(page).fill(GOOD)
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
