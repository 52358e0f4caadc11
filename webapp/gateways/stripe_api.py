"""Stripe's interface: its client with our limits, its amounts, and what its refusals mean for the money.

The library is loaded where it is first needed, not when the network starts. It never tries again by itself: who asked
decides that, with the same idempotency key.
"""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from webapp.gateways.base import Outcome, PaymentRequest, VendorUnreachable, Verdict
from webapp.money import Money, exponent

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError

log = logging.getLogger(__name__)

API = "https://api.stripe.com"
TIMEOUT = (4.0, 20.0)  # seconds to connect, and between two bytes of the answer

# Where Stripe counts differently from ISO 4217: https://docs.stripe.com/currencies (zero-decimal and special cases).
WITHOUT_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())


@lru_cache(maxsize=4)
def connect(key: str, base: str) -> StripeClient:
    """One client for a key, with its connections kept open for each thread."""
    import stripe

    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=0,
    )


# -- amounts ---------------------------------------------------------------------------------------------------------
class UnsupportedAmount(Exception):
    """Stripe has no way to say this amount."""


def _decimals(currency: str) -> int:
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def to_stripe(amount: Money) -> int:
    """In the unit in which Stripe counts the currency. Raises UnsupportedAmount."""
    shift = _decimals(amount.currency) - exponent(amount.currency)
    minor, rest = (amount.minor * 10**shift, 0) if shift >= 0 else divmod(amount.minor, 10**-shift)
    if rest or (amount.currency in THREE_DECIMALS and minor % 10):
        raise UnsupportedAmount(f"{amount}")
    return int(minor)


def from_stripe(amount: int, currency: str) -> Money:
    """The same, back; ISK and UGX come with two decimals that are always zero."""
    code = currency.upper()
    shift = exponent(code) - _decimals(code)
    return Money(int(amount * 10**shift) if shift >= 0 else amount // 10**-shift, code)


# -- what is sent ----------------------------------------------------------------------------------------------------
def one_line(text: str, otherwise: str, at_most: int = 200) -> str:
    """What people read at Stripe: no control characters, never empty, never too long."""
    return " ".join(text.split())[:at_most] or otherwise


def metadata_of(request: Any) -> dict[str, str]:
    """By these the staff finds our payment from Stripe's pages, and a notice finds the try whose answer was lost."""
    told = {name: value[:500] for name, value in request.metadata.items() if value}
    if isinstance(request, PaymentRequest) and request.order_number:
        told["order"] = request.order_number
    return {**told, "try": request.idempotency_key}


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


# -- refusals --------------------------------------------------------------------------------------------------------
def declined(reason: str, reference: str | None = None, message: str = "") -> Outcome:
    return Outcome(Verdict.DECLINED, reference=reference, reason=reason, message=message)


def code_of(error: Any) -> str:
    """The most telling code of Stripe's: `insufficient_funds` rather than `card_declined`."""
    told = getattr(error, "error", None) or error  # an exception holds what Stripe said of it
    code, decline = str(getattr(told, "code", "") or ""), str(getattr(told, "decline_code", "") or "")
    otherwise = "invalid_request" if getattr(error, "http_status", None) in (400, 404) else "declined"
    return decline if decline and code == "card_declined" else code or decline or otherwise


def was_refused(error: StripeError) -> bool:
    """Whether Stripe read the call and did nothing; otherwise nobody knows, or nobody was allowed to ask."""
    import stripe

    return isinstance(error, stripe.CardError | stripe.InvalidRequestError)


def is_replayed(error: StripeError) -> bool:
    """Whether Stripe will give this answer to the key for ever: asking again is of no use."""
    return str((error.headers or {}).get("Idempotent-Replayed", "")).lower() == "true"


def unreachable(error: StripeError) -> VendorUnreachable:
    note(error)
    return VendorUnreachable(f"stripe: {error.code or type(error).__name__}")


def note(error: StripeError) -> None:
    """With the id that Stripe's own log has it under; never with what was sent."""
    fields = {
        "kind": type(error).__name__,
        "code": error.code,
        "status": error.http_status,
        "request": error.request_id,
    }
    log.warning("stripe.refused", extra=fields)
