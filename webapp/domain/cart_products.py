"""What a cart is made of: the products that were asked for, in one currency and for one period, each at its price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from webapp.currencies import in_use
from webapp.domain import catalog
from webapp.domain.cart_lines import CartLine
from webapp.errors import Invalid
from webapp.formatting import money
from webapp.models import LineType, PricingType, Product, ProductType, PwywRecurring
from webapp.money import Money, exponent

if TYPE_CHECKING:
    from webapp.domain.carts import Cart, CartRequest, Wanted

QUANTITY_AT_MOST = 1000
NAMED_AT_MOST = 50_000  # in major units: more than that nobody means to pay who is free to choose


def choose(cart: Cart, request: CartRequest) -> None:
    """Fill the cart with lines at their prices; what cannot be sold like this is among its errors."""
    wanted = request.wanted
    found = catalog.find_many([one.product for one in wanted])
    chosen = [(one, product) for one in wanted if (product := admit(cart, found.get(one.product))) is not None]
    if cart.plan is None and not cart.errors:
        cart.refuse("missing-product", _("Choose a plan."), "products")
    _choose_currency(cart, request)
    _choose_period(cart, request)
    for one, product in chosen:
        add(cart, one, product)
    check_together(cart)


def admit(cart: Cart, product: Product | None, *, off_sale: bool = False) -> Product | None:
    """The product, once it is among the cart's; None, with the reason among its errors, when it cannot be.

    `off_sale`: also what is not sold any more.
    """
    if product is None or not (product.active or off_sale):
        cart.refuse("missing-product", _("This plan is no longer offered. Choose another one."), "products")
    elif product.pricing_type == PricingType.CONTACT_US:
        cart.refuse("contact-us", _("%(product)s is sold on request. Write to us.", product=product.name), "products")
    elif product.type == ProductType.PLAN and cart.plan is not None and cart.plan is not product:
        cart.refuse("plan-already-added", _("Choose one plan."), "products")
    elif product not in cart.products:
        cart.products.append(product)
        cart.plan = product if product.type == ProductType.PLAN else cart.plan
        return product
    return None


def _choose_currency(cart: Cart, request: CartRequest) -> None:
    """The one that was asked for, if the plan is sold in it; else the plan's own."""
    leading = cart.plan or next(iter(cart.products), None)
    wanted = request.currency.strip().upper()
    if leading is not None:
        is_sold = wanted in leading.currencies() or (leading.is_free and wanted in in_use())
        cart.currency = wanted if is_sold else leading.currency
    if wanted and wanted != cart.currency:
        cart.refuse("currency", _("This is not sold in that currency."), "currency")
    cart.recurring_total = Money(0, cart.currency)


def _choose_period(cart: Cart, request: CartRequest) -> None:
    plan = cart.plan
    if plan is None or not plan.recurring or plan.is_free:
        cart.period = None if plan is None else plan.period
        return
    cart.period = request.period or plan.period
    if plan.price_for(cart.period, cart.currency) is None:
        message = _("This plan is not sold for that billing period. Choose another.")
        cart.refuse("missing-price-variations", message, "period")
        cart.period = plan.period


def add(cart: Cart, wanted: Wanted, product: Product) -> None:
    """The product's line, and one for its set-up fee or sign-up credit."""
    try:
        price, quantity = _price(cart, wanted, product), quantity_of(wanted, product)
    except Invalid as problem:
        cart.refuse(problem.code, problem.message, problem.field or "products", product.slug)
        return
    line = _line(cart, product, LineType.PRODUCT, quantity, price)
    line.recurring = bool(price) and recurs(product, wanted)
    cart.line_items.append(line)
    fee = product.setup_fee_in(cart.currency)
    if fee:
        kind = LineType.FEE if fee.minor > 0 else LineType.CREDIT
        cart.line_items.append(_line(cart, product, kind, quantity, fee))


def quantity_of(wanted: Wanted, product: Product) -> int:
    """Raises Invalid for what nobody can order."""
    if type(wanted.quantity) is not int or not 1 <= wanted.quantity <= QUANTITY_AT_MOST:
        message = _("Order 1 to %(most)d of %(product)s.", most=QUANTITY_AT_MOST, product=product.name)
        raise Invalid(message, code="quantity")
    return wanted.quantity


def _price(cart: Cart, wanted: Wanted, product: Product) -> Money:
    if product.is_free:
        return Money(0, cart.currency)
    if cart.currency not in product.currencies():
        raise Invalid(_("These products are sold in different currencies."), code="currency")
    recurring = recurs(product, wanted) and cart.period is not None
    price = product.price_for(cart.period or product.period, cart.currency) if recurring else None
    if recurring and price is None:
        message = _("%(product)s is not sold for that billing period.", product=product.name)
        raise Invalid(message, code="missing-price-variations", field="period")
    if product.is_pay_what_you_want:
        return _named_price(wanted, product)
    return price or product.price_in(cart.currency) or product.price


def _named_price(wanted: Wanted, product: Product) -> Money:
    """What the buyer wants to pay, within the product's bounds; without a word, what is suggested."""
    least = Money(product.pwyw_minimum_minor, product.currency)
    limit = NAMED_AT_MOST * 10 ** exponent(product.currency)
    most = Money(min(product.pwyw_maximum_minor or limit, limit), product.currency)
    minor = max(product.pwyw_suggested_minor, least.minor) if wanted.amount is None else wanted.amount
    if type(minor) is not int or minor < least.minor:
        message = _("Pay %(least)s or more for %(product)s.", least=money(least), product=product.name)
        raise Invalid(message, code="pwyw-below-minimum", field="amount")
    if minor > most.minor:
        message = _("Pay %(most)s or less for %(product)s.", most=money(most), product=product.name)
        raise Invalid(message, code="pwyw-above-maximum", field="amount")
    return Money(minor, product.currency)


def recurs(product: Product, wanted: Wanted) -> bool:
    """Whether it is charged again each period; where the buyer names the price, perhaps by their choice."""
    if not product.is_pay_what_you_want:
        return product.recurring and not product.is_free
    mode = product.pwyw_recurring_mode
    return mode == PwywRecurring.FORCE_RECURRING or (mode == PwywRecurring.CUSTOMER_CHOICE and bool(wanted.recurring))


def _line(cart: Cart, product: Product, kind: LineType, quantity: int, price: Money) -> CartLine:
    zero = Money(0, cart.currency)
    line = CartLine(kind, title_of(kind, product), product.id, product.slug, quantity, price, zero)
    line.period = cart.period if product.recurring else None
    line.tax_category = category_of(product)
    return line


def title_of(kind: LineType, product: Product) -> str:
    if kind == LineType.PRODUCT:
        return product.name
    return _("Set-up fee") if kind == LineType.FEE else _("Sign-up credit")


def category_of(product: Product) -> str:
    """Which tax rates count for all its lines; "" when it is not taxed."""
    return product.tax_category if product.taxable else ""


def check_together(cart: Cart) -> None:
    """What recurs is charged together, so it must end together."""
    recurring = {line.product_id for line in cart.line_items if line.recurring}
    cycles = {product.billing_cycles for product in cart.products if product.id in recurring}
    if len(cycles) > 1:
        message = _("These products are charged a different number of times. Order them one by one.")
        cart.refuse("wrong", message, "products")
