"""What nobody should send, but somebody will: refused in words, with nothing lost, kept or charged.

Amounts and dates by the API, where programs send them; the life of a membership where its rules are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import TurnedClock
from tests.flows.test_changes import ask
from tests.lives import buy, live_until, membership
from webapp.domain import memberships, products, refunds
from webapp.domain.refunds import Wish
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.flows import charging
from webapp.models import DiscountCode, Payment, PaymentStatus, Product, ProductType, Refund, SandboxCharge
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

PRODUCT = {"name": "Gold", "slug": "gold", "amount": 2999, "duration": 1, "duration_unit": "month"}
CODE = {"code": "TEN", "value": "10"}


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    return Caller(client, *factories.api_key())


def count(kind: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


# -- amounts and dates -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("amount", [-1, 10**13, 10**40, -(2**63), 29.99, "29.99", "many", True, [], None])
def test_an_amount_that_is_none_makes_no_product(caller: Caller, amount: Any) -> None:
    answer = caller.post("/products", {**PRODUCT, "amount": amount})
    assert answer.status_code == 422
    assert "amount" in params(answer)
    assert count(Product) == 0


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"2999.0000000001"])
def test_what_is_no_number_of_json_is_none_of_ours(caller: Caller, literal: bytes) -> None:
    body = b'{"name": "Gold", "slug": "gold", "duration": 1, "duration_unit": "month", "amount": ' + literal + b"}"
    assert caller("POST", "/products", body).status_code in (400, 422)
    assert count(Product) == 0


@pytest.mark.parametrize("currency", ["XXQ", "EURO", "€", "", 978])
def test_a_currency_that_is_none_is_refused(caller: Caller, currency: Any) -> None:
    assert caller.post("/products", {**PRODUCT, "currency": currency}).status_code == 422
    factories.product("premium")
    assert caller.post("/carts", {"products": ["premium"], "currency": currency}).status_code in (400, 422)
    assert count(Product) == 1


@pytest.mark.parametrize("value", ["100.01", "101", "-1", "NaN", "Infinity", "1e3", 0])
def test_a_share_beyond_the_whole_makes_no_code(caller: Caller, value: Any) -> None:
    answer = caller.post("/discount-codes", {**CODE, "value": value})
    assert answer.status_code == 422
    assert "value" in params(answer)
    assert count(DiscountCode) == 0


def test_a_code_that_ends_before_it_begins_is_refused(caller: Caller) -> None:
    dates = {"date_start": "2027-08-31T00:00:00Z", "date_expiration": "2027-06-01T00:00:00Z"}
    answer = caller.post("/discount-codes", {**CODE, **dates})
    assert answer.status_code == 422
    assert "date_expiration" in params(answer)
    assert count(DiscountCode) == 0


# -- the catalogue ---------------------------------------------------------------------------------------------------
def test_extras_are_offered_with_plans_and_never_with_each_other(caller: Caller) -> None:
    first = factories.product("first", type=ProductType.PACKAGE)
    second = factories.product("second", type=ProductType.PACKAGE)
    for one, other in ((first, second), (second, first), (first, first)):
        caller.patch(f"/products/{one.slug}", {"available_addons": [other.id]})
    db.session.expire_all()
    assert [db.session.get_one(Product, one.id).available_addons for one in (first, second)] == [[], []]
    plan = factories.product("plan")
    assert caller.patch("/products/plan", {"available_addons": [plan.id]}).status_code == 422


def test_a_product_in_use_is_not_deleted(app: Flask, settings: Settings) -> None:
    plan = factories.product("premium")
    number = buy("premium", settings)
    with pytest.raises(Conflict), unit_of_work("operator"):
        products.delete(db.session.get_one(Product, plan.id))
    assert membership(number).plan.slug == "premium"


# -- the life of a membership ----------------------------------------------------------------------------------------
def test_the_same_plan_again_is_no_change(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("basic", name="Basic")
    number = buy("basic", settings)
    with pytest.raises(Invalid) as refused:
        ask(number, "basic")
    assert refused.value.code == "no_changes"
    assert count(Payment) == 1


def test_a_plan_without_a_price_in_its_currency_is_no_change(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("basic", product_group="web")
    factories.product("swiss", currency="CHF", product_group="web")
    number = buy("basic", settings)
    with pytest.raises(Invalid):
        ask(number, "swiss")
    assert (membership(number).currency, membership(number).plan.slug, count(Payment)) == ("EUR", "basic", 1)


def test_cancelling_twice_cancels_once(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    for _ in range(2):
        with unit_of_work("customer"):
            memberships.cancel(membership(number), reason="moved away")
    ends = membership(number).cancel_at
    assert ends == membership(number).expires_at
    with unit_of_work("operator"):
        memberships.cancel(membership(number), reason="at once", at_once=True)
    with pytest.raises(Conflict), unit_of_work("operator"):
        memberships.cancel(membership(number), reason="again", at_once=True)


def test_what_was_given_back_is_not_given_back_again(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    buy("premium", settings)
    payment = db.session.scalars(select(Payment)).one()
    assert payment.status == PaymentStatus.COMPLETED
    wish = Wish(Money(2999, "EUR"), reason="twice")
    with unit_of_work("operator"):
        refunds.begin(db.session.get_one(Payment, payment.id), wish)
    with pytest.raises((Conflict, Invalid)), unit_of_work("operator"):
        refunds.begin(db.session.get_one(Payment, payment.id), wish)
    assert count(Refund) == 1


def test_a_clock_that_goes_backwards_charges_nothing_twice(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    live_until(clock, "2027-03-01T10:00Z")
    before = count(SandboxCharge), membership(number).expires_at, membership(number).periods_paid
    for days in (40, 1, 400):
        clock.now -= timedelta(days=days)
        charging.work_off()
        assert (count(SandboxCharge), membership(number).expires_at, membership(number).periods_paid) == before
    clock.use("2027-03-01T10:00Z")
    live_until(clock, "2027-03-31T10:00Z")
    assert count(SandboxCharge) == before[0] + 1
