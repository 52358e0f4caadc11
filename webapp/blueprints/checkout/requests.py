"""From an HTTP request to what the domain is asked: a cart request, an order."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_login import current_user

from webapp.blueprints import visitors
from webapp.blueprints.checkout import account_fields, named_prices, shaping
from webapp.blueprints.checkout.forms import BUSINESS, PERSON, CheckoutForm
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.domain import catalog, network, passwords, product_addons
from webapp.domain.carts import CartRequest
from webapp.domain.checkout import Order
from webapp.domain.customers import Profile
from webapp.domain.form_answers import Answer
from webapp.domain.sites import normalise
from webapp.integrations.analytics.cookies import read as read_analytics_cookies
from webapp.models import ProductType
from webapp.periods import Period
from webapp.settings import Settings

PROFILE = (
    "company_name",
    "tax_id",
    "billing_address_line_1",
    "billing_address_line_2",
    "billing_zip_code",
    "billing_city",
    "billing_state",
    "billing_country",
)


def period_from(text: str | None) -> Period | None:
    """`1-year`; None for nothing or nonsense, so that the plan's own period holds."""
    try:
        return Period.parse(text) if text else None
    except ValueError:
        return None


def chosen_period(form: CheckoutForm) -> Period | None:
    """The pair `duration` and `duration_unit` where it is sent, else the form's `period`, else the address's pair."""
    return pair_in(request.form) or period_from(form.period.data) or pair_in(request.args)


def sold_period(form: CheckoutForm, plan: str) -> Period | None:
    """The chosen one; where the form sells for some periods only, the first of these that the plan is sold for."""
    wanted, named = chosen_period(form), form.shape.periods_named
    if not named:
        return wanted
    product = catalog.find_many([plan]).get(plan)
    sold = form.shape.periods_of(product.prices()) if product is not None else []
    asked = wanted or (product.period if product is not None else None)
    if not sold or (asked is not None and any(one.same_length(asked) for one in sold)):
        return wanted
    return sold[0]


def pair_in(values: Mapping[str, str]) -> Period | None:
    if "duration" not in values and "duration_unit" not in values:
        return None
    return period_from(f"{values.get('duration') or '1'}-{values.get('duration_unit') or 'month'}")


def cart_request(form: CheckoutForm) -> CartRequest:
    """What the form asks for. Products may come several times, as slugs or ids."""
    slugs = chosen_products(form)
    return CartRequest(
        products=named_prices.wanted(form, slugs, given(form)),
        period=sold_period(form, slugs[0] if slugs else ""),
        discount_code=str(form.discount_code.data or "")[:60],
        country=str(form.billing_country.data or ""),
        business=form.is_business,
        state=str(form.billing_state.data or ""),
        city=str(form.billing_city.data or ""),
        tax_id=str(form.tax_id.data or "") if form.is_business else "",
        ip_country=visitors.here(),
        currency=chosen_currency(form),
    )


def given(form: CheckoutForm) -> Mapping[str, Any]:
    """What was sent; of a form that is only looked at, what its address or its order begun earlier says."""
    return form.filled if request.method != "POST" else request.form


def chosen_products(form: CheckoutForm) -> list[str]:
    """The plan first, then what is ticked beside it, as far as it is offered there now.

    A tick that was made for another plan, or before another period or currency was chosen, must not be ordered unseen.
    What is named besides all offers is left to the cart.
    """
    plan = str(form.products.data or "")
    more = request.form.getlist("products[]") if "addons" in form.shape.asked else []
    ticked = [*(form.addons.data or ()), *more]
    named = [one for one in dict.fromkeys(text.strip()[:80] for text in [plan, *ticked[:20]]) if one]
    found = catalog.find_many(named) if len(named) > 1 else {}
    chosen = found.get(plan)
    if chosen is None or chosen.type != ProductType.PLAN:
        return named
    is_of_another = request.form.get("addons_of", plan) != plan
    period = chosen_period(form) if chosen.recurring and not chosen.is_free else None
    currency = chosen_currency(form) or chosen.currency
    return [
        one
        for one in named
        if (product := found.get(one)) is None
        or product is chosen
        or product_addons.is_ordered_with(chosen, product, period or chosen.period, currency, sure=not is_of_another)
    ]


def chosen_currency(form: CheckoutForm) -> str:
    """The one that was asked for, where the plan is sold in it; it stays asked for while another plan is looked at."""
    asked = str(form.currency.data or "").strip().upper()
    plan = catalog.find_many([str(form.products.data)]).get(str(form.products.data)) if asked else None
    return asked if plan is not None and asked in plan.currencies() else ""


def order_from(form: CheckoutForm, settings: Settings, customer_id: int | None) -> Order:
    """The whole order of a form whose shape is right. Makes the password's hash, which takes a moment."""
    fields = {name: str(form[name].data or "") for name in PROFILE}
    by_link = not customer_id and account_fields.is_generated(form.shape)
    password = form.password.data if not customer_id and not by_link else None
    return Order(
        checkout_id=str(form.order_token.data or "") or new_token(),
        cart=cart_request(form),
        profile=Profile(full_name=str(form.full_name.data or ""), business=form.is_business, **fields),
        gateway=str(form.gateway.data or ""),
        email=str(form.email_address.data) if not customer_id else "",
        password_hash=passwords.unknown() if by_link else passwords.hash_password(password) if password else "",
        password_by_link=by_link,
        customer_id=customer_id,
        site_title=str(form.site_title.data or ""),
        site_url=normalise(str(form.site_url.data or "")),
        template=str(form.template_id.data or "")[:80],
        locale=str(get_locale() or "en"),
        analytics=analytics(settings) if form.analytics_consent.data or is_allowed() else None,
        wants_news=bool(form.news.data),
        form=shaping.kept_of(form),
        checkout_form=form.shape.slug,
        username=str(form.username.data or "") if not customer_id else "",
        answers=tuple(Answer(*one) for one in shaping.answers_of(form)),
    )


def is_allowed() -> bool:
    """Whether this visitor has allowed statistics before, on any page; then the form does not ask again."""
    return cookie_choice.chosen() == cookie_choice.STATISTICS


def analytics(settings: Settings) -> Mapping[str, str]:
    """The visitor's analytics ids, which come along with the order only with their consent."""
    found = read_analytics_cookies(request.cookies, network.value_of(settings.env, "GA4_MEASUREMENT_ID"))
    return dict(found or {})


def prefilled(plan: str | None, duration: int | None, unit: str) -> dict[str, Any]:
    """What the address says, by path and by query; any field can be filled in by its name."""
    known = {name: value[:200] for name, value in request.args.items() if name not in ("password", "csrf_token")}
    values: dict[str, Any] = dict(known)
    if "template" in known:  # as links call it
        values.setdefault("template_id", known["template"])
    values.setdefault("billing_country", visitors.first_country())
    values["addons"] = [one[:80] for one in (*request.args.getlist("products"), *request.args.getlist("addons"))][:20]
    if plan:
        values["products"] = plan
    if duration:
        values["period"] = f"{duration}-{unit}"
    elif "duration" in known or "duration_unit" in known:
        values["period"] = f"{known.get('duration', '1')}-{known.get('duration_unit', 'month')}"
    customer = current_user.customer if current_user.is_authenticated else None
    if customer is not None:
        values |= {name: getattr(customer, name) for name in PROFILE if getattr(customer, name)}
        values["full_name"] = customer.display_name
        values["customer_type"] = BUSINESS if customer.business else PERSON
    return values


def new_token() -> str:
    """128 random bits: the id of one attempt to buy."""
    return secrets.token_urlsafe(16)
