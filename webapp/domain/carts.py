"""What is bought and what it costs: pure reading and reckoning, from ids and facts.

Building a cart writes nothing and cancels nothing; what is wrong is in `errors`. No amount ever comes from outside.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import catalog, discounts, network
from webapp.errors import Invalid
from webapp.hooks import apply_filters, has_filter
from webapp.models import Customer, DiscountCode, LineType, Product, ProductType, Renewals
from webapp.money import Money
from webapp.periods import Period

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CartRequest:
    """What somebody wants to buy: products by slug or id, a period, a code, and who is asking."""

    products: Sequence[str] = ()
    period: Period | None = None
    discount_code: str = ""
    country: str = ""
    business: bool = False
    tax_id: str = ""
    customer: Customer | None = None
    has_trialed: Callable[[], bool] = lambda: False  # asked only about a plan with a trial
    sale_of: int | None = None  # the payment of the sale that this order repeats: its own hold on a code is no obstacle


@dataclass(slots=True)
class CartLine:
    """subtotal = quantity x unit price; total = subtotal - discount + tax. `later`: waits for the trial to end."""

    type: LineType
    title: str
    product_id: int | None
    slug: str
    quantity: int
    unit_price: Money
    discount_total: Money
    tax_total: Money
    recurring: bool = False
    period: Period | None = None
    later: bool = False

    @property
    def subtotal(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def total(self) -> Money:
        return self.subtotal - self.discount_total + self.tax_total


@dataclass(frozen=True, slots=True)
class CartError:
    """`code` is stable, `message` is for a person, `param` the field it belongs to."""

    code: str
    message: str
    param: str


@dataclass(slots=True)
class Cart:
    """A reckoned order. All amounts have its one currency."""

    currency: str
    plan: Product | None = None
    period: Period | None = None
    line_items: list[CartLine] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    discount: DiscountCode | None = None
    trial_ends_at: datetime | None = None
    next_charge_at: datetime | None = None
    recurring_total: Money = field(init=False)
    recurring_after_discount: Money | None = None  # what renewals cost once the code no longer counts
    errors: list[CartError] = field(default_factory=list)
    request: CartRequest = field(default_factory=CartRequest)

    def __post_init__(self) -> None:
        self.recurring_total = Money(0, self.currency)

    def _sum(self, amounts: Sequence[Money]) -> Money:
        return Money.sum(amounts, self.currency)

    @property
    def subtotal(self) -> Money:
        return self._sum([line.subtotal for line in self.line_items])

    @property
    def discount_total(self) -> Money:
        return self._sum([line.discount_total for line in self.line_items])

    @property
    def tax_total(self) -> Money:
        return self._sum([line.tax_total for line in self.line_items])

    @property
    def total(self) -> Money:
        """Everything that is ordered, including what waits for the end of a trial."""
        return max(self._sum([line.total for line in self.line_items]), Money(0, self.currency))

    @property
    def due_today(self) -> Money:
        now = [line.total for line in self.line_items if not line.later]
        return max(self._sum(now), Money(0, self.currency))

    @property
    def is_free(self) -> bool:
        """Nothing is due, now or ever."""
        return not self.total and not self.recurring_total

    @property
    def collects_payment(self) -> bool:
        """Whether a way to pay is needed: also for a trial that turns paid, unless the operator waives that."""
        if self.due_today:
            return True
        waived = self.trial_ends_at is not None and network.settings().allow_trial_without_payment_method
        return not self.is_free and not waived

    @property
    def keeps(self) -> bool:
        """Whether it holds good for a while: nothing in it is given once, or to so many, and may be gone by now."""
        return not self.errors and self.discount is None and self.trial_ends_at is None

    @property
    def key(self) -> str:
        """The same for the same goods at the same price, and for nothing else."""
        facts = [self.currency, str(self.period), self.discount and self.discount.code, self.trial_ends_at is None]
        lines = [[line.slug, line.type, line.quantity, line.total.minor, line.later] for line in self.line_items]
        text = json.dumps([facts, lines, self.recurring_total.minor])
        return hashlib.sha256(text.encode()).hexdigest()

    def refuse(self, code: str, message: str, param: str) -> None:
        self.errors.append(CartError(code, message, param))


def build(request: CartRequest) -> Cart:
    """Reckon what `request` asks for; never raises for what a visitor may send."""
    cart = Cart(network.settings().currency, request=request)
    _choose_products(cart, request)
    if cart.plan is not None:
        cart.currency = cart.plan.currency
        cart.recurring_total = Money(0, cart.currency)
    _choose_period(cart, request)
    _add_lines(cart)
    if has_filter("wu_cart_line_items"):
        cart.line_items = _filter_lines(cart)
    _start_trial(cart, request)
    _apply_code(cart, request.discount_code)
    _reckon_recurring(cart)
    _filter_total(cart)
    return cart


def _filter_lines(cart: Cart) -> list[CartLine]:
    """What integrators make of the lines; as they were when what comes back is none, or of another currency."""
    lines: list[CartLine] = apply_filters("wu_cart_line_items", list(cart.line_items), cart)
    fit = isinstance(lines, list) and all(isinstance(one, CartLine) for one in lines)
    if not fit or any(one.unit_price.currency != cart.currency for one in lines):
        log.error("cart.no_lines", extra={"filter": "wu_cart_line_items"})
        return cart.line_items
    return lines


def _choose_products(cart: Cart, request: CartRequest) -> None:
    wanted = [one for one in dict.fromkeys(request.products) if one][:20]
    found = catalog.find_many(wanted)
    for name in wanted:
        product = found.get(name)
        if product is None or not product.active:
            cart.refuse("missing-product", _("This plan is no longer offered. Choose another one."), "products")
        elif product.type == ProductType.PLAN and cart.plan is not None and cart.plan is not product:
            cart.refuse("plan-already-added", _("Choose one plan."), "products")
        elif product not in cart.products:
            cart.products.append(product)
            cart.plan = product if product.type == ProductType.PLAN else cart.plan
    if cart.plan is None and not cart.errors:
        cart.refuse("missing-product", _("Choose a plan."), "products")


def _choose_period(cart: Cart, request: CartRequest) -> None:
    plan = cart.plan
    if plan is None or not plan.recurring or plan.is_free:
        cart.period = None if plan is None else plan.period
        return
    cart.period = request.period or plan.period
    if plan.price_for(cart.period) is None:
        cart.refuse(
            "missing-price-variations", _("This plan is not sold for that billing period. Choose another."), "period"
        )
        cart.period = plan.period


def _add_lines(cart: Cart) -> None:
    for product in cart.products:
        if product.currency != cart.currency:
            cart.refuse("currency", _("These products are sold in different currencies."), "products")
            continue
        price = _price(cart, product)
        if price is None:
            message = _("%(product)s is not sold for that billing period.", product=product.name)
            cart.refuse("missing-price-variations", message, "period")
            continue
        recurring = product.recurring and not product.is_free
        cart.line_items.append(_line(cart, LineType.PRODUCT, product.name, product, price, recurring))
        if product.setup_fee_minor:
            title = _("Set-up fee") if product.setup_fee_minor > 0 else _("Sign-up credit")
            kind = LineType.FEE if product.setup_fee_minor > 0 else LineType.CREDIT
            cart.line_items.append(_line(cart, kind, title, product, product.setup_fee, False))


def _price(cart: Cart, product: Product) -> Money | None:
    if product.is_free:
        return Money(0, cart.currency)
    if not product.recurring or cart.period is None:
        return product.price
    return product.price_for(cart.period)


def _line(cart: Cart, kind: LineType, title: str, product: Product, price: Money, recurring: bool) -> CartLine:
    zero = Money(0, cart.currency)
    period = cart.period if product.recurring else None
    return CartLine(kind, title, product.id, product.slug, 1, price, zero, zero, recurring, period)


def _start_trial(cart: Cart, request: CartRequest) -> None:
    """Its recurring lines and set-up fees wait for the end of the plan's trial; one-off products are due today."""
    plan = cart.plan
    if plan is None or plan.trial is None or not plan.recurring or plan.is_free or request.has_trialed():
        return
    cart.trial_ends_at = plan.trial.after(clock.now())
    for line in cart.line_items:
        line.later = line.recurring or line.product_id == plan.id


