"""Making and changing a product in its form: what is kept, what is refused, and what nobody loses."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import only
from tests.looking import Look
from tests.pages import Browser, Page
from tests.templates.conftest import parse
from webapp.domain import network
from webapp.extensions import db
from webapp.models import PricingType, Product
from webapp.money import Money
from webapp.periods import Period, Unit
from webapp.transactions import unit_of_work

YEAR = Period(1, Unit.YEAR)
FORM = {
    "name": "Premium",
    "slug": "",
    "type": "plan",
    "description": "For a business.",
    "features": "One site\r\n\r\n  Your own domain ",
    "pricing_type": "paid",
    "amount": "29,99",
    "charged": "again",
    "duration": "1",
    "duration_unit": "month",
    "setup_fee": "",
    "billing_cycles": "",
    "trial_duration": "",
    "trial_duration_unit": "day",
    "taxable": "y",
    "tax_category": "default",
    "list_order": "10",
    "active": "y",
}
ROW = {"variations-0-amount": "299", "variations-0-duration": "1", "variations-0-duration_unit": "year"}


def sent(client: FlaskClient, path: str = "/admin/products", **changes: Any) -> Any:
    names = {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(path, data={**FORM, **names})


def test_a_plan_is_made_without_script(browser: Browser) -> None:
    browser.get("/admin/products/new")
    values = {"name": "Premium Plus", "amount": "29,99", "setup_fee": "-5", "trial_duration": "14"}
    values["features"] = "One site\nTwo sites"
    page = rows.send(browser, "/admin/products", press={"add_row": "1"}, **values)
    assert page.fields["name"] == "Premium Plus"
    page = rows.send(browser, "/admin/products", variations__0__amount="299.00")
    product = only(Product)
    assert f"“{product.name}” is saved." in page.text
    assert (product.slug, product.active) == ("premium-plus", True)
    assert product.prices() == {Period(1, Unit.MONTH): Money(2999, "EUR"), YEAR: Money(29900, "EUR")}
    assert (product.setup_fee_minor, product.trial) == (-500, Period(14, Unit.DAY))
    assert product.feature_list == ["One site", "Two sites"]


def test_features_are_lines_without_blanks(signed_in: FlaskClient) -> None:
    assert sent(signed_in).status_code == 303
    assert only(Product).feature_list == ["One site", "Your own domain"]


@pytest.mark.parametrize(
    ("currency", "typed", "minor"), [("JPY", "1,200", 1200), ("KWD", "1.234", 1234), ("EUR", "1,234.50", 123450)]
)
def test_an_amount_has_the_decimals_of_the_networks_currency(
    signed_in: FlaskClient, look: Look, currency: str, typed: str, minor: int
) -> None:
    with unit_of_work("test"):
        network.change({"currency": currency})
    assert look("/admin/products/new").by_id("amount-suffix").text == currency
    assert sent(signed_in, amount=typed).status_code == 303
    assert only(Product).price == Money(minor, currency)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"name": " "}, ["#name"]),
        ({"name": "x" * 201}, ["#name"]),
        ({"slug": "not a slug"}, ["#slug"]),
        ({"amount": "cheap"}, ["#amount"]),
        ({"amount": "0"}, ["#amount"]),
        ({"amount": "29.999"}, ["#amount"]),
        ({"duration": "0"}, ["#duration"]),
        ({"duration": "121"}, ["#duration"]),
        ({"billing_cycles": "many"}, ["#billing_cycles"]),
        ({"trial_duration": "-1"}, ["#trial_duration"]),
        ({"list_order": ""}, ["#list_order"]),
        ({"features": "x\n" * 31}, ["#features"]),
        ({**ROW, "variations-0-amount": ""}, ["#variations-0-amount"]),
        ({**ROW, "variations-0-duration_unit": "month"}, ["#variations-0-duration"]),
        ({"name": "", "amount": "", "duration": "x"}, ["#name", "#amount", "#duration"]),
        ({**ROW, "variations-0-duration": "", "setup_fee": "?"}, ["#variations-0-duration", "#setup_fee"]),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_all_that_was_typed_is_kept(
    signed_in: FlaskClient, changes: dict[str, str], places: list[str]
) -> None:
    answer = sent(signed_in, **{"description": "Kept <b>as</b> typed", **changes})
    root = parse(answer.text)
    assert answer.status_code == 422
    assert root.one("title").text.startswith("Error:")
    assert rows.errors(root) == places
    for place in places:
        assert root.by_id(f"{place[1:]}-error").text
        assert root.by_id(place[1:]).attrs["aria-invalid"] == "true"
    assert "Kept &lt;b&gt;as&lt;/b&gt; typed" in answer.text
    page = Page(answer.text)
    typed = {**FORM, **changes}
    assert {name: page.fields.get(name, "").strip() for name in ("amount", "slug", "duration")} == {
        name: typed[name].strip() for name in ("amount", "slug", "duration")
    }
    assert db.session.scalars(select(Product)).all() == []


def test_what_does_not_matter_is_not_asked_for(signed_in: FlaskClient) -> None:
    assert sent(signed_in, pricing_type="free", amount="", duration="x", setup_fee="?").status_code == 303
    assert (only(Product).pricing_type, only(Product).amount_minor) == (PricingType.FREE, 0)


def test_a_slug_that_is_taken_is_refused_with_another_one(signed_in: FlaskClient) -> None:
    factories.product("premium")
    root = parse(sent(signed_in).text)
    assert "Try premium-2." in root.by_id("slug-error").text


def test_rows_are_added_and_taken_away_and_nothing_typed_is_lost(signed_in: FlaskClient) -> None:
    first = {**ROW, "variations-1-amount": "80", "variations-1-duration": "3", "variations-1-duration_unit": "month"}
    more = Page(sent(signed_in, **first, add_row="1").text)
    assert [more.fields[f"variations-{place}-amount"] for place in range(3)] == ["299", "80", ""]
    less = Page(sent(signed_in, **first, remove_row="variations-0").text)
    assert [name for name in less.fields if name.endswith("-amount")] == ["variations-0-amount"]
    assert (less.fields["variations-0-amount"], less.fields["variations-0-duration"]) == ("80", "3")
    assert less.fields["name"] == "Premium"
    assert db.session.scalars(select(Product)).all() == []


def test_there_is_an_end_to_rows(signed_in: FlaskClient) -> None:
    many = {f"variations-{place}-amount": "1" for place in range(12)}
    page = Page(sent(signed_in, **many, add_row="1").text)
    assert len([name for name in page.fields if name.endswith("-amount")]) == 12


def test_the_card_shows_what_is_typed_as_buyers_will_see_it(signed_in: FlaskClient, client: FlaskClient) -> None:
    answer = signed_in.post("/admin/products/preview", data={**FORM, **ROW}, headers={"HX-Request": "true"})
    month, year = parse(answer.text).all("li", class_="plan")
    assert not parse(answer.text).all("form")
    assert "€29.99 per month" in month.text
    assert "€299.00 per year equals €24.92 a month" in year.text
    assert sent(signed_in).status_code == 303
    shown = parse(client.get("/").text).one("li", class_="plan")
    assert [one.text for one in shown][1:6] == [one.text for one in month][1:6]
    assert db.session.scalars(select(Product)).one()


@pytest.mark.parametrize(
    "changes", [{"amount": "?"}, {"name": ""}, {"variations-0-duration": "x", **ROW}, {"type": "?"}]
)
def test_a_preview_of_half_a_form_complains_of_nothing(signed_in: FlaskClient, changes: dict[str, str]) -> None:
    answer = sent(signed_in, **changes, preview="1")
    assert (answer.status_code, parse(answer.text).all(id="error-summary")) == (200, [])
    assert parse(answer.text).by_id("preview").all("li", class_="plan")


def test_a_product_is_changed_and_its_history_says_so(browser: Browser, look: Look) -> None:
    plan = factories.product("premium", year=29900)
    page = browser.get(f"/admin/products/{plan.id}/edit")
    assert "Memberships that exist keep the price" in page.text
    assert (page.fields["amount"], page.fields["variations-0-amount"]) == ("29.99", "299.00")
    page = rows.send(browser, f"/products/{plan.id}", amount="39.99")
    assert "Changes saved." in page.text
    assert rows.fresh(plan).price == Money(3999, "EUR")
    [entry] = look(f"/admin/products/{plan.id}").all("li", class_="timeline__entry")
    assert "Product changed Price: €29.99 → €39.99" in entry.text
    assert entry.text.endswith("Olga Peters")


def test_a_change_in_german_reads_german_amounts(signed_in: FlaskClient) -> None:
    plan = factories.product("premium")
    page = Page(signed_in.get(f"/admin/products/{plan.id}/edit", headers={"Accept-Language": "de"}).text)
    assert page.fields["amount"] == "29,99"


def test_who_is_slower_sees_both_and_loses_nothing(browser: Browser, signed_in: FlaskClient) -> None:
    plan = factories.product("premium")
    browser.get(f"/admin/products/{plan.id}/edit")
    path, version = f"/admin/products/{plan.id}", str(plan.version)
    assert sent(signed_in, path, slug="premium", amount="35", version=version).status_code == 303
    page = rows.send(browser, path, amount="39.99", description="Mine")
    assert browser.response.status_code == 409
    clash = parse(page.html).by_id("clash")
    assert "Olga Peters changed it at" in clash.text
    assert [one.text for one in clash.all("tr")] == [
        "Field Saved now Yours",
        "Short text For a business. Mine",
        "Price €35.00 €39.99",
        "Features One site, Your own domain –",
    ]
    assert (page.fields["amount"], page.fields["description"]) == ("39.99", "Mine")
    assert rows.fresh(plan).price == Money(3500, "EUR")
    page = rows.send(browser, path)
    assert "Changes saved." in page.text
    assert (rows.fresh(plan).price, plan.description) == (Money(3999, "EUR"), "Mine")


def test_a_move_in_the_list_is_not_undone_by_who_edits_meanwhile(browser: Browser, signed_in: FlaskClient) -> None:
    first, second = factories.product("one"), factories.product("two")
    browser.get(f"/admin/products/{second.id}/edit")
    signed_in.post(f"/admin/products/{second.id}/place", data={"by": "-1"})
    placed = rows.fresh(second).list_order
    rows.send(browser, f"/products/{second.id}", name="New name")
    assert (rows.fresh(second).name, second.list_order) == ("New name", placed)
    assert placed < rows.fresh(first).list_order


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "Ünïcode ‮", "'\"><img src=x>"])
def test_a_name_is_a_text_wherever_it_stands(signed_in: FlaskClient, look: Look, name: str) -> None:
    assert sent(signed_in, name=name, slug="plan").status_code == 303
    page = f"/admin/products/{only(Product).id}"
    for path in ("/admin/products", page, f"{page}/edit", "/"):
        root = look(path)
        assert not [one for one in root.all("img") if one.attrs.get("src") == "x"]
        assert name in root.one("main").text or any(name in value for one in root for value in one.attrs.values())


def test_a_preview_without_a_price_does_not_say_that_it_is_free(signed_in: FlaskClient) -> None:
    card = parse(sent(signed_in, amount="", preview="1").text).by_id("preview")
    assert "The price is still missing." in card.text
    assert "Free" not in card.text
    free = parse(sent(signed_in, amount="", pricing_type="free", preview="1").text).by_id("preview")
    assert "Free" in free.text
