"""Signatures of the pretend bank's notices, as the Standard Webhooks specification has them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from webapp import clock
from webapp.gateways.base import BadNotice

TOLERANCE = timedelta(minutes=5)


def sign(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed notice."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(message_id, at, body.decode()),
    }


def check_signature(key: bytes, body: bytes, headers: Mapping[str, Any]) -> None:
    """Raises BadNotice unless one of the signatures is right and no older than five minutes.

    The library's own `verify` reads the wall clock by itself and lets a broken header escape as all sorts of
    errors; only its `sign` is used.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise BadNotice("headers are missing")
    at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(clock.now() - at) > TOLERANCE:
        raise BadNotice("too old, or from the future")
    try:
        right = sign(key, message_id, at, body)["webhook-signature"].encode()
    except UnicodeDecodeError:
        raise BadNotice("not UTF-8") from None
    given = str(headers.get("webhook-signature", "")).encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(right, one) for one in given):
        raise BadNotice("signature is wrong")
