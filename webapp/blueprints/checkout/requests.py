"""From an HTTP request to what the domain is asked: a cart request, an order."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import request
from flask_babel import get_locale

from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.domain import network, passwords
from webapp.domain.carts import CartRequest
from webapp.domain.checkout import Order
from webapp.domain.customers import Profile
from webapp.domain.sites import normalise
from webapp.integrations.analytics.cookies import read as read_analytics_cookies
from webapp.periods import Period
from webapp.settings import Settings

PROFILE = (
    "company_name",
    "tax_id",
    "billing_address_line_1",
    "billing_address_line_2",
    "billing_zip_code",
    "billing_city",
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


def pair_in(values: Mapping[str, str]) -> Period | None:
    if "duration" not in values and "duration_unit" not in values:
        return None
    return period_from(f"{values.get('duration') or '1'}-{values.get('duration_unit') or 'month'}")


def cart_request(form: CheckoutForm) -> CartRequest:
    """What the form asks for. Products may come several times, as slugs or ids."""
    listed = request.form.getlist("products") or request.form.getlist("products[]")
    products = [one.strip()[:80] for one in listed[:20]] or [str(form.products.data or "")]
    return CartRequest(
        products=[one for one in products if one],
        period=chosen_period(form),
        discount_code=str(form.discount_code.data or "")[:60],
        country=str(form.billing_country.data or ""),
        business=form.is_business,
        tax_id=str(form.tax_id.data or ""),
    )


def order_from(form: CheckoutForm, settings: Settings, customer_id: int | None) -> Order:
    """The whole order of a form whose shape is right. Makes the password's hash, which takes a moment."""
    fields = {name: str(form[name].data or "") for name in PROFILE}
    password = None if customer_id else form.password.data
    return Order(
        checkout_id=str(form.order_token.data or "") or new_token(),
        cart=cart_request(form),
        profile=Profile(full_name=str(form.full_name.data or ""), business=form.is_business, **fields),
        gateway=str(form.gateway.data or ""),
        email=str(form.email_address.data) if not customer_id else "",
        password_hash=passwords.hash_password(password) if password else "",
        customer_id=customer_id,
        site_title=str(form.site_title.data or ""),
        site_url=normalise(str(form.site_url.data or "")),
        template=request.form.get("template_id", "")[:80],
        locale=str(get_locale() or "en"),
        analytics=analytics(settings) if form.analytics_consent.data or is_allowed() else None,
        wants_news=bool(form.news.data),
        form=form.remembered(),
    )


def is_allowed() -> bool:
    """Whether this visitor has allowed statistics before, on any page; then the form does not ask again."""
    return cookie_choice.chosen() == cookie_choice.STATISTICS


def analytics(settings: Settings) -> Mapping[str, str]:
    """The visitor's analytics ids, which come along with the order only with their consent."""
    found = read_analytics_cookies(request.cookies, network.value_of(settings.env, "GA4_MEASUREMENT_ID"))
    return dict(found or {})


def new_token() -> str:
    """128 random bits: the id of one attempt to buy."""
    return secrets.token_urlsafe(16)
