"""One operation, one transaction: all of it is kept, or nothing.

SQLite needs care of its own (see `prepare_engine`): its driver would otherwise commit at a savepoint's release,
and a transaction that reads first and writes later fails at once while another one writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from webapp.extensions import db, dialect_name
from webapp.sessions import Purpose, UnitSession
from webapp.unit import Unit, current_unit

log = logging.getLogger(__name__)

BUSY_SECONDS = 30
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "foreign_keys=ON",
    # Sales write to the same few pages again and again: at 16 MB, not at 4, these go back into the file together.
    "wal_autocheckpoint=4000",
)
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
            driver: Any = connection.connection.dbapi_connection
            driver.execute("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


@contextmanager
def unit_of_work(actor: str = "system") -> Iterator[UnitSession]:
    """Run a block as one operation: it commits as a whole, or leaves nothing behind.

    When the block is through, everything is flushed, the collected hooks fire and the events are written, all in
    this transaction; what `after_commit` was given starts only once it has really committed, and an error there is
    logged and changes nothing. Units do not nest.
    """
    if current_unit.get() is not None:
        raise RuntimeError("units of work do not nest")
    session = the_session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside of a unit of work")
    session.rollback()  # a read that is still open would be older than what we are about to change
    with _unit(session, actor) as unit:
        yield session
    _afterwards(unit)


@contextmanager
def closing_unit(actor: str = "system") -> Iterator[UnitSession]:
    """Like `unit_of_work`, for changes that were made while no transaction was open (see `reading`)."""
    session = the_session()
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
def _unit(session: UnitSession, actor: str) -> Iterator[Unit]:
    with _turn_to_write(), session.serve(Purpose.WRITE):
        unit = Unit(actor, session)
        token = current_unit.set(unit)
        try:
            try:
                session.connection()
                yield unit
                _settle(unit)
            finally:
                current_unit.reset(token)
            session.commit()
        except BaseException:
            session.rollback()
            raise


def _settle(unit: Unit) -> None:
    """First all rows, then the hooks and events in the order recorded, then the rows these made."""
    unit.session.flush()
    while unit.before:
        unit.depth, step = unit.before.popleft()
        step()
    unit.session.flush()
    for close, items in unit.closings().items():
        close(unit.session, items)


def _afterwards(unit: Unit) -> None:
    for step in unit.after.values():
        try:
            step()
        except Exception:  # the sale is committed: nothing that happens now may make it look failed
            log.exception("after_commit.failed")


@contextmanager
def reading() -> Iterator[UnitSession]:
    """Let the session read without holding a transaction open, as a worker does around a call to a vendor.

    Every SELECT stands for itself. What is changed meanwhile is kept in the session, unwritten, until a
    `closing_unit` writes it; an error drops it. A `unit_of_work` may be opened inside, for a step that must be kept
    whatever follows.
    """
    session = the_session()
    session.rollback()
    with session.serve(Purpose.ALONE):
        try:
            yield session
        except BaseException:
            session.rollback()
            raise
        release(session)


def release(session: Session) -> None:
    """End the session's transaction without forgetting what was loaded or changed."""
    transaction = session.get_transaction()
    if transaction is not None:
        transaction.close()


def end_read() -> None:
    """Give the connection back before the network is used; what was loaded stays usable."""
    release(db.session())


def the_session() -> UnitSession:
    """The session of this request or job."""
    return cast(UnitSession, db.session())
