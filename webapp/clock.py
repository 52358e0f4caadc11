"""The only reader of the wall clock. Time is aware UTC everywhere; local time exists only in templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[Callable[[], datetime] | None] = ContextVar("pretended_clock", default=None)
_read: Callable[[], datetime] | None = None


def now() -> datetime:
    """This instant, in UTC."""
    read = _pretended.get() or _read
    return read() if read else datetime.now(UTC)


@contextmanager
def pretending(source: Callable[[], datetime]) -> Iterator[None]:
    """Here, and nowhere else in the process, another source tells the time: what happens is a rehearsal.

    Nobody outside hears of it: no worker is rung for, and no add-on is told.
    """
    token = _pretended.set(source)
    try:
        yield
    finally:
        _pretended.reset(token)


def is_pretended() -> bool:
    return _pretended.get() is not None


def use(source: Callable[[], datetime] | None) -> None:
    """Let another source tell the time (tests); None gives the wall clock back."""
    global _read
    _read = source


def parse(text: str) -> datetime:
    """An RFC 3339 instant as aware UTC. Raises ValueError when it names no offset, or no year of four digits in UTC."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is beyond the calendar") from None


def rfc3339(instant: datetime) -> str:
    """`2026-11-23T14:05:00Z`; microseconds only when there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
