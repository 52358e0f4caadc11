"""What tests start from: an application with a database of its own, a clock to turn, and callbacks that go again.

Each xdist worker has its own database: a SQLite file, or with DATABASE_URL one made on that PostgreSQL server.
Rows are deleted after each test. Sockets reach this machine only.
"""

from __future__ import annotations

import contextvars
import functools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Table, create_engine, delete, event, exists, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.fakes import valkey
from tests.pages import Browser
from webapp import clock as product_clock
from webapp import create_app, hooks
from webapp.extensions import Base, queue
from webapp.extensions import db as database
from webapp.flows import relaying
from webapp.settings import Settings, database_url
from webapp.transactions import unit_of_work
from webapp.unit import current_unit

# How long an example takes says more about the machine than about the rule.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reaches the database: a second database has nothing to say about the rest."""
    for item in items:
        if "database_address" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


@pytest.fixture(scope="session")
def database_address(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that no other test process uses."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/test.sqlite"
        return
    url = make_url(database_url(given, Path()))
    name = f"parzelle_test_{worker_id}_{os.getpid()}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def settings(database_address: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        secret_key="a-secret-for-tests-only",
        encryption_keys=(Fernet.generate_key().decode(),),
        database_url=database_address,
        redis_url=None,
        base_url="http://localhost",
        network_domain="localhost",
        instance=tmp_path_factory.mktemp("instance"),
        development=True,
        testing=True,
        sandbox_gateway=True,
    )


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = FreshClient
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        database.engine.dispose()


@pytest.fixture
def app(application: Flask) -> Iterator[Flask]:
    """The application, with its tables empty again afterwards."""
    callbacks = hooks.registry.snapshot()
    with application.app_context():
        yield application
        database.session.rollback()
        empty_tables()
        database.session.remove()
    hooks.registry.restore(callbacks)
    queue.init(None)
    relaying.stopping.clear()


@functools.cache
def tables_to_empty() -> tuple[list[Table], str]:
    """All tables, those that refer to others first, and the SQL that asks of each whether it has rows."""
    tables = list(reversed(Base.metadata.sorted_tables))
    return tables, str(select(*(exists(select(1).select_from(table)) for table in tables)).compile(database.engine))


def empty_tables() -> None:
    """Delete every row. A test fills a few of the many tables: which ones is asked first, of all at once."""
    tables, question = tables_to_empty()
    with database.engine.begin() as connection:
        for table, has_rows in zip(tables, connection.exec_driver_sql(question).one(), strict=True):
            if has_rows:
                connection.execute(delete(table))


def only(kind: type) -> Any:
    """The one row of its kind, as it is kept now; within a unit of work, as it stands there."""
    if current_unit.get() is None:
        database.session.rollback()
    return database.session.scalars(select(kind)).one()


@pytest.fixture
def db(app: Flask) -> Session:
    """The session. Write in a `unit_of_work()`; a factory opens one itself."""
    return database.session()


class FreshClient(FlaskClient):
    """Each request starts from nothing, as in a server: no context of the test around it."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        database.session.rollback()  # the test's own read must not be older than what the request writes
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def unwatched(app: Flask) -> Flask:
    """One that runs as outside of tests, but begins no thread, which would outlive the test and write into the next."""
    app.extensions["watch"].begun = True
    return app


@pytest.fixture
def answering_errors(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is a page, as for a visitor, and is not raised."""
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setattr(app.extensions["watch"], "begun", True)


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    """A person without a browser's script: follows links and fills in forms as they stand on the page."""
    return Browser(client)


class TurnedClock:
    """Time stands still at `now` until it is turned."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 31, 10, tzinfo=UTC)

    def use(self, text: str) -> None:
        self.now = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)

    def tick(self, seconds: float = 0, **more: float) -> None:
        self.now += timedelta(seconds=seconds, **more)


@pytest.fixture
def clock() -> Iterator[TurnedClock]:
    turned = TurnedClock()
    product_clock.use(lambda: turned.now)
    yield turned
    product_clock.use(None)


@pytest.fixture
def unit(app: Flask) -> Iterator[Session]:
    """A unit of work around the whole test, for rules that need one."""
    with unit_of_work("test") as session:
        yield session


class Statements(list[str]):
    """The SQL statements that ran, without those that begin and end transactions."""


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    seen = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis of our own."""
    with valkey.running(tmp_path_factory.mktemp("valkey")) as address:
        yield address


@pytest.fixture
def redis_url(redis_address: str, app: Flask) -> str:
    """An empty Redis, and a doorbell that rings there."""
    queue.init(redis_address, at_once=True)
    queue.redis.flushall()
    return redis_address


@pytest.fixture
def make_settings(settings: Settings) -> Any:
    def make(**changes: Any) -> Settings:
        return replace(settings, **changes)

    return make
