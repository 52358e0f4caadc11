"""The session: it knows what its transaction is for, and lets nobody but its unit of work end it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine

from webapp import new_rows
from webapp.unit import Unit, current_unit


class Purpose(Enum):
    """LOOK: a page reads, all in one transaction. WRITE: a unit of work. ALONE: each statement for itself."""

    LOOK = 1
    WRITE = 2
    ALONE = 3


_engines: WeakKeyDictionary[Engine, dict[Purpose, Engine]] = WeakKeyDictionary()


def engine_for(engine: Engine, purpose: Purpose) -> Engine:
    """The same engine, with what `transactions.prepare_engine` and the driver need to know."""
    made = _engines.setdefault(engine, {Purpose.LOOK: engine})
    if purpose not in made:
        # On SQLite not the isolation level: it would give the driver back the default that we avoid.
        alone = {"reads_alone": True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        made[purpose] = engine.execution_options(**({"writes": True} if purpose is Purpose.WRITE else alone))
    return made[purpose]


class UnitSession(Session):
    """What a callback that does not know better would break is refused here: it is told, and the sale goes on."""

    purpose = Purpose.LOOK
    engine: Engine | None = None  # there is one database; which it is, is asked once

    @contextmanager
    def serve(self, purpose: Purpose) -> Iterator[None]:
        """Begin transactions for this purpose. None may be open, when it begins and when it ends."""
        before = self.purpose, self.autoflush
        self.purpose, self.autoflush = purpose, purpose is not Purpose.ALONE
        try:
            yield
        finally:
            self.purpose, self.autoflush = before

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        if self.purpose is Purpose.ALONE and getattr(options.get("clause"), "is_dml", False):
            raise RuntimeError(WRITTEN_LATER)
        if self.engine is not None:
            return engine_for(self.engine, self.purpose)
        bind = super().get_bind(*args, **options)
        if not isinstance(bind, Engine):
            return bind
        self.engine = bind
        return engine_for(bind, self.purpose)

    def commit(self) -> None:
        self._refuse("commits")
        if self.purpose is Purpose.ALONE:
            raise RuntimeError(WRITTEN_LATER)
        super().commit()
        new_rows.are_safe(self)

    def rollback(self) -> None:
        self._refuse("rolls back")
        super().rollback()

    def close(self) -> None:
        self._refuse("closes the session")
        super().close()

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.purpose is Purpose.ALONE and (self.new or self.dirty or self.deleted):
            raise RuntimeError(WRITTEN_LATER)
        super().flush(objects)
        unit = current_unit.get()
        if unit is not None and unit.session is self:
            self._write_kept(unit)

    def _write_kept(self, unit: Unit) -> None:
        """What the unit keeps beside the ORM: new rows first, then what is noted about rows."""
        if unit.rows:
            rows, unit.rows = unit.rows, []
            new_rows.write(self, rows)
            super().flush()
        if unit.notes:
            unit.notes = new_rows.write_notes(self, unit.notes)

    def _refuse(self, verb: str) -> None:
        """It would end the operation that the caller is in the middle of. Savepoints are everybody's own."""
        unit = current_unit.get()
        if unit is not None and unit.session is self:
            raise RuntimeError(f"the unit of work {verb}, not what runs in it")


WRITTEN_LATER = (
    "what a background callback changes is written when it has returned, together with the mark `done`; "
    "to write something earlier, open a unit_of_work()"
)
