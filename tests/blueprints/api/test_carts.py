"""`POST /carts`: the checkout's own reckoning, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.api.conftest import Caller, Callers, params
from tests.conftest import Statements, TurnedClock
from tests.lives import buy
from webapp.domain import carts
from webapp.domain.carts import CartRequest
from webapp.extensions import Base, db
from webapp.models import PricingType, ProductType, Renewals, TaxRate
from webapp.settings import Settings


def cart(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("/carts", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_an_order_is_priced_line_by_line(caller: Caller, clock: TurnedClock) -> None:
    factories.product("premium", name="Premium", amount_minor=1000, year=10000, setup_fee_minor=500)
    factories.product("backup", name="Backup", type=ProductType.PACKAGE, amount_minor=333)
    factories.discount_code("TEN", 10, apply_to_renewals=Renewals.ALWAYS)
    factories.save(lambda: TaxRate(title="VAT", rate=19, country="DE"))
    caller.patch("/settings", {"enable_taxes": True})
    wanted = ["premium", {"product": "backup", "quantity": 2}]
    found = cart(caller, products=wanted, discount_code="ten", country="DE")
    assert found["errors"] == []
    lines = {(one["type"], one["product"]): one for one in found["line_items"]}
    backup = lines["product", "backup"]
    assert (backup["title"], backup["quantity"], backup["unit_price"], backup["subtotal"]) == ("Backup", 2, 333, 666)
    assert (backup["discount_total"], backup["tax_total"], backup["total"]) == (67, 114, 713)
    assert backup["taxes"] == [{"title": "VAT", "rate": "19", "amount": 114}]
    assert lines["fee", "premium"]["recurring"] is False
    for name in ("subtotal", "discount_total", "tax_total", "total"):
        assert found[name] == sum(one[name] for one in found["line_items"])
    assert found["due_today"] == found["total"]
    assert found["recurring_total"] == 713 + 1071
    assert (found["currency"], found["cart_type"]) == ("EUR", "new")
    assert found["next_charge_at"] == "2027-02-28T10:00:00Z"


def test_it_is_what_the_checkout_reckons(caller: Caller) -> None:
    plan = factories.product("premium", year=29900, setup_fee_minor=990)
    factories.discount_code("TEN", 10)
    own = carts.build(CartRequest(products=[str(plan.id)], discount_code="TEN"))
    found = cart(caller, products=[plan.id], discount_code="TEN")
    assert (found["total"], found["recurring_total"]) == (own.total.minor, own.recurring_total.minor)


def test_a_period_is_chosen(caller: Caller) -> None:
    factories.product("premium", year=29900)
    assert cart(caller, products=["premium"], duration=12, duration_unit="month")["total"] == 29900
    assert cart(caller, products=["premium"], duration=1, duration_unit="year")["total"] == 29900
    assert cart(caller, products=["premium"], duration_unit="year")["total"] == 29900
    assert cart(caller, products=["premium"], duration=1)["total"] == 2999


def test_a_currency_and_an_amount_are_chosen(caller: Caller) -> None:
    caller.post(
        "/products", {"name": "P", "slug": "p1", "amount": 1000, "prices": [{"currency": "CHF", "amount": 900}]}
    )
    found = cart(caller, products=["p1"], currency="CHF")
    assert (found["currency"], found["total"]) == ("CHF", 900)
    gift = {"pricing_type": PricingType.PAY_WHAT_YOU_WANT, "amount_minor": 0, "pwyw_minimum_minor": 500}
    factories.product("gift", **gift)
    assert cart(caller, products=[{"product": "gift", "amount": 700}])["total"] == 700
    low = cart(caller, products=[{"product": "gift", "amount": 100}])
    assert [(one["code"], one["param"]) for one in low["errors"]] == [("pwyw-below-minimum", "amount")]


def test_a_trial_waits(caller: Caller, clock: TurnedClock) -> None:
    factories.product("premium", trial_duration=14)
    found = cart(caller, products=["premium"])
    assert (found["total"], found["due_today"]) == (2999, 0)
    assert found["line_items"][0]["later"] is True
    assert found["trial_ends_at"] == found["next_charge_at"] == "2027-02-14T10:00:00Z"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"products": []}, "missing-product", "products"),
        ({"products": ["nothing"]}, "missing-product", "products"),
        ({"products": [999]}, "missing-product", "products"),
        ({"products": ["premium", "other"]}, "plan-already-added", "products"),
        ({"products": ["premium"], "discount_code": "NOPE"}, "discount_code", "discount_code"),
        ({"products": ["premium"], "duration": 5, "duration_unit": "week"}, "missing-price-variations", "period"),
        ({"products": ["premium"], "currency": "JPY"}, "currency", "currency"),
        ({"products": ["premium"], "country": "DE", "tax_id": "DE123"}, "tax_id", "tax_id"),
        ({"products": [{"product": "premium", "quantity": 0}]}, "quantity", "products"),
        ({"products": [{"product": "premium", "quantity": 5000}]}, "quantity", "products"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_and_answered(
    caller: Caller, body: dict[str, Any], code: str, param: str
) -> None:
    factories.product("premium")
    factories.product("other")
    found = cart(caller, **body)
    assert (code, param) in {(one["code"], one["param"]) for one in found["errors"]}
    assert all(one["message"] for one in found["errors"])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "products"),
        ({"products": "premium"}, "products"),
        ({"products": [None]}, "products.0"),
        ({"products": [1.5]}, "products.0"),
        ({"products": [True]}, "products.0"),
        ({"products": [-1]}, "products.0"),
        ({"products": [""]}, "products.0"),
        ({"products": ["x" * 81]}, "products.0"),
        ({"products": ["x"] * 21}, "products"),
        ({"products": [{"quantity": 1}]}, "products.0.product"),
        ({"products": [{"product": "x", "quantity": 1.5}]}, "products.0.quantity"),
        ({"products": [{"product": "x", "amount": 9.99}]}, "products.0.amount"),
        ({"products": [{"product": "x", "amount": 10**14}]}, "products.0.amount"),
        ({"products": [{"product": "x", "price": 1}]}, "products.0.price"),
        ({"products": ["x"], "duration": 0}, "duration"),
        ({"products": ["x"], "duration": 11, "duration_unit": "year"}, "duration"),
        ({"products": ["x"], "duration": "1"}, "duration"),
        ({"products": ["x"], "duration_unit": "eon"}, "duration_unit"),
        ({"products": ["x"], "country": "Germany"}, "country"),
        ({"products": ["x"], "country": "ZZ"}, "country"),
        ({"products": ["x"], "currency": "EURO"}, "currency"),
        ({"products": ["x"], "discount_code": 5}, "discount_code"),
        ({"products": ["x"], "total": 1}, "total"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(caller: Caller, body: dict[str, Any], name: str) -> None:
    answer = caller.post("/carts", body)
    assert answer.status_code == 422
    assert set(params(answer)) == {name}


def test_messages_are_in_the_language_asked_for(caller: Caller) -> None:
    found = caller.post("/carts", {"products": ["nothing"]}, Accept_Language="de").json
    assert found["errors"][0]["message"] == "Dieser Tarif wird nicht mehr angeboten. Wählen Sie einen anderen."
    unread = caller.post("/carts", {"products": None, "removed": "x"}, Accept_Language="de")
    assert params(unread) == {"products": "Diese Angabe darf nicht null sein.", "removed": "Senden Sie eine Liste."}
    assert params(caller.post("/carts", {}, Accept_Language="de")) == {"products": "Diese Angabe ist nötig."}


def counts() -> dict[str, int]:
    """How many rows each table has."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    return {one.name: db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


