"""The worked examples of carts (reference 4.17), kept or corrected as our rules say, by their numbers there.

Those about changes of plan, renewals of changed prices, refunds and recurring revenue are tested with those rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import carts
from webapp.domain.carts import CartRequest, Wanted
from webapp.models import DiscountType, PricingType, PwywRecurring, Renewals
from webapp.periods import Period, Unit

FRENCH = "FR40303265045"
PERCENT, ABSOLUTE = DiscountType.PERCENTAGE, DiscountType.ABSOLUTE
Sums = tuple[int, int, int, int]  # subtotal, discount, tax, total


@dataclass(frozen=True)
class Example:
    """`lines` are what the cart has; `products`, `code` and `rates` what it is made from."""

    number: str
    products: Sequence[dict[str, Any]]
    lines: Sequence[Sums]
    total: int
    recurring: int
    code: dict[str, Any] | None = None
    rates: Sequence[tuple[str, str, dict[str, Any]]] = ()
    inclusive: bool = False
    asked: dict[str, Any] = field(default_factory=dict)
    quantity: int = 1
    amount: int | None = None


def plan(amount: int, **facts: Any) -> dict[str, Any]:
    return {"amount_minor": amount, **facts}


def more(amount: int, kind: str, **facts: Any) -> dict[str, Any]:
    return {"amount_minor": amount, "type": kind, **facts}


def code(value: int, kind: DiscountType = PERCENT, **facts: Any) -> dict[str, Any]:
    return {"value": Decimal(value), "type": kind, **facts}


def rate(percent: str, country: str = "*", **facts: Any) -> tuple[str, str, dict[str, Any]]:
    return percent, country, facts


RENEWS = {"apply_to_renewals": Renewals.ALWAYS}
EXEMPT = {"country": "FR", "tax_id": FRENCH}
CALIFORNIA = {"country": "US", "state": "CA"}
TEN = (rate("10"),)
YEARLY = {"period": Period(1, Unit.YEAR)}
NAMED = {"pricing_type": PricingType.PAY_WHAT_YOU_WANT, "pwyw_minimum_minor": 1000, "amount_minor": 0}
US = (rate("5", "US"), rate("7.25", "US", state="CA"), rate("9.5", "US", state="CA", city="Los Angeles"))

EXAMPLES = (
    Example("1", [plan(10000)], [(10000, 0, 0, 10000)], 10000, 10000),
    Example("2", [plan(10000)], [(10000, 1000, 0, 9000)], 9000, 10000, code(10)),
    Example("2, renewing", [plan(10000)], [(10000, 1000, 0, 9000)], 9000, 9000, code(10, **RENEWS)),
    Example("3", [plan(10000)], [(10000, 2500, 0, 7500)], 7500, 10000, code(2500, ABSOLUTE)),
    Example("4", [plan(5000)], [(5000, 5000, 0, 0)], 0, 5000, code(10000, ABSOLUTE)),
    Example("5", [plan(10000)], [(10000, 0, 1000, 11000)], 11000, 11000, rates=TEN),
    Example("6", [plan(10000)], [(10000, 0, 909, 10000)], 10000, 10000, rates=TEN, inclusive=True),
    Example("7", [plan(11000)], [(11000, 0, 1000, 11000)], 11000, 11000, rates=TEN, inclusive=True),
    Example("8", [plan(10000)], [(10000, 2000, 800, 8800)], 8800, 11000, code(20), rates=TEN),
    Example("9", [plan(10000)], [(10000, 0, 0, 10000)], 10000, 10000, rates=TEN, asked=EXEMPT),
    Example("10", [plan(10000)], [(9091, 0, 0, 9091)], 9091, 9091, rates=TEN, asked=EXEMPT, inclusive=True),
    Example(
        "11",
        [plan(12100)],
        [(12100, 1210, 1890, 10890)],
        10890,
        12100,
        code(10),
        rates=(rate("21"),),
        inclusive=True,
    ),
    Example("12", [plan(5000)], [(10000, 0, 0, 10000)], 10000, 10000, quantity=2),
    Example("13", [plan(2000)], [(6000, 1500, 450, 4950)], 4950, 6600, code(1500, ABSOLUTE), rates=TEN, quantity=3),
    Example("14", [plan(5000, setup_fee_minor=-1000)], [(5000, 0, 0, 5000), (-1000, 0, 0, -1000)], 4000, 5000),
    Example("15", [plan(5000, setup_fee_minor=1500)], [(5000, 0, 0, 5000), (1500, 0, 0, 1500)], 6500, 5000),
    Example(
        "16",
        [plan(5000, setup_fee_minor=2000)],
        [(5000, 0, 0, 5000), (2000, 1000, 0, 1000)],
        6000,
        5000,
        code(0, setup_fee_value=Decimal(50)),
    ),
    Example(
        "17",
        [plan(10000, setup_fee_minor=5000)],
        [(10000, 2000, 0, 8000), (5000, 0, 0, 5000)],
        13000,
        10000,
        code(20),
    ),
    Example(
        "18",
        [plan(3000), more(2000, "package")],
        [(3000, 600, 0, 2400), (2000, 400, 0, 1600)],
        4000,
        5000,
        code(1000, ABSOLUTE),
    ),
    Example("19", [plan(2999, setup_fee_minor=9900)], [(2999, 0, 0, 2999), (9900, 0, 0, 9900)], 12899, 2999),
    Example(
        "20",
        [plan(2999, setup_fee_minor=9900), more(999, "service")],
        [(2999, 0, 0, 2999), (9900, 0, 0, 9900), (999, 0, 0, 999)],
        13898,  # the reference says 138.97, which its own lines do not add up to
        3998,
    ),
    Example("21", [plan(2999)], [(2999, 0, 690, 3689)], 3689, 3689, rates=(rate("23"),)),
    Example("22", [plan(1999)], [(1999, 0, 177, 2176)], 2176, 2176, rates=(rate("8.875"),)),
    Example("23", [plan(3000, year=30000)], [(30000, 0, 0, 30000)], 30000, 30000, asked=YEARLY),
    Example(
        "43, once",
        [{**NAMED, "pwyw_recurring_mode": PwywRecurring.FORCE_ONE_TIME}],
        [(3000, 0, 0, 3000)],
        3000,
        0,
        amount=3000,
    ),
    Example(
        "43, each period",
        [{**NAMED, "pwyw_recurring_mode": PwywRecurring.FORCE_RECURRING}],
        [(3000, 0, 0, 3000)],
        3000,
        3000,
        amount=3000,
    ),
    Example(
        "45",
        [plan(3000, setup_fee_minor=1000, trial_duration=14)],
        [(3000, 0, 0, 3000), (1000, 0, 0, 1000)],
        4000,
        3000,
    ),
    Example("49", [plan(1000, currency="JPY")], [(1000, 0, 91, 1000)], 1000, 1000, rates=TEN, inclusive=True),
    Example("50", [plan(1055, currency="JPY")], [(1055, 0, 84, 1139)], 1139, 1139, rates=(rate("8"),)),
    Example(
        "51",
        [plan(10000)],
        [(10000, 0, 0, 10000)],
        10000,
        10000,
        rates=(rate("7.25", "US", state="CA"),),
        asked={"country": "US", "state": "NY"},
    ),
    Example(
        "52",
        [plan(10000)],
        [(10000, 0, 725, 10725)],
        10725,
        10725,
        rates=US,
        asked={**CALIFORNIA, "city": "San Francisco"},
    ),
)


def made(example: Example) -> carts.Cart:
    names = [factories.product(**facts).slug for facts in example.products]
    if example.code is not None:
        facts = dict(example.code)
        factories.discount_code("CODE", facts.pop("value"), **facts)
    if example.rates:
        factories.taxed(inclusive=example.inclusive)
    for percent, country, facts in example.rates:
        factories.tax_rate(percent, country, **facts)
    if "tax_id" in example.asked:
        factories.tax_id_check(example.asked["tax_id"])
    wanted = [Wanted(name, quantity=example.quantity, amount=example.amount) for name in names]
    asked = {"discount_code": "CODE" if example.code is not None else "", **example.asked}
    return carts.build(CartRequest(products=wanted, **asked))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.number)
def test_the_example_comes_out_as_it_is_written(db: Session, example: Example) -> None:
    cart = made(example)
    lines = [
        (line.subtotal.minor, line.discount_total.minor, line.tax_total.minor, line.total.minor)
        for line in cart.line_items
    ]
    assert not cart.errors
    assert lines == list(example.lines)
    assert (cart.total.minor, cart.recurring_total.minor) == (example.total, example.recurring)


def test_4_a_first_payment_of_nothing_still_needs_a_way_to_pay(db: Session) -> None:
    assert made(next(one for one in EXAMPLES if one.number == "4")).collects_payment


def test_24_a_period_that_is_not_sold_is_an_error(db: Session) -> None:
    slug = factories.product(amount_minor=3000, year=30000).slug
    cart = carts.build(CartRequest(products=[slug], period=Period(6, Unit.MONTH)))
    assert [one.code for one in cart.errors] == ["missing-price-variations"]


def test_44_less_than_the_minimum_is_an_error(db: Session) -> None:
    slug = factories.product(**NAMED).slug
    cart = carts.build(CartRequest(products=[Wanted(slug, amount=500)]))
    assert [(one.code, one.param) for one in cart.errors] == [("pwyw-below-minimum", "amount")]


def test_45_nothing_of_a_trial_is_due_today(db: Session) -> None:
    cart = made(next(one for one in EXAMPLES if one.number == "45"))
    assert cart.due_today.minor == 0
    assert cart.next_charge_at == cart.trial_ends_at
