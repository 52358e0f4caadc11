"""What is bought and what it costs: pure reading and reckoning, from ids and facts.

Building a cart writes nothing and cancels nothing; what is wrong is in `errors`. No amount ever comes from outside.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import cart_products, discounts, network, pricing, tax_ids, taxes
from webapp.domain.cart_lines import CartLine, per_rate
from webapp.domain.taxes import Decision, Place
from webapp.errors import Invalid
from webapp.hooks import apply_filters, has_filter
from webapp.models import Customer, DiscountCode, LineTax, LineType, Product, Renewals
from webapp.money import Money
from webapp.periods import Period

log = logging.getLogger(__name__)


class CartType(StrEnum):
    """What an order does; `new` where it begins a membership."""

    NEW = "new"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    ADDON = "addon"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product by slug or id. `amount`, `recurring`: where the buyer names the price (minor units), and how often."""

    product: str
    quantity: int = 1
    amount: int | None = None
    recurring: bool | None = None


@dataclass(frozen=True, slots=True)
class CartRequest:
    """What somebody wants to buy: products, a period, a code, and who is asking from where.

    Without a country the customer's address counts. `ip_country`: where the browser seems to be, kept as evidence.
    """

    products: Sequence[str | Wanted] = ()
    period: Period | None = None
    discount_code: str = ""
    country: str = ""
    state: str = ""
    city: str = ""
    business: bool = False
    tax_id: str = ""
    ip_country: str = ""
    currency: str = ""  # empty: the plan's own
    customer: Customer | None = None
    has_trialed: Callable[[], bool] = lambda: False  # asked only about a plan with a trial
    sale_of: int | None = None  # the payment of the sale that this order repeats: its own hold on a code is no obstacle

    @property
    def wanted(self) -> list[Wanted]:
        """Each product once, as it was first named; at most twenty."""
        named = [one if isinstance(one, Wanted) else Wanted(one) for one in self.products]
        return list({one.product: one for one in reversed(named) if one.product}.values())[::-1][:20]

    @property
    def place(self) -> Place:
        """Where tax is due: what the order says, else the customer's address, and their VAT id while they are a
        business: one that ordered as a private person since has none."""
        known = self.customer
        if self.country or known is None:
            return Place(self.country, self.state, self.city, self.tax_id, self.ip_country)
        address = (known.billing_country, known.billing_state, known.billing_city)
        own = known.tax_id if known.business else ""
        return Place(*address, self.tax_id or own, self.ip_country)


@dataclass(frozen=True, slots=True)
class CartError:
    """`code` is stable, `message` is for a person, `param` the field it belongs to; `product`: whose, by slug."""

    code: str
    message: str
    param: str
    product: str = ""


@dataclass(slots=True)
class Cart:
    """A reckoned order. All amounts have its one currency."""

    currency: str
    type: CartType = CartType.NEW
    plan: Product | None = None
    period: Period | None = None
    line_items: list[CartLine] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    discount: DiscountCode | None = None
    tax: Decision | None = None  # none: no tax is reckoned
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
    def taxes(self) -> list[LineTax]:
        """By rate, of what is due today; of everything where nothing is yet."""
        due = [line for line in self.line_items if not line.later] if self.due_today else self.line_items
        return per_rate(tax for line in due for tax in line.taxes)

    @property
    def is_reverse_charged(self) -> bool:
        return self.tax is not None and self.tax.reverse_charge

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
        text = json.dumps([facts, lines, self.tax_total.minor, self.recurring_total.minor])
        return hashlib.sha256(text.encode()).hexdigest()

    def refuse(self, code: str, message: str, param: str, product: str = "") -> None:
        self.errors.append(CartError(code, message, param, product))


def build(request: CartRequest) -> Cart:
    """Reckon what `request` asks for; never raises for what a visitor may send. Writes nothing."""
    cart = Cart(network.settings().currency, request=request)
    cart_products.choose(cart, request)
    if has_filter("wu_cart_line_items"):
        cart.line_items = _filter_lines(cart)
    _start_trial(cart, request)
    cart.tax = _decide(cart, request)
    code = _code(cart, request.discount_code)
    pricing.price(cart.line_items, code, cart.tax, cart.products)
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


def _start_trial(cart: Cart, request: CartRequest) -> None:
    """What recurs and its set-up fees wait for the end of the plan's trial; one-off products are due today.

    So is a plan that its buyer, who names the price, pays once: there is no renewal that the trial could turn into.
    """
    plan = cart.plan
    if plan is None or plan.trial is None or not _recurs(cart, plan) or request.has_trialed():
        return
    cart.trial_ends_at = plan.trial.after(clock.now())
    waiting = {line.product_id for line in cart.line_items if line.recurring} | {plan.id}
    for line in cart.line_items:
        line.later = line.recurring or line.product_id in waiting


def _recurs(cart: Cart, product: Product) -> bool:
    return any(line.recurring and line.product_id == product.id for line in cart.line_items)


def _decide(cart: Cart, request: CartRequest) -> Decision | None:
    place = request.place
    if not tax_ids.fits(place.tax_id, place.country):
        message = _("This VAT ID does not fit the chosen country. Correct it or leave it empty.")
        cart.refuse("tax_id", message, "tax_id")
    return taxes.decide(place)


def _code(cart: Cart, text: str) -> DiscountCode | None:
    """The code of the order; one that cannot be used, or fits no line, is said beside its field."""
    if not text.strip():
        return None
    try:
        code = discounts.usable(text, cart.currency, besides=cart.request.sale_of)
        if not any(discounts.taken_off(code, cart.line_items)):
            raise Invalid(_("This code is not valid for this plan."), code="discount_code")
    except Invalid as problem:
        cart.refuse(problem.code, problem.message, "discount_code")
        return None
    cart.discount = code
    return code


def _reckon_recurring(cart: Cart) -> None:
    """What the first renewal costs and, where the code counts for no longer, what those after it cost."""
    lines, code = cart.line_items, cart.discount
    if not any(line.recurring for line in lines):
        return
    cart.recurring_total = pricing.once_more(lines, None, cart.tax, cart.products)
    if code is not None and code.apply_to_renewals != Renewals.ALWAYS:
        cart.recurring_after_discount = cart.recurring_total
    if code is not None and discounts.renews(code, 1):
        cart.recurring_total = pricing.once_more(lines, code, cart.tax, cart.products)
    once = cart.plan is not None and cart.plan.billing_cycles == 1
    if cart.period is not None and (cart.trial_ends_at is not None or not once):
        cart.next_charge_at = cart.trial_ends_at or cart.period.after(clock.now())


def recurring_net(cart: Cart) -> Money:
    """Of the recurring total, what is no tax: what the figures count."""
    if not any(line.recurring for line in cart.line_items):
        return Money(0, cart.currency)
    code = cart.discount if cart.discount is not None and discounts.renews(cart.discount, 1) else None
    return pricing.net_once_more(cart.line_items, code, cart.tax, cart.products)


def _filter_total(cart: Cart) -> None:
    """What a filter changes becomes a line, so that the lines still add up; it bears no tax."""
    if not has_filter("wu_cart_total"):
        return
    wanted: Money = apply_filters("wu_cart_total", cart.total, cart)
    if wanted == cart.total or not isinstance(wanted, Money) or wanted.currency != cart.currency:
        return
    zero = Money(0, cart.currency)
    difference = max(wanted, zero) - cart.total
    cart.line_items.append(CartLine(LineType.ADJUSTMENT, _("Adjustment"), None, "", 1, difference, zero))
