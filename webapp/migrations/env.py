"""How Alembic reaches the application's database and models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from webapp import models
from webapp.extensions import Base, db

assert models.__all__, "the models must be imported before their tables are compared"


def ignore_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """No change of the models makes no revision."""
    if context.config.cmd_opts is not None and getattr(context.config.cmd_opts, "autogenerate", False):
        script = directives[0]
        if script.upgrade_ops.is_empty():
            directives.clear()


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Our own column types, by the names they are imported with."""
    if kind == "type" and type(item).__module__ == "webapp.extensions":
        autogen.imports.add("from webapp import extensions")
        return f"extensions.{type(item).__name__}()"
    return False


@contextmanager
def unwatched(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one. Dropped under the eyes of its foreign keys, it
    would take along the rows that refer to it, or be refused; so they are looked at when all is done."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection  # in a transaction the pragma does nothing
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
    lost = driver.execute("PRAGMA foreign_key_check").fetchmany(10)
    if lost:
        raise RuntimeError(f"rows refer to rows that are not there (table, row, refers to): {lost}")


def run() -> None:
    def belongs(item: Any, *_more: Any) -> bool:
        """Whether the database in hand has it: an index may be for one kind only."""
        return getattr(item, "info", {}).get("dialect", connection.dialect.name) == connection.dialect.name

    with db.engine.connect() as connection, unwatched(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            process_revision_directives=ignore_empty,
            render_item=render_item,
            include_object=belongs,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
