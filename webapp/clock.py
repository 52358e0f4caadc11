"""The only reader of the wall clock. Time is aware UTC everywhere; local time exists only in templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

_read: Callable[[], datetime] | None = None


def now() -> datetime:
    """This instant, in UTC."""
    return _read() if _read else datetime.now(UTC)


def use(source: Callable[[], datetime] | None) -> None:
    """Let another source tell the time (tests, the simulator); None gives the wall clock back."""
    global _read
    _read = source


def parse(text: str) -> datetime:
    """An RFC 3339 instant as aware UTC. Raises ValueError when it names no offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no offset")
    return instant.astimezone(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-11-23T14:05:00Z`; microseconds only when there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
