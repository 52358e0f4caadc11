"""What PayPal sends to our address: whether it is from PayPal, and which of our payments it is about.

What is signed names our webhook there, so a notice that was meant for somebody else is none for us.
https://developer.paypal.com/api/rest/webhooks/rest/
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from webapp import clock
from webapp.gateways.base import BadNotice, Notice

ALGORITHM = "SHA256withRSA"
# PayPal tries for three days to deliver; one that comes twice changes nothing, for it is asked what is true.
TOLERANCE, AHEAD = timedelta(days=4), timedelta(minutes=5)
AT_MOST = 2000  # characters of a header


@dataclass(frozen=True, slots=True)
class Transmission:
    """What stands in the headers of a notice."""

    id: str
    time: str
    signature: str
    certificate: str
    algorithm: str

    def signed(self, webhook: str, body: bytes) -> bytes:
        return f"{self.id}|{self.time}|{webhook}|{zlib.crc32(body)}".encode()

    def question(self, webhook: str, body: bytes) -> bytes:
        """What PayPal is asked when its certificate cannot be had. The notice stands in it as it came, byte by byte."""
        told = {
            "transmission_id": self.id,
            "transmission_time": self.time,
            "transmission_sig": self.signature,
            "cert_url": self.certificate,
            "auth_algo": self.algorithm,
            "webhook_id": webhook,
        }
        return json.dumps(told)[:-1].encode() + b', "webhook_event": ' + body + b"}"


def transmission(headers: Mapping[str, str]) -> Transmission:
    """Raises BadNotice unless all of it is there, and neither old nor from the future."""
    given = {name.lower(): value for name, value in headers.items()}
    told = [given.get(f"paypal-{name}", "") for name in ("transmission-id", "transmission-time", "transmission-sig")]
    told += [given.get(f"paypal-{name}", "") for name in ("cert-url", "auth-algo")]
    if not all(one and one.isascii() and one.isprintable() and len(one) <= AT_MOST for one in told):
        raise BadNotice("no signature")
    found = Transmission(*told)
    if found.algorithm != ALGORITHM:
        raise BadNotice("signed in a way that PayPal does not sign")
    try:
        at = datetime.fromisoformat(found.time)
        if not clock.now() - TOLERANCE <= at <= clock.now() + AHEAD:
            raise BadNotice("too old, or from the future")
    except (ValueError, TypeError):  # TypeError: without a zone
        raise BadNotice("its time is not readable") from None
    return found


def check_signature(body: bytes, told: Transmission, webhook: str, key: rsa.RSAPublicKey) -> None:
    """Raises BadNotice."""
    try:
        signature = base64.b64decode(told.signature, validate=True)
        key.verify(signature, told.signed(webhook, body), padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        raise BadNotice("signature is wrong") from None


def parsed(body: bytes) -> dict[str, Any]:
    """Raises BadNotice for what is no event, whoever has signed it."""
    try:
        event = json.loads(body)
        if isinstance(event["id"], str) and isinstance(event["event_type"], str) and event["id"]:
            return dict(event)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise BadNotice("not an event of PayPal's")


def read(event: Mapping[str, Any]) -> Notice:
    return Notice(str(event["id"])[:255], str(event["event_type"])[:100], reference_of(event), event)


# -- what it is about ------------------------------------------------------------------------------------------------
KINDS = {"checkout-order": "order", "capture": "capture", "sale": "sale", "refund": "refund"}


def reference_of(event: Mapping[str, Any]) -> str:
    """What we would know the thing by; empty for what has no name."""
    thing, kind = event.get("resource"), str(event.get("resource_type") or "")
    if not isinstance(thing, Mapping):
        return ""
    if kind == "dispute":
        return _named("dispute", thing.get("dispute_id"))
    return _named(KINDS.get(kind, ""), thing.get("id"))


def names(event: Mapping[str, Any]) -> list[str]:
    """Further names of what an event is about: the money, the order, the subscription, the key of our try."""
    thing = event.get("resource")
    return [one for one in _names(thing) if one] if isinstance(thing, Mapping) else []


def _names(thing: Mapping[str, Any]) -> Iterator[str]:
    yield str(thing.get("billing_agreement_id") or "")  # before what it began with, which each of its sales names
    yield str(thing.get("custom_id") or thing.get("custom") or "")
    for unit in _list(thing, "purchase_units"):
        yield str(unit.get("custom_id") or "")
    related = thing.get("supplementary_data")
    related = related.get("related_ids") if isinstance(related, Mapping) else None
    if isinstance(related, Mapping):
        yield _named("capture", related.get("capture_id"))
        yield _named("order", related.get("order_id"))
    for link in _list(thing, "links"):
        if link.get("rel") == "up":
            yield from _both(str(link.get("href") or "").rstrip("/").rpartition("/")[2])
    yield from _both(thing.get("sale_id"))
    for one in _list(thing, "disputed_transactions"):
        yield from _both(one.get("seller_transaction_id"))
        yield str(one.get("custom") or "")


def _both(name: Any) -> Iterator[str]:
    """Of money that was taken: for an order, or for a subscription."""
    yield _named("capture", name)
    yield _named("sale", name)


def _list(thing: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    found = thing.get(name)
    yield from (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


def _named(kind: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        return ""
    return f"{kind}:{name}"[:255] if kind else name[:255]
