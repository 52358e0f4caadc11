"""The order that a buyer is asked to agree to, and the page where they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.gateways.base import PaymentRequest, VendorUnreachable
from webapp.gateways.paypal_api import one_line, to_paypal

LOCALES = {"de": "de-DE", "en": "en-US", "es": "es-ES", "fr": "fr-FR", "it": "it-IT", "nl": "nl-NL"}


def order_of(request: PaymentRequest) -> dict[str, Any]:
    """What PayPal makes the order of. Nothing in it depends on the time, for the same key must say the same.

    One amount and no lines: PayPal adds lines up in its own way, and our invoice says them.
    """
    words = one_line(request.description, request.order_number)
    unit = {
        "reference_id": "default",
        "description": words,
        "custom_id": request.idempotency_key[:127],
        "invoice_id": request.idempotency_key[:127],
        "amount": to_paypal(request.amount),
    }
    page = {
        "return_url": request.return_url,
        "cancel_url": request.cancel_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "locale": LOCALES.get(request.locale[:2], "en-US"),
    }
    wallet: dict[str, Any] = {"experience_context": page}
    if 3 <= len(request.payer.email) <= 254:
        wallet["email_address"] = request.payer.email
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": {"paypal": wallet}}


def link_to(thing: Mapping[str, Any], *rels: str) -> str:
    """Raises VendorUnreachable when PayPal gave none."""
    links = {str(one.get("rel")): str(one.get("href")) for one in thing.get("links") or ()}
    for rel in rels:
        if rel in links:
            return links[rel]
    raise VendorUnreachable("paypal: no page to send the buyer to")
