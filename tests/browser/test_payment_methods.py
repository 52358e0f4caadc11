"""Ways to pay in a browser: a card added on our page and at the vendor's, with script and without, on small windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.addons import installed
from tests.blueprints.account.test_payment_methods import card, now, renew_with
from tests.browser.test_account import EMAIL, enter
from tests.browser.test_paying_by_stripe import card_number
from tests.fakes.stripe import ALWAYS_ASKS, GOOD, NO_FUNDS, StripeFake
from webapp import clock
from webapp.domain import network
from webapp.models import Membership
from webapp.transactions import unit_of_work

Open = Callable[..., Page]
Look = Callable[[Page], list[str]]
SMALL = {"viewport": {"width": 320, "height": 700}}


@pytest.fixture
def contract(site: Any) -> Membership:
    ada = factories.customer(user=factories.user(email=EMAIL), display_name="Ada Lovelace")
    ends = clock.now() + timedelta(days=30)
    made: Membership = factories.active_membership(customer=ada, plan=factories.product("premium"), expires_at=ends)
    renew_with(made, card(ada, expires_on=clock.now().date() + timedelta(days=9)))
    card(ada, "Mastercard •••• 5100", expires_on=date(2020, 1, 31))
    return made


@pytest.fixture
def stripe(site: Any) -> Iterator[StripeFake]:
    with StripeFake() as fake, installed(site.app, env=fake.env):
        yield fake


def only(*gateways: str) -> None:
    with unit_of_work("test"):
        network.change({"active_gateways": list(gateways)})


def methods(open_page: Open, **options: Any) -> Page:
    page = open_page("/login?next=/account/", **options)
    if options.get("locale") == "de-DE":
        page.get_by_label("E-Mail-Adresse").fill(EMAIL)
        page.get_by_label("Passwort", exact=True).fill(factories.PASSWORD)
        page.get_by_role("button", name="Anmelden", exact=True).click()
        page.get_by_role("link", name="Zahlungsarten", exact=True).click()
    else:
        enter(page)
        page.get_by_role("link", name="Payment methods", exact=True).click()
    return page


@pytest.mark.ux("K5")
@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_the_page_reads_well_on_a_small_window(
    open_page: Open, contract: Membership, violations: Look, language: str
) -> None:
    only("sandbox")
    page = methods(open_page, locale=language, **SMALL)
    heading = "Zahlungsarten" if language == "de-DE" else "Payment methods"
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    remove = "Visa •••• 4242 entfernen" if language == "de-DE" else "Remove Visa •••• 4242"
    page.get_by_role("link", name=remove).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4242")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.ux("K5")
@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_a_card_is_typed_on_our_page(
    open_page: Open, contract: Membership, stripe: StripeFake, violations: Look, language: str
) -> None:
    only("stripe", "stripe-checkout")
    before = contract.credential_id
    german = language == "de-DE"
    page = methods(open_page, locale=language, **SMALL)
    page.get_by_role("button", name="Zahlungsart hinzufügen" if german else "Add a payment method").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Karte hinzufügen" if german else "Add a card")
    save = page.get_by_role("button", name="Karte speichern" if german else "Save the card")
    card_number(page).fill(NO_FUNDS)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save.click()
    expect(page.locator("#card-problem")).to_be_focused()
    assert now(contract).credential_id == before
    card_number(page).fill(ALWAYS_ASKS)
    save.click()
    page.get_by_role("button", name="Confirm").click()
    done = "Die Zahlungsart ist gespeichert." if german else "The payment method is saved."
    expect(page.get_by_text(done)).to_be_visible()
    expect(page.get_by_role("heading", name="Visa •••• 3184")).to_be_visible()
    assert now(contract).credential is not None
    renews_with = now(contract).credential
    assert renews_with is not None
    assert renews_with.label == "Visa •••• 3184"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_card_is_added_at_the_vendors_page(
    open_page: Open, contract: Membership, stripe: StripeFake, script: bool
) -> None:
    only("stripe", "stripe-checkout")
    page = methods(open_page, java_script_enabled=script)
    page.get_by_role("button", name="Add a payment method").click()
    # By keyboard: while Chromium fits a vendor's frame in, a click beside it reaches nobody.
    page.get_by_role("button", name="Enter it at the payment provider instead").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay at Stripe")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    page.get_by_label("Stripe Checkout").check(force=True)
    page.get_by_role("button", name="Add a payment method").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("The payment method is saved.")).to_be_visible()
    credential = now(contract).credential
    assert credential is not None
    assert credential.gateway == "stripe-checkout"


def test_another_card_is_chosen_and_one_removed_without_script(open_page: Open, contract: Membership) -> None:
    only("sandbox")
    page = methods(open_page, java_script_enabled=False)
    page.get_by_label("Premium", exact=True).first.select_option(label="Mastercard •••• 5100")
    page.get_by_role("button", name="Use for “Premium”").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    page.get_by_role("link", name="Remove Visa •••• 4242").click()
    expect(page.get_by_text("No contract renews with it.")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Visa •••• 4242 is removed.")).to_be_visible()
    credential = now(contract).credential
    assert credential is not None
    assert credential.label == "Mastercard •••• 5100"
