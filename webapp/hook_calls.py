"""Calling a callback so that what goes wrong in it stays in it: its changes are undone, the operation goes on."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Any

from sqlalchemy.orm import SessionTransaction

from webapp.errors import Rejected
from webapp.hook_callbacks import Callback, Hook
from webapp.unit import Unit, current_unit

log = logging.getLogger(__name__)

FAILED: Any = object()
# Of the calls that need no savepoint, so many cost one look at the clock: they are as quick as a call can be.
TIMED_EACH = 32


class Reject(Rejected):
    """Raised by a callback of a vetoable hook: stops the operation and tells the person why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


def call(hook: Hook, callback: Callback, args: tuple[Any, ...]) -> Any:
    """What the callback returns, or FAILED; what goes wrong in it is recorded and goes no further."""
    figures = callback.figures
    figures.calls = count = figures.calls + 1
    try:
        if callback.guard:
            unit = current_unit.get()
            if unit is not None:
                return _guarded(unit, callback, args)
        if count % TIMED_EACH == 1:
            return _timed(callback, args)
        return callback.function(*args[: callback.accepted])
    except Reject as error:
        if hook.vetoable:
            raise
        _failed(hook, callback, error)
    except Exception as error:
        _failed(hook, callback, error)
    return FAILED


def _timed(callback: Callback, args: tuple[Any, ...]) -> Any:
    begun = perf_counter()
    try:
        return callback.function(*args[: callback.accepted])
    finally:
        callback.figures.took(perf_counter() - begun)


def _guarded(unit: Unit, callback: Callback, args: tuple[Any, ...]) -> Any:
    """Call it in a savepoint, which costs the database nothing as long as the callback does not use it."""
    session = unit.session
    session.flush()
    mark, begun = unit.mark(), perf_counter()
    try:
        with session.begin_nested() as savepoint:
            result = callback.function(*args[: callback.accepted])
            session.flush()
            _check_alive(savepoint)
    except BaseException:
        session.expire_all()  # nothing was unwritten when it began: all objects go back to that
        unit.forget_since(mark)
        raise
    finally:
        callback.figures.took(perf_counter() - begun)
    return result


def _check_alive(savepoint: SessionTransaction) -> None:
    """PostgreSQL refuses everything after an error until the savepoint is undone, even if it was caught."""
    for connection in savepoint.connections:
        info = getattr(connection.connection.dbapi_connection, "info", None)
        if info is not None and info.transaction_status.name == "INERROR":
            raise RuntimeError("the callback hid an error of the database; use a begin_nested() of its own around it")


def _failed(hook: Hook, callback: Callback, error: Exception) -> None:
    callback.figures.failed()
    log.error("hook.callback_failed", exc_info=error, extra={"hook": hook.name, "callback": callback.name})
