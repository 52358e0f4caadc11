"""The chores that a worker has in hand: each in a thread of its own, so that a slow vendor keeps no other waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask

from webapp.flows.relaying import stopping
from webapp.hook_registry import begin_scope

log = logging.getLogger(__name__)

Chore = Callable[..., None]


class Hands:
    """Runs one chore with the same arguments at a time; asked for again meanwhile, it is run once more."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._again: dict[tuple[Chore, tuple[str, ...]], bool] = {}
        self._changed = threading.Condition()

    def begin(self, chore: Chore, arguments: tuple[str, ...]) -> None:
        """Returns at once."""
        task = (chore, arguments)
        with self._changed:
            running = task in self._again
            self._again[task] = running
        if not running:
            name = " ".join((chore.__name__, *arguments))
            threading.Thread(target=self._work, args=task, name=name).start()

    def _work(self, chore: Chore, arguments: tuple[str, ...]) -> None:
        while True:
            try:
                with self.app.app_context():
                    begin_scope()
                    chore(*arguments)
            except Exception:  # the sweep rings again
                log.exception("chore.failed", extra={"chore": chore.__name__})
            if not self._once_more((chore, arguments)):
                return

    def _once_more(self, task: tuple[Chore, tuple[str, ...]]) -> bool:
        with self._changed:
            if self._again[task] and not stopping.is_set():
                self._again[task] = False
                return True
            del self._again[task]
            self._changed.notify_all()
            return False

    def finish(self) -> None:
        """Wait until nothing is in hand."""
        with self._changed:
            self._changed.wait_for(lambda: not self._again)
