"""Tax rates by the API, and what they do to the next cart."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from webapp.extensions import db
from webapp.models import AuditEntry, TaxRate

VAT = {"title": "VAT", "rate": "19", "country": "DE"}


def made(caller: Caller, **more: Any) -> dict[str, Any]:
    answer = caller.post("/tax-rates", {**VAT, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_rate_is_made_read_changed_and_deleted(caller: Caller) -> None:
    facts = {
        "category": "reduced",
        "state": "BY",
        "city": "Passau, Hof",
        "priority": 2,
        "compound": True,
        "active": False,
    }
    answer = caller.post("/tax-rates", {**VAT, "rate": "7.250", **facts})
    assert answer.status_code == 201
    assert {name: answer.json[name] for name in facts} == facts
    assert (answer.json["rate"], answer.json["country"]) == ("7.25", "DE")
    path = f"/tax-rates/{answer.json['id']}"
    assert answer.headers["Location"] == f"/api/v2{path}"
    assert caller.get(path).json == answer.json
    changed = caller.patch(path, {"rate": "8", "active": True}, If_Match=answer.headers["ETag"])
    assert (changed.json["rate"], changed.json["active"], changed.json["city"]) == ("8", True, "Passau, Hof")
    assert caller.patch(path, {"rate": "9"}, If_Match=answer.headers["ETag"]).status_code == 412
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert [one.action for one in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        "tax-rates.create",
        "tax-rates.change",
        "tax-rates.delete",
    ]


def test_it_holds_from_the_next_cart_on(caller: Caller) -> None:
    factories.product("premium", amount_minor=1000)
    made(caller)
    caller.patch("/settings", {"enable_taxes": True})
    cart = caller.post("/carts", {"products": ["premium"], "country": "de"}).json
    assert (cart["tax_total"], cart["total"]) == (190, 1190)
    assert cart["line_items"][0]["taxes"] == [{"title": "VAT", "rate": "19", "amount": 190}]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"rate": "100.5"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": "1.00001"}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": None}, "rate"),
        ({"country": "ZZ"}, "country"),
        ({"country": "DEU"}, "country"),
        ({"category": "No Name"}, "category"),
        ({"state": "x" * 201}, "state"),
        ({"priority": -1}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"compound": "no"}, "compound"),
        ({"id": 5}, "id"),
    ],
)
def test_what_cannot_be_is_named(caller: Caller, sent: dict[str, Any], name: str) -> None:
    answer = caller.post("/tax-rates", {**VAT, **sent})
    assert answer.status_code == 422
    assert set(params(answer)) == {name}
    assert db.session.scalars(select(TaxRate)).all() == []


def test_a_decimal_of_json_is_kept_as_it_was_written(caller: Caller) -> None:
    assert caller.post("/tax-rates", b'{"title": "VAT", "rate": 19.6}').json["rate"] == "19.6"


def test_everywhere_is_a_country(caller: Caller) -> None:
    assert caller.post("/tax-rates", {"title": "VAT", "rate": 5}).json["country"] == "*"
    assert made(caller, country="*")["country"] == "*"


def test_the_list(caller: Caller, statements: Statements) -> None:
    for country in ("DE", "AT", "FR"):
        made(caller, country=country)
    made(caller, category="reduced", active=False)
    assert len(caller.get("/tax-rates?country=de").json["data"]) == 2
    assert len(caller.get("/tax-rates?category=reduced").json["data"]) == 1
    assert len(caller.get("/tax-rates?status=active&search=vat").json["data"]) == 3
    statements.clear()
    assert len(caller.get("/tax-rates").json["data"]) == 4
    assert len(statements) <= 12


@pytest.mark.parametrize("name", ["0", "x", "9" * 30, str(2**63)])
def test_what_is_not_there(caller: Caller, name: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        assert caller(method, f"/tax-rates/{name}", {} if method == "PATCH" else None).status_code == 404
