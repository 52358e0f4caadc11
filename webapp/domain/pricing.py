"""From lines at their prices to what they cost: first the discount, then the tax, in this order always."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.domain import discounts, taxes
from webapp.domain.cart_lines import CartLine
from webapp.domain.taxes import Decision
from webapp.models import DiscountCode, LineType, Product
from webapp.money import Money


def price(
    lines: Sequence[CartLine], code: DiscountCode | None, decision: Decision | None, products: Sequence[Product]
) -> None:
    """Take off what the code takes off these lines, reckon what tax each bears, and use the credits among them.

    Changes the lines.
    """
    reckon(lines, code, decision, products)
    use_credits([line for line in lines if not line.later], decision, products)
    use_credits([line for line in lines if line.later], decision, products)


def reckon(
    lines: Sequence[CartLine], code: DiscountCode | None, decision: Decision | None, products: Sequence[Product]
) -> None:
    """The same with each credit in full, whatever is due."""
    if code is not None:
        for line, amount in zip(lines, discounts.taken_off(code, lines), strict=True):
            line.discount_total = amount
    taxes.apply(decision, lines, _by_id(products))


def use_credits(lines: Sequence[CartLine], decision: Decision | None, products: Sequence[Product]) -> None:
    """Of a sign-up credit that is more than what is due with these lines, only so much is used: nothing is paid out.

    What is due has its taxes in it, and so has what is used of a credit, at the rates of its own product.
    """
    short = -sum(line.total.minor for line in lines)
    for line in reversed(lines):
        if short > 0 and line.type == LineType.CREDIT:
            used = min(line.total.minor + short, 0)
            short -= used - line.total.minor
            taxes.restate(decision, line, Money(used, line.unit_price.currency), _by_id(products))


def _by_id(products: Sequence[Product]) -> dict[int, Product]:
    return {product.id: product for product in products}


def once_more(
    lines: Sequence[CartLine], code: DiscountCode | None, decision: Decision | None, products: Sequence[Product]
) -> Money:
    """What the recurring ones of these lines cost when they are charged again, with this code or none. One at least."""
    again = _again(lines, code, decision, products)
    return Money.sum((line.total for line in again), again[0].unit_price.currency)


def net_once_more(
    lines: Sequence[CartLine], code: DiscountCode | None, decision: Decision | None, products: Sequence[Product]
) -> Money:
    """The same without its tax, whether that is added to the prices or contained in them."""
    again = _again(lines, code, decision, products)
    return Money.sum((line.total - line.tax_total for line in again), again[0].unit_price.currency)


def _again(
    lines: Sequence[CartLine], code: DiscountCode | None, decision: Decision | None, products: Sequence[Product]
) -> list[CartLine]:
    again = [line.afresh() for line in lines if line.recurring]
    price(again, code, decision, products)
    return again
