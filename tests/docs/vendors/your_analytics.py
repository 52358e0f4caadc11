"""Stands for a vendor's library on the pages of the guide: it remembers what it was told."""

from __future__ import annotations

from typing import Any

events: list[tuple[str, dict[str, Any]]] = []


class Analytics:
    def __init__(self, key: str, timeout: float) -> None:
        self.key, self.timeout = key, timeout

    def send(self, name: str, facts: dict[str, Any], *, idempotency_key: str) -> None:
        events.append((name, facts))
