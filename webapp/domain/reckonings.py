"""Why an amount is what it is: the lines, discounts, rates and credit of a payment, or of one that is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.domain import tax_names
from webapp.domain.carts import Cart
from webapp.models import Payment
from webapp.money import Money


@dataclass(frozen=True, slots=True)
class ReckonedLine:
    """`subtotal` is `quantity` x `each`; `discount` was taken off it before any tax."""

    title: str
    quantity: int
    each: Money
    subtotal: Money
    discount: Money


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`taxes`: by name, as `19% VAT`; `inclusive`: they are contained in the lines, else they were added.

    `credit`: of the total, what the customer's balance pays; `asked`: the rest, of a gateway.
    """

    lines: Sequence[ReckonedLine]
    taxes: Sequence[tuple[str, Money]]
    inclusive: bool
    reverse_charge: bool
    code: str
    total: Money
    credit: Money

    @property
    def asked(self) -> Money:
        return self.total - self.credit


def of_payment(payment: Payment) -> Reckoning:
    """As it was asked for."""
    return Reckoning(
        [
            ReckonedLine(one.title, one.quantity, one.unit_price, one.subtotal, one.discount_total)
            for one in payment.line_items
        ],
        tax_names.of_payment(payment),
        payment.is_tax_inclusive,
        payment.is_reverse_charged,
        payment.discount_code,
        payment.total,
        payment.credit,
    )


def of_cart(cart: Cart, credit: Money) -> Reckoning:
    """As it would be asked for now. `credit`: the customer's balance in its currency."""
    lines = [one for one in cart.line_items if not one.later]
    return Reckoning(
        [ReckonedLine(one.title, one.quantity, one.price_each, one.subtotal, one.discount_total) for one in lines],
        tax_names.named([tax for one in lines for tax in one.taxes], cart.tax.place.country) if cart.tax else [],
        any(one.inclusive for one in lines),
        cart.is_reverse_charged,
        cart.discount.code if cart.discount is not None else "",
        cart.due_today,
        min(credit, cart.due_today),
    )
