"""What hooks and their callbacks did: gathered in each process, written down by batches, so that all tell the same.

Nothing is written where a hook fires. `Gathered.collect` takes what the process has counted since the last time,
`write` adds it to the rows; `flows/watching.py` does both every few seconds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.hook_callbacks import Callback, Figures, Hook
from webapp.hooks import registry
from webapp.models import HookFigure
from webapp.models.inserts import INSERTS

ERROR_AT_MOST = 20_000
Key = tuple[str, str, int]


def key_of(hook: Hook, callback: Callback | None = None) -> Key:
    """Of a callback, or of the hook as such; as long as the columns are."""
    name, priority = (callback.name, callback.priority) if callback else ("", 0)
    return (hook.name[:80], name[:200], priority)


class Gathered:
    """What this process has yet to write."""

    def __init__(self) -> None:
        self.waiting: dict[Key, Figures] = {}

    def collect(self) -> None:
        for _kind, hook in registry.hooks():
            fired = hook.fired
            if fired:
                hook.fired -= fired
                self._add(key_of(hook), Figures(calls=fired))
            for callback in hook.callbacks:
                if callback.figures.calls or callback.figures.errors:
                    self._add(key_of(hook, callback), callback.figures.take())

    def _add(self, key: Key, more: Figures) -> None:
        before = self.waiting.get(key)
        self.waiting[key] = more if before is None else before.plus(more)

    def write(self, session: Session) -> int:
        """Add it to the rows, in one order in all processes; how many. Call `written` once that is committed."""
        for key, figures in sorted(self.waiting.items(), key=lambda one: one[0]):
            session.execute(_statement(session, key, figures))
        return len(self.waiting)

    def written(self) -> None:
        self.waiting.clear()


def _statement(session: Session, key: Key, figures: Figures) -> Any:
    insert = INSERTS[session.get_bind().dialect.name]
    row = insert(HookFigure).values(**dict(zip(("hook", "callback", "priority"), key, strict=True)), **_values(figures))
    new, counted = row.excluded, ("calls", "timed", "microseconds", "errors")
    changes = {name: getattr(HookFigure, name) + new[name] for name in counted}
    changes["worst"] = case((new.worst > HookFigure.worst, new.worst), else_=HookFigure.worst)
    if figures.last_error_at is not None:
        changes |= {"last_error": new.last_error, "last_error_at": new.last_error_at}
    return row.on_conflict_do_update(index_elements=["hook", "callback", "priority"], set_=changes)


def _values(figures: Figures) -> dict[str, Any]:
    return {
        "calls": figures.calls,
        "timed": figures.timed,
        "microseconds": round(figures.seconds * 1_000_000),
        "worst": round(figures.worst * 1_000_000),
        "errors": figures.errors,
        "last_error": figures.last_error[-ERROR_AT_MOST:].replace("\x00", ""),
        "last_error_at": figures.last_error_at,
        "since": clock.now(),
    }


def all_of(session: Session, hook: str | None = None) -> dict[Key, HookFigure]:
    """What is written down, of every hook or of one; what was not called yet is not there."""
    query = select(HookFigure)
    if hook is not None:
        query = query.where(HookFigure.hook == hook[:80])
    return {(one.hook, one.callback, one.priority): one for one in session.scalars(query)}
