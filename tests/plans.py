"""What the database would do for a statement, step by step: whether an index finds it, however large the table is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, event

from webapp.extensions import db, dialect_name

# What PostgreSQL likes better for tables as small as those of a test.
PASTIMES = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")


def steps(statement: Executable, values: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of its plan. What it writes is rolled back."""
    with db.engine.connect() as connection:
        if dialect_name() == "postgresql":
            for one in PASTIMES:
                connection.exec_driver_sql(f"SET enable_{one} = off")
        sql, parameters = as_sent(connection, statement, dict(values or {}))
        if dialect_name() == "sqlite":
            found = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        else:
            found = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {sql}", parameters)]
        connection.rollback()
    return found


def as_sent(connection: Connection, statement: Executable, values: dict[str, Any]) -> tuple[str, Any]:
    """The statement and its parameters, as the driver gets them."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        seen.append((sql, parameters))

    event.listen(connection, "before_cursor_execute", note)
    connection.execute(statement, values)
    event.remove(connection, "before_cursor_execute", note)
    [found] = seen
    return found


def read_through(plan: list[str]) -> list[str]:
    """The steps that read a table from end to end."""
    if dialect_name() == "sqlite":
        tables = [one for one in plan if one.startswith("SCAN") and one != "SCAN CONSTANT ROW"]
        return [one for one in tables if " USING INDEX " not in one]
    return [one for one in plan if "Seq Scan" in one]