def test_nothing_is_written(callers: Callers, statements: Statements) -> None:
    caller = callers("register")
    factories.product("premium", trial_duration=14)
    factories.discount_code("TEN", 10, max_uses=1)
    cart(caller, products=["premium"])  # notes that the key was used
    before = counts()
    statements.clear()
    for body in ({"discount_code": "TEN"}, {"discount_code": "NO"}, {"country": "AT", "tax_id": "ATU12345678"}):
        cart(caller, products=["premium"], **body)
    asked = list(statements)
    assert counts() == before
    assert [one for one in asked if not one.lstrip().upper().startswith(("SELECT", "WITH"))] == []


def test_a_cart_costs_few_statements(caller: Caller, statements: Statements) -> None:
    factories.product("premium")
    for number in range(9):
        factories.product(f"addon-{number}", type=ProductType.PACKAGE)
    wanted = ["premium", *(f"addon-{number}" for number in range(9))]
    factories.discount_code("TEN", 10)
    cart(caller, products=wanted)
    statements.clear()
    assert len(cart(caller, products=wanted, discount_code="TEN", country="DE")["line_items"]) == 10
    assert len(statements) <= 6  # the key, the settings, and what a cart costs


def test_a_change_is_priced_as_the_customer_would_see_it(
    caller: Caller, settings: Settings, clock: TurnedClock, statements: Statements
) -> None:
    clock.use("2027-04-01T10:00Z")
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    number = buy("basic", settings)
    clock.tick(days=15)
    before = counts()
    found = cart(caller, products=["more"], membership_id=number)
    lines = [(one["type"], one["title"], one["total"]) for one in found["line_items"]]
    assert lines == [("product", "More", 5000), ("proration", "Unused time of Basic", -1500)]
    assert (found["cart_type"], found["due_today"], found["recurring_total"]) == ("upgrade", 3500, 5000)
    assert (found["starts_at"], found["next_charge_at"]) == (None, "2027-05-16T10:00:00Z")
    assert found["errors"] == []
    less = cart(caller, products=["more"], membership_id=number, duration=1, duration_unit="week")
    assert [one["param"] for one in less["errors"]] == ["period"]
    assert counts() == before


