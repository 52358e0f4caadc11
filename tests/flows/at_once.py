"""Several who do something in the same instant, each in a thread of their own.

On PostgreSQL they meet after the first lock that each of them has taken, which is where two that lock in different
orders would wait for each other for ever. SQLite has one writer: there they follow one another, in any order.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

from webapp.extensions import db

TOGETHER = 0.4  # seconds: who holds what the others wait for has waited long enough for them


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each of them answered, or the error that it ended with, in the order in which they are given."""
    said: list[Any] = [None] * len(works)
    start, locked = threading.Barrier(len(works)), threading.Barrier(len(works))
    met = threading.local()

    def meet(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FOR UPDATE" in statement and "SKIP LOCKED" not in statement and getattr(met, "waits", False):
            met.waits = False
            try:
                locked.wait(TOGETHER)
            except threading.BrokenBarrierError:
                return  # the others wait for our lock

    def go(position: int, work: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(20)
            met.waits = True
            try:
                said[position] = work()
            except Exception as error:
                said[position] = error
            finally:
                db.session.remove()

    db.session.rollback()
    event.listen(db.engine, "after_cursor_execute", meet)
    try:
        threads = [
            threading.Thread(target=contextvars.Context().run, args=(go, position, work))
            for position, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    finally:
        event.remove(db.engine, "after_cursor_execute", meet)
    db.session.rollback()
    db.session.expire_all()
    return said
