"""Setting Stripe up: trying its keys out, and having it send its notices here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from flask_babel import gettext as _

from webapp.gateways.base import Tested
from webapp.gateways.stripe_api import digest, note, unreachable
from webapp.gateways.stripe_notices import DECIDED, LEFT

if TYPE_CHECKING:
    from stripe import StripeClient

VERSION = "2026-10-28.endive"
# What its notices are about; anything else would be stored and ignored.
EVENTS = (
    *DECIDED,
    "payment_intent.processing",
    "payment_intent.canceled",
    "setup_intent.setup_failed",
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    *LEFT,
)


def mode(secret: str) -> str:
    """By how the key begins: `sk_live_`, `rk_test_`."""
    return next((one for one in ("live", "test") if f"_{one}_" in secret[:9]), "")


def test(client: StripeClient) -> Tested:
    """Look at the account's balance, as every key may that can charge."""
    import stripe

    try:
        client.v1.balance.retrieve()
    except stripe.AuthenticationError:
        return Tested(False, _("Stripe does not know this secret key. Copy it again, and look whether it was renewed."))
    except stripe.PermissionError:
        return Tested(True)  # a restricted key: it is known
    except stripe.APIConnectionError:
        return Tested(False, _("Stripe did not answer. Try again in a few minutes."))
    except stripe.StripeError as error:
        note(error)
        return Tested(False, _("Stripe refuses the call: %(code)s", code=error.code or type(error).__name__))
    return Tested(True)


def register(client: StripeClient, address: str, known: str) -> Mapping[str, str]:
    """Its signing secret is told once. `known`: the one that is kept; an endpoint whose secret is not is made anew.

    Raises VendorUnreachable.
    """
    import stripe

    try:
        endpoints = client.v1.webhook_endpoints
        ours = [one for one in endpoints.list(params={"limit": 100}).data if one.url == address]
        if ours and known:
            return {}
        for one in ours:
            endpoints.delete(one.id)
        params: dict[str, Any] = {"url": address, "enabled_events": list(EVENTS), "api_version": VERSION}
        key = f"webhook-{digest(address, *(one.id for one in ours))}"
        made = endpoints.create(params=cast(Any, params), options={"idempotency_key": key})
    except stripe.StripeError as error:
        raise unreachable(error) from None
    return {"STRIPE_WEBHOOK_SECRET": str(made.secret)}
