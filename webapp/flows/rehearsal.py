"""A stage for the real code: a scratch database, a clock to turn, gateways that take play money.

What is played on it reaches nobody: no row of the network is written, no worker is rung for, no add-on is told, nothing
goes over the network. It belongs to the thread that plays; others in the same process notice nothing.
"""

from __future__ import annotations

import contextvars
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Table, create_engine, insert, select

from webapp import clock
from webapp.extensions import Base, application, db
from webapp.flows import sandbox_bank, sandbox_refunds
from webapp.gateways import pretending
from webapp.gateways.base import Capability, ChargeRequest, Config, Gateway, Outcome
from webapp.gateways.free import FreeGateway
from webapp.gateways.manual import ManualGateway
from webapp.gateways.sandbox import SandboxGateway, declined
from webapp.hook_registry import begin_scope
from webapp.sessions import UnitSession
from webapp.transactions import prepare_engine

T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]
# What every rehearsal needs to know of the network.
KNOWN = ("settings", "tax_rates", "discount_codes")
OFFER = ("products", "price_variations", "currency_prices")


class PlayGateway(SandboxGateway):
    """The pretend bank's gateway, without its delays; the first `failures` charges of a stored card are declined."""

    def __init__(self, *, failures: int = 0, stores: bool = True) -> None:
        super().__init__(Config({}, "http://localhost"), bank=sandbox_bank, refunds=sandbox_refunds)
        self.failures = failures
        if not stores:
            self.capabilities = self.capabilities & ~Capability.STORED_CREDENTIAL

    def charge(self, request: ChargeRequest) -> Outcome:
        if self.failures > 0:
            self.failures -= 1
            return declined("card_declined")
        return super().charge(request)

    @property
    def _notify_url(self) -> str:
        return ""  # the bank tells nobody


@dataclass
class Stage:
    """`now` is the time on it; whoever plays turns it."""

    now: datetime
    gateways: Mapping[str, Gateway] = field(default_factory=dict)


def play_gateways(*, failures: int = 0, stores: bool = True) -> dict[str, Gateway]:
    config = Config({}, "http://localhost")
    return {
        "sandbox": PlayGateway(failures=failures, stores=stores),
        "manual": ManualGateway(config),
        "free": FreeGateway(config),
    }


def play(stage: Stage, rows: Rows, scene: Callable[[], T]) -> T:
    """What `scene` returns, played on a stage with these rows. The caller's session and unit are left alone."""
    return contextvars.Context().run(_play, application(), stage, rows, scene)


def _play(app: Any, stage: Stage, rows: Rows, scene: Callable[[], T]) -> T:
    with app.app_context(), scratch() as engine:
        fill(engine, rows)
        session = db.session()
        if not isinstance(session, UnitSession):
            raise TypeError("the session knows of no engine of its own")
        session.engine = engine
        begin_scope()
        with clock.pretending(lambda: stage.now), pretending(stage.gateways):
            try:
                return scene()
            finally:
                session.rollback()
                session.close()


@contextmanager
def scratch() -> Iterator[Engine]:
    """An empty database with all tables, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="parzelle-") as folder:
        path = Path(folder) / "scratch.sqlite"
        path.write_bytes(empty())
        engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
        prepare_engine(engine)
        try:
            yield engine
        finally:
            engine.dispose()


@cache
def empty() -> bytes:
    """Made once a process."""
    with tempfile.TemporaryDirectory(prefix="parzelle-") as folder:
        path = Path(folder) / "empty.sqlite"
        engine = create_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


# -- what stands on it -----------------------------------------------------------------------------------------------
def copied(names: Iterable[str]) -> Rows:
    """All rows of these tables, as they are now."""
    return {name: rows_of(table_of(name)) for name in names}


def rows_of(table: Table, *where: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(select(table).where(*where)).mappings()]


def table_of(name: str) -> Table:
    return Base.metadata.tables[name]


def fill(engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if rows.get(table.name):
                connection.execute(insert(table), rows[table.name])
