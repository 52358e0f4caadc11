"""How hooks work. What hooks there are, and what each means, is in `hooks.py`.

The semantics are those integrators know from WordPress: lower priorities run first, equal ones in the order they
were added, a callback may take fewer arguments than are passed, adding the same callback twice runs it once.
Three things are ours: most actions wait until the rows of the operation are written, a callback that fails takes
only its own changes with it, and a background callback becomes a row that a worker carries out.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from webapp import clock
from webapp.hook_callbacks import Callback, Figures, Hook, accepted_by, check_background
from webapp.hook_calls import FAILED, Reject, call
from webapp.unit import NoUnitOfWork, current_unit

__all__ = ["Callback", "Figures", "Hook", "Registry", "Reject", "UnknownHook", "begin_scope"]

Function = TypeVar("Function", bound=Callable[..., Any])
Deliver = Callable[[Hook, Callback, tuple[Any, ...]], None]
Family = dict[str, Hook]

_counts: ContextVar[defaultdict[str, int] | None] = ContextVar("hook_counts", default=None)
_running: ContextVar[tuple[str, ...]] = ContextVar("hooks_running", default=())


class UnknownHook(ValueError):
    """A `wu_` name that is not declared: most likely a slip of the pen."""


class Registry:
    """Every hook with its callbacks."""

    def __init__(self) -> None:
        self.actions: Family = {}
        self.filters: Family = {}
        self.deliver: Deliver | None = None  # makes the row for a background callback; set in create_app
        self.loading = ""  # the add-on whose callbacks are being added; "" for what is ours
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
        hook = self._hook(self.actions, name, new=True)
        hook.args, hook.when, hook.vetoable, hook.storable = tuple(args), when, vetoable, storable
        hook.declared, hook.collected = True, not (vetoable or at_once)

    def declare_filter(self, name: str, *, args: Iterable[str], when: str) -> None:
        """Say that a filter exists; the first of `args` is the value that is filtered."""
        hook = self._hook(self.filters, name, new=True)
        hook.args, hook.when, hook.declared, hook.storable = tuple(args), when, True, False

    def _hook(self, family: Family, name: str, *, new: bool = False) -> Hook:
        """Raises UnknownHook for one of ours that is not declared, and for a name of the other family."""
        hook = family.get(name)
        if hook is None:
            other, kind = (self.filters, "a filter") if family is self.actions else (self.actions, "an action")
            if name in other:
                raise UnknownHook(f"{name} is {kind}")
            if name.startswith("wu_") and not new:
                near = difflib.get_close_matches(name, [*family, *other], n=1, cutoff=0.5)
                raise UnknownHook(f"there is no hook {name}" + (f"; did you mean {near[0]}?" if near else ""))
            hook = family[name] = Hook(name)
        return hook

    def _known(self, family: Family, name: str) -> Hook:
        """To ask or remove: a name that nobody has used yet stays so."""
        return self._hook(family, name) if name.startswith("wu_") else family.get(name, Hook(name))

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
        only_if: Callable[[], bool] | None = None,
    ) -> Any:
        """Run `callback` when the action fires; without one, a decorator.

        background: a worker calls it after the commit, again and again until it succeeds; `only_if` is asked when the
        action fires, and a no leaves no trace. guard=False: it does not touch the database, so no savepoint is made
        for it. Raises UnknownHook, TypeError, ValueError.
        """
        if callback is None:
            options = {"background": background, "guard": guard, "only_if": only_if}
            return partial(_decorate, self.add_action, name, priority, accepted_args, **options)
        hook = self._hook(self.actions, name)
        if background:
            check_background(hook, callback)
        self._add(hook, callback, priority, accepted_args, background=background, guard=guard, only_if=only_if)
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
            return partial(_decorate, self.add_filter, name, priority, accepted_args, guard=guard)
        hook = self._hook(self.filters, name)
        self._add(hook, callback, priority, accepted_args, background=False, guard=guard)
        return callback

    def _add(
        self,
        hook: Hook,
        function: Function,
        priority: int,
        wanted: int | None,
        *,
        background: bool,
        guard: bool,
        only_if: Callable[[], bool] | None = None,
    ) -> None:
        self._added += 1
        accepted = accepted_by(hook, function, wanted)
        hook.add(Callback(function, priority, self._added, accepted, background, guard, self.loading, only_if=only_if))

    def remove_action(self, name: str, callback: Callable[..., Any], priority: int = 10) -> bool:
        """Whether there was such a callback at this priority."""
        hook = self._known(self.actions, name)
        return hook.remove(lambda one: one.function == callback and one.priority == priority)

    def remove_filter(self, name: str, callback: Callable[..., Any], priority: int = 10) -> bool:
        """Whether there was such a callback at this priority."""
        hook = self._known(self.filters, name)
        return hook.remove(lambda one: one.function == callback and one.priority == priority)

    def remove_all_actions(self, name: str, priority: int | None = None) -> None:
        """All callbacks, or all at one priority."""
        self._known(self.actions, name).remove(lambda one: priority in (None, one.priority))

    def remove_all_filters(self, name: str, priority: int | None = None) -> None:
        """All callbacks, or all at one priority."""
        self._known(self.filters, name).remove(lambda one: priority in (None, one.priority))

    def has_action(self, name: str, callback: Callable[..., Any] | None = None) -> bool | int:
        """Whether anything listens; for one callback its priority, or False (so compare with `is False`)."""
        return _has(self._known(self.actions, name), callback)

    def has_filter(self, name: str, callback: Callable[..., Any] | None = None) -> bool | int:
        """Whether anything listens; for one callback its priority, or False (so compare with `is False`)."""
        return _has(self._known(self.filters, name), callback)

    # -- firing ------------------------------------------------------------------------------------------------

    def do_action(self, name: str, *args: Any) -> None:
        """Fire an action. One of ours fires inside a unit of work; outside of one it raises NoUnitOfWork."""
        hook = self.actions.get(name) or self._hook(self.actions, name)
        hook.fired += 1
        counts = _counts.get()
        if counts is None:
            counts = begin_scope()
        counts[name] += 1
        if hook.declared:
            unit = current_unit.get()
            if unit is None:
                raise NoUnitOfWork(f"{name} fires inside a unit of work")
            if hook.collected and hook.callbacks:
                unit.before_commit(partial(self._fire, hook, args))
                return
        if hook.callbacks:
            self._fire(hook, args)

    def _fire(self, hook: Hook, args: tuple[Any, ...]) -> None:
        token = _running.set((*_running.get(), hook.name))
        try:
            for callback in hook.in_turn():
                if callback.off or (callback.owner and clock.is_pretended()):
                    continue
                if callback.background:
                    self._deliver(hook, callback, args)
                else:
                    call(hook, callback, args)
        finally:
            _running.reset(token)

    def _deliver(self, hook: Hook, callback: Callback, args: tuple[Any, ...]) -> None:
        if self.deliver is None:
            raise RuntimeError("background callbacks need create_app()")
        if callback.only_if is not None and not callback.only_if():
            return
        self.deliver(hook, callback, args[: callback.accepted])

    def apply_filters(self, name: str, value: Any, *args: Any) -> Any:
        """The value after every callback had its turn; one that raises is skipped and recorded."""
        hook = self.filters.get(name) or self._hook(self.filters, name)
        hook.fired += 1
        if not hook.callbacks:
            return value
        token = _running.set((*_running.get(), name))
        try:
            for callback in hook.in_turn():
                if callback.off:
                    continue
                result = call(hook, callback, (value, *args))
                value = value if result is FAILED else result
        finally:
            _running.reset(token)
        return value

    # -- asking ------------------------------------------------------------------------------------------------

    def did_action(self, name: str) -> int:
        """How often it was fired in this request or job, including what was rolled back.

        One that waits for the end of its unit of work counts from the moment it was fired.
        """
        self._known(self.actions, name)
        counts = _counts.get()
        return 0 if counts is None else counts.get(name, 0)

    def doing_action(self, name: str | None = None) -> bool:
        """Whether callbacks of it are being run right now, at any depth; without a name, of any hook."""
        running = _running.get()
        return bool(running) if name is None else name in running

    def current_hook(self) -> str | None:
        """The innermost hook whose callbacks are being run."""
        running = _running.get()
        return running[-1] if running else None

    def listener(self, hook: str, name: str) -> Callback | None:
        """The callback of an action that a worker is asked to carry out, if it still listens."""
        known = self.actions.get(hook)
        return next((one for one in known.callbacks if one.name == name), None) if known else None

    def hooks(self) -> Iterator[tuple[str, Hook]]:
        """Every hook with what it is: `action` or `filter`."""
        for kind, family in (("action", self.actions), ("filter", self.filters)):
            yield from ((kind, hook) for hook in list(family.values()))

    def snapshot(self) -> dict[Hook, tuple[Callback, ...]]:
        """The callbacks as they are now; `restore` brings them back (tests, an add-on that failed)."""
        return {hook: hook.callbacks for hook in (*self.actions.values(), *self.filters.values())}

    def restore(self, snapshot: dict[Hook, tuple[Callback, ...]]) -> None:
        """Hooks that did not exist then are forgotten."""
        for family in (self.actions, self.filters):
            for name, hook in list(family.items()):
                hook.callbacks = snapshot.get(hook, ())
                if hook not in snapshot:
                    del family[name]


def _has(hook: Hook, callback: Callable[..., Any] | None) -> bool | int:
    if callback is None:
        return bool(hook.callbacks)
    return next((one.priority for one in hook.callbacks if one.function == callback), False)


def _decorate(
    add: Callable[..., Any],
    name: str,
    priority: int,
    accepted: int | None,
    callback: Function,
    **options: Any,
) -> Function:
    add(name, callback, priority, accepted, **options)
    return callback


def begin_scope() -> defaultdict[str, int]:
    """A new request or job: `did_action` counts from zero."""
    counts: defaultdict[str, int] = defaultdict(int)
    _counts.set(counts)
    return counts
