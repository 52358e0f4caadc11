"""An order as it was sent: what it repeats, what it costs, and whether it is right."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.checkout import named_prices, page
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.checkout.requests import cart_request
from webapp.domain import carts, checkout, network, sites, trial_claims
from webapp.domain.carts import Cart, CartError
from webapp.errors import Invalid
from webapp.formatting import money
from webapp.mailboxes import mailbox
from webapp.models import Sale


def reckon(form: CheckoutForm, known: Sale | None = None) -> Cart:
    """The cart of the form as it stands, for who is looking."""
    wanted = cart_request(form)
    customer = current_user.customer if current_user.is_authenticated else None
    own = known.payment_id if known is not None else None

    def has_trialed() -> bool:
        return trial_claims.had(customer) if customer is not None else is_refused_a_trial(form)

    return carts.build(replace(wanted, customer=customer, has_trialed=has_trialed, sale_of=own))


def is_refused_a_trial(form: CheckoutForm) -> bool:
    """Whether an order of this address was. Before one is sent, nobody is told whether there is such an account."""
    refused, address = form.without_trial.data, request.form.get("email_address", "")
    return bool(refused) and mailbox(refused or "") == mailbox(address)


def begun_order(plan: str | None) -> Sale | None:
    """The unpaid order of this plan that the buyer has come back from."""
    customer = current_user.customer if current_user.is_authenticated else None
    sale = checkout.latest_open(customer) if customer is not None else None
    return sale if sale is not None and plan in (None, sale.form.get("products")) else None


def known_sale(form: CheckoutForm) -> Sale | None:
    """The sale that this order repeats; somebody else's is none of this buyer's."""
    token, email = form.order_token.data or "", request.form.get("email_address", "")
    form.order_token.data, sale = checkout.find_own(token, access.customer_id(), email)
    return sale


def looked_over(form: CheckoutForm, known: Sale | None) -> Cart | None:
    """The cart of an order that is right, as far as can be seen; None when it is refused, and the form says why.

    `known`: the sale that it repeats, whose address and code are its own.
    """
    cart = reckon(form, known)
    form.drop_what_is_not_asked(
        signed_in=access.customer_id() is not None,
        consumer_law=network.settings().consumer_law,
        collects=cart.collects_payment,
    )
    shape_is_right = form.validate()
    return cart if meaning_is_right(form, cart, known) and shape_is_right else None


def meaning_is_right(form: CheckoutForm, cart: Cart, known: Sale | None) -> bool:
    """What the cart and the law find; each is said at its field."""
    for problem in cart.errors:
        form.refuse(place_of(problem), problem.message)
    served = network.settings().allowed_countries
    if served and form.billing_country.data not in served and not form.billing_country.errors:
        form.refuse("billing_country", _("Choose a country."))
    if "early_start" in form and not form.is_business and not form.early_start.data:
        text = _("Confirm the early start. Without it we can set up your site only after 14 days.")
        form.refuse("early_start", text)
    if "terms" in form and not form.terms.data:
        form.refuse("terms", _("Accept the terms to order."))
    check_site(form, known)
    if not form.problems() and form.quoted.data and form.quoted.data != page.quote(cart):
        form.refuse("", price_changed(form, cart))
    return not form.problems()


def place_of(problem: CartError) -> str:
    """The name of its field; an amount has one for each product."""
    return f"{named_prices.AMOUNT}{problem.product}" if problem.param == "amount" else problem.param


def check_site(form: CheckoutForm, known: Sale | None) -> None:
    """Whether the address may be had at all; whether it is free, with whatever else is wrong.

    When nothing else is, the order is placed: then the database itself says that it is taken, and this need not ask.
    """
    if form.site_url.errors:
        return
    address, own = form.site_url.data or "", known.payment_id if known is not None else None
    try:
        sites.check_name(address)
        if form.problems():
            sites.check_address(address, for_sale_of=own)
    except Invalid as problem:
        form.refuse("site_url", problem.message)


def price_changed(form: CheckoutForm, cart: Cart) -> str:
    old = page.quoted_total(form.quoted.data or "", cart.currency)
    return _(
        "The price changed from %(old)s to %(new)s while you were ordering. You have not ordered yet.",
        old=money(old) if old else "?",
        new=money(cart.due_today),
    )
