"""What a piece of work read from the database, so that one can ask later whether it would read the same again.

What was made of the same rows need not be made anew. Reading them again costs a part of what making objects of them
does, needs no word from whoever changes a row, and so is right in every process, and for a change by hand as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event

from webapp.extensions import db


class Statement(NamedTuple):
    """As the driver was given it."""

    text: str
    parameters: Any


_noted: ContextVar[list[Statement] | None] = ContextVar("statements_noted", default=None)


@contextmanager
def noting() -> Iterator[list[Statement]]:
    """Every statement that this thread sends meanwhile."""
    statements: list[Statement] = []
    token = _noted.set(statements)
    try:
        yield statements
    finally:
        _noted.reset(token)


@event.listens_for(Engine, "before_cursor_execute")
def _note(_connection: Connection, _cursor: Any, text: str, parameters: Any, *_more: Any) -> None:
    noted = _noted.get()
    if noted is not None:
        noted.append(Statement(text, parameters))


def is_reading(statements: Sequence[Statement]) -> bool:
    """Whether all of them may be sent again, and change nothing."""
    return all(one.text.startswith("SELECT") for one in statements)


def rows_of(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """What each of them finds now, as the driver says it."""
    connection = db.session.connection()
    return [[tuple(row) for row in connection.exec_driver_sql(*one)] for one in statements]
