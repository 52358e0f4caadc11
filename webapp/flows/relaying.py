"""From the outbox to its destinations: a worker claims what is due and calls each callback.

A claim and a mark are short transactions of their own; while a callback runs, none is open. What the callback
changed and the mark `done` are written together, so neither can be without the other.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Flask

from webapp import clock
from webapp.domain import outbox
from webapp.domain.outbox import Claim, LeaseLost, Report
from webapp.domain.references import unpack
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.hook_registry import begin_scope
from webapp.models import Delivery
from webapp.outgoing import DeliveryFailure, PermanentFailure, TryLater, delivering
from webapp.transactions import closing_unit, reading, unit_of_work

log = logging.getLogger(__name__)

THREADS = 8
BATCH = 32
# One drain gives the worker back after this long, so that a busy destination does not starve the others.
SECONDS_AT_MOST = 20.0

# Set when the worker is told to stop: what is in hand is finished, what was claimed is given back.
stopping = threading.Event()


def drain(app: Flask, handler: str, *, lease: timedelta, seconds: float = SECONDS_AT_MOST) -> bool:
    """Work off what is due for one handler. True when it stopped before everything was done.

    Call it inside an application context of `app`.
    """
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(THREADS, thread_name_prefix="relay") as threads:
        while not stopping.is_set():
            claims = _claim(handler, lease)
            if not claims:
                return False
            list(threads.map(lambda claim: _carry_out(app, claim), claims))
            if time.monotonic() > until:
                return True
    return True


def _claim(handler: str, lease: timedelta) -> list[Claim]:
    with unit_of_work("worker") as session:
        return outbox.claim(session, handler, BATCH, lease)


def _carry_out(app: Flask, claim: Claim) -> None:
    """One delivery in one thread; nothing that happens in it ends the drain."""
    with app.app_context():
        begin_scope()
        try:
            if stopping.is_set():
                with unit_of_work("worker") as session:
                    outbox.give_back(session, claim)
            else:
                deliver(claim)
        except LeaseLost:
            log.warning("delivery.lease_lost", extra={"delivery": claim.key})
        except Exception:
            log.exception("delivery.not_recorded", extra={"delivery": claim.key})


def deliver(claim: Claim) -> Report:
    """Call one callback and record how it went. Raises LeaseLost when another worker has it by now."""
    started, begun = clock.now(), time.perf_counter()

    def report(outcome: str, **more: Any) -> Report:
        return Report(outcome, started, round((time.perf_counter() - begun) * 1000), **more)

    with reading() as session:
        try:
            result = _call(claim, [unpack(session, one) for one in claim.arguments])
            done = report("done", answer=result if isinstance(result, str) else "")
        except Exception as error:
            session.rollback()
            return _failed(claim, error, report)
    try:
        with closing_unit("worker") as session:
            outbox.settle(session, claim, done)
    except LeaseLost:
        raise
    except Exception as error:  # what it changed could not be written: it is called again
        return _failed(claim, error, report)
    return done


def _call(claim: Claim, args: list[Any]) -> Any:
    module, _, name = claim.callback.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    with delivering(claim.key):
        return function(*args)


def _failed(claim: Claim, error: Exception, report: Callable[..., Report]) -> Report:
    made = _report_of(error, report)
    with unit_of_work("worker") as session:
        status = outbox.settle(session, claim, made)
    unexpected = error if not isinstance(error, DeliveryFailure | NotFound) else None
    log.warning(
        "delivery.failed",
        exc_info=unexpected,
        extra={"delivery": claim.key, "callback": claim.callback, "status": str(status), "reason": made.error},
    )
    return made


def _report_of(error: Exception, report: Callable[..., Report]) -> Report:
    if isinstance(error, NotFound):
        return report("dead", error=error.message)
    if not isinstance(error, DeliveryFailure):
        return report("retry", error=f"{type(error).__name__}: {error}")
    outcome = "dead" if isinstance(error, PermanentFailure) else "retry"
    after = error.after if isinstance(error, TryLater) else None
    return report(outcome, error=error.reason, http_status=error.http_status, answer=error.answer, retry_after=after)


def retry_now(delivery_id: int) -> None:
    """The operator does not want to wait: dead or not, it goes out again at once."""
    with unit_of_work("operator") as session:
        if session.get(Delivery, delivery_id) is None:
            raise NotFound()
        outbox.try_now(session, delivery_id)


def sweep(ring: Callable[[str, list[str]], bool]) -> int:
    """Find what is due and what was lost, and ring for it; how many handlers were rung for."""
    with unit_of_work("clock") as session:
        outbox.recover(session)
    with reading() as session:
        handlers = outbox.handlers_due(session)
    db.session.rollback()
    for handler in handlers:
        ring("drain", [handler])
    return len(handlers)
