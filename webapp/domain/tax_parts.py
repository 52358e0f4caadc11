"""What a payment consists of by tax, and how a part of it is taken back so that nothing is lost.

A part is all that is taxed alike: its category as in EN 16931 (S standard, Z zero rate, AE reverse charge, O outside
the scope of tax), its rates, what it comes to without tax, and each tax. What a refund takes back is kept with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

from webapp.models import LineItem, Payment, Refund, RefundStatus
from webapp.money import split

STANDARD, ZERO, REVERSE_CHARGE, OUTSIDE = "S", "Z", "AE", "O"
Rate = tuple[str, str]  # title and percentage: ("VAT", "19")


@dataclass(frozen=True, slots=True)
class Part:
    """Minor units. `taxes` stand in the order of `rates`."""

    category: str
    rates: tuple[Rate, ...]
    net: int
    taxes: tuple[int, ...]

    @property
    def tax(self) -> int:
        return sum(self.taxes)

    @property
    def gross(self) -> int:
        return self.net + self.tax

    @property
    def key(self) -> tuple[str, tuple[Rate, ...]]:
        return self.category, self.rates

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        rates = [list(one) for one in self.rates]
        return {"category": self.category, "rates": rates, "net": self.net, "taxes": list(self.taxes)}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        rates = tuple((str(title), str(rate)) for title, rate in kept["rates"])
        return cls(kept["category"], rates, kept["net"], tuple(kept["taxes"]))

    def __neg__(self) -> Part:
        return replace(self, net=-self.net, taxes=tuple(-one for one in self.taxes))


def of_line(line: LineItem, *, reverse_charge: bool = False) -> Part:
    """A line's own part; what it is taxed with was settled when it was sold."""
    taxes = line.tax_parts
    rates = tuple((one.title, written(one.rate)) for one in taxes)
    amounts = tuple(one.amount.minor for one in taxes)
    if sum(amounts) != line.tax_minor:  # sold before rates were kept with the line
        rates, amounts = (("", ""),), (line.tax_minor,)
    return Part(category_of(rates, reverse_charge), rates, line.total_minor - line.tax_minor, amounts)


def category_of(rates: tuple[Rate, ...], reverse_charge: bool) -> str:
    if reverse_charge:
        return REVERSE_CHARGE
    if not rates:
        return OUTSIDE
    return ZERO if all(rate == "0" for _title, rate in rates) else STANDARD


def written(rate: Decimal) -> str:
    """`19`, `8.5`: without noughts at the end."""
    return f"{rate.normalize():f}"


def added(parts: Iterable[Part]) -> list[Part]:
    """One part for all that is taxed alike, in the order in which they first came."""
    found: dict[Any, Part] = {}
    for one in parts:
        known = found.get(one.key)
        if known is None:
            found[one.key] = one
        else:
            taxes = tuple(a + b for a, b in zip(known.taxes, one.taxes, strict=True))
            found[one.key] = replace(known, net=known.net + one.net, taxes=taxes)
    return list(found.values())


def of_payment(payment: Payment) -> list[Part]:
    """All of it. A payment without lines is one part that is not taxed."""
    lines = [of_line(one, reverse_charge=payment.is_reverse_charged) for one in payment.line_items]
    rest = payment.total_minor - sum(one.gross for one in lines)
    if rest:
        lines.append(Part(OUTSIDE, (), rest, ()))
    return added(lines)


def left_of(payment: Payment) -> list[Part]:
    """What has not gone back, nor is on its way."""
    gone = [-Part.of(one) for refund in counted(payment) for one in refund.parts]
    return [one for one in added([*of_payment(payment), *gone]) if one.net or one.tax]


def counted(payment: Payment) -> list[Refund]:
    return [one for one in payment.refunds if one.status != RefundStatus.FAILED]


def share(parts: list[Part], amount: int) -> list[Part]:
    """`amount` of these parts, each in its proportion and each with its tax; all of it when that is all there is."""
    wholes = [one.gross for one in parts]
    taken = []
    for one, gross in zip(parts, split(amount, wholes), strict=True):
        net, *taxes = split(gross, [one.net, *one.taxes]) if one.gross else [0] * (1 + len(one.taxes))
        taken.append(replace(one, net=net, taxes=tuple(taxes)))
    return [one for one in taken if one.net or one.tax]


def untaxed(parts: list[Part]) -> list[Part]:
    """The tax of these parts alone: the taxed ones go, and come again as ones for which the buyer owes the tax."""
    taxed = [one for one in parts if one.tax]
    return [*taxed, *added(Part(REVERSE_CHARGE, (), -one.net, ()) for one in taxed)]
