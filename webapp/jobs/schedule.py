"""When chores run by themselves. A slot table in the database lets any number of clocks run each turn once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from webapp import clock
from webapp.domain import checkout, inbox, memberships
from webapp.extensions import db, dialect_name, queue
from webapp.flows import asking, relaying
from webapp.hook_registry import begin_scope
from webapp.models import ClockSlot
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chore:
    """`run` does all that is due, however long nobody did: one turn catches up what several missed."""

    name: str
    every: timedelta
    run: Callable[[], int]


def sweep_deliveries() -> int:
    return relaying.sweep(queue.ring)


def sweep_inbound() -> int:
    due = inbox.count_due()
    if due:
        queue.ring("inbound")
    return due


def end_memberships() -> int:
    return _in_batches(memberships.end_due)


def give_up_sales() -> int:
    return _in_batches(checkout.give_up_due)


def _in_batches(step: Callable[[], int]) -> int:
    total = 0
    while True:
        with unit_of_work("clock"):
            done = step()
        total += done
        if done == 0:
            return total


CHORES = (
    Chore("sweep-deliveries", timedelta(seconds=2), sweep_deliveries),
    Chore("sweep-inbound", timedelta(seconds=5), sweep_inbound),
    Chore("ask-gateways", timedelta(seconds=30), asking.ask_due),
    Chore("give-up-sales", timedelta(minutes=1), give_up_sales),
    Chore("end-memberships", timedelta(minutes=1), end_memberships),
)


def slot_of(chore: Chore, now: datetime) -> datetime:
    """The turn that `now` falls in."""
    return EPOCH + (now - EPOCH) // chore.every * chore.every


def take(chore: Chore, slot: datetime) -> bool:
    """Whether this clock, and no other, runs the turn."""
    insert = postgresql_insert if dialect_name() == "postgresql" else sqlite_insert
    with unit_of_work("clock") as session:
        taken = session.execute(
            insert(ClockSlot).values(chore=chore.name, slot=slot, taken_at=clock.now()).on_conflict_do_nothing()
        )
        session.execute(delete(ClockSlot).where(ClockSlot.chore == chore.name, ClockSlot.slot < slot))
        return bool(taken.rowcount)  # type: ignore[attr-defined]  # an INSERT's result has it


def last_turn(chore: Chore) -> datetime | None:
    return db.session.scalar(
        select(ClockSlot.slot).where(ClockSlot.chore == chore.name).order_by(ClockSlot.slot.desc()).limit(1)
    )


def tick(chores: tuple[Chore, ...] = CHORES) -> list[str]:
    """Run every chore whose turn has come and that nobody has taken; their names. One that fails stops no other."""
    ran = []
    for chore in chores:
        begin_scope()
        try:
            slot = slot_of(chore, clock.now())
            last = last_turn(chore)
            db.session.rollback()
            if (last is None or last < slot) and take(chore, slot):
                chore.run()
                ran.append(chore.name)
        except Exception:
            db.session.rollback()
            log.exception("chore.failed", extra={"chore": chore.name})
    return ran


def run(app: Flask, stop: threading.Event) -> None:
    """The clock process: look every half second until told to stop."""
    while not stop.wait(0.5):
        with app.app_context():
            tick()
