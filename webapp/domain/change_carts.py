"""What other terms for a membership would cost and mean, as they are shown before anybody asks for them.

Pure, like any cart: it writes nothing. What the customer would have then is one list of lines; from it follow the new
price, whether that is more or less than now, and so what is due today and when it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _

from webapp.domain import (
    discounts,
    entitlements,
    limit_sentences,
    network,
    pending_changes,
    pricing,
    renewal_carts,
    taxes,
    unused_time,
)
from webapp.domain.cart_lines import CartLine
from webapp.domain.carts import Cart, CartType
from webapp.domain.change_wishes import ChangeRequest, Wish
from webapp.errors import Invalid
from webapp.models import (
    ChangeKind,
    DiscountCode,
    LineType,
    Membership,
    MembershipStatus,
    Product,
)
from webapp.money import Money

S = MembershipStatus


@dataclass(slots=True)
class Offer:
    """Other terms, and what they cost. `cart`: what is due now; its recurring total is what a renewal costs then.

    `starts_at`: None where they begin as soon as what is due is paid. `lines`: what recurs, and what was bought once.
    """

    membership: Membership
    cart: Cart
    kind: ChangeKind
    at: datetime
    lines: list[CartLine] = field(default_factory=list)
    starts_at: datetime | None = None
    begins_afresh: bool = False
    surplus: Money = field(init=False)
    recurring_net: Money = field(init=False)  # of the cart's recurring total, what is no tax
    code: DiscountCode | None = None
    lost: list[CartLine] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)  # by payment, what of it is in the price: see Change

    def __post_init__(self) -> None:
        self.surplus = self.recurring_net = Money(0, self.cart.currency)

    @property
    def plan(self) -> Product:
        return self.cart.plan or self.membership.plan

    @property
    def recurring(self) -> bool:
        return any(line.recurring for line in self.lines)


def offer(membership: Membership, request: ChangeRequest, at: datetime) -> Offer:
    """What `request` would mean at that instant; what is wrong with it is among the cart's errors."""
    wish = Wish(membership, request)
    made = Offer(membership, wish.cart, ChangeKind.UPGRADE, at, wish.lines, lost=wish.lost)
    if wish.cart.errors:
        return made
    cart = wish.cart
    cart.tax = taxes.decide(cart.request.place)
    made.code = _code(made, request.discount_code)
    _check_limits(made)
    _reckon_recurring(made)
    _decide(made, wish)
    _ask(made, wish)
    return made


def _check_limits(made: Offer) -> None:
    """What is used must fit into what these products allow, and the error names what does not."""
    known = {one.id: one for one in made.cart.products}
    bought = [(known[one.product_id], one.quantity) for one in made.lines if one.product_id in known]
    for use in entitlements.too_much_for(made.membership, [entitlements.part_of(*one) for one in bought]):
        made.cart.refuse("overlimits", limit_sentences.in_the_way(use), "products", made.plan.slug)


# -- what it costs ---------------------------------------------------------------------------------------------------
def _code(made: Offer, text: str) -> DiscountCode | None:
    """The code that is typed now, or the one the membership was bought with, while that counts for renewals."""
    kept = made.membership.discount
    if not text.strip():
        return discounts.recalled(kept) if kept else None
    try:
        waiting = pending_changes.of(made.membership)
        own = waiting.payment_id if waiting is not None else None
        code = discounts.usable(text, made.cart.currency, besides=own)
        if not any(discounts.taken_off(code, made.lines)):
            raise Invalid(_("This code is not valid for this plan."), code="discount_code")
    except Invalid as problem:
        made.cart.refuse(problem.code, problem.message, "discount_code")
        return None
    made.cart.discount = code
    return code


def _counts(made: Offer, number: int) -> DiscountCode | None:
    """The code, if it counts for the `number`-th charge from now on, this being the first (0)."""
    if made.code is None or (made.cart.discount is not None and number == 0):
        return made.code
    kept = made.membership.discount
    before = 0 if made.cart.discount is not None else max(1, made.membership.periods_paid - discounts.begun_after(kept))
    return made.code if discounts.renews(made.code, before + number) else None


def _reckon_recurring(made: Offer) -> None:
    cart = made.cart
    if made.recurring:
        renewal = made.lines, _counts(made, 1), cart.tax, cart.products
        cart.recurring_total = pricing.once_more(*renewal)
        made.recurring_net = pricing.net_once_more(*renewal)


def _net(lines: Sequence[CartLine], currency: str) -> Money:
    return Money.sum((line.total - line.tax_total for line in lines if line.recurring), currency)


