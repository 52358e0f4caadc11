"""What Stripe sends to our address: whether it is from Stripe, and which of our payments it is about.

The signature is checked here, and not by the library: that would read the wall clock, and load all of itself, in the
process that takes notices in. https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webapp import clock
from webapp.gateways.base import BadNotice, Notice

TOLERANCE = 300  # seconds
HEADER_AT_MOST = 4000
# Events by which we find out what no notice told: https://docs.stripe.com/api/events/types
DECIDED = ("payment_intent.succeeded", "payment_intent.payment_failed", "setup_intent.succeeded")
LEFT = (
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
# In the metadata of what we make there: the idempotency key of ours, and our reference of the customer.
TRIES, REFUNDS, CUSTOMERS = "try", "refund", "customer"


def check_signature(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """Raises BadNotice unless one of the signatures is right by one of our secrets, and new enough."""
    if not secrets:
        raise BadNotice("no secret is known to check it with")
    if not header or len(header) > HEADER_AT_MOST:
        raise BadNotice("no signature")
    at, given = "", []
    for name, _equals, value in (part.strip().partition("=") for part in header.split(",")):
        if name == "t" and not at:
            at = value
        elif name == "v1":
            given.append(value.encode(errors="replace"))
    if not (at.isascii() and at.isdigit() and len(at) <= 11) or not given:
        raise BadNotice("the signature's header is not readable")
    if abs(clock.now().timestamp() - int(at)) > TOLERANCE:
        raise BadNotice("too old, or from the future")
    signed = at.encode() + b"." + body
    right = [hmac.digest(secret.encode(), signed, "sha256").hex().encode() for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in right for other in given):
        raise BadNotice("signature is wrong")


def read(body: bytes) -> Notice:
    """Of a notice whose signature was right. Raises BadNotice."""
    try:
        event = json.loads(body)
        return Notice(str(event["id"]), str(event["type"]), reference_of(event), event)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BadNotice("signed, but not readable") from None


def reference_of(event: Mapping[str, Any]) -> str:
    """What we would know the thing by; empty for what has no name, as an invoice that is only about to be made."""
    if event.get("object") == "v2.core.event":
        return str((event.get("related_object") or {}).get("id") or "")
    thing = event["data"]["object"]
    if event["type"] == "payment_method.attached":
        return ""  # by the intent that we hear of; nothing to be asked
    if thing.get("object") in ("charge", "dispute"):  # a payment is known by its intent
        return _name(thing.get("payment_intent")) or str(thing.get("id") or "")
    return str(thing.get("id") or "")


def names(event: Mapping[str, Any]) -> list[str]:
    """Further names of what an event is about: its intent, and the key under which we made it."""
    return [name for name in _names(event) if name]


def _names(event: Mapping[str, Any]) -> Iterator[str]:
    data = event.get("data")
    thing = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(thing, Mapping):
        return
    metadata = thing.get("metadata")
    if event.get("type") == "customer.deleted" and isinstance(metadata, Mapping):
        yield f"payer-{metadata.get(CUSTOMERS) or ''}"  # all that was theirs is gone with them
    if isinstance(metadata, Mapping):
        yield str(metadata.get(REFUNDS) or "")  # before its payment: what it is about is this refund of it
    yield _name(thing.get("payment_intent"))
    yield _name(thing.get("setup_intent"))
    if isinstance(metadata, Mapping):
        yield str(metadata.get(TRIES) or "")


def _name(value: Any) -> str:
    """Of an object that may have been expanded."""
    return str((value.get("id") if isinstance(value, Mapping) else value) or "")
