"""Signatures of the pretend bank's notices, as the Standard Webhooks specification has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp import standard_webhooks


def sign(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed notice."""
    return standard_webhooks.sign([key], message_id, at, body)


def check_signature(key: bytes, body: bytes, headers: Mapping[str, Any]) -> None:
    """Raises BadNotice unless one of the signatures is right and no older than five minutes."""
    standard_webhooks.check([key], body, headers)
