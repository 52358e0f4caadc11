"""What each process does beside its work, every few seconds: write down what hooks did and how often sites were looked
at, and see what is switched off.

It begins with the first request or job, in a thread of its own: after gunicorn has forked, and with no statement where
somebody waits. What a process that is killed had counted since is lost.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp import endpoints
from webapp.domain import hook_switches, visits
from webapp.domain.hook_figures import Gathered
from webapp.transactions import reading, unit_of_work

log = logging.getLogger(__name__)
EVERY = 2.0  # seconds
WRITTEN_EACH = 3  # turns: on SQLite a write waits for its turn among the sales


class Watch:
    """Of one application in one process."""

    def __init__(self, app: Flask) -> None:
        self.app, self.gathered = app, Gathered()
        self.begun = False
        self.stop = threading.Event()
        self._one = threading.Lock()

    def begin(self) -> None:
        """Look once, so that nothing that is off is called, then go on looking. Again: nothing."""
        with self._one:
            if self.begun:
                return
            self.begun = True
        self.round(write=False)
        threading.Thread(target=self._go_on, name="watch", daemon=True).start()

    def _go_on(self) -> None:
        turns = 0
        while not self.stop.wait(EVERY):
            turns += 1
            self.round(write=turns % WRITTEN_EACH == 0)

    def round(self, *, write: bool = True) -> None:
        """Never raises: what could not be written waits for the next time."""
        try:
            with self.app.app_context():
                look(self.app)
                if write:
                    self.write()
        except SQLAlchemyError as error:
            log.warning("watch.failed", extra={"error": type(error).__name__})
        except Exception:  # or nobody would look any more
            log.exception("watch.failed")

    def write(self) -> None:
        with self._one:
            self.gathered.collect()
            if self.gathered.waiting:
                with unit_of_work("system") as session:
                    self.gathered.write(session)
                self.gathered.written()
            self.write_visits()

    def write_visits(self) -> None:
        counted = visits.take()
        if not counted:
            return
        try:
            with unit_of_work("system") as session:
                visits.write(session, counted)
        except BaseException:
            visits.give_back(counted)
            raise


def look(app: Flask) -> None:
    """Read what is switched off, and hold to it. Needs an application context without an open transaction."""
    with reading() as session:
        off = hook_switches.switched_off(session)
    addons: list[Any] = app.extensions["addons"]
    hook_switches.apply(off, addons, lambda closed: endpoints.close(app, closed))


def init_app(app: Flask) -> None:
    app.extensions["watch"] = Watch(app)


def begin(app: Flask) -> None:
    """Tests look when they want to."""
    watch: Watch = app.extensions["watch"]
    if not watch.begun and not app.testing:
        watch.begin()


def end(app: Flask) -> None:
    """The process stops: write what is left."""
    watch: Watch = app.extensions["watch"]
    watch.stop.set()
    if watch.begun:
        watch.round()
