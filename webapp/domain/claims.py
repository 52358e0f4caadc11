"""Deliveries in a worker's hand: taken with a lease, marked when done, given back when not begun.

A claim is one guarded UPDATE, so two workers never run one delivery. Its lease is renewed for as long as the worker
lives; when that is killed, the lease runs out and another one takes over.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, Table, bindparam, exists, func, null, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain.outbox import ASKED_AT_MOST, ATTEMPTS_AT_MOST, delay, unfinished
from webapp.models import Attempt, Delivery, DeliveryStatus

ANSWER_AT_MOST = 2000
ERROR_AT_MOST = 500

Deliveries, Attempts = cast(Table, Delivery.__table__), cast(Table, Attempt.__table__)


class Claim(NamedTuple):
    """One delivery in a worker's hand, as plain values. `lease` proves that it still holds it."""

    id: int
    key: str
    callback: str
    hook: str
    arguments: list[Any]
    attempts_made: int
    lease: str


def claim(session: Session, handler: str, limit: int, lease_for: timedelta) -> list[Claim]:
    """Take up to `limit` due deliveries of different ordering keys; call it in a transaction of its own."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(TAKE_TURNS, {"for_handler": handler})
    now = clock.now()
    values = {
        "for_handler": handler,
        "now": now,
        "at_most": limit,
        "new_lease": str(uuid.uuid4()),
        "until": now + lease_for,
    }
    return sorted(Claim._make(row) for row in connection.execute(TAKE, values))


# One claim at a time, or of one customer a replayed delivery and a later one could go out at once. SQLite has but
# one writer anyway.
TAKE_TURNS = select(func.pg_advisory_xact_lock(func.hashtext("claim"), func.hashtext(bindparam("for_handler"))))


def _due() -> Select[int]:
    """Those whose time has come, and that nothing of the same ordering key is in front of."""
    mine, other = Deliveries.c, Deliveries.alias("other").c
    waits = exists().where(
        unfinished("other"),
        other.handler == mine.handler,
        other.ordering_key == mine.ordering_key,
        or_(other.id < mine.id, other.status == DeliveryStatus.RUNNING),
    )
    return (
        select(mine.id)
        .where(
            unfinished("deliveries"),
            mine.handler == bindparam("for_handler"),
            mine.status == DeliveryStatus.PENDING,
            mine.next_at <= bindparam("now"),
            or_(mine.ordering_key.is_(None), ~waits),
        )
        .order_by(mine.next_at, mine.id)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True, of=Deliveries)
    )


# Worked out once: as a plain subquery, PostgreSQL may run it per row, and take more than the limit.
_chosen = _due().cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
TAKE = (
    update(Deliveries)
    .where(Deliveries.c.id.in_(select(_chosen.c.id)))
    .values(
        status=DeliveryStatus.RUNNING,
        lease=bindparam("new_lease"),
        lease_until=bindparam("until"),
        attempts_made=Deliveries.c.attempts_made + 1,
    )
    .returning(*(Deliveries.c[name] for name in Claim._fields))
)


# -- marking ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Report:
    """How an attempt went. `retry_after`: what the other side asked for, in seconds."""

    outcome: str  # done, retry, dead
    started_at: datetime
    milliseconds: int
    error: str = ""
    http_status: int | None = None
    answer: str = ""
    retry_after: float | None = None


class LeaseLost(Exception):
    """Somebody else holds the delivery now; what was done for it must not be written."""


def settle(session: Session, claim: Claim, report: Report) -> DeliveryStatus:
    """Note the attempt and where the delivery stands now. Raises LeaseLost when it is no longer ours."""
    now, made = clock.now(), claim.attempts_made
    status, next_at = DeliveryStatus.DONE, now
    if report.outcome != "done":
        wait = delay(made, report.retry_after)
        lost = report.outcome == "dead" or made >= ATTEMPTS_AT_MOST
        status, next_at = DeliveryStatus.DEAD if lost else DeliveryStatus.PENDING, now + wait
    _mark(session, claim, status, next_at, report.error)
    attempt = {
        "delivery_id": claim.id,
        "started_at": report.started_at,
        "milliseconds": report.milliseconds,
        "outcome": "dead" if status is DeliveryStatus.DEAD else report.outcome,
        "http_status": report.http_status,
        "answer": (report.answer or report.error)[:ANSWER_AT_MOST],
    }
    session.connection().execute(NOTE, attempt)
    return status


def postpone(session: Session, claim: Claim, reason: str, after: float) -> None:
    """Not now, through no fault of its own: it does not count as a try."""
    later = clock.now() + timedelta(seconds=min(after, ASKED_AT_MOST) * random.uniform(1, 1.1))
    _mark(session, claim, DeliveryStatus.PENDING, later, reason, made=claim.attempts_made - 1)


# Made once: they run for every delivery.
NOTE = Attempts.insert()
MARK = (
    update(Deliveries)
    .where(Deliveries.c.id == bindparam("held_id"), Deliveries.c.lease == bindparam("held_lease"))
    .values(
        lease=null(),
        lease_until=null(),
        **{name: bindparam(name) for name in ("status", "attempts_made", "next_at", "done_at", "last_error")},
    )
)


def _mark(
    session: Session,
    claim: Claim,
    status: DeliveryStatus,
    next_at: datetime,
    error: str,
    made: int | None = None,
) -> None:
    values = {
        "held_id": claim.id,
        "held_lease": claim.lease,
        "status": status,
        "attempts_made": claim.attempts_made if made is None else made,
        "next_at": next_at,
        "done_at": clock.now() if status is DeliveryStatus.DONE else None,
        "last_error": error[:ERROR_AT_MOST],
    }
    result: CursorResult[Any] = session.connection().execute(MARK, values)
    if result.rowcount != 1:
        raise LeaseLost(claim.key)


def renew(session: Session, claims: Collection[Claim], lease_for: timedelta) -> None:
    """The worker lives, and still has these in its hand."""
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_([one.id for one in claims]), Delivery.lease.in_({one.lease for one in claims}))
        .values(lease_until=clock.now() + lease_for)
        .execution_options(synchronize_session=False)
    )


def give_back(session: Session, claims: Collection[Claim]) -> None:
    """Let another worker take what was claimed and not begun."""
    for one in claims:
        session.execute(
            update(Delivery)
            .where(Delivery.id == one.id, Delivery.lease == one.lease)
            .values(
                status=DeliveryStatus.PENDING,
                lease=None,
                lease_until=None,
                attempts_made=one.attempts_made - 1,
            )
            .execution_options(synchronize_session=False)
        )


def recover(session: Session) -> int:
    """Give free what was claimed by workers whose lease ran out; how many that were."""
    now = clock.now()
    lost = (
        update(Delivery)
        .where(
            Delivery.status == DeliveryStatus.RUNNING,
            Delivery.lease_until < now,
        )
        .values(status=DeliveryStatus.PENDING, lease=None, lease_until=None, last_error="worker lost")
        .returning(Delivery.id, Delivery.attempts_made)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(lost).all()
    for delivery_id, _ in rows:
        session.add(Attempt(delivery_id=delivery_id, started_at=now, milliseconds=0, outcome="lost"))
    worn_out = [delivery_id for delivery_id, made in rows if made >= ATTEMPTS_AT_MOST]
    if worn_out:
        session.execute(update(Delivery).where(Delivery.id.in_(worn_out)).values(status=DeliveryStatus.DEAD))
    return len(rows)
