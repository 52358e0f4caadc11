"""What the outside world must hear: written beside the change it reports, worked off by workers.

Here the rows are made, and sent again; `claims.py` takes and marks them, `flows/relaying.py` carries them out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import (
    Exists,
    String,
    Table,
    TextClause,
    bindparam,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy import cast as as_type
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp import clock, unit
from webapp.domain import payloads
from webapp.domain.references import customer_of, pack
from webapp.event_types import slug_of
from webapp.extensions import queue
from webapp.hook_registry import Callback, Hook
from webapp.hooks import do_action
from webapp.models import Delivery, DeliveryStatus, Event
from webapp.models.messages import UNFINISHED
from webapp.unit import Note, Unit

EVENTS, DELIVERIES = cast(Table, Event.__table__), cast(Table, Delivery.__table__)

# Seconds to wait after the n-th failure, as webhook senders do; together a little over three days.
BACKOFF = (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
ATTEMPTS_AT_MOST = len(BACKOFF) + 1
ASKED_AT_MOST = 86400


# -- recording -------------------------------------------------------------------------------------------------------
def record(event_type: str, subject: Any, **more: Any) -> None:
    """Write an event about `subject` when the unit's rows are written, and fire `wu_event…` with it."""
    work = unit.current()
    work.before_commit(partial(_write_event, work, event_type, subject, more))


def _write_event(work: Unit, event_type: str, subject: Any, more: dict[str, Any]) -> None:
    data = payloads.of(subject) | more
    about = {"object_type": subject.__tablename__, "object_id": subject.id, "customer_id": customer_of(subject)}
    work.notes.append(Note(EVENTS, {"type": event_type, "data": data, **about}))
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
) -> None:
    """Have a worker call `callback` (`package.module:function`) with `args`, once this unit has committed.

    Deliveries of one handler with the same ordering key go out one after the other; by default that is the
    customer. `after`: not before then.
    """
    work = unit.current()
    if ordering_key is None and customer_id is not None:
        ordering_key = f"customer:{customer_id}"
    values = {
        "hook": hook,
        "callback": callback,
        "handler": handler,
        "ordering_key": ordering_key,
        "arguments": [pack(one) for one in args],
        "customer_id": customer_id,
        "next_at": clock.now() + after,
    }
    work.notes.append(Note(DELIVERIES, values))
    if not after:
        ring_for(work, handler)


def ring_for(work: Unit, handler: str) -> None:
    """Tell the workers, once the unit has committed, that something is due for this handler."""
    work.after_commit(partial(queue.ring_soon, "drain", [handler]), once=("drain", handler))


def delay(attempts_made: int, asked: float | None = None) -> timedelta:
    """How long to wait after the n-th failure: the back-off with jitter, or longer when the other side says so."""
    base = BACKOFF[min(max(attempts_made, 1), len(BACKOFF)) - 1]
    seconds = base * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, min(asked or 0, ASKED_AT_MOST)))


# -- sending again ---------------------------------------------------------------------------------------------------
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
    for one in handlers:
        ring_for(unit.current(), one)
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
        ring_for(unit.current(), handler)


def hurry(session: Session, handler: str, ordering_key: str) -> bool:
    """Whether something is still to be told there of this; then it does not wait any longer."""
    of_it = (Delivery.handler == handler, Delivery.ordering_key == ordering_key)
    held = session.scalar(select(Delivery.id).where(unfinished("deliveries"), *of_it).limit(1)) is not None
    session.execute(
        update(Delivery)
        .where(unfinished("deliveries"), *of_it, Delivery.status == DeliveryStatus.PENDING)
        .values(next_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if held:
        ring_for(unit.current(), handler)
    return held


def unfinished(table: str) -> TextClause:
    """Word for word the condition of the partial indexes: SQLite uses them for nothing else."""
    return text(f"{table}.{UNFINISHED}")


def is_in_hand(handler: str, kind: str, number: InstrumentedAttribute[int]) -> Exists:
    """Of rows whose deliveries are ordered by `<kind>:<number>`: whether one of them is still to be done."""
    order = literal(f"{kind}:", String(20)) + as_type(number, String(20))
    return exists().where(unfinished("deliveries"), Delivery.handler == handler, Delivery.ordering_key == order)


def handlers_due(session: Session) -> list[str]:
    """Every destination that something is due for. Reads one row for each, however many wait."""
    found, now = [], clock.now()
    first = session.execute(FIRST_AFTER, {"name": ""}).first()
    while first is not None:
        if first.next_at <= now:
            found.append(first.handler)
        first = session.execute(FIRST_AFTER, {"name": first.handler}).first()
    return found


# Put together so that no database takes the index by status, and sorts all that waits.
FIRST_AFTER = (
    select(Delivery.handler, Delivery.next_at)
    .where(unfinished("deliveries"), text("deliveries.status || '' = 'pending'"))
    .where(Delivery.handler > bindparam("name"))
    .order_by(Delivery.handler, Delivery.next_at, Delivery.id)
    .limit(1)
)


def counts(session: Session) -> dict[DeliveryStatus, int]:
    """How many wait, run and are dead; those that are done are not counted."""
    query = (
        select(Delivery.status, func.count()).where(Delivery.status != DeliveryStatus.DONE).group_by(Delivery.status)
    )
    return dict(iter(session.execute(query)))
