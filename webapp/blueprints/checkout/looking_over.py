"""An order as it was sent: what it repeats, what it costs, and whether it is right."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.checkout import named_prices, page
from webapp.blueprints.checkout.forms import TEXT, CheckoutForm
from webapp.blueprints.checkout.requests import cart_request
from webapp.domain import carts, checkout, customers, network, site_templates, sites, trial_claims
from webapp.domain.carts import Cart, CartError
from webapp.errors import Invalid
from webapp.formatting import country_name, money
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
    name_site(form)
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
    check_form(form, cart)
    if "early_start" in form and not form.is_business and not form.early_start.data:
        text = _("Confirm the early start. Without it we can set up your site only after 14 days.")
        form.refuse("early_start", text)
    if "terms" in form and not form.terms.data:
        form.refuse("terms", _("Accept the terms to order."))
    check_site(form, known)
    if not form.problems() and form.quoted.data and form.quoted.data != page.quote(cart):
        form.refuse("", price_changed(form, cart))
    return not form.problems()


def check_form(form: CheckoutForm, cart: Cart) -> None:
    """What this form sells, and to where. The page offers nothing else, but anything may be sent."""
    shape, country = form.shape, form.billing_country.data
    served = network.settings().allowed_countries
    if country and not form.billing_country.errors and served and country not in served:
        form.refuse("billing_country", _("Choose a country."))
    elif country and not form.billing_country.errors and (own := shape.countries(served)) and country not in own:
        names = [country_name(one) for one in own[:5]]
        text = _("With this form we sell only to: %(countries)s.", countries=", ".join(names))
        form.refuse("billing_country", text if len(own) <= 5 else _("With this form we do not sell to this country."))
    if cart.plan is not None and not form.products.errors and not shape.sells(cart.plan.slug):
        form.refuse("products", _("Choose a plan."))
    beside = [one.slug for one in cart.products if one is not cart.plan]
    if not set(beside) <= shape.sold_beside(beside):
        form.refuse("addons", _("Something that you chose is not sold with this form."))
    check_template(form, cart)
    if form.username.data and not form.username.errors and customers.is_username_taken(form.username.data):
        form.refuse("username", _("This user name is taken. Choose another."))


def check_template(form: CheckoutForm, cart: Cart) -> None:
    """Whether the plan and the form offer what was chosen; where there is no choice, the only one is taken."""
    chosen, of_plan = str(form.template_id.data or ""), site_templates.allowed(cart.plan)
    able = form.shape.templates(of_plan)
    if chosen and chosen not in [one.slug for one in of_plan]:
        form.refuse("template_id", site_templates.refused(chosen).message)
    elif chosen and chosen not in [one.slug for one in able]:
        form.refuse("template_id", _("Choose one of the templates."))
    elif not chosen and "template_id" in form.shape.asked:
        form.template_id.data = able[0].slug


def name_site(form: CheckoutForm) -> None:
    """What a form does not ask of the site is made of what it does."""
    if "site_title" not in form.shape.asked:
        form.site_title.data = str(form.company_name.data or form.full_name.data or _("My site"))[:TEXT]
    if "site_url" not in form.shape.asked:
        slug = sites.slug_from(str(form.site_title.data or "")) or "site"
        try:
            form.site_url.data = sites.check_address(slug if len(slug) >= 3 else f"site-{slug}")
        except Invalid:
            form.site_url.data = sites.suggest(slug)


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
