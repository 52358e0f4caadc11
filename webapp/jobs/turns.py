"""When chores run by themselves. A slot table in the database lets any number of clocks run each turn once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from webapp import clock
from webapp.flows import watching
from webapp.hook_registry import begin_scope
from webapp.models import ClockSlot
from webapp.models.inserts import INSERTS
from webapp.transactions import reading, unit_of_work

log = logging.getLogger(__name__)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Chore:
    """`run` does all that is due, however long nobody did: one turn catches up what several missed."""

    name: str
    every: timedelta
    run: Callable[[], int]


def slot_of(chore: Chore, now: datetime) -> datetime:
    """The turn that `now` falls in."""
    return EPOCH + (now - EPOCH) // chore.every * chore.every


def take(chore: Chore, slot: datetime) -> bool:
    """Whether this clock, and no other, runs the turn. One whose time is behind takes none that is past."""
    with reading() as session:
        last = session.scalar(select(ClockSlot.slot).where(ClockSlot.chore == chore.name))
    if last is not None and last >= slot:  # seen without locking anybody out
        return False
    with unit_of_work("clock") as session:
        insert = INSERTS[session.get_bind().dialect.name]
        row = insert(ClockSlot).values(chore=chore.name, slot=slot, taken_at=clock.now())
        newer = {"slot": row.excluded.slot, "taken_at": row.excluded.taken_at}
        moved = row.on_conflict_do_update(
            index_elements=["chore"], set_=newer, where=ClockSlot.slot < row.excluded.slot
        )
        return session.scalar(moved.returning(ClockSlot.chore)) is not None


def tick(chores: tuple[Chore, ...]) -> list[str]:
    """Run every chore whose turn has come and that nobody has taken; their names. One that fails stops no other."""
    return [chore.name for chore in chores if turn(chore, slot_of(chore, clock.now()))]


def turn(chore: Chore, slot: datetime) -> bool:
    """Take the turn and run the chore; whether it ran. Never raises: the next turn does what this one did not."""
    begin_scope()
    try:
        if not take(chore, slot):
            return False
        chore.run()
    except Exception:
        log.exception("chore.failed", extra={"chore": chore.name})
        return False
    return True


def run(app: Flask, stop: threading.Event, chores: tuple[Chore, ...]) -> None:
    """The clock process: until told to stop, every chore in a thread of its own, so that a slow one delays no other."""
    watching.begin(app)
    threads = [threading.Thread(target=_repeat, args=(app, stop, one), name=one.name) for one in chores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watching.end(app)


def _repeat(app: Flask, stop: threading.Event, chore: Chore) -> None:
    seen = None
    while not stop.wait(LOOK_SECONDS):
        slot = slot_of(chore, clock.now())
        if slot != seen:
            with app.app_context():
                turn(chore, slot)
            seen = slot
