"""A hook and the callbacks that listen to it: in which order they run, and what may be registered."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from webapp import clock

EVERYTHING = 1_000_000


@dataclass(slots=True)
class Figures:
    """What a callback has done in this process and is not written down yet (domain/hook_figures.py)."""

    calls: int = 0
    timed: int = 0  # of the calls
    seconds: float = 0.0
    worst: float = 0.0
    errors: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None

    def called(self, seconds: float) -> None:
        self.calls += 1
        self.took(seconds)

    def took(self, seconds: float) -> None:
        self.timed += 1
        self.seconds += seconds
        self.worst = max(self.worst, seconds)

    def take(self) -> Figures:
        """What there is so far; from now on only what comes after it. Calls that end meanwhile are not lost."""
        taken = replace(self)
        self.calls -= taken.calls
        self.timed -= taken.timed
        self.seconds -= taken.seconds
        self.errors -= taken.errors
        self.worst = 0.0
        if self.last_error_at == taken.last_error_at:
            self.last_error, self.last_error_at = "", None
        return taken

    def plus(self, more: Figures) -> Figures:
        """Both together; the newer error."""
        newer = more if more.last_error_at is not None else self
        return Figures(
            calls=self.calls + more.calls,
            timed=self.timed + more.timed,
            seconds=self.seconds + more.seconds,
            worst=max(self.worst, more.worst),
            errors=self.errors + more.errors,
            last_error=newer.last_error,
            last_error_at=newer.last_error_at,
        )

    def failed(self) -> None:
        """Keep what is being handled right now."""
        self.errors += 1
        self.last_error = traceback.format_exc(limit=20)
        self.last_error_at = clock.now()


@dataclass(slots=True, eq=False)
class Callback:
    """One listener. `accepted`: how many arguments it is given; `order`: when it was added; `owner`: the add-on that
    brought it, "" for what is ours; `only_if`: for one in the background, whether it wants to hear of it now; `off`: it
    is there and not called, because an operator said so."""

    function: Callable[..., Any]
    priority: int
    order: int
    accepted: int
    background: bool
    guard: bool
    owner: str = ""
    off: bool = False
    only_if: Callable[[], bool] | None = None
    figures: Figures = field(default_factory=Figures)

    @property
    def place(self) -> tuple[int, int]:
        return (self.priority, self.order)

    @property
    def name(self) -> str:
        """`package.module:function`, as a worker imports it."""
        return f"{getattr(self.function, '__module__', '?')}:{getattr(self.function, '__qualname__', self.function)}"

    @property
    def handler(self) -> str:
        """The destination: everything one module sends for one customer goes out in order."""
        return str(self.function.__module__)


@dataclass(slots=True, eq=False)
class Hook:
    """One named moment. `collected`: it fires at the end of its unit of work, when all rows are written."""

    name: str
    args: tuple[str, ...] = ()
    when: str = ""
    declared: bool = False
    vetoable: bool = False
    collected: bool = False
    storable: bool = True
    callbacks: tuple[Callback, ...] = ()
    fired: int = 0  # in this process, and not written down yet; two threads at once may count as one

    def add(self, callback: Callback) -> None:
        """Added again at the same priority, a callback keeps its place and its figures, with the new options."""
        for one in self.callbacks:
            if one.function == callback.function and one.priority == callback.priority:
                callback = replace(callback, order=one.order, off=one.off, figures=one.figures)
        others = (one for one in self.callbacks if one.place != callback.place)
        self.callbacks = tuple(sorted((*others, callback), key=lambda one: one.place))

    def remove(self, unwanted: Callable[[Callback], bool]) -> bool:
        """Whether there was any such."""
        kept = tuple(one for one in self.callbacks if not unwanted(one))
        removed = len(kept) < len(self.callbacks)
        self.callbacks = kept
        return removed

    def in_turn(self) -> Iterator[Callback]:
        """The callbacks to run, while they may add and remove others."""
        callbacks = self.callbacks
        for callback in callbacks:
            yield callback
            if self.callbacks is not callbacks:
                yield from self._rest(callback.place, max(one.order for one in callbacks))
                return

    def _rest(self, place: tuple[int, int], newest: int) -> Iterator[Callback]:
        """What was added meanwhile has its turn only at a later priority, so that none runs for ever."""
        while True:
            later = (one for one in self.callbacks if one.place > place)
            callback = next((one for one in later if one.order <= newest or one.priority > place[0]), None)
            if callback is None:
                return
            yield callback
            place = callback.place


def accepted_by(hook: Hook, function: Callable[..., Any], wanted: int | None) -> int:
    """How many arguments to pass: at most what the function takes. Raises TypeError when it wants more."""
    if not callable(function):
        raise TypeError(f"{function!r} cannot be called")
    if wanted is not None and wanted < 0:
        raise ValueError("accepted_args cannot be negative")
    most = EVERYTHING if wanted is None else wanted
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a few built-ins have no signature
        return most
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = sum(one.default is one.empty for one in positional)
    passed = min(most, len(hook.args) if hook.declared else EVERYTHING)
    if required > passed:
        raise TypeError(f"{function!r} wants {required} arguments, {hook.name} passes {passed}")
    if any(one.kind is one.KEYWORD_ONLY and one.default is one.empty for one in parameters):
        raise TypeError(f"{function!r} wants an argument by keyword, {hook.name} passes none so")
    takes_all = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    return most if takes_all else min(most, len(positional))


def check_background(hook: Hook, function: Callable[..., Any]) -> None:
    """Refuse what a worker could not import, or could not be given. Raises ValueError."""
    name = getattr(function, "__qualname__", "<object>")
    if "<" in name or "." in name or getattr(function, "__module__", "__main__") == "__main__":
        raise ValueError(
            f"a background callback is a function of a module, so that a worker can import it: {function!r}"
        )
    if not hook.storable:
        raise ValueError(f"{hook.name} passes {', '.join(hook.args)}, which cannot be kept for a worker")
