"""What a vendor answered, how long it may take to, and how long it asks us to wait."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from webapp import clock

PAUSE_AT_MOST = 86400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, to wait for the next bytes, and for the whole answer; and the bytes it may have."""

    connect: float = 3.0
    read: float = 8.0
    total: float = 10.0
    answer_bytes: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a success, or a status the caller expected."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds the vendor asks to wait: `Retry-After` holds a number of them, or a date."""
        given = self.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", given):
            return min(float(given), PAUSE_AT_MOST)
        try:
            wait = (parsedate_to_datetime(given) - clock.now()).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
        return min(max(wait, 0.0), PAUSE_AT_MOST)
