"""A cart is reckoned from ids on the server, and its lines add up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests import factories
from webapp import hooks
from webapp.domain import carts, discounts
from webapp.domain.carts import Cart, CartRequest, Wanted
from webapp.models import (
    DiscountCode,
    DiscountType,
    LineType,
    PricingType,
    Renewals,
)
from webapp.money import Money
from webapp.periods import Period, Unit

YEAR = Period(1, Unit.YEAR)


def build(*products: str | Wanted, **facts: Any) -> Cart:
    return carts.build(CartRequest(products=products, **facts))


def errors(cart: Cart) -> list[tuple[str, str]]:
    return [(one.code, one.param) for one in cart.errors]


def minors(cart: Cart) -> list[tuple[int, int, int]]:
    return [(line.subtotal.minor, line.discount_total.minor, line.total.minor) for line in cart.line_items]


def test_the_default_plan_with_its_set_up_fee(db: Session) -> None:
    factories.product("premium", setup_fee_minor=9900)
    cart = build("premium")
    assert minors(cart) == [(2999, 0, 2999), (9900, 0, 9900)]
    assert (cart.total, cart.due_today, cart.recurring_total) == (
        Money(12899, "EUR"),
        Money(12899, "EUR"),
        Money(2999, "EUR"),
    )


def test_a_sign_up_credit_makes_the_first_payment_smaller(db: Session) -> None:
    factories.product("plan", amount_minor=5000, setup_fee_minor=-1000)
    cart = build("plan")
    assert (cart.total.minor, cart.recurring_total.minor) == (4000, 5000)
    assert cart.line_items[1].type == LineType.CREDIT


def test_a_period_takes_its_variation(db: Session) -> None:
    factories.product("plan", amount_minor=3000, year=30000)
    assert build("plan", period=YEAR).total == Money(30000, "EUR")
    assert build("plan", period=Period(12, Unit.MONTH)).total == Money(30000, "EUR")


def test_a_period_that_is_not_sold_is_refused(db: Session) -> None:
    factories.product("plan", year=30000)
    cart = build("plan", period=Period(6, Unit.MONTH))
    assert errors(cart) == [("missing-price-variations", "period")]


@pytest.mark.parametrize(
    ("kind", "value", "total", "recurring"),
    [("percentage", 10, 9000, 10000), ("absolute", 2500, 7500, 10000), ("absolute", 99999, 0, 10000)],
)
def test_a_code_counts_once_and_never_below_zero(
    db: Session, kind: str, value: int, total: int, recurring: int
) -> None:
    factories.product("plan", amount_minor=10000)
    factories.discount_code("TEN", value, type=DiscountType(kind))
    cart = build("plan", discount_code="ten")
    assert (cart.total.minor, cart.recurring_total.minor) == (total, recurring)
    assert cart.collects_payment


def test_an_absolute_code_is_split_over_the_lines_it_fits(db: Session) -> None:
    factories.product("plan", amount_minor=3000)
    factories.product("package", amount_minor=2000, type="package")
    factories.discount_code("TEN", 1000, type=DiscountType.ABSOLUTE)
    cart = build("plan", "package", discount_code="TEN")
    assert [line.discount_total.minor for line in cart.line_items] == [600, 400]
    assert cart.total.minor == 4000


def test_a_set_up_fee_is_discounted_only_by_the_codes_own_value_for_it(db: Session) -> None:
    factories.product("plan", amount_minor=10000, setup_fee_minor=5000)
    factories.discount_code("PLAN", 20)
    factories.discount_code("FEE", 0, setup_fee_value=Decimal(50))
    assert minors(build("plan", discount_code="PLAN")) == [(10000, 2000, 8000), (5000, 0, 5000)]
    assert minors(build("plan", discount_code="FEE")) == [(10000, 0, 10000), (5000, 2500, 2500)]


def test_a_code_for_renewals_lowers_them_too(db: Session) -> None:
    factories.product("plan", amount_minor=10000)
    factories.discount_code("ALWAYS", 10, apply_to_renewals=Renewals.ALWAYS)
    cart = build("plan", discount_code="always")
    assert (cart.recurring_total.minor, cart.recurring_after_discount) == (9000, None)


@pytest.mark.parametrize(
    "facts",
    [
        {"active": False},
        {"max_uses": 3, "uses": 3},
        {"allowed_products": ["another"]},
        {"allowed_periods": ["1-year"]},
        {"starts_in": 60},
        {"expires_in": -60},
        {"type": DiscountType.ABSOLUTE, "currency": "USD"},
    ],
)
def test_a_code_that_does_not_count_says_so_beside_its_field(db: Session, clock: Any, facts: dict[str, Any]) -> None:
    factories.product("plan")
    start, end = facts.pop("starts_in", None), facts.pop("expires_in", None)
    dates = {
        "starts_at": clock.now + timedelta(seconds=start) if start else None,
        "expires_at": clock.now + timedelta(seconds=end) if end else None,
    }
    factories.discount_code("CODE", 10, **facts, **dates)
    cart = build("plan", discount_code="CODE")
    assert errors(cart) == [("discount_code", "discount_code")]
    assert cart.discount is None
    assert cart.total == Money(2999, "EUR")


def test_both_ends_of_a_codes_dates_count(db: Session, clock: Any) -> None:
    factories.product("plan")
    factories.discount_code("NOW", 10, starts_at=clock.now, expires_at=clock.now)
    assert not build("plan", discount_code="NOW").errors


def test_a_code_is_typed_with_spaces_dashes_and_in_any_case(db: Session) -> None:
    factories.product("plan")
    factories.discount_code("SUMMER-10", 10)
    for typed in (" summer-10 ", "Summer 10", "SUMMER10", "s u m m e r 1 0"):
        assert build("plan", discount_code=typed).discount is not None, typed


def test_an_unknown_code_is_an_error_and_not_a_price(db: Session) -> None:
    factories.product("plan")
    assert errors(build("plan", discount_code="'; DROP TABLE")) == [("discount_code", "discount_code")]


def test_a_trial_waits_with_plan_and_fee(db: Session, clock: Any) -> None:
    factories.product("plan", amount_minor=3000, setup_fee_minor=1000, trial_duration=14)
    cart = build("plan")
    assert (cart.total.minor, cart.due_today.minor, cart.recurring_total.minor) == (4000, 0, 3000)
    assert cart.next_charge_at == cart.trial_ends_at == clock.now + timedelta(days=14)
    assert cart.collects_payment


def test_a_plan_that_is_paid_once_has_no_trial_to_wait_for(db: Session) -> None:
    named = {"pricing_type": PricingType.PAY_WHAT_YOU_WANT, "amount_minor": 0, "pwyw_suggested_minor": 900}
    factories.product("plan", trial_duration=14, **named)
    once, each_month = (build(Wanted("plan", recurring=recurring)) for recurring in (False, True))
    assert (once.due_today.minor, once.trial_ends_at) == (900, None)
    assert (each_month.due_today.minor, each_month.trial_ends_at is not None) == (0, True)


def test_a_trial_is_given_once(db: Session) -> None:
    factories.product("plan", amount_minor=3000, trial_duration=14)
    cart = build("plan", has_trialed=lambda: True)
    assert (cart.due_today.minor, cart.trial_ends_at) == (3000, None)


def test_a_free_plan_collects_nothing(db: Session) -> None:
    factories.free_product()
    cart = build("free")
    assert cart.is_free
    assert not cart.collects_payment
    assert cart.next_charge_at is None


def test_unknown_inactive_and_second_plans_are_refused(db: Session) -> None:
    factories.product("plan")
    factories.product("other")
    factories.product("gone", active=False)
    assert errors(build("nothing")) == [("missing-product", "products")]
    assert errors(build("gone")) == [("missing-product", "products")]
    assert errors(build("plan", "other")) == [("plan-already-added", "products")]
    assert errors(build()) == [("missing-product", "products")]
    assert errors(build("plan", "plan")) == []


def test_a_cart_reads_and_writes_nothing(db: Session, statements: list[str]) -> None:
    factories.taxed()
    factories.product("plan")
    statements.clear()
    build("plan", country="FR", tax_id="FR40303265045", discount_code="NONE")
    assert all(one.startswith("SELECT") for one in statements)
    assert not [*db.new, *db.dirty, *db.deleted]


def test_what_a_filter_changes_becomes_a_line(db: Session) -> None:
    factories.product("plan", amount_minor=3000)
    hooks.add_filter("wu_cart_total", lambda total, cart: total - Money(500, "EUR"))
    cart = build("plan")
    assert cart.total.minor == 2500
    assert cart.line_items[-1].type == LineType.ADJUSTMENT


def test_pricing_a_cart_takes_four_statements(db: Session, statements: list[str]) -> None:
    factories.taxed()
    factories.tax_rate("20", "FR")
    factories.product("plan", year=30000)
    others = [factories.product(type="package", year=20000).slug for _each in range(9)]
    factories.discount_code("TEN", 10, max_uses=5)
    db.rollback()
    db.expire_all()
    statements.clear()
    cart = build("plan", *others, discount_code="TEN", country="FR", tax_id="FR40303265045")
    assert (len(cart.line_items), cart.errors) == (10, [])
    assert len(statements) <= 4, "\n".join(statements)


def line(kind: LineType, minor: int) -> Any:
    return SimpleNamespace(type=kind, slug="plan", period=None, subtotal=Money(minor, "EUR"))


KINDS = st.sampled_from([LineType.PRODUCT, LineType.FEE, LineType.CREDIT])
LINES = st.lists(st.builds(line, KINDS, st.integers(-5000, 10**7)), min_size=1, max_size=8)
CODES = st.builds(
    DiscountCode,
    code=st.just("CODE"),
    type=st.sampled_from(list(DiscountType)),
    value=st.decimals(0, 100, places=2),
    setup_fee_type=st.sampled_from(list(DiscountType)),
    setup_fee_value=st.decimals(0, 100, places=2),
)


@given(CODES, LINES)
def test_a_discount_never_raises_a_line_nor_makes_it_negative(code: DiscountCode, lines: list[Any]) -> None:
    for one, off in zip(lines, discounts.taken_off(code, lines), strict=True):
        assert 0 <= off.minor <= max(one.subtotal.minor, 0)
        assert one.type != LineType.CREDIT or not off


@given(st.integers(0, 10**7), LINES)
def test_an_absolute_discount_is_taken_whole_or_to_the_last_cent(value: int, lines: list[Any]) -> None:
    code = DiscountCode(code="CODE", type=DiscountType.ABSOLUTE, value=Decimal(value))
    off = Money.sum(discounts.taken_off(code, lines), "EUR").minor
    whole = sum(max(one.subtotal.minor, 0) for one in lines if one.type == LineType.PRODUCT)
    assert off == min(value, whole)
