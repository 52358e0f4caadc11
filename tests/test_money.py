"""Money adds up, for currencies with no, two and three decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.money import CurrencyMismatch, Money, round_half_away, split

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD", "CLF"])
MINOR = st.integers(-(10**12), 10**12)
RATES = st.decimals(0, 100, places=3, allow_nan=False)


@given(MINOR, st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_splitting_loses_nothing(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == (total if any(weights) else 0)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(MINOR, st.integers(1, 40), CURRENCIES)
def test_equal_parts_differ_by_one_unit_at_most(minor: int, parts: int, currency: str) -> None:
    amounts = Money(minor, currency).split(parts)
    assert Money.sum(amounts, currency) == Money(minor, currency)
    assert max(amounts) - min(amounts) <= Money(1, currency)


def test_what_is_left_goes_to_the_largest_remainder_and_then_to_the_earlier_part() -> None:
    assert split(1000, [3000, 2000]) == [600, 400]
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(1, [1, 2]) == [0, 1]


@given(MINOR, RATES, CURRENCIES)
def test_a_percentage_is_exact_to_half_a_unit(minor: int, rate: Decimal, currency: str) -> None:
    amount = Money(minor, currency).percent(rate)
    assert abs(amount.minor - minor * rate / 100) <= Decimal("0.5")


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("2.4999", 2)])
def test_halves_go_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_away(Decimal(value)) == rounded


@given(MINOR, CURRENCIES)
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.parse(str(amount.decimal), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"), [("0.5", "JPY"), ("1.005", "EUR"), ("NaN", "EUR"), ("1e999999", "EUR"), ("x", "EUR")]
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(text, currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_only_whole_numbers_are_minor_units(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]
