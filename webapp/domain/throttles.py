"""Growing delays after failed tries, by the database alone. See docs/decisions/0007."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, select

from webapp import clock
from webapp.extensions import db
from webapp.models import Throttle
from webapp.models.inserts import insert_once

FORGOTTEN_AFTER = timedelta(hours=1)
LONGEST = timedelta(minutes=15)
FREE_TRIES = {
    "account": 5,
    "device": 10,
    "address": 30,
    "second": 5,
    "reset": 3,
    "proof": 5,
    "mail": 3,
    "mails": 10,
    "declaration": 5,
    "receipt": 5,
}


def key_of(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()


def delay_after(kind: str, failures: int) -> timedelta:
    """None for the free tries; then 2, 4, 8 … seconds, at most a quarter of an hour."""
    over = failures - FREE_TRIES[kind]
    return timedelta() if over < 0 else min(LONGEST, timedelta(seconds=2 ** min(over + 1, 20)))


def attempt(kind: str, name: str) -> timedelta:
    """Count one try before it is made. How long to wait when it may not be made: then it was not counted.

    The row is locked, so of a hundred at once only as many get through as one after the other.
    """
    now, key = clock.now(), key_of(kind, name)
    insert_once(db.session(), Throttle, {"key": key, "failures": 0, "last_at": now}, ["key"])
    row = db.session.scalars(select(Throttle).where(Throttle.key == key).with_for_update()).one()
    if now - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    wait = row.last_at + delay_after(kind, row.failures) - now
    if wait > timedelta():
        return wait
    row.failures, row.last_at = row.failures + 1, now
    return timedelta()


def succeed(kind: str, name: str) -> None:
    """The try was good: what failed before is forgotten."""
    db.session.execute(delete(Throttle).where(Throttle.key == key_of(kind, name)))


def take_back(kind: str, name: str) -> None:
    """The try was good, and only itself is not counted: who knows one password may still guess another."""
    row = db.session.scalars(select(Throttle).where(Throttle.key == key_of(kind, name)).with_for_update()).one_or_none()
    if row is not None and row.failures:
        row.failures -= 1


def sweep() -> int:
    """Drop what is forgotten; how many."""
    result = db.session.execute(delete(Throttle).where(Throttle.last_at < clock.now() - FORGOTTEN_AFTER))
    return int(getattr(result, "rowcount", 0))
