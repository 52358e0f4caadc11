"""The pages of discount codes: listed, shown with their uses, made, changed, copied, switched, and linked to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.conftest import Look
from tests.conftest import Statements, only
from tests.pages import Browser, Page
from tests.templates.conftest import Element, parse
from webapp import clock
from webapp.domain import discounts
from webapp.extensions import db
from webapp.models import DiscountCode, DiscountType, Renewals, Role
from webapp.transactions import unit_of_work

FRAGMENT = {"HX-Request": "true"}
FORM = {
    "code": "summer-10",
    "name": "Summer",
    "description": "",
    "type": "percentage",
    "value": "12,5",
    "setup_fee_type": "percentage",
    "setup_fee_value": "",
    "currency": "EUR",
    "apply_to_renewals": "never",
    "renewals_limit": "",
    "max_uses": "",
    "starts_at": "",
    "expires_at": "",
    "active": "y",
}


def sent(client: FlaskClient, path: str = "/admin/discount-codes", **changes: Any) -> Any:
    return client.post(path, data={**FORM, **changes})


def test_codes_are_listed_with_what_they_take_off(look: Look) -> None:
    factories.discount_code("TEN", name="Ten", max_uses=5, uses=2)
    facts = {"type": DiscountType.ABSOLUTE, "currency": "EUR", "setup_fee_value": Decimal(50)}
    factories.discount_code("FIVER", 500, apply_to_renewals=Renewals.FIRST, renewals_limit=2, **facts)
    root = look("/admin/discount-codes")
    assert rows.names(root) == ["FIVER", "TEN Ten"]
    cells = [one.text for one in root.all("td")]
    assert cells[:4] == ["€5.00, 50% of the set-up fee", "The first payment and 2 renewals", "0", "valid"]
    assert cells[5:9] == ["10%", "The first payment only", "2 of 5", "valid"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=sum", ["SUMMER-10"]),
        ("search=Partner", ["OLD"]),
        ("on=no", ["OLD"]),
        ("on=yes", ["SUMMER-10", "FIVER"]),
        ("type=absolute", ["FIVER"]),
        ("sort=code", ["FIVER", "OLD", "SUMMER-10"]),
        ("type=x", ["SUMMER-10", "FIVER", "OLD"]),
    ],
)
def test_codes_are_found_and_narrowed(look: Look, query: str, expected: list[str]) -> None:
    factories.discount_code("OLD", name="For partners", active=False)
    factories.discount_code("FIVER", 500, type=DiscountType.ABSOLUTE, currency="EUR")
    factories.discount_code("SUMMER-10")
    assert [one.text.split()[0] for one in look(f"/admin/discount-codes?{query}").all("th", scope="row")] == expected


def test_how_a_code_stands_is_a_word(look: Look, clock: Any) -> None:
    day = timedelta(days=1)
    factories.discount_code("OVER", expires_at=clock.now - day)
    factories.discount_code("SOON", starts_at=clock.now + day)
    factories.discount_code("GONE", max_uses=1, uses=1)
    factories.discount_code("OFF", active=False)
    root = look("/admin/discount-codes?sort=code")
    words = [one.text for one in root.all("span") if "badge" in one.attrs.get("class", "").split()]
    assert words == ["used up", "switched off", "over", "not yet valid"]


def test_a_list_and_a_page_cost_the_same_however_many_there_are(look: Look, statements: Statements) -> None:
    rows.many(60, lambda index: factories.discount_code(f"CODE{index}"))
    one = factories.discount_code("TEN")
    for _each in range(12):
        use(one)
    look("/admin/discount-codes")
    for path in ("/admin/discount-codes", f"/admin/discount-codes/{one.id}"):
        db.session.rollback()
        statements.clear()
        look(path)
        assert len(statements) <= 12, "\n".join(statements)


def use(code: DiscountCode, *, counted: bool = False) -> None:
    payment = factories.payment(discount_code=code.code)
    with unit_of_work("test"):
        discounts.hold(code, payment, clock.now() + timedelta(hours=1))
    if counted:
        with unit_of_work("test"):
            discounts.count_use(payment)


def test_a_code_shows_who_has_used_it_and_who_holds_it(look: Look) -> None:
    code = factories.discount_code("TEN", max_uses=5)
    use(code)
    use(code, counted=True)
    root = look(f"/admin/discount-codes/{code.id}")
    assert [one.text for one in root.all("div", class_="figure")] == ["Uses that count 1 of 5", "Held by open orders 1"]
    table = root.by_id("use-rows")
    assert [one.text for one in table.all("span") if "badge" in one.attrs.get("class", "")] == ["counted", "held"]
    assert table.all("th", scope="row")[0].one("a").attrs["href"].startswith("/admin/payments/")


def test_a_code_is_made_without_script(browser: Browser) -> None:
    factories.product("premium", year=29900)
    browser.get("/admin/discount-codes/new")
    values = {"code": "summer-10", "value": "12.5", "apply_to_renewals": "first", "renewals_limit": "3"}
    dates = {"starts_at": "2027-06-01T08:00", "expires_at": "2027-08-31T23:59"}
    page = rows.send(
        browser,
        "/admin/discount-codes",
        **values,
        **dates,
        max_uses="100",
        allowed_products=["premium"],
        allowed_periods=["1-year"],
    )
    code = only(DiscountCode)
    assert "“SUMMER-10” is saved." in page.text
    assert (code.code, code.value, code.renewals_limit, code.max_uses) == ("SUMMER-10", Decimal("12.5"), 3, 100)
    assert (str(code.starts_at), str(code.expires_at)) == ("2027-06-01 08:00:00+00:00", "2027-08-31 23:59:00+00:00")
    assert (code.allowed_products, code.allowed_periods, code.currency) == (["premium"], ["1-year"], None)
    page = browser.get(f"/admin/discount-codes/{code.id}/edit")
    assert (page.fields["value"], page.fields["starts_at"]) == ("12.5", "2027-06-01T08:00")
    assert (page.fields["allowed_products"], page.fields["allowed_periods"]) == ("premium", "1-year")


def test_amounts_have_the_decimals_of_their_currency(signed_in: FlaskClient) -> None:
    changes = {"type": "absolute", "value": "1.234", "currency": "KWD", "setup_fee_type": "absolute"}
    assert sent(signed_in, **changes, setup_fee_value="0.5").status_code == 303
    assert (only(DiscountCode).value, only(DiscountCode).setup_fee_value, only(DiscountCode).currency) == (
        Decimal(1234),
        Decimal(500),
        "KWD",
    )


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"code": "!"}, ["#code"]),
        ({"code": ""}, ["#code"]),
        ({"name": "x" * 201}, ["#name"]),
        ({"value": ""}, ["#value"]),
        ({"value": "100.5"}, ["#value"]),
        ({"value": "-5"}, ["#value"]),
        ({"value": "NaN"}, ["#value"]),
        ({"value": "1e1"}, ["#value"]),
        ({"value": "Infinity"}, ["#value"]),
        ({"setup_fee_value": "101"}, ["#setup_fee_value"]),
        ({"type": "absolute", "value": "5.005"}, ["#value"]),
        ({"type": "absolute", "value": "-5"}, ["#value"]),
        ({"type": "absolute", "value": "9" * 20}, ["#value"]),
        ({"type": "absolute", "value": "5", "currency": "XXX"}, ["#currency"]),
        ({"type": "absolute", "value": "5", "currency": ""}, ["#currency"]),
        ({"apply_to_renewals": "first"}, ["#renewals_limit"]),
        ({"apply_to_renewals": "first", "renewals_limit": "0"}, ["#renewals_limit"]),
        ({"max_uses": "many"}, ["#max_uses"]),
        ({"max_uses": "-1"}, ["#max_uses"]),
        ({"starts_at": "tomorrow"}, ["#starts_at"]),
        ({"starts_at": "2027-02-30T00:00"}, ["#starts_at"]),
        ({"starts_at": "2027-06-01T00:00", "expires_at": "2027-05-01T00:00"}, ["#expires_at"]),
        ({"allowed_products": ["nothing"]}, ["#allowed_products"]),
        ({"allowed_periods": ["1-moon"]}, ["#allowed_periods"]),
        ({"code": "", "value": "x", "max_uses": "x"}, ["#value", "#max_uses"]),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    signed_in: FlaskClient, changes: dict[str, Any], places: list[str]
) -> None:
    answer = sent(signed_in, **{"description": "Kept <b>as</b> typed", **changes})
    root = parse(answer.text)
    assert answer.status_code == 422
    assert root.one("title").text.startswith("Error:")
    assert rows.errors(root) == places
    assert all(root.by_id(f"{place[1:]}-error").text for place in places)
    assert "Kept &lt;b&gt;as&lt;/b&gt; typed" in answer.text
    page = Page(answer.text)
    typed = {name: value for name, value in {**FORM, **changes}.items() if name in ("code", "value", "max_uses")}
    assert {name: page.fields[name] for name in typed} == typed
    assert db.session.scalars(select(DiscountCode)).all() == []


def test_a_code_that_is_taken_is_refused(signed_in: FlaskClient) -> None:
    factories.discount_code("SUMMER10")
    root = parse(sent(signed_in).text)
    assert root.by_id("code-error").text == "There is such a code already. Hyphens make no difference."


def test_who_is_slower_sees_both_and_loses_nothing(browser: Browser, signed_in: FlaskClient) -> None:
    code = factories.discount_code("TEN", 10)
    path = f"/admin/discount-codes/{code.id}"
    browser.get(f"{path}/edit")
    assert sent(signed_in, path, code="TEN", value="15", name="Theirs", version="1").status_code == 303
    page = rows.send(browser, path, value="20", description="Mine")
    assert browser.response.status_code == 409
    clash = parse(page.html).by_id("clash")
    assert "Olga Peters changed it at" in clash.text
    assert [one.text for one in clash.all("tr")] == [
        "Field Saved now Yours",
        "Name Theirs –",
        "What it is for – Mine",
        "Takes off 15% 20%",
    ]
    assert rows.fresh(code).value == Decimal(15)
    assert "Changes saved." in rows.send(browser, path).text
    assert (rows.fresh(code).value, code.description) == (Decimal(20), "Mine")


def test_a_use_meanwhile_is_no_clash(browser: Browser) -> None:
    code = factories.discount_code("TEN", max_uses=5)
    browser.get(f"/admin/discount-codes/{code.id}/edit")
    use(code, counted=True)
    assert "Changes saved." in rows.send(browser, f"/discount-codes/{code.id}", value="20").text
    assert (rows.fresh(code).value, code.uses) == (Decimal(20), 1)


def test_a_copy_is_opened_to_be_looked_at(browser: Browser) -> None:
    code = factories.discount_code("TEN")
    browser.get(f"/admin/discount-codes/{code.id}")
    page = rows.send(browser, "/copies")
    assert page.fields["code"] == "TEN2"
    assert "switched off until you switch it on" in page.text


def test_a_code_is_switched_off_and_on(browser: Browser) -> None:
    code = factories.discount_code("TEN")
    browser.get(f"/admin/discount-codes/{code.id}")
    assert "It can no longer be used." in rows.send(browser, "/switch").text
    assert not rows.fresh(code).active
    assert "It can be used now." in rows.send(browser, "/switch").text
    assert rows.fresh(code).active


def link_in(root: Element) -> str:
    return root.by_id("links").one("code").text


def test_a_link_brings_the_code_to_the_order_form(look: Look, client: FlaskClient) -> None:
    factories.product("premium", year=29900)
    code = factories.discount_code("TEN", allowed_periods=["1-year"])
    path = f"/admin/discount-codes/{code.id}"
    assert link_in(look(path)) == "http://localhost/register?discount_code=TEN"
    root = look(f"{path}/links?plan=premium&period=1-year", **FRAGMENT)
    assert (link_in(root), root.all("h1")) == ("http://localhost/register/premium/1/year?discount_code=TEN", [])
    assert root.by_id("link-plan-error").text == ""
    order = parse(client.get(link_in(root).removeprefix("http://localhost")).text)
    assert "€269.10" in order.by_id("summary").text
    monthly = look(f"{path}/links?plan=premium")
    assert monthly.by_id("link-plan-error").text == "This code is not valid for this plan."


def test_who_only_looks_sees_codes_and_no_button(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    code = factories.discount_code("TEN")
    for path in ("/admin/discount-codes", f"/admin/discount-codes/{code.id}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'method="post" action="/admin' not in answer.text
        assert "/admin/discount-codes/new" not in answer.text


def test_a_code_is_found_from_any_page(look: Look) -> None:
    code = factories.discount_code("SUMMER10", name="Beach")
    assert rows.link(look("/admin/search?q=beach"), "SUMMER10") == f"/admin/discount-codes/{code.id}"
