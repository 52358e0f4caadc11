"""Which add-ons and callbacks are switched off. The rows say so; each process looks every few seconds and applies it.

What is off is still there and shown, and is not called: a callback hears nothing, an add-on's endpoints answer 503, so
that the sender tries again, and its gateways are not offered. What waits for a worker waits on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import unit
from webapp.domain import audit
from webapp.hook_callbacks import Callback, Hook
from webapp.hooks import registry
from webapp.models import HookSwitch
from webapp.models.inserts import insert_once

SUBJECT_AT_MOST = 300


class HasEndpoints(Protocol):
    """An add-on, as far as it is switched."""

    @property
    def name(self) -> str: ...
    @property
    def endpoints(self) -> Collection[tuple[str, str]]: ...


def of_addon(name: str) -> str:
    return f"add-on {name}"[:SUBJECT_AT_MOST]


def of_callback(hook: Hook, callback: Callback) -> str:
    return f"{hook.name} {callback.priority} {callback.name}"[:SUBJECT_AT_MOST]


def switched_off(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(HookSwitch.subject).where(HookSwitch.off)))


def apply(off: Collection[str], addons: Iterable[HasEndpoints], close: Callable[[set[tuple[str, str]]], None]) -> None:
    """In this process, from the next call on; `close` is told which endpoints take nothing for now."""
    resting = {one.name: one for one in addons if of_addon(one.name) in off}
    for _kind, hook in registry.hooks():
        for callback in hook.callbacks:
            callback.off = callback.owner in resting or (bool(off) and of_callback(hook, callback) in off)
    close({endpoint for one in resting.values() for endpoint in one.endpoints})


def turn(subject: str, *, on: bool) -> None:
    """Switch one on or off; nothing happens when it is so already."""
    session = unit.current().session
    # What was never switched is on; of two who switch it first at once the second waits here for the first.
    insert_once(session, HookSwitch, {"subject": subject, "off": False}, ["subject"])
    query = select(HookSwitch).where(HookSwitch.subject == subject).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    if row.off != on:
        return
    row.off = not on
    audit.note(row, "hooks.switch", before={"on": not on}, after={"on": on, "subject": subject})
