"""The work that is under way: what must still happen before its commit, and what after it.

The unit is opened and closed by `transactions.unit_of_work()`. Everything below the edges only adds to
the one that is open, and so knows nothing of commits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Step = Callable[[], object]
current_unit: ContextVar[Unit | None] = ContextVar("current_unit", default=None)


class NoUnitOfWork(RuntimeError):
    """Something that belongs to a transaction was asked for outside of one."""


class Unit:
    """One operation. `before` runs in order when its rows are written, `after` once it has committed."""

    __slots__ = ("actor", "after", "before", "may_commit", "moves")

    def __init__(self, actor: str) -> None:
        self.actor = actor
        self.may_commit = False
        self.before: deque[Step] = deque()
        self.after: dict[object, Step] = {}
        self.moves: list[tuple[Any, dict[str, str]]] = []  # steps of status whose row has yet to be flushed

    def before_commit(self, step: Step) -> None:
        self.before.append(step)

    def after_commit(self, step: Step, *, once: object = None) -> None:
        """Run `step` when the rows are safe; steps with the same `once` run only the first time."""
        self.after.setdefault(step if once is None else once, step)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """The one who opened a transaction or savepoint ends it; anyone else who tries is refused."""
        self.may_commit = True
        try:
            yield
        finally:
            self.may_commit = False

    def mark(self) -> tuple[int, int]:
        return len(self.before), len(self.moves)

    def forget_since(self, mark: tuple[int, int]) -> None:
        """Drop what a callback added that has just been rolled back."""
        steps, moves = mark
        while len(self.before) > steps:
            self.before.pop()
        del self.moves[moves:]


def current() -> Unit:
    """The open unit. Raises NoUnitOfWork when there is none."""
    unit = current_unit.get()
    if unit is None:
        raise NoUnitOfWork("open a unit_of_work() first")
    return unit
