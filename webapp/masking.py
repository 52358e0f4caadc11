"""Showing what others sent without showing what must stay secret."""

from __future__ import annotations

import re
from typing import Any

MASK = "••••"
SECRET = re.compile(
    r"secret|password|passwd|token|authorization|api[_-]?key|private|signature|credential|cvc|cvv|card[_-]?number|iban|\bpan\b",
    re.IGNORECASE,
)


def masked(value: Any) -> Any:
    """JSON as it came, with the values of names that sound secret taken out, at any depth."""
    if isinstance(value, dict):
        return {name: MASK if SECRET.search(str(name)) and one else masked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [masked(one) for one in value]
    return value