def test_a_cheaper_one_waits_and_what_is_the_same_is_no_change(
    caller: Caller, settings: Settings, clock: TurnedClock
) -> None:
    clock.use("2027-04-01T10:00Z")
    factories.product("basic", amount_minor=3000)
    factories.product("less", amount_minor=1000)
    number = buy("basic", settings)
    found = cart(caller, products=["less"], membership_id=number)
    assert (found["cart_type"], found["due_today"], found["starts_at"]) == ("downgrade", 0, "2027-05-01T10:00:00Z")
    same = cart(caller, products=["basic"], membership_id=number)
    assert [one["code"] for one in same["errors"]] == ["no_changes"]
    francs = cart(caller, products=["less"], membership_id=number, currency="CHF")
    assert [one["param"] for one in francs["errors"]] == ["currency"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"membership_id": 10**9}, "membership_id"),
        ({"membership_id": "7"}, "membership_id"),
        ({"removed": ["x"]}, "removed"),
    ],
)
def test_a_change_of_nothing_is_refused(caller: Caller, more: dict[str, Any], name: str) -> None:
    assert set(params(caller.post("/carts", {"products": ["x"], **more}))) == {name}


def test_who_may_price(callers: Callers) -> None:
    factories.product("premium")
    for scope, status in (("register", 200), ("products:read", 200), ("settings:read", 403), ("payments:read", 403)):
        assert callers(scope).post("/carts", {"products": ["premium"]}).status_code == status


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["*"], 200),
        (["memberships:read", "products:read"], 200),
        (["products:read"], 403),
        (["register"], 403),
        (["memberships:read"], 403),
        (["memberships:read", "register"], 403),
        (["register", "products:read", "payments:read"], 403),
    ],
)
def test_a_change_is_priced_for_who_may_read_memberships(
    callers: Callers, settings: Settings, scopes: list[str], status: int
) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    body = {"products": ["more"], "membership_id": buy("basic", settings)}
    assert callers(*scopes).post("/carts", body).status_code == status


def test_without_the_right_nobody_learns_whether_there_is_a_membership(
    callers: Callers, settings: Settings, statements: Statements
) -> None:
    factories.product("basic", amount_minor=3000)
    known, caller = buy("basic", settings), callers("register", "products:read")
    wanted = ["basic"] * 21  # is refused as well, and later
    statements.clear()
    found, none = (caller.post("/carts", {"products": wanted, "membership_id": one}) for one in (known, 10**9))
    assert (found.status_code, found.json) == (none.status_code, none.json)
    assert found.status_code == 403
    assert found.json["message"] == "This key lacks the scope memberships:read."
    assert not any("FROM memberships" in one for one in statements)
