"""For what happens in other threads and processes: look until it is so, and not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Look again and again; at most so long."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came true"
        threading.Event().wait(0.02)


def in_context(app: Flask, work: Callable[[], Any]) -> Callable[[], None]:
    """The same work for another thread, which has no application of its own."""

    def go() -> None:
        with app.app_context():
            work()

    return go
