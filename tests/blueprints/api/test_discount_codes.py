"""Discount codes by the API, and by the rules that keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from webapp import clock
from webapp.extensions import db
from webapp.models import AuditEntry, DiscountCode, Redemption, Renewals

TEN = {"code": "summer-10", "value": "10"}


def made(caller: Caller, **more: Any) -> dict[str, Any]:
    answer = caller.post("/discount-codes", {**TEN, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_code_is_made_with_everything_that_is_said_of_it(caller: Caller) -> None:
    plan = factories.product("premium")
    facts = {
        "name": "Summer",
        "description": "For the fair.",
        "type": "absolute",
        "value": 500,
        "setup_fee_type": "percentage",
        "setup_fee_value": "12.5",
        "currency": "EUR",
        "apply_to_renewals": "first",
        "renewals_limit": 3,
        "max_uses": 100,
        "active": False,
        "date_start": "2027-06-01T00:00:00Z",
        "date_expiration": "2027-08-31T21:59:59Z",
        "allowed_billing_periods": ["1-month", "1-year"],
    }
    answer = caller.post("/discount-codes", {"code": "summer 10", **facts, "allowed_products": [plan.id, "premium"]})
    assert answer.status_code == 201, answer.text
    assert {name: answer.json[name] for name in facts} == facts
    assert answer.json["code"] == "SUMMER10"
    assert answer.json["allowed_products"] == ["premium"]
    assert (answer.json["limit_products"], answer.json["limit_billing_periods"]) == (True, True)
    assert answer.headers["Location"] == "/api/v2/discount-codes/SUMMER10"
    assert caller.get("/discount-codes/summer10").json == answer.json
    assert caller.get(f"/discount-codes/{answer.json['id']}").json == answer.json
    assert db.session.scalars(select(DiscountCode)).one().renewals_limit == 3


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (True, ("always", 0)),
        (False, ("never", 0)),
        ("always", ("always", 0)),
        (2, ("first", 2)),
    ],
)
def test_renewals_may_be_said_in_several_ways(caller: Caller, sent: Any, kept: tuple[str, int]) -> None:
    row = made(caller, apply_to_renewals=sent)
    assert (row["apply_to_renewals"], row["renewals_limit"]) == kept
    assert caller.patch("/discount-codes/SUMMER-10", {"max_uses": 5}).json["apply_to_renewals"] == kept[0]


def test_a_code_is_changed_in_part_and_the_log_says_what(caller: Caller) -> None:
    before = made(caller)
    answer = caller.patch("/discount-codes/SUMMER-10", {"value": "12.50", "active": False})
    assert (answer.json["value"], answer.json["active"]) == ("12.5", False)
    assert answer.json["name"] == before["name"]
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [one.action for one in entries] == [
        "discount-codes.create",
        "discount-codes.change",
        "discount-codes.deactivate",
    ]
    assert entries[1].after == {"value": "12.5%"}
    assert caller.patch("/discount-codes/SUMMER-10", {}).headers["ETag"] == answer.headers["ETag"]


def test_limits_are_forgotten_where_they_are_switched_off(caller: Caller) -> None:
    factories.product("premium")
    made(caller, allowed_products=["premium"], allowed_billing_periods=["1-month"])
    changed = caller.patch("/discount-codes/SUMMER-10", {"limit_products": False, "limit_billing_periods": False}).json
    assert (changed["allowed_products"], changed["allowed_billing_periods"]) == ([], [])


def test_a_use_by_a_buyer_is_no_change(caller: Caller) -> None:
    made(caller)
    etag = caller.get("/discount-codes/SUMMER-10").headers["ETag"]
    factories.save(lambda: _used())
    assert caller.patch("/discount-codes/SUMMER-10", {"max_uses": 5}, If_Match=etag).status_code == 200
    assert caller.patch("/discount-codes/SUMMER-10", {"max_uses": 6}, If_Match=etag).status_code == 412


def _used() -> DiscountCode:
    row = db.session.scalars(select(DiscountCode)).one()
    row.uses += 1
    return row


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"code": ""}, "code"),
        ({"code": "x"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": "ÄÖ"}, "code"),
        ({"code": "x" * 21}, "code"),
        ({"code": None}, "code"),
        ({"value": "100.01"}, "value"),
        ({"value": "-1"}, "value"),
        ({"value": "ten"}, "value"),
        ({"value": 10.5}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "1e2"}, "value"),
        ({"value": "0"}, "value"),
        ({"type": "absolute", "value": "9.99", "currency": "EUR"}, "value"),
        ({"type": "absolute", "value": 500}, "currency"),
        ({"type": "absolute", "value": 500, "currency": "XYZ"}, "currency"),
        ({"type": "free"}, "type"),
        ({"apply_to_renewals": "sometimes"}, "apply_to_renewals"),
        ({"apply_to_renewals": 0}, "apply_to_renewals"),
        ({"apply_to_renewals": "first"}, "renewals_limit"),
        ({"max_uses": -1}, "max_uses"),
        ({"date_start": "2027-02-01T00:00:00Z", "date_expiration": "2027-01-01T00:00:00Z"}, "date_expiration"),
        ({"date_start": "tomorrow"}, "date_start"),
        ({"date_start": "2027-02-01"}, "date_start"),
        ({"date_start": "2027-02-30T00:00:00Z"}, "date_start"),
        ({"allowed_products": ["nothing"]}, "allowed_products.0"),
        ({"allowed_products": "premium"}, "allowed_products"),
        ({"allowed_billing_periods": ["1-eon"]}, "allowed_billing_periods.0"),
        ({"uses": 5}, "uses"),
        ({"uses_left": 5}, "uses_left"),
    ],
)
def test_what_cannot_be_is_named(caller: Caller, sent: dict[str, Any], name: str) -> None:
    answer = caller.post("/discount-codes", {**TEN, **sent})
    assert answer.status_code == 422
    assert set(params(answer)) == {name}
    assert db.session.scalars(select(DiscountCode)).all() == []


def test_hyphens_tell_no_two_codes_apart(caller: Caller) -> None:
    made(caller)
    assert set(params(caller.post("/discount-codes", {**TEN, "code": "SUM-MER10"}))) == {"code"}
    assert caller.patch("/discount-codes/SUMMER-10", {"code": "summer10"}).json["code"] == "SUMMER10"


def test_an_unused_code_is_deleted_and_a_used_one_is_not(caller: Caller) -> None:
    made(caller)
    assert caller.delete("/discount-codes/SUMMER-10").status_code == 204
    assert caller.get("/discount-codes/SUMMER-10").status_code == 404
    code = factories.discount_code("HELD")
    payment = factories.payment()
    held = {"discount_code_id": code.id, "payment_id": payment.id, "held_until": clock.now() + timedelta(hours=1)}
    factories.save(lambda: Redemption(**held))
    factories.discount_code("COUNTED", uses=1)
    for name in ("HELD", "COUNTED"):
        assert caller.delete(f"/discount-codes/{name}").status_code == 409
        assert caller.get(f"/discount-codes/{name}").status_code == 200


def test_the_list(caller: Caller, statements: Statements) -> None:
    for number in range(25):
        factories.discount_code(f"CODE-{number:02}", name="Fair", apply_to_renewals=Renewals.ALWAYS)
    factories.discount_code("OLD", active=False)
    assert [one["code"] for one in caller.get("/discount-codes?status=inactive").json["data"]] == ["OLD"]
    assert len(caller.get("/discount-codes?search=fair&per_page=100").json["data"]) == 25
    first = caller.get("/discount-codes?orderby=code&order=asc&per_page=1").json["data"]
    assert [one["code"] for one in first] == ["CODE-00"]
    statements.clear()
    caller.get("/discount-codes?per_page=25")
    assert len(statements) <= 12


@pytest.mark.parametrize("name", ["nothing", "%00", "x" * 200, "9" * 30])
def test_what_is_not_there(caller: Caller, name: str) -> None:
    assert caller.get(f"/discount-codes/{name}").status_code == 404
