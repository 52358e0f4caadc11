"""One operation, one transaction: all of it is kept, or nothing.

SQLite needs care of its own (see `prepare_engine`): its driver would otherwise commit at a savepoint's release,
and a transaction that reads first and writes later fails at once while another one writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from webapp.extensions import db, dialect_name
from webapp.unit import Unit, current_unit

log = logging.getLogger(__name__)

# More than any sane operation fires; a pair of callbacks that call each other for ever is stopped here.
STEPS_AT_MOST = 10_000

BUSY_SECONDS = 30
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON")
_writing = threading.RLock()


def prepare_engine(engine: Engine) -> None:
    """Let this code, not the SQLite driver, say when a transaction begins, and how."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("reads_alone"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


@event.listens_for(Session, "before_commit")
def refuse_others(session: Session) -> None:
    """A callback that commits would end the operation it was called from, half done. Savepoints are its own."""
    unit = current_unit.get()
    if unit is not None and not unit.may_commit and not session.in_nested_transaction():
        raise RuntimeError("the unit of work commits, not what runs in it")


@contextmanager
def unit_of_work(actor: str = "system") -> Iterator[Session]:
    """Run a block as one operation: it commits as a whole, or leaves nothing behind.

    When the block is through, everything is flushed, the collected hooks fire and the events are written, all in
    this transaction; what `after_commit` was given starts only once it has really committed, and an error there is
    logged and changes nothing. Units do not nest.
    """
    if current_unit.get() is not None:
        raise RuntimeError("units of work do not nest")
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside of a unit of work")
    session.rollback()  # a read that is still open would be older than what we are about to change
    with _unit(session, actor) as unit:
        yield session
    _afterwards(unit)


@contextmanager
def closing_unit(actor: str = "system") -> Iterator[Session]:
    """Like `unit_of_work`, for changes that were made while no transaction was open (see `reading`)."""
    session = db.session()
    release(session)
    with _unit(session, actor) as unit:
        yield session
    _afterwards(unit)


@contextmanager
def _turn_to_write() -> Iterator[None]:
    """SQLite has one writer at a time, and who waits for it sleeps and looks again. In one process they queue instead.

    After the time that SQLite itself would wait, it is left to say what is wrong.
    """
    queues = dialect_name() == "sqlite" and _writing.acquire(timeout=BUSY_SECONDS)
    try:
        yield
    finally:
        if queues:
            _writing.release()


@contextmanager
def _unit(session: Session, actor: str) -> Iterator[Unit]:
    with _turn_to_write():
        yield from _transaction(session, Unit(actor))


def _transaction(session: Session, unit: Unit) -> Iterator[Unit]:
    token = current_unit.set(unit)
    try:
        session.connection(execution_options={"writes": True})
        yield unit
        _settle(session, unit)
        with unit.committing():
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        current_unit.reset(token)


def _settle(session: Session, unit: Unit) -> None:
    """First all rows, then the hooks and events in the order recorded, then the rows these made."""
    session.flush()
    for _ in range(STEPS_AT_MOST):
        if not unit.before:
            session.flush()
            return
        unit.before.popleft()()
    raise RuntimeError("callbacks kept firing hooks without end")


def _afterwards(unit: Unit) -> None:
    for step in unit.after.values():
        try:
            step()
        except Exception:  # the sale is committed: nothing that happens now may make it look failed
            log.exception("after_commit.failed")


@contextmanager
def reading() -> Iterator[Session]:
    """Let the session read without holding a transaction open, as a worker does around a call to a vendor.

    Every SELECT stands for itself. What is changed meanwhile is kept in the session, unwritten, until a
    `closing_unit` writes it.
    """
    session = db.session()
    session.rollback()
    # On SQLite not the isolation level: its dialect would "reset" the driver to the default this module avoids.
    alone = {"reads_alone": True} if dialect_name() == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    session.connection(execution_options=alone)
    with session.no_autoflush:
        yield session


def release(session: Session) -> None:
    """End the session's transaction without forgetting what was loaded or changed."""
    transaction = session.get_transaction()
    if transaction is not None:
        transaction.close()


def end_read() -> None:
    """Give the connection back before the network is used; what was loaded stays usable."""
    release(db.session())
