"""The lines of a cart: what each is, and the sums that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from webapp.models import LineTax, LineType
from webapp.money import Money
from webapp.periods import Period


@dataclass(slots=True)
class CartLine:
    """subtotal = quantity x unit price; net = subtotal - discount; then the taxes, added to it or contained in it.

    `tax_category`: which rates count; empty: it is not taxed. `later`: it waits for the trial to end. `restated`: its
    subtotal where that is less than its price: without a tax that the price contains and that is not owed (its
    discount is restated too), or as much of a credit as is used, which comes with its taxes to what is due.
    """

    type: LineType
    title: str
    product_id: int | None
    slug: str
    quantity: int
    unit_price: Money
    discount_total: Money
    taxes: tuple[LineTax, ...] = ()
    recurring: bool = False
    period: Period | None = None
    later: bool = False
    tax_category: str = ""
    inclusive: bool = False
    restated: Money | None = None

    @property
    def subtotal(self) -> Money:
        return self.unit_price * self.quantity if self.restated is None else self.restated

    @property
    def net(self) -> Money:
        """What the tax is reckoned on; it contains the tax where prices do."""
        return self.subtotal - self.discount_total

    @property
    def tax_total(self) -> Money:
        return Money.sum((one.amount for one in self.taxes), self.unit_price.currency)

    @property
    def total(self) -> Money:
        return self.net if self.inclusive else self.net + self.tax_total

    @property
    def price_each(self) -> Money:
        """As it is shown: the unit price, or what one of a restated line comes to, rounded."""
        return self.unit_price if self.restated is None else self.restated.times(1, self.quantity)

    def afresh(self) -> Self:
        """The same at its price, with nothing taken off or reckoned yet."""
        zero = Money(0, self.unit_price.currency)
        return replace(self, discount_total=zero, taxes=(), inclusive=False, restated=None)


def per_rate(taxes: Iterable[LineTax]) -> list[LineTax]:
    """The taxes of several lines together, one for each title and rate, in the order in which they come."""
    sums: dict[tuple[str, object], LineTax] = {}
    for one in taxes:
        known = sums.get((one.title, one.rate))
        sums[one.title, one.rate] = one if known is None else replace(known, amount=known.amount + one.amount)
    return list(sums.values())
