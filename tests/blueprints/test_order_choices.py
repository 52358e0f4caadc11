"""What a buyer may choose on the order form besides a plan: its currency, what goes with it, and what it is worth."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.pages import Browser
from tests.templates.conftest import Element, parse
from webapp.extensions import db as database
from webapp.models import (
    CurrencyPrice,
    LineItem,
    Membership,
    Payment,
    PriceVariation,
    PricingType,
    Product,
    ProductType,
    PwywRecurring,
)
from webapp.money import Money
from webapp.periods import Unit
from webapp.transactions import unit_of_work

FRAGMENT = {"HX-Request": "true"}
BUYER = {
    "email_address": "buyer@example.com",
    "password": "a sentence works well",
    "full_name": "Ada Person",
    "billing_country": "DE",
    "billing_address_line_1": "Street 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
    "site_title": "Bakery",
    "site_url": "bakery",
    "early_start": "y",
}
CONTACT = {"contact_us_label": "Call us", "contact_us_link": "https://example.com/call"}


def francs(**values: Any) -> Product:
    """29.99 EUR or 33.00 CHF a month, 299 EUR or 330 CHF a year."""
    swiss = [CurrencyPrice(currency="CHF", amount_minor=3300, setup_fee_minor=5000)]
    plan = factories.product("premium", year=29900, currency_prices=swiss, **values)
    yearly = PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=33000, currency="CHF", product_id=plan.id)
    factories.save(lambda: yearly)
    return plan


def gift(slug: str = "gift", **values: Any) -> Product:
    facts = {"pwyw_minimum_minor": 500, "pwyw_suggested_minor": 1500, "pwyw_maximum_minor": 10000, **values}
    return factories.product(slug, name="Gift", pricing_type=PricingType.PAY_WHAT_YOU_WANT, amount_minor=0, **facts)


def addon(slug: str, **values: Any) -> Product:
    return factories.product(slug, **{"name": slug.title(), "type": ProductType.PACKAGE, "amount_minor": 500, **values})


def plan_with(*addons: Product, **values: Any) -> Product:
    return factories.product("premium", available_addons=[one.id for one in addons], **values)


def look(client: FlaskClient, path: str) -> Element:
    answer = client.get(path)
    assert answer.status_code == 200
    return parse(answer.text)


def sent(client: FlaskClient, path: str = "/checkout/summary", **values: Any) -> Element:
    answer = client.post(path, data=values, headers=FRAGMENT)
    assert answer.status_code == 200
    return parse(answer.text)


def summary(root: Element) -> str:
    return root.by_id("summary").text


def bought(browser: Browser, path: str, **values: Any) -> Payment:
    """Choose, look at the summary, and order: as without script."""
    browser.get(path)
    browser.submit(press={"refresh": "1"}, **values)
    page = browser.submit(**{**BUYER, **values})
    assert "There is a problem" not in page.text
    database.session.rollback()
    return database.session.scalars(select(Payment)).one()


def lines(payment: Payment) -> dict[str, int]:
    rows = database.session.scalars(select(LineItem).where(LineItem.payment_id == payment.id))
    return {one.title: one.unit_price_minor for one in rows}


# -- currencies ------------------------------------------------------------------------------------------------------
def test_without_other_currencies_there_is_no_switch(client: FlaskClient, db: Any) -> None:
    factories.product("premium")
    assert "Currency" not in look(client, "/").one("main").text
    assert look(client, "/register/premium").all("input", name="currency") == []


def test_the_front_page_switches_and_the_address_keeps_it(client: FlaskClient, db: Any) -> None:
    francs()
    factories.product("euros-only", name="Local", list_order=20)
    root = look(client, "/?period=1-year&currency=CHF")
    first, second = root.all("li", class_="plan")
    assert "CHF330.00" in first.text
    assert "CHF50.00 once for the set-up" in first.text
    assert "€29.99" in second.text
    assert first.one("a").attrs["href"] == "/register/premium?period=1-year&currency=CHF"
    [chosen] = [one for one in root.one("nav", **{"aria-label": "Currency"}).all("a") if "aria-current" in one.attrs]
    assert (chosen.text, chosen.attrs["href"]) == ("CHF", "/?period=1-year&currency=CHF")
    periods = root.one("nav", **{"aria-label": "Billing period"})
    assert {"currency=CHF" in one.attrs["href"] for one in periods.all("a")} == {True}


@pytest.mark.parametrize("currency", ["USD", "x", "", "chf", "%00", "EUR' OR 1"])
def test_what_is_no_currency_of_ours_means_the_plans_own(client: FlaskClient, db: Any, currency: str) -> None:
    francs()
    assert "€29.99" in look(client, f"/?currency={currency}").one("li", class_="plan").text


def test_an_order_is_in_the_currency_that_was_chosen(browser: Browser, db: Any) -> None:
    francs()
    root = look(browser.client, "/register/premium?currency=CHF&period=1-year")
    assert root.one("input", name="currency", checked="").attrs["value"] == "CHF"
    assert "CHF380.00" in summary(root)
    payment = bought(browser, "/register/premium?currency=CHF")
    assert (payment.total, lines(payment)) == (Money(8300, "CHF"), {"Premium": 3300, "Set-up fee": 5000})
    assert database.session.scalars(select(Membership)).one().price == Money(3300, "CHF")


def test_a_currency_is_kept_while_a_plan_without_it_is_looked_at(client: FlaskClient, db: Any) -> None:
    francs()
    factories.product("local", name="Local")
    root = sent(client, products="local", currency="CHF")
    assert "€29.99" in summary(root)
    assert root.by_id("currency-choices").one("input", type="hidden").attrs["value"] == "CHF"
    assert "CHF83.00" in summary(sent(client, products="premium", currency="CHF"))


# -- beside a plan ---------------------------------------------------------------------------------------------------
def test_what_goes_with_a_plan_is_ticked_and_bought_without_script(browser: Browser, db: Any) -> None:
    once = addon("move", name="Move-in help", recurring=False, amount_minor=4900)
    plan_with(addon("backup", name="Backups"), once)
    root = look(browser.client, "/register/premium")
    offers = root.by_id("addon-choices")
    assert [one.text for one in offers.all("label")] == ["Backups €5.00 per month", "Move-in help €49.00 once"]
    assert [one.attrs["value"] for one in offers.all("input", type="checkbox")] == ["backup", "move"]
    browser.get("/register/premium")
    page = browser.submit(press={"refresh": "1"}, products=["premium", "move"])
    ticked = [one for one in parse(page.html).all("input", type="checkbox", name="products") if "checked" in one.attrs]
    assert [one.attrs["value"] for one in ticked] == ["move"]
    payment = bought(browser, "/register/premium", products=["premium", "backup", "move"])
    assert lines(payment) == {"Premium": 2999, "Backups": 500, "Move-in help": 4900}
    assert payment.total == Money(8399, "EUR")


def test_only_what_is_sold_for_the_period_and_in_the_currency_is_offered(client: FlaskClient, db: Any) -> None:
    monthly, off = addon("monthly"), addon("gone", active=False)
    swiss = addon("swiss", currency_prices=[CurrencyPrice(currency="CHF", amount_minor=600)], recurring=False)
    plan = francs(available_addons=[monthly.id, off.id, swiss.id])
    assert plan.currencies() == ["EUR", "CHF"]

    def offered(query: str) -> list[str]:
        found = look(client, f"/register/premium{query}").by_id("addon-choices").all("input", type="checkbox")
        return [one.attrs["value"] for one in found]

    assert offered("") == ["monthly", "swiss"]
    assert offered("/1/year") == ["swiss"]
    assert offered("?currency=CHF") == ["swiss"]


def test_a_tick_for_one_plan_is_not_ordered_with_another(client: FlaskClient, db: Any) -> None:
    both, mine = addon("both"), addon("mine")
    plan_with(both, mine)
    factories.product("other", available_addons=[both.id])
    shown_for = {"products": ["other", "both", "mine"], "addons_of": "premium"}
    root = sent(client, **shown_for)
    assert "Both" in summary(root)
    assert "Mine" not in summary(root)
    assert root.by_id("addon-choices").one("input", name="addons_of").attrs["value"] == "other"


def test_a_tick_that_no_longer_fits_is_not_ordered_unseen(client: FlaskClient, db: Any) -> None:
    """Else it would stand in the way of the order, with nothing to take it away by."""
    monthly = addon("monthly")
    francs(available_addons=[monthly.id])
    chosen = {"products": ["premium", "monthly"], "addons_of": "premium"}
    assert "Monthly" in summary(sent(client, **chosen))
    for change in ({"currency": "CHF"}, {"period": "1-year"}):
        root = sent(client, **chosen, **change)
        assert "Monthly" not in summary(root)
        assert "sold" not in root.by_id("plan-choices").one("p", id="products-error").text


def test_a_link_ticks_what_it_names(client: FlaskClient, db: Any) -> None:
    plan_with(addon("backup"))
    for path in ("/register/premium?products=backup", "/register/premium?addons=backup"):
        root = look(client, path)
        assert "checked" in root.by_id("addon-backup").attrs
        assert "€34.99" in summary(root)


def test_what_goes_with_a_plan_costs_one_statement_more(client: FlaskClient, db: Any, statements: list[str]) -> None:
    plan_with(*(addon(f"addon-{number}", year=5000) for number in range(10)), year=29900)
    francs_too = addon("swiss", currency_prices=[CurrencyPrice(currency="CHF", amount_minor=600)])
    assert francs_too.currencies() == ["EUR", "CHF"]
    database.session.rollback()
    for path in ("/register/premium", "/register/premium?addons=addon-1", "/register/premium?currency=CHF"):
        statements.clear()
        look(client, path)
        assert len(statements) <= 6, "\n".join(statements)


# -- what the buyer pays ---------------------------------------------------------------------------------------------
def test_a_buyer_names_the_amount_within_its_bounds(browser: Browser, db: Any) -> None:
    gift(pwyw_recurring_mode=PwywRecurring.FORCE_ONE_TIME, recurring=False)
    root = look(browser.client, "/register/gift")
    assert root.by_id("amount-gift").attrs["value"] == "15.00"
    assert root.by_id("amount-gift-hint").text == "From €5.00 to €100.00."
    assert root.all("input", name="again-gift") == []
    assert "€15.00" in summary(root)
    payment = bought(browser, "/register/gift", **{"amount-gift": "7.50"})
    assert (payment.total, lines(payment)) == (Money(750, "EUR"), {"Gift": 750})


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("4.99", "Pay €5.00 or more for Gift."),
        ("-20", "Pay €5.00 or more for Gift."),
        ("100.01", "Pay €100.00 or less for Gift."),
        ("1" * 25, "Pay €100.00 or less for Gift."),
        ("NaN", "Enter an amount like 29.99."),
        ("1e3", "Enter an amount like 29.99."),
        ("Infinity", "Enter an amount like 29.99."),
        ("7.505", "Enter an amount like 29.99."),
        ("<b>", "Enter an amount like 29.99."),
    ],
)
def test_an_amount_out_of_bounds_is_said_beside_its_field_and_kept(
    browser: Browser, db: Any, typed: str, sentence: str
) -> None:
    gift()
    browser.get("/register/gift")
    page = browser.submit(**{**BUYER, "amount-gift": typed})
    assert browser.response.status_code == 422
    root = parse(page.html)
    assert root.by_id("amount-gift-error").text == sentence
    assert "#amount-gift" in [one.attrs["href"] for one in root.by_id("error-summary").all("a")]
    assert root.by_id("amount-gift").attrs["value"] == typed
    assert database.session.scalars(select(Payment)).all() == []
    live = sent(browser.client, **{"products": "gift", "amount-gift": typed, "named": "amount-gift"})
    assert live.by_id("amount-gift-error").text == sentence
    assert live.all(id="named-amounts") == []


@pytest.mark.parametrize(("again", "recurs"), [({}, False), ({"again-gift": "y"}, True)])
def test_a_buyer_chooses_whether_it_is_paid_again(
    browser: Browser, db: Any, again: dict[str, str], recurs: bool
) -> None:
    gift()
    payment = bought(browser, "/register/gift", **{"amount-gift": "20", **again})
    assert payment.total == Money(2000, "EUR")
    membership = database.session.scalars(select(Membership)).one()
    assert membership.recurring is recurs


def test_a_bound_that_is_changed_shows_at_once(client: FlaskClient, db: Any) -> None:
    product = gift()
    assert look(client, "/register/gift").by_id("amount-gift-hint").text == "From €5.00 to €100.00."
    with unit_of_work("test"):
        database.session.get_one(Product, product.id).pwyw_maximum_minor = 20000
    assert look(client, "/register/gift").by_id("amount-gift-hint").text == "From €5.00 to €200.00."


def test_the_address_may_name_the_amount(client: FlaskClient, db: Any) -> None:
    gift()
    root = look(client, "/register/gift?amount=25")
    assert root.by_id("amount-gift").attrs["value"] == "25"
    assert "€25.00" in summary(root)
    assert "€15.00" in summary(look(client, "/register/gift?amount-other=25"))


def test_what_goes_with_a_plan_may_be_worth_what_the_buyer_says(browser: Browser, db: Any) -> None:
    tip = gift("tip", type=ProductType.SERVICE, pwyw_recurring_mode=PwywRecurring.FORCE_ONE_TIME, recurring=False)
    plan_with(tip)
    live = sent(browser.client, products=["premium", "tip"], named="")
    assert live.by_id("amount-tip").attrs["value"] == "15.00"
    browser.get("/register/premium?addons=tip")
    page = browser.submit(**{**BUYER, "products": ["premium", "tip"], "amount-tip": "1"})
    assert parse(page.html).by_id("amount-tip-error").text == "Pay €5.00 or more for Gift."
    payment = bought(browser, "/register/premium?addons=tip", products=["premium", "tip"], **{"amount-tip": "9"})
    assert payment.total == Money(3899, "EUR")


# -- on request ------------------------------------------------------------------------------------------------------
def test_what_is_sold_on_request_leads_elsewhere_and_is_never_ordered(browser: Browser, db: Any) -> None:
    factories.product("premium")
    facts = {"pricing_type": PricingType.CONTACT_US, "amount_minor": 0, "recurring": False, **CONTACT}
    factories.product("agency", name="Agency", **facts)
    card = look(browser.client, "/").all("li", class_="plan")[1]
    assert (card.one("a").text, card.one("a").attrs["href"]) == ("Call us", "https://example.com/call")
    root = look(browser.client, "/register/premium")
    assert [one.attrs["value"] for one in root.by_id("plan-choices").all("input", type="radio")] == ["premium"]
    assert root.by_id("plan-choices").one("a").attrs["href"] == "https://example.com/call"
    assert "sold on request" in look(browser.client, "/register/agency").by_id("products-error").text
    browser.get("/register/premium")
    page = browser.submit(**BUYER, products="agency")
    assert browser.response.status_code == 422
    assert "sold on request" in parse(page.html).by_id("products-error").text
    assert database.session.scalars(select(Payment)).all() == []
