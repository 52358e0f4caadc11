"""The work that is under way: what must still happen before its commit, and what after it.

The unit is opened and closed by `transactions.unit_of_work()`. Everything below the edges only adds to
the one that is open, and so knows nothing of commits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Step = Callable[[], object]
# Callbacks that call each other for ever are stopped when one has led to another this often.
DEEPEST = 50
current_unit: ContextVar[Unit | None] = ContextVar("current_unit", default=None)


class NoUnitOfWork(RuntimeError):
    """Something that belongs to a transaction was asked for outside of one."""


class Unit:
    """One operation. `before` runs in order when its rows are written, `after` once it has committed."""

    __slots__ = ("actor", "after", "before", "depth", "moves", "session")

    def __init__(self, actor: str, session: Session) -> None:
        self.actor = actor
        self.session = session
        self.depth = 0  # of the step that runs now: the one that it adds is one deeper
        self.before: deque[tuple[int, Step]] = deque()
        self.after: dict[object, Step] = {}
        self.moves: list[tuple[Any, dict[str, str]]] = []  # steps of status whose row has yet to be flushed

    def before_commit(self, step: Step) -> None:
        """Run `step` when the rows are written. Raises RuntimeError in a callback that goes round in circles."""
        if self.depth >= DEEPEST:
            raise RuntimeError("callbacks keep firing hooks without end")
        self.before.append((self.depth + 1, step))

    def after_commit(self, step: Step, *, once: object = None) -> None:
        """Run `step` when the rows are safe; steps with the same `once` run only the first time."""
        self.after.setdefault(step if once is None else once, step)

    def mark(self) -> tuple[int, int, int]:
        """How far the unit has come; take it when everything is flushed."""
        return len(self.before), len(self.after), len(self.moves)

    def forget_since(self, mark: tuple[int, int, int]) -> None:
        """Drop what a callback added that has just been rolled back."""
        before, after, moves = mark
        while len(self.before) > before:
            self.before.pop()
        while len(self.after) > after:
            self.after.popitem()
        del self.moves[moves:]


def current() -> Unit:
    """The open unit. Raises NoUnitOfWork when there is none."""
    unit = current_unit.get()
    if unit is None:
        raise NoUnitOfWork("open a unit_of_work() first")
    return unit
