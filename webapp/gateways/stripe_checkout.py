"""Stripe Checkout: the buyer pays on Stripe's own page, which needs no script of ours, and comes back.

All else is as on our page (`stripe_account.py`): the same account, customers, stored cards, refunds and notices.
https://docs.stripe.com/payments/checkout
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from flask_babel import lazy_gettext as _l

from webapp.gateways.base import Beginning, PaymentRequest, Redirect
from webapp.gateways.stripe_account import StripeAccount
from webapp.gateways.stripe_api import metadata_of, one_line, to_stripe

LOCALES = frozenset(
    "bg cs da de el en es et fi fr hr hu it ja lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh".split()
)


class StripeCheckoutGateway(StripeAccount):
    id = "stripe-checkout"
    title = _l("Stripe Checkout")
    description = _l(
        "You pay at our payment provider Stripe, by card or by what else is offered there, and come back here."
    )

    def begin(self, request: PaymentRequest) -> Beginning:
        """Send the buyer to a page that Stripe makes for this order."""
        return self._for_payer(request.payer, partial(self._open_page, request))

    def _open_page(self, request: PaymentRequest, customer: str) -> Beginning:
        params = page_params(request, customer)
        options: Any = {"idempotency_key": request.idempotency_key}
        session = self.client.v1.checkout.sessions.create(params=cast(Any, params), options=options)
        return Redirect(str(session.url), session.id, payer=customer)


def page_params(request: PaymentRequest, customer: str) -> dict[str, Any]:
    """What Stripe makes the page of. Nothing in it depends on the time, for the same key must say the same."""
    told, words = metadata_of(request), one_line(request.description, request.order_number)
    currency = request.amount.currency.lower()
    params: dict[str, Any] = {
        "mode": "payment" if request.amount else "setup",
        "customer": customer,
        "client_reference_id": request.reference[:200],
        "success_url": request.return_url,
        "cancel_url": request.cancel_url,
        "metadata": told,
        "locale": request.locale if request.locale in LOCALES else "auto",
    }
    if not request.amount:
        return params | {"currency": currency, "setup_intent_data": {"metadata": told, "description": words}}
    intent: dict[str, Any] = {"metadata": told, "description": words}
    if request.store_credential:
        intent["setup_future_usage"] = "off_session"
    price = {"currency": currency, "unit_amount": to_stripe(request.amount), "product_data": {"name": words}}
    return params | {"line_items": [{"price_data": price, "quantity": 1}], "payment_intent_data": intent}
