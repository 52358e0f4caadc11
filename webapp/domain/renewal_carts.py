"""What a membership is charged again: its own prices, its own code, and the taxes of its customer's address today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.domain import discounts, pending_changes, pricing, taxes
from webapp.domain.cart_lines import CartLine
from webapp.domain.cart_products import category_of, title_of
from webapp.domain.carts import Cart, CartRequest, CartType
from webapp.models import Change, DiscountCode, LineType, Membership, MembershipItem
from webapp.money import Money
from webapp.periods import Period


def for_renewal(membership: Membership, *, number: int, change: Change | None = None) -> Cart:
    """The `number`-th renewal: 1 is the second paid period, as its `periods_paid` says when it is due.

    0 is the first charge after a trial: as the order said, with the set-up fee that waited, and with the order's code
    whether or not that counts for renewals. `change`: other terms that begin with that period. Pure like any cart, but
    for what its lazy relationships read.
    """
    request, terms = CartRequest(customer=membership.customer), change or membership
    cart = Cart(membership.currency, type=CartType.RENEWAL, plan=terms.plan, period=terms.period)
    cart.request, cart.tax = request, taxes.decide(request.place)
    items = membership.items if change is None else pending_changes.items_at_its_start(change)
    lines = [line_of(membership, one, terms.period) for one in items] or [_plan_line(membership)]
    if number > 0:
        lines = [line for line in lines if line.recurring]
    cart.products = list({item.product_id: item.product for item in items}.values())
    cart.discount = _code(terms.discount, number)
    pricing.reckon(lines, cart.discount, cart.tax, cart.products)
    # A one-off product was paid with the order: its share of the code's discount was given then, and no credit pays it.
    cart.line_items = [line for line in lines if line.recurring or line.type != LineType.PRODUCT]
    pricing.use_credits(cart.line_items, cart.tax, cart.products)
    if any(line.recurring for line in cart.line_items):
        later = _code(terms.discount, number + 1)
        cart.recurring_total = pricing.once_more(cart.line_items, later, cart.tax, cart.products)
    return cart


def _code(kept: Mapping[str, Any] | None, number: int) -> DiscountCode | None:
    code = discounts.recalled(kept) if kept else None
    since = number - discounts.begun_after(kept)
    return code if code is not None and (since <= 0 or discounts.renews(code, since)) else None


def line_of(membership: Membership, item: MembershipItem, period: Period | None = None) -> CartLine:
    """One of its products (or a fee that waits) at the membership's own price."""
    return CartLine(
        type=item.type,
        title=title_of(item.type, item.product),
        product_id=item.product_id,
        slug=item.product.slug,
        quantity=item.quantity,
        unit_price=Money(item.unit_price_minor, membership.currency),
        discount_total=Money(0, membership.currency),
        recurring=item.recurring,
        period=(period or membership.period) if item.product.recurring else None,
        tax_category=category_of(item.product),
    )


def _plan_line(membership: Membership) -> CartLine:
    """What a membership without items costs, as one line."""
    plan, zero = membership.plan, Money(0, membership.currency)
    line = CartLine(LineType.PRODUCT, plan.name, plan.id, plan.slug, 1, membership.price, zero)
    line.recurring, line.period, line.tax_category = membership.recurring, membership.period, category_of(plan)
    return line
