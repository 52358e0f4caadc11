"""The work that is under way: what must still happen before its commit, and what after it.

The unit is opened and closed by `transactions.unit_of_work()`. Everything below the edges only adds to
the one that is open, and so knows nothing of commits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

Step = Callable[[], object]
Close = Callable[["Session", list[Any]], object]


class Note(NamedTuple):
    """A row that nobody holds. Its `object_id` is the id of `about`, once that is written."""

    table: Table
    values: dict[str, Any]
    about: Any = None


# Callbacks that call each other for ever are stopped when one has led to another this often.
DEEPEST = 50
current_unit: ContextVar[Unit | None] = ContextVar("current_unit", default=None)


class NoUnitOfWork(RuntimeError):
    """Something that belongs to a transaction was asked for outside of one."""


class Unit:
    """One operation. `before` runs in order when its rows are written, `after` once it has committed."""

    __slots__ = ("actor", "after", "before", "closing", "depth", "notes", "rows", "session")

    def __init__(self, actor: str, session: Session) -> None:
        self.actor = actor
        self.session = session
        self.depth = 0  # of the step that runs now: the one that it adds is one deeper
        self.before: deque[tuple[int, Step]] = deque()
        self.after: dict[object, Step] = {}
        self.rows: list[Any] = []  # new ones, in the order in which they are to be written
        self.notes: list[Note] = []  # what is kept about rows, and written when those are
        self.closing: list[tuple[Close, Any]] = []  # what is done last of all, since others wait for its end

    def before_commit(self, step: Step) -> None:
        """Run `step` when the rows are written. Raises RuntimeError in a callback that goes round in circles."""
        if self.depth >= DEEPEST:
            raise RuntimeError("callbacks keep firing hooks without end")
        self.before.append((self.depth + 1, step))

    def after_commit(self, step: Step, *, once: object = None) -> None:
        """Run `step` when the rows are safe; steps with the same `once` run only the first time."""
        self.after.setdefault(step if once is None else once, step)

    def close_with(self, close: Close, item: Any) -> None:
        """Have `close` called with the session and all items given to it, when nothing but the commit is left to do.

        For what locks a row that everybody needs, such as the one that counts invoices.
        """
        self.closing.append((close, item))

    def closings(self) -> dict[Close, list[Any]]:
        """What each is to be called with, in the order given."""
        found: dict[Close, list[Any]] = {}
        for close, item in self.closing:
            found.setdefault(close, []).append(item)
        return found

    def mark(self) -> tuple[int, int, int, int]:
        """How far the unit has come; take it when everything is flushed."""
        return len(self.before), len(self.after), len(self.notes), len(self.closing)

    def forget_since(self, mark: tuple[int, int, int, int]) -> None:
        """Drop what a callback added that has just been rolled back."""
        before, after, notes, closing = mark
        while len(self.before) > before:
            self.before.pop()
        while len(self.after) > after:
            self.after.popitem()
        del self.notes[notes:]
        del self.closing[closing:]
        self.rows.clear()  # there were none: all was flushed


def current() -> Unit:
    """The open unit. Raises NoUnitOfWork when there is none."""
    unit = current_unit.get()
    if unit is None:
        raise NoUnitOfWork("open a unit_of_work() first")
    return unit
