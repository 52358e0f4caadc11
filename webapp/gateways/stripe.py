"""Cards and wallets on our own page, by Stripe's Payment Element; renewals are charged without the buyer.

Nothing is made at Stripe before the buyer presses the button: then `confirm` makes an intent, one for each try, and our
script confirms it with what was typed. So a refused card is tried again without typing anything anew.
https://docs.stripe.com/payments/accept-a-payment-deferred
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from webapp.gateways.base import Beginning, BrowserStep, Config, Done, PaymentRequest, VendorPage
from webapp.gateways.stripe_account import StripeAccount, ValueOf
from webapp.gateways.stripe_api import UnsupportedAmount, declined, metadata_of, one_line, to_stripe
from webapp.gateways.stripe_words import sentence_for
from webapp.vendors.addresses import checked_address

SCRIPT = "https://js.stripe.com/endive/stripe.js"  # of the same major version as the interface
# https://docs.stripe.com/security/guide#content-security-policy
SOURCES = {
    "script-src": ("https://js.stripe.com", "https://*.js.stripe.com"),
    "frame-src": ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"),
    "connect-src": ("https://api.stripe.com",),
}


class StripeGateway(StripeAccount):
    id = "stripe"
    title = _l("Card")
    description = _l(
        "You pay on the next page, by card or by a wallet of your device. Your bank may ask you to confirm."
    )

    def __init__(self, config: Config, *, value_of: ValueOf) -> None:
        super().__init__(config, value_of=value_of)
        self._script = checked_address("STRIPE_JS_URL", config.env.get("STRIPE_JS_URL") or SCRIPT)

    def begin(self, request: PaymentRequest) -> Beginning:
        """The buyer goes on to our payment page; Stripe hears of it when they press the button."""
        try:
            return BrowserStep("", self._element(request))
        except UnsupportedAmount:
            return Done(declined("amount_not_supported", message=sentence_for("amount_not_supported")))

    def page(self, request: PaymentRequest) -> VendorPage | None:
        try:
            data = self._element(request)
        except UnsupportedAmount:
            return None
        sources: Mapping[str, Sequence[str]] = SOURCES
        if self._script != SCRIPT:
            elsewhere = (f"{urlsplit(self._script).scheme}://{urlsplit(self._script).netloc}",)
            sources = {"script-src": elsewhere, "frame-src": elsewhere, "connect-src": (*elsewhere, self._base)}
        return VendorPage(self._script, "pay-stripe.js", sources, data, instead="stripe-checkout")

    def _element(self, request: PaymentRequest) -> dict[str, str]:
        """What the Payment Element is made with; it must agree with the intent that `confirm` makes."""
        element = {
            "publishable_key": self._value("STRIPE_PUBLISHABLE_KEY"),
            "mode": "payment" if request.amount else "setup",
            "currency": request.amount.currency.lower(),
            "locale": request.locale,
        }
        if request.amount:
            element["amount"] = str(to_stripe(request.amount))
            if request.store_credential:
                element["setup_future_usage"] = "off_session"
        return element

    def confirm(self, request: PaymentRequest) -> Beginning:
        make = partial(self._make_intent, request)
        return self._for_payer(request.payer, make)

    def _make_intent(self, request: PaymentRequest, customer: str) -> Beginning:
        options: Any = {"idempotency_key": request.idempotency_key}
        params: dict[str, Any] = {
            "customer": customer,
            "description": one_line(request.description, request.order_number),
            "metadata": metadata_of(request),
        }
        intent: Any
        if request.amount:
            params |= {"amount": to_stripe(request.amount), "currency": request.amount.currency.lower()}
            if request.store_credential:
                params["setup_future_usage"] = "off_session"
            intent = self.client.v1.payment_intents.create(params=cast(Any, params), options=options)
        else:
            params["usage"] = "off_session"
            intent = self.client.v1.setup_intents.create(params=cast(Any, params), options=options)
        data = {"client_secret": intent.client_secret, "return_url": request.return_url}
        if request.credential:
            data["payment_method"] = request.credential
        return BrowserStep(intent.id, data, payer=customer)
