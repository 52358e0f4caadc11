"""Products by the API: made, changed and deleted by the rules of the admin's form."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from webapp.extensions import db
from webapp.models import AuditEntry, CurrencyPrice, Product, ProductType

PREMIUM = {"name": "Premium", "slug": "premium", "amount": 2999}
YEAR = {"duration": 1, "duration_unit": "year", "amount": 29900}


def made(caller: Caller, **more: Any) -> dict[str, Any]:
    answer = caller.post("/products", {**PREMIUM, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_product_is_made_with_everything_that_is_said_of_it(caller: Caller) -> None:
    addon = factories.product("backup", type=ProductType.PACKAGE)
    facts = {
        "description": "For shops.",
        "type": "plan",
        "pricing_type": "paid",
        "currency": "EUR",
        "setup_fee": -500,
        "recurring": True,
        "duration": 3,
        "duration_unit": "month",
        "billing_cycles": 12,
        "stays_for_life": True,
        "trial_duration": 14,
        "trial_duration_unit": "day",
        "price_variations": [YEAR],
        "prices": [
            {"currency": "CHF", "amount": 2890, "setup_fee": 100, "price_variations": [{**YEAR, "amount": 28900}]}
        ],
        "active": False,
        "list_order": 3,
        "product_group": "shops",
        "provisioner": "built-in",
        "feature_list": ["Ten sites", "Backups"],
        "taxable": False,
        "tax_category": "reduced",
    }
    answer = caller.post("/products", {**PREMIUM, **facts, "available_addons": [addon.id]})
    assert answer.status_code == 201
    assert {name: answer.json[name] for name in facts} == facts
    assert answer.json["available_addons"] == ["backup"]
    assert answer.json["url"] == "http://localhost/register/premium"
    assert answer.headers["Location"] == "/api/v2/products/premium"
    assert caller.get("/products/premium").json == answer.json
    row = db.session.scalars(select(Product).where(Product.slug == "premium")).one()
    assert (row.amount_minor, row.setup_fee_minor, row.active) == (2999, -500, False)


def test_little_is_needed(caller: Caller) -> None:
    answer = caller.post("/products", {"name": "Größe L", "amount": 100})
    found = answer.json
    assert (found["slug"], found["currency"], found["type"], found["recurring"]) == ("groesse-l", "EUR", "plan", True)
    assert caller.post("/products", {"name": "Größe L", "amount": 100}).json["slug"] == "groesse-l-2"


def test_every_way_of_pricing(caller: Caller) -> None:
    free = caller.post("/products", {"name": "Free", "pricing_type": "free", "amount": 500}).json
    assert (free["amount"], free["recurring"]) == (0, False)
    wanted = {"pwyw_minimum_amount": 500, "pwyw_suggested_amount": 1000, "pwyw_maximum_amount": 5000}
    named = caller.post("/products", {"name": "Gift", "pricing_type": "pay_what_you_want", **wanted}).json
    assert {name: named[name] for name in wanted} == wanted
    contact = {"contact_us_label": "Write to us", "contact_us_link": "https://example.com/contact"}
    asked = caller.post("/products", {"name": "Big", "pricing_type": "contact_us", **contact}).json
    assert {name: asked[name] for name in contact} == contact


def test_id_and_slug_name_the_same_row(caller: Caller) -> None:
    row = made(caller)
    assert caller.get(f"/products/{row['id']}").json == row
    assert caller.get("/products/nothing").status_code == 404
    for path in ("0", "-1", "9" * 30, "%00", "x" * 300, "%F0%9F%92%A9"):
        assert caller.get(f"/products/{path}").status_code == 404


def test_a_product_is_changed_in_part(caller: Caller) -> None:
    before = made(caller, price_variations=[YEAR], feature_list=["A"])
    answer = caller.patch("/products/premium", {"amount": 3499})
    assert answer.status_code == 200
    assert {name for name, value in answer.json.items() if value != before[name]} <= {"amount", "date_modified"}
    assert answer.json["amount"] == 3499
    assert answer.headers["ETag"] == caller.get("/products/premium").headers["ETag"]
    noted = [one.action for one in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert noted == ["products.create", "products.change"]


def test_it_is_taken_off_sale_and_renamed(caller: Caller) -> None:
    row = made(caller)
    answer = caller.patch("/products/premium", {"active": False, "slug": "gold", "duration": 2})
    assert (answer.json["active"], answer.json["slug"], answer.json["duration"]) == (False, "gold", 2)
    assert caller.get("/products/premium").status_code == 404
    assert caller.get(f"/products/{row['id']}").json["slug"] == "gold"


def test_prices_in_other_currencies_are_sent_whole_and_stay_where_they_are_not_sent(caller: Caller) -> None:
    francs = {"currency": "CHF", "amount": 2890, "setup_fee": 0, "price_variations": [{**YEAR, "amount": 28900}]}
    made(caller, price_variations=[YEAR], prices=[francs])
    quarter = {"duration": 3, "duration_unit": "month", "amount": 8000}
    changed = caller.patch("/products/premium", {"price_variations": [quarter, YEAR]}).json
    assert changed["prices"] == [francs]
    assert [one["amount"] for one in changed["price_variations"]] == [29900, 8000] or changed["price_variations"] == [
        quarter,
        YEAR,
    ]
    assert caller.patch("/products/premium", {"prices": []}).json["prices"] == []
    assert db.session.scalars(select(CurrencyPrice)).all() == []


def test_what_was_read_can_be_sent_back_without_what_cannot_be_set(caller: Caller) -> None:
    addon = factories.product("backup", type=ProductType.PACKAGE)
    row = made(caller, price_variations=[YEAR], available_addons=[addon.slug], trial_duration=7)
    fixed = {"id", "url", "featured_image", "date_created", "date_modified"}
    answer = caller.patch("/products/premium", {name: value for name, value in row.items() if name not in fixed})
    assert answer.status_code == 200
    assert {**answer.json, "date_modified": ""} == {**row, "date_modified": ""}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 29.99),
        ("amount", "29.99"),
        ("amount", 2999.0),
        ("amount", -1),
        ("amount", 0),
        ("amount", 10**13),
        ("amount", None),
        ("amount", True),
        ("setup_fee", 1.5),
        ("currency", "EURO"),
        ("currency", "E1R"),
        ("currency", 978),
        ("name", ""),
        ("name", " "),
        ("name", "x" * 201),
        ("name", None),
        ("slug", "No Slug"),
        ("slug", "x"),
        ("type", "site"),
        ("pricing_type", "cheap"),
        ("duration", 0),
        ("duration", 1.0),
        ("duration", 3000),
        ("duration_unit", "fortnight"),
        ("billing_cycles", -1),
        ("billing_cycles", 10**6),
        ("trial_duration", -1),
        ("list_order", "first"),
        ("active", "yes"),
        ("feature_list", "one"),
        ("tax_category", "x" * 41),
        ("available_addons", ["nothing"]),
        ("product_group", "x" * 21),
        ("provisioner", "nobody"),
        ("id", 1),
        ("date_created", "2027-01-31T10:00:00Z"),
        ("wu_secret", 1),
    ],
)
def test_what_cannot_be_is_named(caller: Caller, field: str, value: Any) -> None:
    answer = caller.post("/products", {**PREMIUM, field: value})
    assert answer.status_code == 422
    [name] = params(answer)
    assert name in (field, f"{field}.0")
    assert db.session.scalars(select(Product)).all() == []


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"price_variations": [{"duration": 1, "duration_unit": "month", "amount": 5}]}, "price_variations.0.duration"),
        ({"price_variations": [YEAR, {**YEAR, "amount": 0}]}, "price_variations.1.amount"),
        ({"price_variations": [{"duration": 1}]}, "price_variations.0.amount"),
        ({"price_variations": [{**YEAR, "extra": 1}]}, "price_variations.0.extra"),
        ({"price_variations": [{**YEAR, "duration": 11}]}, "price_variations.0.duration"),
        ({"prices": [{"currency": "EUR", "amount": 5}]}, "prices.0.currency"),
        ({"prices": [{"currency": "XYZ", "amount": 5}]}, "prices.0.currency"),
        ({"prices": [{"currency": "CHF", "amount": 0}]}, "prices.0.amount"),
        ({"prices": [{"currency": "CHF", "amount": 5}, {"currency": "CHF", "amount": 6}]}, "prices.1.currency"),
        (
            {"prices": [{"currency": "CHF", "amount": 5, "price_variations": [YEAR]}]},
            "prices.0.price_variations.0.duration",
        ),
        (
            {"pricing_type": "pay_what_you_want", "pwyw_minimum_amount": 9, "pwyw_maximum_amount": 5},
            "pwyw_maximum_amount",
        ),
        ({"pricing_type": "contact_us", "contact_us_label": "x", "contact_us_link": "javascript:x"}, "contact_us_link"),
    ],
)
def test_faults_inside_of_others_are_named_with_their_place(caller: Caller, more: dict[str, Any], name: str) -> None:
    answer = caller.post("/products", {**PREMIUM, **more})
    assert answer.status_code == 422
    assert name in params(answer)


def test_a_slug_belongs_to_one(caller: Caller) -> None:
    made(caller)
    assert params(caller.post("/products", PREMIUM)) == {
        "slug": "Another product has this name in addresses. Try premium-2."
    }
    other = made(caller, slug="other")
    assert set(params(caller.patch(f"/products/{other['id']}", {"slug": "premium"}))) == {"slug"}


def test_its_own_currency_stays(caller: Caller) -> None:
    made(caller)
    assert set(params(caller.patch("/products/premium", {"currency": "CHF"}))) == {"currency"}
    assert caller.patch("/products/premium", {"currency": "EUR"}).status_code == 200


def test_an_unused_one_is_deleted_and_one_that_was_bought_is_not(caller: Caller) -> None:
    made(caller)
    etag = caller.get("/products/premium").headers["ETag"]
    caller.patch("/products/premium", {"amount": 5})
    assert caller.delete("/products/premium", If_Match=etag).status_code == 412
    answer = caller.delete("/products/premium")
    assert (answer.status_code, answer.data) == (204, b"")
    assert caller.get("/products/premium").status_code == 404
    assert caller.delete("/products/premium").status_code == 404
    sold = factories.product("sold")
    factories.membership(plan=sold)
    refused = caller.delete("/products/sold")
    assert (refused.status_code, refused.json["code"]) == (409, "conflict")
    assert caller.get("/products/sold").status_code == 200


def test_an_older_state_changes_nothing(caller: Caller) -> None:
    made(caller)
    etag = caller.get("/products/premium").headers["ETag"]
    assert caller.patch("/products/premium", {"amount": 1000}, If_Match=etag).status_code == 200
    assert caller.patch("/products/premium", {"amount": 2000}, If_Match=etag).status_code == 412
    assert caller.get("/products/premium").json["amount"] == 1000


def test_a_change_that_changes_nothing_makes_no_new_state(caller: Caller) -> None:
    made(caller, price_variations=[YEAR], prices=[{"currency": "CHF", "amount": 2890}], trial_duration=7)
    etag = caller.get("/products/premium").headers["ETag"]
    for body in ({}, {"amount": 2999, "active": True}, {"price_variations": [YEAR]}):
        assert caller.patch("/products/premium", body).headers["ETag"] == etag
    assert len(db.session.scalars(select(AuditEntry)).all()) == 1


def test_a_product_sent_twice_is_made_once(caller: Caller) -> None:
    first = caller.post("/products", PREMIUM, Idempotency_Key="product-1")
    again = caller.post("/products", PREMIUM, Idempotency_Key="product-1")
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert len(db.session.scalars(select(Product)).all()) == 1


def test_the_list_is_searched_filtered_and_costs_the_same(caller: Caller, statements: Statements) -> None:
    addon = factories.product("backup", name="Backup", type=ProductType.PACKAGE)
    for number in range(30):
        factories.product(f"plan-{number:02}", name=f"Plan {number:02}", year=100, available_addons=[addon.id])
    factories.product("old", name="Old one", active=False)
    found = caller.get("/products?type=package").json["data"]
    assert [one["slug"] for one in found] == ["backup"]
    assert [one["slug"] for one in caller.get("/products?status=inactive").json["data"]] == ["old"]
    assert [one["slug"] for one in caller.get("/products?search=backup").json["data"]] == ["backup"]
    ordered = caller.get("/products?orderby=name&order=asc&per_page=3").json["data"]
    assert [one["slug"] for one in ordered] == ["backup", "old", "plan-00"]
    counts = []
    for size in (2, 30):
        statements.clear()
        assert len(caller.get(f"/products?per_page={size}").json["data"]) == size
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12