def _apply_code(cart: Cart, text: str) -> None:
    """Take off what the code takes off; a code that cannot be used, or fits no line, is said beside its field."""
    if not text.strip():
        return
    try:
        code = _usable_code(cart, text)
        off = discounts.taken_off(code, cart.line_items)
        if not any(off):
            raise Invalid(_("This code is not valid for this plan."), code="discount_code")
    except Invalid as problem:
        cart.refuse(problem.code, problem.message, "discount_code")
        return
    cart.discount = code
    for line, amount in zip(cart.line_items, off, strict=True):
        line.discount_total = amount


def _usable_code(cart: Cart, text: str) -> DiscountCode:
    code = discounts.check(discounts.find(text), cart.currency)
    if not discounts.uses_left(code, besides=cart.request.sale_of):
        raise Invalid(_("This code has been used up."), code="discount_code")
    return code


def _reckon_recurring(cart: Cart) -> None:
    recurring = [line for line in cart.line_items if line.recurring]
    zero = Money(0, cart.currency)
    without = Money.sum((replace(line, discount_total=zero).total for line in recurring), cart.currency)
    kept = cart.discount is not None and cart.discount.apply_to_renewals != Renewals.NEVER
    cart.recurring_total = Money.sum((line.total for line in recurring), cart.currency) if kept else without
    if cart.discount is not None and cart.discount.apply_to_renewals != Renewals.ALWAYS:
        cart.recurring_after_discount = without
    if recurring and cart.period is not None:
        cart.next_charge_at = cart.trial_ends_at or cart.period.after(clock.now())


def _filter_total(cart: Cart) -> None:
    """What a filter changes becomes a line, so that the lines still add up."""
    if not has_filter("wu_cart_total"):
        return
    wanted: Money = apply_filters("wu_cart_total", cart.total, cart)
    if wanted == cart.total or not isinstance(wanted, Money) or wanted.currency != cart.currency:
        return
    zero = Money(0, cart.currency)
    cart.line_items.append(CartLine(LineType.ADJUSTMENT, _("Adjustment"), None, "", 1, wanted - cart.total, zero, zero))
