"""What the outside world must hear: written beside the change it reports, worked off by workers.

Here the rows are made, claimed and marked; `flows/relaying.py` carries them out. A claim is one guarded UPDATE
with a lease, so two workers never run one delivery and a killed worker's claims run out.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from webapp import clock, unit
from webapp.domain import payloads
from webapp.domain.references import customer_of, pack
from webapp.event_types import slug_of
from webapp.extensions import db, dialect_name, queue
from webapp.hook_registry import Callback, Hook
from webapp.hooks import do_action
from webapp.models import Attempt, Delivery, DeliveryStatus, Event

# Seconds to wait after the n-th failure, as webhook senders do; together a little over three days.
BACKOFF = (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
ATTEMPTS_AT_MOST = len(BACKOFF) + 1
ANSWER_AT_MOST = 2000


# -- recording -------------------------------------------------------------------------------------------------------
def record(event_type: str, subject: Any, **more: Any) -> None:
    """Write an event about `subject` when the unit's rows are written, and fire `wu_event…` with it."""
    unit.current().before_commit(partial(_write_event, event_type, subject, more))


def _write_event(event_type: str, subject: Any, more: dict[str, Any]) -> None:
    data = payloads.of(subject) | more
    db.session.add(
        Event(
            type=event_type,
            data=data,
            object_type=subject.__tablename__,
            object_id=subject.id,
            customer_id=customer_of(subject),
        )
    )
    do_action("wu_event", event_type, data)
    do_action(f"wu_event_{slug_of(event_type)}", data)


def record_call(hook: Hook, callback: Callback, args: tuple[Any, ...]) -> None:
    """One delivery for a background callback of a hook that has just fired."""
    owner = next((one for one in map(customer_of, args) if one is not None), None)
    add(hook.name, callback.name, callback.handler, args, customer_id=owner)


def add(
    hook: str,
    callback: str,
    handler: str,
    args: Sequence[Any],
    *,
    customer_id: int | None = None,
    ordering_key: str | None = None,
    after: timedelta = timedelta(0),
) -> Delivery:
    """Have a worker call `callback` (`package.module:function`) with `args`, once this unit has committed.

    Deliveries of one handler with the same ordering key go out one after the other; by default that is the
    customer. `after`: not before then.
    """
    if ordering_key is None and customer_id is not None:
        ordering_key = f"customer:{customer_id}"
    delivery = Delivery(
        hook=hook,
        callback=callback,
        handler=handler,
        ordering_key=ordering_key,
        arguments=[pack(one) for one in args],
        customer_id=customer_id,
        next_at=clock.now() + after,
    )
    db.session.add(delivery)
    if not after:
        unit.current().after_commit(partial(queue.ring, "drain", [handler]), once=("drain", handler))
    return delivery


# -- claiming --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery in a worker's hand, as plain values. `lease` proves that it still holds it."""

    id: int
    key: str
    callback: str
    hook: str
    arguments: list[Any]
    attempts_made: int
    lease: str


CLAIMED = (
    Delivery.id,
    Delivery.key,
    Delivery.callback,
    Delivery.hook,
    Delivery.arguments,
    Delivery.attempts_made,
)


def claim(session: Session, handler: str, limit: int, lease_for: timedelta) -> list[Claim]:
    """Take up to `limit` due deliveries of different ordering keys; call it in a transaction of its own."""
    now, lease = clock.now(), str(uuid.uuid4())
    earlier = aliased(Delivery)
    waits = exists().where(
        earlier.handler == Delivery.handler,
        earlier.ordering_key == Delivery.ordering_key,
        earlier.id < Delivery.id,
        earlier.status.in_((DeliveryStatus.PENDING, DeliveryStatus.RUNNING)),
    )
    due = (
        select(Delivery.id)
        .where(
            Delivery.handler == handler,
            Delivery.status == DeliveryStatus.PENDING,
            Delivery.next_at <= now,
            or_(Delivery.ordering_key.is_(None), ~waits),
        )
        .order_by(Delivery.next_at, Delivery.id)
        .limit(limit)
    )
    if dialect_name() == "postgresql":
        due = due.with_for_update(skip_locked=True, of=Delivery)
    # Worked out once: as a plain subquery, PostgreSQL may run it per row, and take more than `limit`.
    chosen = due.cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql")
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(select(chosen.c.id)), Delivery.status == DeliveryStatus.PENDING)
        .values(
            status=DeliveryStatus.RUNNING,
            lease=lease,
            lease_until=now + lease_for,
            attempts_made=Delivery.attempts_made + 1,
        )
        .returning(*CLAIMED)
        .execution_options(synchronize_session=False)
    )
    return sorted((Claim(**row, lease=lease) for row in session.execute(taken).mappings()), key=lambda one: one.id)


