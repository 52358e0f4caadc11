"""What the outside told us: kept once, worked off until it is done.

Here the rows are made, claimed and marked; `flows/inbound.py` asks the gateway what is true and records that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from webapp import clock, unit
from webapp.domain import outbox
from webapp.errors import NotFound
from webapp.extensions import db, queue
from webapp.models import InboundEvent, InboundStatus
from webapp.models.inserts import insert_once
from webapp.paying import BadNotice, Notice

ATTEMPTS_AT_MOST = 10
EFFECT_AT_MOST = 300
LONGEST = {"external_id": 200, "type": 120, "object_reference": 255}  # as the columns are


def keep(session: Session, gateway: str, notice: Notice) -> bool:
    """Keep a notice whose signature was right, and ring for a worker. False: it was here before.

    Raises BadNotice for names that no vendor gives to anything.
    """
    names = {"external_id": notice.event_id, "type": notice.type, "object_reference": notice.reference}
    if not notice.event_id or any(len(text) > LONGEST[name] or "\0" in text for name, text in names.items()):
        raise BadNotice("unusable names")
    values = {"gateway": gateway, "payload": dict(notice.payload), **names}
    if not insert_once(session, InboundEvent, values, ("gateway", "external_id")):
        return False
    unit.current().after_commit(partial(queue.ring_soon, "inbound"), once="inbound")
    return True


@dataclass(frozen=True, slots=True)
class Received:
    """One notice in a worker's hand. `attempts_made` proves that the worker still holds it."""

    id: int
    gateway: str
    object_reference: str
    attempts_made: int


def claim(session: Session, lease: timedelta, at_most: int = 1) -> list[Received]:
    """Take the notices that have been due for longest; if the worker is lost, they are due again after `lease`."""
    waiting = _due()
    oldest = select(InboundEvent.id).where(*waiting).order_by(InboundEvent.next_at, InboundEvent.id).limit(at_most)
    ids = list(session.scalars(oldest.with_for_update(skip_locked=True)))
    if not ids:
        return []
    taken = (
        update(InboundEvent)
        .where(InboundEvent.id.in_(ids), *waiting)  # SQLite locks no rows: another worker may have been quicker
        .values(next_at=clock.now() + lease, attempts_made=InboundEvent.attempts_made + 1)
        .returning(InboundEvent.id, InboundEvent.gateway, InboundEvent.object_reference, InboundEvent.attempts_made)
        .execution_options(synchronize_session=False)
    )
    found = {row.id: Received(*row) for row in session.execute(taken)}
    return [found[one] for one in ids if one in found]


def _due() -> tuple[ColumnElement[bool], ...]:
    return InboundEvent.status == InboundStatus.RECEIVED, InboundEvent.next_at <= clock.now()


def count_due(at_most: int = 1000) -> int:
    """How many notices wait for a worker now; no further than `at_most` is counted."""
    some = select(InboundEvent.id).where(*_due()).limit(at_most).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def ignore(session: Session, events: Sequence[Received]) -> None:
    """They are about nothing of ours."""
    for event in events:
        finish(session, event, InboundStatus.IGNORED, "not ours")


def finish(session: Session, event: Received, status: InboundStatus, effect: str) -> None:
    """Say what came of it."""
    _mark(session, event, status=status, effect=effect[:EFFECT_AT_MOST], handled_at=clock.now())


def postpone(session: Session, event: Received, problem: str) -> InboundStatus:
    """Try again later; after the last try it stays, for a person to look at. Returns where it stands now."""
    if event.attempts_made >= ATTEMPTS_AT_MOST:
        finish(session, event, InboundStatus.FAILED, problem)
        return InboundStatus.FAILED
    _mark(
        session,
        event,
        effect=problem[:EFFECT_AT_MOST],
        next_at=clock.now() + outbox.delay(event.attempts_made),
    )
    return InboundStatus.RECEIVED


def again(session: Session, event_id: int) -> None:
    """Have a notice looked at once more, with all its tries before it; whatever came of it. Raises NotFound."""
    event = session.get(InboundEvent, event_id)
    if event is None:
        raise NotFound()
    session.execute(
        update(InboundEvent)
        .where(InboundEvent.id == event_id)
        .values(status=InboundStatus.RECEIVED, attempts_made=0, next_at=clock.now(), handled_at=None)
        .execution_options(synchronize_session=False)
    )
    unit.current().after_commit(partial(queue.ring_soon, "inbound"), once="inbound")


def _mark(session: Session, event: Received, **values: object) -> None:
    """Only while the worker still holds it: what a slower one has to say is out of date."""
    session.execute(
        update(InboundEvent)
        .where(
            InboundEvent.id == event.id,
            InboundEvent.status == InboundStatus.RECEIVED,
            InboundEvent.attempts_made == event.attempts_made,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
