"""How Alembic reaches the application's database and models."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

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


def run() -> None:
    def belongs(item: Any, *_more: Any) -> bool:
        """Whether the database in hand has it: an index may be for one kind only."""
        return getattr(item, "info", {}).get("dialect", connection.dialect.name) == connection.dialect.name

    with db.engine.connect() as connection:
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
