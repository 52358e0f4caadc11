"""Setting PayPal up: trying its keys out, and having it send its notices here."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from webapp.gateways.base import Tested, VendorUnreachable
from webapp.gateways.paypal_api import SANDBOX, PayPal, Refused

WEBHOOKS = "/v1/notifications/webhooks"
# What its notices are about; anything else would be stored and ignored.
EVENTS = (
    "CHECKOUT.ORDER.APPROVED",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.DECLINED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "PAYMENT.SALE.COMPLETED",
    "PAYMENT.SALE.REFUNDED",
    "PAYMENT.SALE.REVERSED",
    "BILLING.SUBSCRIPTION.ACTIVATED",
    "BILLING.SUBSCRIPTION.SUSPENDED",
    "BILLING.SUBSCRIPTION.CANCELLED",
    "BILLING.SUBSCRIPTION.EXPIRED",
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED",
    "CUSTOMER.DISPUTE.RESOLVED",
)


def mode(base: str) -> str:
    return "test" if base == SANDBOX else "live"


def test(api: PayPal) -> Tested:
    """Sign in, as every call does first."""
    try:
        api.sign_in_anew()
    except VendorUnreachable as problem:
        if "not signed in" in str(problem):
            return Tested(False, _("PayPal does not know this client id and secret. Is the app a live one?"))
        return Tested(False, _("PayPal did not answer. Try again in a few minutes."))
    return Tested(True)


def register(api: PayPal, address: str) -> Mapping[str, str]:
    """Its id is what notices are checked by. Raises VendorUnreachable."""
    try:
        there = [one for one in api.get(WEBHOOKS).get("webhooks") or () if one.get("url") == address]
        made = there[0] if there else api.post(WEBHOOKS, _webhook(address))
    except Refused as refused:
        raise VendorUnreachable(f"paypal: {refused}") from None
    return {"PAYPAL_WEBHOOK_ID": str(made["id"])}


def _webhook(address: str) -> dict[str, object]:
    return {"url": address, "event_types": [{"name": one} for one in EVENTS]}
