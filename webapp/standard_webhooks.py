"""Signatures of the Standard Webhooks specification: made for what is sent, and checked on what came.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from webapp import clock
from webapp.paying import BadNotice

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64


def keys_of(secret: str) -> list[bytes]:
    """`whsec_` and the base64 of 24 to 64 bytes; while one is changed, the new and the old with a comma between them.

    Raises ValueError for anything else, and says nothing of what it was.
    """
    keys = [_key(one.strip()) for one in secret.split(",")]
    if not all(SHORTEST <= len(one) <= LONGEST for one in keys):
        raise ValueError(f"a secret is {PREFIX} and the base64 of {SHORTEST} to {LONGEST} bytes")
    return keys


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""


def sign(keys: Sequence[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; a signature for each key. `body` is UTF-8, `message_id` has no full stop."""
    signatures = (Webhook(key).sign(message_id, at, body.decode()) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def check(keys: Sequence[bytes], body: bytes, headers: Mapping[str, Any]) -> str:
    """The message's id. Raises BadNotice unless one of the signatures is right and no older than five minutes.

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
        right = [sign([key], message_id, at, body)["webhook-signature"].encode() for key in keys]
    except UnicodeDecodeError:
        raise BadNotice("not UTF-8") from None
    given = str(headers.get("webhook-signature", "")).encode(errors="replace").split(b" ")
    if sum(hmac.compare_digest(one, other) for one in right for other in given) == 0:  # each is compared
        raise BadNotice("signature is wrong")
    return str(message_id)
