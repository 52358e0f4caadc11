"""What a buyer sees of the tax, and how their VAT id is looked up while they go on typing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.datastructures import Headers

from tests import factories
from tests.fakes import mmdb
from tests.fakes.vies import ViesFake
from tests.pages import Page
from webapp.blueprints import visitors
from webapp.blueprints.checkout import tax_words
from webapp.domain import network
from webapp.extensions import db
from webapp.flows import checking_tax_ids, ordering
from webapp.models import Payment, TaxIdCheck
from webapp.settings import Settings
from webapp.transactions import unit_of_work

FRENCH = "FR40303265045"
BUSINESS = {"products": "plan", "customer_type": "business", "billing_country": "FR", "tax_id": FRENCH}
PERSON = {"products": "plan", "customer_type": "person", "billing_country": "DE"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def vies() -> Iterator[ViesFake]:
    with ViesFake(FRENCH) as vies:
        yield vies


@pytest.fixture
def here(settings: Settings, vies: ViesFake) -> Settings:
    return replace(settings, env={**settings.env, "VIES_API_BASE": vies.url})


def shop(*, inclusive: bool) -> None:
    factories.taxed(inclusive=inclusive, company_country="DE")
    factories.tax_rate("19", "DE")
    factories.tax_rate("20", "FR")
    factories.product("plan", amount_minor=11900)


def summary(client: FlaskClient, form: dict[str, str]) -> str:
    return Page(client.post("/checkout/summary", data=form, headers=HTMX).text).text


def asks_again(answer: str) -> bool:
    """Whether the summary asks for itself in a moment."""
    return 'hx-trigger="load delay:' in answer


def checks() -> list[TaxIdCheck]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(TaxIdCheck)))


@pytest.mark.ux("O2", "L9")
def test_prices_that_contain_the_tax_say_so(client: FlaskClient) -> None:
    shop(inclusive=True)
    page = Page(client.get("/register/plan?billing_country=DE").text).text
    assert "€119.00 per month, incl. 19% VAT" in page
    text = summary(client, PERSON)
    assert "Due today €119.00 incl. 19% VAT" in text
    assert "Net" not in text


def test_a_tax_that_is_added_stands_in_the_sums(client: FlaskClient) -> None:
    shop(inclusive=False)
    assert "€119.00 per month, plus 19% VAT" in Page(client.get("/register/plan?billing_country=DE").text).text
    assert "Net €119.00 19% VAT €22.61" in summary(client, PERSON)
    assert "Due today €141.61 incl. 19% VAT" in summary(client, PERSON)


@pytest.mark.ux("O2", "L9")
def test_the_first_page_with_prices_says_it_too(client: FlaskClient) -> None:
    shop(inclusive=True)
    factories.product("book", name="Book", amount_minor=1000, tax_category="books")
    factories.product("stamp", name="Stamp", amount_minor=1000, taxable=False)
    factories.tax_rate("7", "DE", category="books")
    text = Page(client.get("/").text).text
    assert "per month, incl. 19% VAT" in text
    assert "per month, incl. 7% VAT" in text
    assert text.count("incl.") == 2


def test_a_trial_names_the_price_with_its_tax(client: FlaskClient, clock: Any) -> None:
    shop(inclusive=True)
    factories.product("studio", amount_minor=4900, trial_duration=14)
    said = "Then €49.00 incl. 19% VAT per month unless you cancel before."
    assert said in summary(client, {**PERSON, "products": "studio"})


def test_nothing_is_said_of_tax_where_none_is_reckoned(client: FlaskClient) -> None:
    factories.product("plan")
    assert "VAT ID" not in summary(client, PERSON)
    assert "incl." not in summary(client, PERSON)


@pytest.mark.ux("L9")
def test_the_tax_in_a_price_is_named_as_germans_write_it(client: FlaskClient) -> None:
    shop(inclusive=True)
    german = {"Accept-Language": "de"}
    assert "inkl. 19\xa0% MwSt." in client.get("/", headers=german).text
    assert "inkl. 19\xa0% MwSt." in client.post("/checkout/summary", data=PERSON, headers={**HTMX, **german}).text


@pytest.mark.ux("O2")
def test_a_small_business_says_why_its_prices_bear_no_tax(client: FlaskClient) -> None:
    note = "No VAT is charged, under § 19 UStG."
    factories.taxed(enable_taxes=False, invoice_untaxed_note=note)
    factories.product("plan", amount_minor=11900)
    factories.free_product()
    text = Page(client.get("/").text).text
    assert text.count(note) == 1
    assert "incl." not in text
    assert f"Due today €119.00 {note}" in summary(client, PERSON)
    assert note not in summary(client, {**PERSON, "products": "free"})


@pytest.mark.ux("O2")
def test_whoever_reckons_tax_gives_no_reason_for_none_beside_prices(client: FlaskClient) -> None:
    shop(inclusive=True)
    factories.taxed(inclusive=True, invoice_untaxed_note="No VAT is charged, under § 19 UStG.")
    assert "§ 19" not in client.get("/").text
    assert "§ 19" not in summary(client, PERSON)


@pytest.mark.ux("O2")
def test_the_rate_follows_the_country(client: FlaskClient) -> None:
    shop(inclusive=True)
    assert "incl. 20% VAT" in summary(client, {**PERSON, "billing_country": "FR"})
    assert "VAT" not in summary(client, {**PERSON, "billing_country": "AT"})


def test_a_private_person_has_no_vat_id(client: FlaskClient) -> None:
    shop(inclusive=True)
    factories.tax_id_check(FRENCH)
    assert "incl. 20% VAT" in summary(client, {**PERSON, "billing_country": "FR", "tax_id": FRENCH})


def test_a_vat_id_is_looked_up_while_its_owner_goes_on(client: FlaskClient, here: Settings, vies: ViesFake) -> None:
    shop(inclusive=True)
    answer = client.post("/checkout/summary", data=BUSINESS, headers=HTMX).text
    assert "looking up your VAT ID" in Page(answer).text
    assert asks_again(answer)
    assert vies.asked == []  # nobody waited for it
    [check] = checks()
    assert checking_tax_ids.ask(check.number, here)
    text = summary(client, BUSINESS)
    assert "Reverse charge" in text
    assert "Due today €99.17" in text
    assert "incl." not in text


def test_the_summary_asks_for_three_seconds_and_then_says_what_is_charged(client: FlaskClient, clock: Any) -> None:
    shop(inclusive=True)
    summary(client, BUSINESS)
    clock.tick(2.9)
    assert "looking up your VAT ID" in summary(client, BUSINESS)
    clock.tick(0.1)
    answer = client.post("/checkout/summary", data=BUSINESS, headers=HTMX).text
    assert "could not be looked up, so VAT is charged" in Page(answer).text
    assert not asks_again(answer)


def test_a_number_that_the_registry_does_not_know_is_charged_and_said(
    client: FlaskClient, here: Settings, vies: ViesFake
) -> None:
    shop(inclusive=True)
    vies.numbers.clear()
    summary(client, BUSINESS)
    checking_tax_ids.ask(FRENCH, here)
    text = summary(client, BUSINESS)
    assert "does not know this VAT ID" in text
    assert "Due today €119.00" in text


def test_the_state_is_asked_for_where_the_tax_depends_on_it(client: FlaskClient) -> None:
    shop(inclusive=False)
    factories.tax_rate("7.25", "US", state="CA", title="Sales tax")
    assert "billing_state" not in client.post("/checkout/summary", data=PERSON, headers=HTMX).text
    there = {**PERSON, "billing_country": "US"}
    assert 'name="billing_state"' in client.post("/checkout/summary", data=there, headers=HTMX).text
    text = client.post("/checkout/summary", data={**there, "billing_state": "ca"}, headers=HTMX).text
    assert "7.25% Sales tax" in Page(text).text
    assert 'name="billing_state"' not in text  # it is there already, and somebody types


def test_where_the_browser_seems_to_be_is_believed_of_a_trusted_proxy_only(settings: Settings) -> None:
    behind = replace(settings, trusted_proxies=1, env={"IP_COUNTRY_HEADER": "CF-IPCountry"})

    def seen(code: str, settings: Settings = behind) -> str:
        return visitors.country(Headers({"CF-IPCountry": code}), settings)

    assert [seen("fr"), seen("T1"), seen("XX"), seen("nowhere"), seen("")] == ["FR", "", "", "", ""]
    assert seen("FR", replace(behind, trusted_proxies=0)) == ""
    assert seen("FR", replace(behind, env={})) == ""


@pytest.fixture
def geoip(app: Flask, tmp_path: Path) -> Iterator[None]:
    networks = {"198.51.100.0/24": {"country": {"iso_code": "FR"}}, "203.0.113.0/24": {"country": {"iso_code": "AT"}}}
    path = mmdb.write(tmp_path / "countries.mmdb", networks)
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, env={**before.env, "GEOIP": str(path)})
    yield
    app.extensions["settings"] = before


def begins_with(client: FlaskClient, address: str, query: str = "") -> str:
    """The country that the order form begins with."""
    text = client.get(f"/register/plan{query}", environ_overrides={"REMOTE_ADDR": address}).text
    countries = text.partition('name="billing_country"')[2].partition("</select>")[0]
    [chosen] = [one for one in re.findall(r"<option[^>]*>", countries) if "selected" in one]
    return chosen.partition('value="')[2][:2]


@pytest.mark.usefixtures("geoip")
def test_the_order_form_begins_where_the_visitor_seems_to_be(client: FlaskClient) -> None:
    shop(inclusive=True)
    assert begins_with(client, "198.51.100.7") == "FR"
    assert "incl. 20% VAT" in Page(client.get("/", environ_overrides={"REMOTE_ADDR": "198.51.100.7"}).text).text
    assert begins_with(client, "192.0.2.1") == "DE"
    assert begins_with(client, "198.51.100.7", "?billing_country=NL") == "NL"
    with unit_of_work("test"):
        network.change({"allowed_countries": ["DE", "AT"]})
    assert [begins_with(client, one) for one in ("198.51.100.7", "203.0.113.7")] == ["DE", "AT"]


@pytest.mark.usefixtures("geoip")
def test_the_proxys_word_comes_before_the_files(app: Flask) -> None:
    here = replace(app.extensions["settings"], trusted_proxies=1)
    here = replace(here, env={**here.env, "IP_COUNTRY_HEADER": "CF-IPCountry"})
    seen = [visitors.country(Headers({"CF-IPCountry": one}), here, "198.51.100.7") for one in ("nl", "XX", "")]
    assert seen == ["NL", "FR", "FR"]


@pytest.mark.parametrize(("locale", "said"), [("en", "incl. 19% VAT"), ("de", "inkl. 19 % MwSt.")])
def test_the_tax_stands_beside_the_amount_where_it_is_paid_and_thanked_for(
    client: FlaskClient, settings: Settings, locale: str, said: str
) -> None:
    """Until the end of the order it is the same price, said the same way."""
    shop(inclusive=True)
    placed = ordering.place(factories.order("plan", gateway="manual", cart={"country": "DE"}, locale=locale), settings)
    db.session.expire_all()
    payment = db.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()
    client.set_cookie("language", locale)
    headers = {"Accept-Language": locale}
    assert said in Page(client.get(f"/pay/{payment.reference}", headers=headers).text).text.replace("\xa0", " ")
    factories.signed_in(client, payment.customer)
    assert said in Page(client.get(f"/thank-you/{payment.reference}", headers=headers).text).text.replace("\xa0", " ")
    db.session.expire_all()
    payment = db.session.scalars(select(Payment)).one()
    for tax, evidence, says in (
        (1900, None, {"en": "incl. VAT", "de": "inkl. MwSt."}),
        (0, {"reverse_charge": True}, {"en": "owed by the recipient", "de": "Reverse Charge"}),
        (0, None, {"en": "", "de": ""}),
    ):
        payment.tax_minor, payment.tax_evidence = tax, evidence
        with force_locale(locale):
            assert says[locale] in tax_words.beside_payment(payment)
            assert bool(tax_words.beside_payment(payment)) == bool(says[locale])
    db.session.rollback()
