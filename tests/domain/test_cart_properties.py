"""What holds for every cart there can be, in currencies with no, two and three decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import discounts, pricing, taxes
from webapp.domain.cart_lines import CartLine, per_rate
from webapp.domain.taxes import Decision, Place, Rate
from webapp.models import DiscountCode, DiscountType, LineType, Renewals
from webapp.money import Money

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
PERCENTAGES = st.decimals(min_value=0, max_value=100, places=4)
AMOUNTS = st.integers(0, 10**9)
KINDS = st.sampled_from([LineType.PRODUCT, LineType.FEE])


def line(kind: LineType, minor: int, quantity: int, currency: str, category: str = "default", **facts: Any) -> CartLine:
    price, zero = Money(minor, currency), Money(0, currency)
    return CartLine(kind, "A line", None, "slug", quantity, price, zero, tax_category=category, **facts)


@st.composite
def several_lines(draw: st.DrawFn, currency: str | None = None) -> list[CartLine]:
    of = currency or draw(CURRENCIES)
    facts = st.tuples(KINDS, AMOUNTS, st.integers(1, 1000), st.sampled_from(["default", "books", ""]), st.booleans())
    drawn = draw(st.lists(facts, min_size=1, max_size=10))
    return [line(kind, minor, many, of, category, recurring=again) for kind, minor, many, category, again in drawn]


@st.composite
def codes(draw: st.DrawFn) -> DiscountCode:
    kinds = st.sampled_from(list(DiscountType))
    return DiscountCode(
        code="CODE",
        type=draw(kinds),
        value=Decimal(draw(st.integers(0, 10**9))),
        setup_fee_type=draw(kinds),
        setup_fee_value=draw(PERCENTAGES),
        allowed_products=[],
        allowed_periods=[],
        apply_to_renewals=Renewals.ALWAYS,
    )


@st.composite
def decisions(draw: st.DrawFn, *, inclusive: bool | None = None) -> Decision:
    facts = st.tuples(st.sampled_from(["default", "books"]), PERCENTAGES, st.integers(1, 3), st.booleans())
    rows = draw(st.lists(facts, max_size=4))
    rates = [
        Rate(number, category, f"Tax {number}", "*", "", "", percent, priority, compound)
        for number, (category, percent, priority, compound) in enumerate(rows, 1)
    ]
    contained = draw(st.booleans()) if inclusive is None else inclusive
    return Decision(Place(), contained, rates, reverse_charge=draw(st.booleans()))


@given(several_lines(), codes(), decisions())
def test_every_line_adds_up(lines: list[CartLine], code: DiscountCode, decision: Decision) -> None:
    pricing.price(lines, code, decision, [])
    currency = lines[0].unit_price.currency
    for one in lines:
        contained = one.tax_total if decision.inclusive else Money(0, currency)
        assert one.total == one.subtotal - one.discount_total + one.tax_total - contained
        assert Money(0, currency) <= one.discount_total <= one.subtotal
        assert one.total.minor >= 0
    parts = per_rate(tax for one in lines for tax in one.taxes)
    assert Money.sum((one.amount for one in parts), currency) == Money.sum((one.tax_total for one in lines), currency)


@given(several_lines(), codes(), decisions())
def test_a_discount_never_raises_a_price(lines: list[CartLine], code: DiscountCode, decision: Decision) -> None:
    dear = [one.afresh() for one in lines]
    pricing.price(dear, None, decision, [])
    pricing.price(lines, code, decision, [])
    assert all(one.total <= other.total for one, other in zip(lines, dear, strict=True))


@given(several_lines(), st.integers(0, 10**12))
def test_an_absolute_code_takes_off_its_value_once(lines: list[CartLine], value: int) -> None:
    code = DiscountCode(code="CODE", type=DiscountType.ABSOLUTE, value=Decimal(value))
    code.allowed_products, code.allowed_periods, code.setup_fee_value = [], [], Decimal(0)
    off = sum(amount.minor for amount in discounts.taken_off(code, lines))
    assert off == min(value, sum(one.subtotal.minor for one in lines if one.type == LineType.PRODUCT))


@given(CURRENCIES, st.integers(0, 10**12), decisions(inclusive=False))
def test_prices_with_and_without_their_tax_agree(currency: str, minor: int, decision: Decision) -> None:
    """What is added to a price is found in the price with it, but for what rounding moves: one unit for each tax."""
    without = line(LineType.PRODUCT, minor, 1, currency)
    plain = Decision(Place(), False, decision.rates)
    taxes.apply(plain, [without], {})
    contained = line(LineType.PRODUCT, without.total.minor, 1, currency)
    taxes.apply(Decision(Place(), True, decision.rates), [contained], {})
    assert contained.total == without.total
    assert abs((contained.tax_total - without.tax_total).minor) <= len(without.taxes)


@given(CURRENCIES, st.integers(0, 10**12), decisions(inclusive=True))
def test_what_is_restated_and_its_tax_are_the_price_that_was_asked(currency: str, minor: int, one: Decision) -> None:
    taxed, restated = line(LineType.PRODUCT, minor, 1, currency), line(LineType.PRODUCT, minor, 1, currency)
    taxes.apply(Decision(Place(), True, one.rates), [taxed], {})
    taxes.apply(Decision(Place(), True, one.rates, reverse_charge=True), [restated], {})
    assert restated.total == taxed.total - taxed.tax_total
    assert not restated.tax_total


@given(several_lines(), codes(), decisions())
def test_what_is_charged_again_is_what_was_charged(
    lines: list[CartLine], code: DiscountCode, decision: Decision
) -> None:
    again = [one for one in lines if one.recurring]
    if again:
        total = pricing.once_more(lines, code, decision, [])
        pricing.price(again, code, decision, [])
        assert total == Money.sum((one.total for one in again), again[0].unit_price.currency)


@given(CURRENCIES, AMOUNTS, st.integers(1, 1000), decisions())
def test_a_quantity_is_as_many_times_its_price(currency: str, minor: int, many: int, decision: Decision) -> None:
    one, dear = line(LineType.PRODUCT, minor, many, currency), line(LineType.PRODUCT, minor * many, 1, currency)
    pricing.price([one], None, decision, [])
    pricing.price([dear], None, decision, [])
    assert (one.subtotal, one.tax_total, one.total) == (dear.subtotal, dear.tax_total, dear.total)


@st.composite
def with_credits(draw: st.DrawFn) -> list[CartLine]:
    """Some of it due today, some when the trial ends, and sign-up credits of both."""
    lines = draw(several_lines())
    currency = lines[0].unit_price.currency
    of_one = st.tuples(AMOUNTS, st.integers(1, 5), st.sampled_from(["default", "books", ""]))
    for minor, many, category in draw(st.lists(of_one, min_size=1, max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), line(LineType.CREDIT, -minor, many, currency, category))
    for one in lines:
        one.later = draw(st.booleans())
    return lines


@given(with_credits(), st.none() | codes(), st.none() | decisions())
def test_a_credit_pays_what_is_due_with_its_tax_and_no_more(
    lines: list[CartLine], code: DiscountCode | None, decision: Decision | None
) -> None:
    """To the last unit, whether prices contain their tax or not: only then is something left over of it."""
    whole, others = [one.afresh() for one in lines], [one.afresh() for one in lines if one.type != LineType.CREDIT]
    pricing.price(others, code, decision, [])
    taxes.apply(decision, whole, {})
    pricing.price(lines, code, decision, [])
    currency = lines[0].unit_price.currency
    for one in lines:
        contained = one.tax_total if one.inclusive else Money(0, currency)
        assert one.total == one.subtotal - one.discount_total + one.tax_total - contained
    assert [one.total for one in lines if one.type != LineType.CREDIT] == [one.total for one in others]
    for later in (False, True):
        group = [(one, full) for one, full in zip(lines, whole, strict=True) if one.later is later]
        used = [(one.total, full.total) for one, full in group if one.type == LineType.CREDIT]
        assert all(full <= one <= Money(0, currency) for one, full in used)
        due = Money.sum((one.total for one, _full in group), currency)
        assert due.minor >= 0
        assert not due or all(one == full for one, full in used)
