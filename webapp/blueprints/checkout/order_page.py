"""The order form's page, with everything that depends on what is chosen on it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from flask_login import current_user

from webapp.blueprints.checkout import account_fields, cards, first_look, named_prices, page, shaping, tax_words
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.checkout.looking_over import place_of, reckon
from webapp.blueprints.errors import settings
from webapp.blueprints.site_templates import routes as site_templates
from webapp.blueprints.views import View
from webapp.domain import catalog, email_typos, network
from webapp.domain.carts import Cart
from webapp.flows import offering

register_view = View("checkout/register.html", block="checkout")


def show(
    form: CheckoutForm,
    *,
    cart: Cart | None = None,
    status: int = 200,
    view: View = register_view,
    notices: Sequence[tuple[str, str]] = (),
) -> Response:
    """The order form as it stands."""
    return view.answer(body_of(form, cart=cart, status=status, view=view, notices=notices), status)


def body_of(
    form: CheckoutForm,
    *,
    cart: Cart | None = None,
    status: int = 200,
    view: View = register_view,
    notices: Sequence[tuple[str, str]] = (),
) -> str:
    """Its page, with everything that depends on what is chosen."""
    shape, network_settings = form.shape, network.settings()
    plans = shape.plans(catalog.plans_on_offer())
    form.offer(plans=plans, allowed_countries=shape.countries(network_settings.allowed_countries))
    asked = form.currency.data
    sold = [plan.slug for plan in plans if plan.can_be_bought]
    form.products.data = form.products.data or (sold[0] if len(sold) == 1 else None)
    cart = cart or reckon(form)
    form.period.data = str(cart.period) if cart.period else None
    currencies = cards.all_currencies([cart.plan] if cart.plan else [])
    form.currency.data = cart.currency if currencies else form.currency.data
    form.quoted.data = page.quote(cart)
    errors = form.problems() if status != 200 else []
    if not shape.is_one_page:
        on_page = {one.id for name, one in shaping.named_fields(form) if shape.place_of(name) == shape.at}
        errors = [one for one in errors if one[0] in on_page or not one[0]]
    if status == 200:
        errors = say_early(form, cart)
    gateways = offering.described(offering.available_gateways(cart))
    if len(gateways) == 1 or (gateways and form.gateway.data not in [one["id"] for one in gateways]):
        form.gateway.data = gateways[0]["id"]
    templates = shape.templates(site_templates.choices(cart.plan))
    if form.template_id.data not in [one.slug for one in templates]:
        form.template_id.data = templates[0].slug
    named = named_prices.fields(form, cart.products)
    shown = {
        "errors": errors,
        "notices": notices,
        "summary": page.summary_of(cart, business=form.is_business),
        "plans": [cards.plan_card(plan, cart.period, cart.plan.slug if cart.plan else None, asked) for plan in plans],
        "periods": shape.periods(cards.period_choices(cart.plan, cart.currency)),
        "currencies": currencies,
        "named_before": request.form.get("named"),
        "bounds": [one.hint for one in named],  # what `named` shows and its fields do not say
        "addons": shape.addons(cards.addon_choices(cart.plan, cart.period, cart.currency, ticked(cart))),
        "gateways": gateways,
        "taxes": tax_words.beside_prices(plans, cart.tax),
        "is_business": form.is_business,
        "email_meant": email_typos.meant(form.email_address.data or "") if form.email_address else "",
        "signs_in": account_fields.signs_in(shape) and form.has_account,
        "asks_state": cart.tax is not None and cart.tax.asks_state,
        "state_shown": "billing_state" in request.form,
        "country": form.billing_country.data,
        "site_suffix": f".{settings().network_domain}",
        "templates": templates,
        "templates_differ": any(plan.site_templates for plan in plans),  # from one plan to the other
        "withdrawal_ends": page.withdrawal_ends(),
        "action": shaping.action_of(shape),
        "shape": shape,
        "carried": shaping.carried(form),
        **shaping.urls(shape),
    }
    customer = current_user.customer if current_user.is_authenticated else None
    key = first_look.key_of(form, cart, shown) if status == 200 else None
    body = first_look.pages.show(
        key,
        first_look.tokens_of(form),
        lambda: view.render(form=form, cart=cart, customer=customer, named=named, shaping=shaping, **shown),
    )
    if request.method == "POST":
        tax_words.ask(cart)  # last, for a unit of its own ends what this request has read
    return body


def say_early(form: CheckoutForm, cart: Cart) -> list[tuple[str, str]]:
    """A code that does not fit, or a plan that is gone, is said at once; what is merely empty yet is not."""
    asked = {
        "discount_code": bool(form.discount_code.data),
        "products": bool(form.products.data),
        "period": True,
        "amount": True,
    }
    for problem in cart.errors:
        if asked.get(problem.param, False):
            form.refuse(place_of(problem), problem.message)
    return []


def ticked(cart: Cart) -> set[str]:
    """What is ordered beside the plan."""
    return {product.slug for product in cart.products if product is not cart.plan}
