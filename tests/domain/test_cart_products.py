"""What may be ordered how: quantities, prices that the buyer names, currencies, and what goes together."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import carts
from webapp.domain.carts import Cart, CartRequest, Wanted
from webapp.models import CurrencyPrice, PricingType, PwywRecurring, Renewals
from webapp.money import Money


def build(*products: str | Wanted, **facts: Any) -> Cart:
    return carts.build(CartRequest(products=products, **facts))


def errors(cart: Cart) -> list[tuple[str, str]]:
    return [(one.code, one.param) for one in cart.errors]


@pytest.mark.parametrize("quantity", [0, -1, 1001, 1.5, True, "2", None])
def test_a_quantity_is_a_whole_number_that_somebody_may_mean(db: Session, quantity: Any) -> None:
    factories.product("plan")
    assert errors(build(Wanted("plan", quantity=quantity))) == [("quantity", "products")]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (999, "pwyw-below-minimum"),
        (-1, "pwyw-below-minimum"),
        (10.5, "pwyw-below-minimum"),
        (float("nan"), "pwyw-below-minimum"),
        ("2000", "pwyw-below-minimum"),
        (5_000_001, "pwyw-above-maximum"),
        (10**30, "pwyw-above-maximum"),
        (1000, None),
        (5_000_000, None),
        (None, None),
    ],
)
def test_what_the_buyer_names_is_within_bounds(db: Session, amount: Any, code: str | None) -> None:
    factories.product("gift", pricing_type=PricingType.PAY_WHAT_YOU_WANT, pwyw_minimum_minor=1000, amount_minor=0)
    cart = build(Wanted("gift", amount=amount))
    assert errors(cart) == ([(code, "amount")] if code else [])
    if code is None:
        assert cart.total.minor == (amount or 1000)


def test_an_own_maximum_counts_and_a_price_is_not_named_for_what_has_one(db: Session) -> None:
    factories.product("gift", pricing_type=PricingType.PAY_WHAT_YOU_WANT, pwyw_maximum_minor=5000, amount_minor=0)
    factories.product("plan", amount_minor=3000)
    assert errors(build(Wanted("gift", amount=5001))) == [("pwyw-above-maximum", "amount")]
    assert build(Wanted("plan", amount=1)).total.minor == 3000


@pytest.mark.parametrize(
    ("mode", "wanted", "recurring"),
    [
        (PwywRecurring.CUSTOMER_CHOICE, None, 0),
        (PwywRecurring.CUSTOMER_CHOICE, False, 0),
        (PwywRecurring.CUSTOMER_CHOICE, True, 2000),
        (PwywRecurring.FORCE_RECURRING, False, 2000),
        (PwywRecurring.FORCE_ONE_TIME, True, 0),
    ],
)
def test_whether_a_named_price_recurs(db: Session, mode: PwywRecurring, wanted: bool | None, recurring: int) -> None:
    facts = {"pricing_type": PricingType.PAY_WHAT_YOU_WANT, "amount_minor": 0, "pwyw_recurring_mode": mode}
    factories.product("gift", **facts)
    cart = build(Wanted("gift", amount=2000, recurring=wanted))
    assert (cart.total.minor, cart.recurring_total.minor) == (2000, recurring)
    assert (cart.next_charge_at is not None) == bool(recurring)


def in_francs() -> list[CurrencyPrice]:
    return [CurrencyPrice(currency="CHF", amount_minor=2500, setup_fee_minor=500)]


def test_a_currency_has_prices_of_its_own(db: Session) -> None:
    factories.product("plan", amount_minor=3000, setup_fee_minor=1000, currency_prices=in_francs())
    cart = build("plan", currency="chf")
    assert [str(one.total) for one in cart.line_items] == ["25.00 CHF", "5.00 CHF"]
    assert (str(cart.total), str(cart.recurring_total), cart.errors) == ("30.00 CHF", "25.00 CHF", [])


@pytest.mark.parametrize("currency", ["USD", "XXX", "EURO", "€", "'; DROP"])
def test_what_is_not_sold_in_a_currency_is_refused(db: Session, currency: str) -> None:
    factories.product("plan", currency_prices=in_francs())
    cart = build("plan", currency=currency)
    assert errors(cart) == [("currency", "currency")]
    assert cart.currency == "EUR"


def test_one_cart_has_one_currency(db: Session) -> None:
    factories.product("plan", currency_prices=in_francs())
    factories.product("package", type="package")
    assert errors(build("plan", "package", currency="CHF")) == [("currency", "products")]


def test_what_recurs_together_ends_together(db: Session) -> None:
    factories.product("plan", billing_cycles=12)
    factories.product("package", type="package")
    factories.product("once", type="service", recurring=False, billing_cycles=3)
    assert errors(build("plan", "package")) == [("wrong", "products")]
    assert errors(build("plan", "once")) == []


def test_a_single_cycle_is_charged_once(db: Session) -> None:
    factories.product("plan", billing_cycles=1)
    assert build("plan").next_charge_at is None


def test_a_renewing_code_counts_for_the_first_renewals_only(db: Session) -> None:
    factories.product("plan", amount_minor=10000)
    factories.discount_code("TWO", 10, apply_to_renewals=Renewals.FIRST, renewals_limit=2)
    factories.discount_code("NONE", 10, apply_to_renewals=Renewals.FIRST, renewals_limit=0)
    cart = build("plan", discount_code="TWO")
    assert (cart.recurring_total.minor, cart.recurring_after_discount) == (9000, Money(10000, "EUR"))
    assert build("plan", discount_code="NONE").recurring_total.minor == 10000


def test_set_up_fees_wait_with_what_recurs(db: Session) -> None:
    factories.product("plan", amount_minor=3000, trial_duration=14)
    factories.product("package", type="package", amount_minor=2000, setup_fee_minor=700)
    factories.product("once", type="service", recurring=False, amount_minor=1000, setup_fee_minor=300)
    cart = build("plan", "package", "once")
    assert (cart.due_today.minor, cart.total.minor) == (1300, 7000)
