"""Insert a row unless it is there already: for what the outside sends us more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

# Both have the same `on_conflict_do_nothing`, but no common type that says so.
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_once(session: Session, kind: type[Any], values: Mapping[str, Any], unique: Sequence[str]) -> bool:
    """Whether the row is new. `unique` names the columns that make two rows the same one.

    One statement, and no error that would spoil the transaction: of two that come in the same instant the
    second waits for the first, and finds it.
    """
    statement = _once(session.get_bind().dialect.name, cast(Table, kind.__table__), tuple(unique))
    return session.connection().execute(statement, dict(values)).scalar_one_or_none() is not None


@cache
def _once(dialect: str, table: Table, unique: tuple[str, ...]) -> Any:
    """Built once: that takes longer than sending it, and thousands of notices come in a burst."""
    return INSERTS[dialect](table).on_conflict_do_nothing(index_elements=list(unique)).returning(table.c.id)
