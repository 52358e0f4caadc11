"""What workers are rung for. Each takes plain strings, calls one function, and may run twice."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from webapp.extensions import queue
from webapp.flows import inbound as notices
from webapp.flows import relaying
from webapp.hook_registry import begin_scope
from webapp.settings import Settings


def drain(handler: str) -> None:
    """Tell one destination everything that is due."""
    begin_scope()
    queue.answered("drain", [handler])
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the application itself
    settings: Settings = app.extensions["settings"]
    more = relaying.drain(app, handler, lease=timedelta(seconds=settings.lease_seconds))
    if more and not relaying.stopping.is_set():
        queue.ring("drain", [handler])


def inbound() -> None:
    """Act on what gateways told us."""
    begin_scope()
    queue.answered("inbound")
    while notices.work_off(100) and not relaying.stopping.is_set():
        pass
