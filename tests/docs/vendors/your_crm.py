"""Stands for a vendor's library on the pages of the guide: it remembers what it was told."""

from __future__ import annotations

from typing import Any

contacts: list[dict[str, Any]] = []
failures: list[Exception] = []  # raised one after the other, before anything is taken


class Crm:
    def __init__(self, key: str, timeout: float) -> None:
        self.key, self.timeout = key, timeout

    def create_contact(self, **facts: Any) -> str:
        if failures:
            raise failures.pop(0)
        known = [one for one in contacts if one["idempotency_key"] == facts["idempotency_key"]]
        if not known:
            contacts.append(facts)
        return f"contact-{len(contacts)}"