def _per_day(made: Offer) -> tuple[Decimal, Decimal]:
    """What a day costs now and then, without tax. A membership that is not charged again costs nothing."""
    mine, currency = made.membership, made.cart.currency
    old = Decimal(0)
    if mine.recurring:
        paid = renewal_carts.for_renewal(mine, number=max(1, mine.periods_paid))
        old = _net(paid.line_items, currency).minor / mine.period.days
    again = [line.afresh() for line in made.lines if line.recurring]
    pricing.price(again, _counts(made, 0), made.cart.tax, made.cart.products)
    return old, _net(again, currency).minor / (made.cart.period or mine.period).days


def _decide(made: Offer, wish: Wish) -> None:
    """More or less than now, and so at once or at the end of what is paid, unless the request says which."""
    mine, cart, at_once = made.membership, made.cart, wish.request.at_once
    same_terms = not wish.new_plan and not wish.new_period and not wish.is_repriced and not made.lost
    extras_recur = any(line.recurring for line in cart.line_items)
    is_extra, can_wait = same_terms and (mine.recurring or not extras_recur), mine.expires_at is not None
    if is_extra and (at_once is not False or not can_wait):
        made.kind, cart.type, cart.period = ChangeKind.ADDON, CartType.ADDON, mine.period
        return
    cart.type = CartType.UPGRADE
    is_less = not is_extra and _is_less(made, wish)
    if is_less:
        made.kind, cart.type = ChangeKind.DOWNGRADE, CartType.DOWNGRADE
    if at_once is None:
        at_once = not is_less or network.settings().downgrades_at_once
    if mine.expires_at is not None and (not at_once or (is_less and mine.expires_at <= made.at)):
        made.starts_at = mine.expires_at
    else:
        made.begins_afresh = True


def _is_less(made: Offer, wish: Wish) -> bool:
    mine, period = made.membership, made.cart.period
    if not mine.recurring or not made.recurring:
        return mine.recurring and not made.cart.total
    if wish.new_period and not wish.new_plan and period is not None:
        return period.days < mine.period.days
    old, new = _per_day(made)
    return new < old


def _ask(made: Offer, wish: Wish) -> None:
    """Put into the cart what is due now."""
    cart, mine = made.cart, made.membership
    if made.starts_at is not None:
        _refuse_what_is_charged_once(cart)
        cart.line_items = [replace(one, later=True) for one in made.lines if one.recurring or not one.unit_price]
        cart.next_charge_at = made.starts_at if made.recurring else None
    elif made.kind == ChangeKind.ADDON:
        _shorten(made)
        cart.next_charge_at = mine.renews_at
    else:
        cart.line_items = [line for line in made.lines if line.recurring or line in cart.line_items] + wish.fees
        cart.next_charge_at = cart.period.after(made.at) if made.recurring and cart.period is not None else None
    pricing.price(cart.line_items, _counts(made, 0), cart.tax, cart.products)
    if made.begins_afresh:
        _count_unused(made)


def _refuse_what_is_charged_once(cart: Cart) -> None:
    """A renewal charges what recurs alone, so it would never be paid. No set-up fee is asked then."""
    for line in cart.line_items:
        if line.type == LineType.PRODUCT and not line.recurring and line.unit_price:
            message = _(
                "%(product)s is charged once, so it cannot begin later. Order it by itself.", product=line.title
            )
            cart.refuse("not-later", message, "products", line.slug)


def _shorten(made: Offer) -> None:
    """What is added in mid-period is paid for what is left of it; in a trial, when that ends."""
    mine = made.membership
    for line in made.cart.line_items:
        if not line.recurring or mine.expires_at is None:
            continue
        if mine.status == S.TRIALING:
            line.later = True
            continue
        began = mine.end_of(mine.periods_paid - 1) if mine.anchor is not None else made.at
        left, whole = mine.expires_at - made.at, mine.expires_at - began
        if left < whole:
            parts = max(0, left // unused_time.MICROSECOND), whole // unused_time.MICROSECOND
            line.restated = line.subtotal.times(*parts)


def _count_unused(made: Offer) -> None:
    """What is paid for and not used counts; what that is more than is due, goes to the credit balance."""
    cart = made.cart
    for payment, lines in unused_time.by_payment(made.membership, made.at):
        cart.line_items += lines
        made.counted[str(payment.id)] = -sum(line.total.minor for line in lines)
    over = -sum(line.total.minor for line in cart.line_items)
    if over > 0:
        made.surplus = Money(over, cart.currency)
        title, zero = _("To your credit balance"), Money(0, cart.currency)
        cart.line_items.append(CartLine(LineType.ADJUSTMENT, title, None, "", 1, made.surplus, zero))
