"""Money: an integer of minor units and its currency. Never a float, in no layer.

Exponents are ISO 4217's. Vendors that differ keep a table of exceptions in their own gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

# ISO 4217 (list one, 2026): every currency whose exponent is not 2.
ZERO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
FOUR_DECIMALS = frozenset("CLF UYW".split())


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit stands for."""
    if currency in ZERO_DECIMALS:
        return 0
    if currency in THREE_DECIMALS:
        return 3
    return 4 if currency in FOUR_DECIMALS else 2


def round_half_away(value: Decimal) -> int:
    """To a whole number, halves away from zero: 0.5 is 1, -0.5 is -1."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts proportional to `weights`; the parts add up to `total` again.

    What rounding leaves goes one by one to the largest remainders, ties to the earlier part.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    for i in by_remainder[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


class CurrencyMismatch(ArithmeticError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of an ISO 4217 currency: Money(2999, "EUR") is 29.99 euros."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {type(self.minor).__name__}")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """`"29.99"` in major units. Raises ValueError for NaN and for more decimals than the currency has."""
        try:
            minor = Decimal(text).scaleb(exponent(currency))
            whole = int(minor)
        except (ArithmeticError, ValueError) as error:
            raise ValueError(f"{text!r} is not an amount") from error
        if minor != whole:
            raise ValueError(f"{currency} has {exponent(currency)} decimals")
        return cls(whole, currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        return sum(amounts, Money(0, currency))

    @property
    def decimal(self) -> Decimal:
        """In major units, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, numerator: int, denominator: int) -> Money:
        """A fraction of it, rounded half away from zero to the minor unit; exact, whatever the fraction. Above 0."""
        whole = (2 * abs(self.minor) * numerator + denominator) // (2 * denominator)
        return Money(-whole if self.minor < 0 else whole, self.currency)

    def percent(self, rate: Decimal) -> Money:
        """`rate` percent of it, rounded half away from zero to the minor unit."""
        return Money(round_half_away(self.minor * rate / 100), self.currency)

    def split(self, parts: int) -> list[Money]:
        """In `parts` nearly equal parts that add up to it again."""
        return [Money(minor, self.currency) for minor in split(self.minor, [1] * parts)]

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"
