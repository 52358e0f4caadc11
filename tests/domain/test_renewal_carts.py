"""A renewal costs what the membership says, with its own code, and with the taxes of today."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import carts, checkout, renewal_carts
from webapp.domain.carts import Cart, CartRequest
from webapp.models import DiscountType, LineType, Membership, Renewals, Sale
from webapp.transactions import unit_of_work


def bought(*products: str, **cart: Any) -> Membership:
    """A membership as an order of these products makes it."""
    order = replace(factories.order(products[0]), cart=CartRequest(products=products, **cart))
    with unit_of_work("test") as session:
        sale, _attempt = checkout.place(order, lambda cart, wanted: wanted)
        session.flush()
        number = sale.id
    return session.get_one(Sale, number).membership


def minors(cart: Cart) -> list[tuple[str, int, int]]:
    return [(line.title, line.subtotal.minor, line.total.minor) for line in cart.line_items]


def totals(membership: Membership, *numbers: int) -> list[int]:
    return [renewal_carts.for_renewal(membership, number=number).total.minor for number in numbers]


def test_a_renewal_charges_what_recurs_and_nothing_else(db: Session) -> None:
    factories.product("plan", amount_minor=3000, setup_fee_minor=1000)
    factories.product("once", type="service", recurring=False, amount_minor=500, name="Once")
    factories.product("more", type="package", amount_minor=700, name="More")
    cart = renewal_carts.for_renewal(bought("plan", "once", "more"), number=1)
    assert minors(cart) == [("Premium", 3000, 3000), ("More", 700, 700)]
    assert (cart.total.minor, cart.recurring_total.minor, cart.errors) == (3700, 3700, [])


def test_the_catalogue_does_not_change_the_price_of_who_is_there(db: Session) -> None:
    plan = factories.product("plan", amount_minor=3000)
    membership = bought("plan")
    with unit_of_work("test"):
        plan.amount_minor, plan.active = 9900, False
    assert totals(membership, 1, 2) == [3000, 3000]


def test_the_first_charge_after_a_trial_has_the_fee_and_the_code_of_the_order(db: Session) -> None:
    factories.product("plan", amount_minor=3000, setup_fee_minor=1000, trial_duration=14)
    factories.product("once", type="service", recurring=False, amount_minor=2000, name="Once")
    factories.discount_code("TEN", 1000, type=DiscountType.ABSOLUTE)
    membership = bought("plan", "once", discount_code="TEN")
    first = renewal_carts.for_renewal(membership, number=0)
    assert minors(first) == [("Premium", 3000, 2400), ("Set-up fee", 1000, 1000)]  # 4.00 came off the service
    assert first.line_items[1].type == LineType.FEE
    assert totals(membership, 1) == [3000]


def test_a_credit_that_waited_pays_for_what_waited_with_it_and_nothing_that_is_paid(db: Session) -> None:
    factories.product("plan", amount_minor=3000, setup_fee_minor=-9000, trial_duration=14)
    factories.product("once", type="service", recurring=False, amount_minor=2000, name="Once")
    first = renewal_carts.for_renewal(bought("plan", "once"), number=0)
    assert minors(first) == [("Premium", 3000, 3000), ("Sign-up credit", -3000, -3000)]
    assert first.total.minor == 0


@pytest.mark.parametrize(
    ("renewals", "expected"),
    [
        ({}, [3000, 3000, 3000]),
        ({"apply_to_renewals": Renewals.ALWAYS}, [2700, 2700, 2700]),
        ({"apply_to_renewals": Renewals.FIRST, "renewals_limit": 2}, [2700, 2700, 3000]),
    ],
)
def test_a_code_counts_for_as_many_renewals_as_it_said(db: Session, renewals: dict[str, Any], expected: Any) -> None:
    factories.product("plan", amount_minor=3000)
    code = factories.discount_code("TEN", 10, **renewals)
    membership = bought("plan", discount_code="TEN")
    with unit_of_work("test"):
        code.value, code.apply_to_renewals = Decimal(90), Renewals.ALWAYS  # changed since: no business of theirs
    assert totals(membership, 1, 2, 3) == expected
    assert membership.price_minor == expected[0]


def test_what_the_summary_says_of_renewals_is_what_they_cost(db: Session) -> None:
    factories.product("plan", amount_minor=3000)
    factories.product("once", type="service", recurring=False, amount_minor=2000)
    factories.discount_code("TEN", 1000, type=DiscountType.ABSOLUTE, apply_to_renewals=Renewals.ALWAYS)
    cart = carts.build(CartRequest(products=["plan", "once"], discount_code="TEN"))
    assert [line.discount_total.minor for line in cart.line_items] == [600, 400]
    assert cart.recurring_total.minor == 2000
    assert totals(bought("plan", "once", discount_code="TEN"), 1) == [2000]


def test_a_membership_that_keeps_no_items_costs_what_it_says(db: Session) -> None:
    assert totals(factories.active_membership(price_minor=1234), 1) == [1234]