def held(claim: Claim) -> Any:
    """The condition that this worker still holds the claim."""
    return and_(Delivery.id == claim.id, Delivery.lease == claim.lease, Delivery.status == DeliveryStatus.RUNNING)


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
    now = clock.now()
    values: dict[str, Any] = {"lease": None, "lease_until": None, "last_error": report.error[:500]}
    if report.outcome == "done":
        values |= {"status": DeliveryStatus.DONE, "done_at": now}
    elif report.outcome == "dead" or claim.attempts_made >= ATTEMPTS_AT_MOST:
        values |= {"status": DeliveryStatus.DEAD}
    else:
        values |= {"status": DeliveryStatus.PENDING, "next_at": now + delay(claim.attempts_made, report.retry_after)}
    changed = session.execute(
        update(Delivery).where(held(claim)).values(**values).execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it; Session.execute's type does not
        raise LeaseLost(claim.key)
    session.execute(
        insert(Attempt).values(
            delivery_id=claim.id,
            started_at=report.started_at,
            milliseconds=report.milliseconds,
            outcome="dead" if values["status"] == DeliveryStatus.DEAD else report.outcome,
            http_status=report.http_status,
            answer=(report.answer or report.error)[:ANSWER_AT_MOST],
        )
    )
    status: DeliveryStatus = values["status"]
    return status


def delay(attempts_made: int, asked: float | None = None) -> timedelta:
    """How long to wait after the n-th failure: the back-off with jitter, or longer when the other side says so."""
    base = BACKOFF[min(attempts_made, len(BACKOFF)) - 1]
    seconds = base * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, min(asked or 0, 86400)))


def give_back(session: Session, claim: Claim) -> None:
    """Let another worker take it: it was claimed but not begun."""
    session.execute(
        update(Delivery)
        .where(held(claim))
        .values(status=DeliveryStatus.PENDING, lease=None, lease_until=None, attempts_made=Delivery.attempts_made - 1)
        .execution_options(synchronize_session=False)
    )


# -- sweeping and replaying ------------------------------------------------------------------------------------------
def recover(session: Session) -> int:
    """Give free what was claimed by workers whose lease ran out; how many that were."""
    now = clock.now()
    lost = (
        update(Delivery)
        .where(Delivery.status == DeliveryStatus.RUNNING, Delivery.lease_until < now)
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


def handlers_due(session: Session) -> list[str]:
    """Every destination that something is due for."""
    query = select(Delivery.handler).where(Delivery.status == DeliveryStatus.PENDING, Delivery.next_at <= clock.now())
    return list(session.scalars(query.distinct().order_by(Delivery.handler)))


def replay(session: Session, *, delivery_id: int | None = None, handler: str | None = None) -> int:
    """Send dead deliveries again, with all their tries before them; how many that were."""
    chosen = [Delivery.status == DeliveryStatus.DEAD]
    if delivery_id is not None:
        chosen.append(Delivery.id == delivery_id)
    if handler is not None:
        chosen.append(Delivery.handler == handler)
    revived = session.execute(
        update(Delivery)
        .where(*chosen)
        .values(status=DeliveryStatus.PENDING, attempts_made=0, next_at=clock.now())
        .returning(Delivery.handler)
        .execution_options(synchronize_session=False)
    )
    handlers = list(revived.scalars())
    for one in set(handlers):
        unit.current().after_commit(partial(queue.ring, "drain", [one]), once=("drain", one))
    return len(handlers)


def try_now(session: Session, delivery_id: int) -> None:
    """Do not wait for the back-off of one delivery that is still pending, nor for a dead one."""
    if replay(session, delivery_id=delivery_id):
        return
    moved = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.status == DeliveryStatus.PENDING)
        .values(next_at=clock.now())
        .returning(Delivery.handler)
        .execution_options(synchronize_session=False)
    )
    for handler in moved.scalars():
        unit.current().after_commit(partial(queue.ring, "drain", [handler]), once=("drain", handler))


def counts(session: Session) -> dict[DeliveryStatus, int]:
    """How many wait, run and are dead; those that are done are not counted."""
    query = (
        select(Delivery.status, func.count()).where(Delivery.status != DeliveryStatus.DONE).group_by(Delivery.status)
    )
    return dict(session.execute(query).all())
