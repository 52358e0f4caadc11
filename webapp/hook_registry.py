"""How hooks work. What hooks there are, and what each means, is in `hooks.py`.

The semantics are those integrators know from WordPress: lower priorities run first, equal ones in the order they
were added, a callback may take fewer arguments than are passed, adding the same callback twice runs it once.
Three things are ours: most actions wait until the rows of the operation are written, a callback that fails takes
only its own changes with it, and a background callback becomes a row that a worker carries out.
"""

from __future__ import annotations

import difflib
import inspect
import logging
import time
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from webapp import clock
from webapp.errors import Rejected
from webapp.extensions import db
from webapp.unit import NoUnitOfWork, Unit, current_unit

log = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])
EVERYTHING = 1_000_000

_counts: ContextVar[dict[str, int] | None] = ContextVar("hook_counts", default=None)
_running: ContextVar[tuple[str, ...]] = ContextVar("hooks_running", default=())


class UnknownHook(ValueError):
    """A `wu_` name that is not declared: most likely a slip of the pen."""


class Reject(Rejected):
    """Raised by a callback of a vetoable hook: stops the operation and tells the person why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


@dataclass(slots=True)
class Figures:
    """What a callback has done in this process; times in seconds."""

    calls: int = 0
    seconds: float = 0.0
    worst: float = 0.0
    errors: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None

    def took(self, seconds: float) -> None:
        self.calls += 1
        self.seconds += seconds
        self.worst = max(self.worst, seconds)

    def failed(self) -> None:
        self.errors += 1
        self.last_error = traceback.format_exc(limit=20)
        self.last_error_at = clock.now()


@dataclass(slots=True, eq=False)
class Callback:
    function: Callable[..., Any]
    priority: int
    order: int
    accepted: int
    background: bool
    guard: bool
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

    def call(self, args: tuple[Any, ...]) -> Any:
        return self.function(*(args if self.accepted >= len(args) else args[: self.accepted]))


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

    def add(self, callback: Callback) -> None:
        same = [one for one in self.callbacks if one.function == callback.function]
        if any(one.priority == callback.priority for one in same):
            return
        self.callbacks = tuple(sorted((*self.callbacks, callback), key=lambda one: one.place))

    def after(self, place: tuple[int, int]) -> tuple[Callback, ...]:
        """Those that are still to run, when the last one ran at `place`."""
        return self.callbacks[bisect_right(self.callbacks, place, key=lambda one: one.place) :]


Deliver = Callable[[Hook, Callback, tuple[Any, ...]], None]


class Registry:
    """Every hook with its callbacks."""

    def __init__(self) -> None:
        self.actions: dict[str, Hook] = {}
        self.filters: dict[str, Hook] = {}
        self.deliver: Deliver | None = None  # makes the row for a background callback; set in create_app
        self._added = 0

    # -- declaring ---------------------------------------------------------------------------------------------

    def declare_action(
        self,
        name: str,
        *,
        args: Iterable[str] = (),
        when: str,
        vetoable: bool = False,
        at_once: bool = False,
        storable: bool = True,
    ) -> None:
        """Say that an action exists. `storable=False`: an argument (a cart) cannot be kept for a worker."""
        hook = self.actions.setdefault(name, Hook(name))
        hook.args, hook.when, hook.vetoable, hook.storable = tuple(args), when, vetoable, storable
        hook.declared, hook.collected = True, not (vetoable or at_once)

    def declare_filter(self, name: str, *, args: Iterable[str], when: str) -> None:
        """Say that a filter exists; the first of `args` is the value that is filtered."""
        hook = self.filters.setdefault(name, Hook(name))
        hook.args, hook.when, hook.declared, hook.storable = tuple(args), when, True, False

    def _hook(self, family: dict[str, Hook], name: str) -> Hook:
        hook = family.get(name)
        if hook is None:
            other = self.filters if family is self.actions else self.actions
            if name in other:
                raise UnknownHook(f"{name} is {'a filter' if family is self.actions else 'an action'}")
            if name.startswith("wu_"):
                near = difflib.get_close_matches(name, family, n=1, cutoff=0.5)
                raise UnknownHook(f"there is no hook {name}" + (f"; did you mean {near[0]}?" if near else ""))
            hook = family[name] = Hook(name)
        return hook

    # -- listening ---------------------------------------------------------------------------------------------

    def add_action(
        self,
        name: str,
        callback: Function | None = None,
        priority: int = 10,
        accepted_args: int | None = None,
        *,
        background: bool = False,
        guard: bool = True,
    ) -> Any:
        """Run `callback` when the action fires; without one, a decorator.

        background: a worker calls it after the commit, again and again until it succeeds. guard=False: it does
        not touch the database, so no savepoint is made for it. Raises UnknownHook, TypeError, ValueError.
        """
        if callback is None:
            return partial(
                self._decorate, self.add_action, name, priority, accepted_args, background=background, guard=guard
            )
        hook = self._hook(self.actions, name)
        if background:
            _check_background(hook, callback)
        self._added += 1
        accepted = _accepted(hook, callback, accepted_args)
        hook.add(Callback(callback, priority, self._added, accepted, background, guard))
        return callback

    def add_filter(
        self,
        name: str,
        callback: Function | None = None,
        priority: int = 10,
        accepted_args: int | None = None,
        *,
        guard: bool = True,
    ) -> Any:
        """Let `callback(value, …)` return the value to go on with; without one, a decorator."""
        if callback is None:
            return partial(self._decorate, self.add_filter, name, priority, accepted_args, guard=guard)
        hook = self._hook(self.filters, name)
        self._added += 1
        hook.add(Callback(callback, priority, self._added, _accepted(hook, callback, accepted_args), False, guard))
        return callback

    @staticmethod
    def _decorate(
        add: Callable[..., Any], name: str, priority: int, accepted: int | None, callback: Function, **options: bool
    ) -> Function:
        add(name, callback, priority, accepted, **options)
        return callback

    def remove(self, family: dict[str, Hook], name: str, callback: Callable[..., Any], priority: int) -> bool:
        hook = self._hook(family, name)
        kept = tuple(one for one in hook.callbacks if (one.function, one.priority) != (callback, priority))
        removed = len(kept) < len(hook.callbacks)
        hook.callbacks = kept
        return removed

    def remove_action(self, name: str, callback: Callable[..., Any], priority: int = 10) -> bool:
        """Whether there was such a callback at this priority."""
        return self.remove(self.actions, name, callback, priority)

    def remove_filter(self, name: str, callback: Callable[..., Any], priority: int = 10) -> bool:
        return self.remove(self.filters, name, callback, priority)

    def remove_all_actions(self, name: str, priority: int | None = None) -> None:
        hook = self._hook(self.actions, name)
        hook.callbacks = tuple(one for one in hook.callbacks if priority not in (None, one.priority))

    def remove_all_filters(self, name: str, priority: int | None = None) -> None:
        hook = self._hook(self.filters, name)
        hook.callbacks = tuple(one for one in hook.callbacks if priority not in (None, one.priority))

    def has(self, family: dict[str, Hook], name: str, callback: Callable[..., Any] | None) -> bool | int:
        callbacks = self._hook(family, name).callbacks
        if callback is None:
            return bool(callbacks)
        return next((one.priority for one in callbacks if one.function == callback), False)

    def has_action(self, name: str, callback: Callable[..., Any] | None = None) -> bool | int:
        """Whether anything listens; for one callback its priority, or False."""
        return self.has(self.actions, name, callback)

    def has_filter(self, name: str, callback: Callable[..., Any] | None = None) -> bool | int:
        return self.has(self.filters, name, callback)

    # -- firing ------------------------------------------------------------------------------------------------

    def do_action(self, name: str, *args: Any) -> None:
        """Fire an action. One of ours fires inside a unit of work; outside of one it raises NoUnitOfWork."""
        hook = self.actions.get(name) or self._hook(self.actions, name)
        if not hook.callbacks:
            if hook.declared and current_unit.get() is None:
                raise NoUnitOfWork(f"{name} fires inside a unit of work")
            counts = _counts.get()
            if counts is None:
                counts = begin_scope()
            counts[name] = counts.get(name, 0) + 1
            return
        if hook.declared:
            unit = current_unit.get()
            if unit is None:
                raise NoUnitOfWork(f"{name} fires inside a unit of work")
            if hook.collected:
                unit.before.append(partial(self._fire, hook, args))
                return
        self._fire(hook, args)

    def _fire(self, hook: Hook, args: tuple[Any, ...]) -> None:
        counts = _counts.get()
        if counts is None:
            counts = begin_scope()
        counts[hook.name] = counts.get(hook.name, 0) + 1
        token = _running.set((*_running.get(), hook.name))
        try:
            callbacks = hook.callbacks
            for callback in callbacks:
                self._run(hook, callback, args)
                if hook.callbacks is not callbacks:  # a callback added or removed others
                    self._fire_rest(hook, callback.place, args)
                    break
        finally:
            _running.reset(token)

    def _fire_rest(self, hook: Hook, place: tuple[int, int], args: tuple[Any, ...]) -> None:
        while rest := hook.after(place):
            self._run(hook, rest[0], args)
            place = rest[0].place

    def _run(self, hook: Hook, callback: Callback, args: tuple[Any, ...]) -> None:
        if callback.background:
            self._deliver(hook, callback, args)
        else:
            _call(hook, callback, args)

    def _deliver(self, hook: Hook, callback: Callback, args: tuple[Any, ...]) -> None:
        if self.deliver is None:
            raise RuntimeError("background callbacks need create_app()")
        self.deliver(hook, callback, args[: callback.accepted])

    def apply_filters(self, name: str, value: Any, *args: Any) -> Any:
        """The value after every callback had its turn; one that raises is skipped and recorded."""
        hook = self.filters.get(name) or self._hook(self.filters, name)
        if not hook.callbacks:
            return value
        token = _running.set((*_running.get(), name))
        try:
            for callback in hook.callbacks:
                result = _call(hook, callback, (value, *args))
                value = value if result is FAILED else result
        finally:
            _running.reset(token)
        return value

    # -- asking ------------------------------------------------------------------------------------------------

    def did_action(self, name: str) -> int:
        """How often it fired in this request or job, including what was rolled back."""
        self._hook(self.actions, name)
        return (_counts.get() or {}).get(name, 0)

    def doing_action(self, name: str | None = None) -> bool:
        running = _running.get()
        return bool(running) if name is None else name in running

    def current_hook(self) -> str | None:
        running = _running.get()
        return running[-1] if running else None

    def snapshot(self) -> dict[int, tuple[Callback, ...]]:
        """The callbacks as they are now; `restore` brings them back (tests, switching an add-on off)."""
        return {id(hook): hook.callbacks for hook in (*self.actions.values(), *self.filters.values())}

    def restore(self, snapshot: dict[int, tuple[Callback, ...]]) -> None:
        for family in (self.actions, self.filters):
            for name, hook in list(family.items()):
                hook.callbacks = snapshot.get(id(hook), ())
                if id(hook) not in snapshot:
                    del family[name]


def begin_scope() -> dict[str, int]:
    """A new request or job: `did_action` counts from zero."""
    counts: dict[str, int] = {}
    _counts.set(counts)
    return counts


FAILED: Any = object()


def _call(hook: Hook, callback: Callback, args: tuple[Any, ...]) -> Any:
    """What the callback returns, or FAILED; what goes wrong in it is recorded and goes no further."""
    unit = current_unit.get()
    if unit is not None and callback.guard:
        return _guarded(unit, hook, callback, args)
    try:
        return callback.call(args)
    except Exception as error:
        _failed(hook, callback, error)
        return FAILED


def _guarded(unit: Unit, hook: Hook, callback: Callback, args: tuple[Any, ...]) -> Any:
    """Call it in a savepoint: if it fails, what it changed is undone and the operation goes on."""
    session, mark, begun = db.session(), unit.mark(), time.perf_counter()
    session.flush()
    savepoint = session.begin_nested()
    try:
        result = callback.call(args)
        session.flush()
    except Exception as error:
        if savepoint.is_active:  # unless it was ended by the callback itself
            savepoint.rollback()
        unit.forget_since(mark)
        _failed(hook, callback, error)
        return FAILED
    finally:
        callback.figures.took(time.perf_counter() - begun)
    savepoint.commit()
    return result


def _failed(hook: Hook, callback: Callback, error: Exception) -> None:
    if isinstance(error, Reject) and hook.vetoable:
        raise error
    callback.figures.failed()
    log.error("hook.callback_failed", exc_info=error, extra={"hook": hook.name, "callback": callback.name})


def _accepted(hook: Hook, callback: Callable[..., Any], wanted: int | None) -> int:
    """How many arguments to pass: at most what the function takes."""
    if wanted is not None and wanted < 0:
        raise ValueError("accepted_args cannot be negative")
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):  # a few built-ins have no signature
        return EVERYTHING if wanted is None else wanted
    kinds = [one.kind for one in parameters]
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = sum(one.default is one.empty for one in positional)
    takes = EVERYTHING if inspect.Parameter.VAR_POSITIONAL in kinds else len(positional)
    given = len(hook.args) if hook.declared else EVERYTHING
    if required > min(given, EVERYTHING if wanted is None else wanted):
        raise TypeError(f"{callback!r} wants {required} arguments, {hook.name} passes {min(given, required - 1)}")
    return takes if wanted is None else min(wanted, takes)


def _check_background(hook: Hook, callback: Callable[..., Any]) -> None:
    qualname = getattr(callback, "__qualname__", "<object>")
    if "<" in qualname or "." in qualname or getattr(callback, "__module__", "__main__") == "__main__":
        raise ValueError(
            f"a background callback is a function of a module, so that a worker can import it: {callback!r}"
        )
    if not hook.storable:
        raise ValueError(f"{hook.name} passes {', '.join(hook.args)}, which cannot be kept for a worker")
