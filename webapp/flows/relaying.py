"""From the outbox to its destinations: a worker claims what is due and calls each callback.

A claim and a mark are short transactions of their own; while a callback runs, none is open. What the callback
changed and the mark `done` are written together, so neither can be without the other.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask

from webapp import clock
from webapp.domain import audit, claims, outbox
from webapp.domain.claims import Claim, LeaseLost, Report
from webapp.domain.references import unpack
from webapp.errors import NotFound
from webapp.hook_registry import Callback, begin_scope
from webapp.hooks import registry
from webapp.models import Delivery
from webapp.outgoing import DeliveryFailure, NotTried, PermanentFailure, TryLater, delivering
from webapp.transactions import closing_unit, reading, unit_of_work

log = logging.getLogger(__name__)

THREADS = 8  # that one handler's callbacks run in
BATCH = 32  # claimed at once
# All handlers together; each call may hold a connection to the database.
CALLS = threading.BoundedSemaphore(16)
# A finished call may let the customer's next one go: looked for at most this often while others still run.
PAUSE = 0.01
# A callback that is switched off is looked at again after so long.
SWITCHED_OFF_SECONDS = 30.0
# How often a worker that waits looks whether it is to stop.
LOOK = 0.2

# Set when the worker is told to stop: what is in hand is finished, what was claimed is given back.
stopping = threading.Event()


def drain(app: Flask, handler: str, *, lease: timedelta) -> None:
    """Work off what is due for one handler, until nothing is or the worker stops. Needs an application context."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix=f"relay {handler}") as threads:
        Drain(app, handler, lease, threads).run()


class Drain:
    """One handler's deliveries on their way. This thread claims and renews, `threads` carry out."""

    def __init__(self, app: Flask, handler: str, lease: timedelta, threads: ThreadPoolExecutor) -> None:
        self.app, self.handler, self.lease, self.threads = app, handler, lease, threads
        self.in_hand: dict[int, tuple[Claim, Future[None]]] = {}
        self.ended = threading.Condition()
        self.more = True  # whether something may be due that was not claimed yet
        self.renewed_at = time.monotonic()

    def run(self) -> None:
        try:
            while not stopping.is_set():
                if self.more:
                    self._claim()
                if not self.in_hand and not self.more:
                    return
                self._wait()
        finally:
            self._stop()

    def _claim(self) -> None:
        with unit_of_work("worker") as session:
            taken = claims.claim(session, self.handler, BATCH, self.lease)
        self.more = len(taken) == BATCH
        for claim in taken:
            future = self.threads.submit(carry_out, self.app, claim)
            self.in_hand[claim.id] = (claim, future)
        for claim in taken:
            self.in_hand[claim.id][1].add_done_callback(partial(self._ended, claim))

    def _ended(self, claim: Claim, _future: Future[None]) -> None:
        """What waited behind it may go now."""
        with self.ended:
            del self.in_hand[claim.id]
            self.more = True
            if len(self.in_hand) < THREADS:
                self.ended.notify()

    def _wait(self) -> None:
        """Until there is room for more; meanwhile the leases are kept alive."""
        with self.ended:
            room = self.ended.wait_for(lambda: self.more and len(self.in_hand) < THREADS, LOOK)
            if room and self.in_hand:
                self.ended.wait_for(lambda: not self.in_hand, PAUSE)
        if time.monotonic() > self.renewed_at + self.lease.total_seconds() / 3:
            self._renew()

    def _renew(self) -> None:
        self.renewed_at = time.monotonic()
        held = [claim for claim, _ in list(self.in_hand.values())]
        if held:
            with unit_of_work("worker") as session:
                claims.renew(session, held, self.lease)

    def _stop(self) -> None:
        """Give back what was not begun, and see the rest to its end."""
        unbegun = [claim for claim, future in list(self.in_hand.values()) if future.cancel()]
        if unbegun:
            with unit_of_work("worker") as session:
                claims.give_back(session, unbegun)
        while self.in_hand:
            self.more = False
            self._wait()


def carry_out(app: Flask, claim: Claim) -> None:
    """One delivery in one thread; nothing that happens in it ends the drain."""
    with CALLS, app.app_context():
        begin_scope()
        try:
            deliver(claim)
        except LeaseLost:
            log.warning("delivery.lease_lost", extra={"delivery": claim.key})
        except Exception:
            log.exception("delivery.not_recorded", extra={"delivery": claim.key})


def deliver(claim: Claim) -> None:
    """Call one callback and record how it went. Raises LeaseLost when another worker has it by now."""
    made = Reporter()
    try:
        with reading() as session:
            answer = _call(claim, [unpack(session, one) for one in claim.arguments])
        with closing_unit("worker") as session:
            claims.settle(session, claim, made("done", answer=answer))
    except LeaseLost:
        raise
    except (Exception, SystemExit) as error:  # also when what it changed could not be written
        _failed(claim, error, made)


class Reporter:
    """Makes the report of an attempt that begins now."""

    def __init__(self) -> None:
        self.started_at, self._begun = clock.now(), time.perf_counter()

    def __call__(self, outcome: str, **more: Any) -> Report:
        return Report(outcome, self.started_at, round((time.perf_counter() - self._begun) * 1000), **more)


def _call(claim: Claim, args: list[Any]) -> str:
    """What the callback answers, if it is a text: it is kept with the attempt."""
    module, _, name = claim.callback.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    with delivering(claim.key), counted(registry.listener(claim.hook, claim.callback)):
        result = function(*args)
    return result if isinstance(result, str) else ""


@contextmanager
def counted(listener: Callback | None) -> Iterator[None]:
    """Note for the hook inspector how a call went. Raises NotTried for one that is switched off: it waits."""
    if listener is None:  # the add-on no longer registers it
        yield
        return
    if listener.off:
        raise NotTried("switched off", after=SWITCHED_OFF_SECONDS)
    figures, begun = listener.figures, time.perf_counter()
    try:
        yield
    except NotTried:
        raise
    except (Exception, SystemExit):
        figures.failed()
        figures.called(time.perf_counter() - begun)
        raise
    figures.called(time.perf_counter() - begun)


def _failed(claim: Claim, error: BaseException, made: Reporter) -> None:
    with unit_of_work("worker") as session:
        if isinstance(error, NotTried):
            claims.postpone(session, claim, error.reason, error.after or 0)
            return
        report = _report_of(error, made)
        status = claims.settle(session, claim, report)
    expected = isinstance(error, DeliveryFailure | NotFound)
    log.warning(
        "delivery.failed",
        exc_info=None if expected else error,
        extra={
            "delivery": claim.key,
            "callback": claim.callback,
            "status": str(status),
            "reason": report.error,
        },
    )


def _report_of(error: BaseException, made: Reporter) -> Report:
    if isinstance(error, NotFound):
        return made("dead", error=error.message)
    if not isinstance(error, DeliveryFailure):
        return made("retry", error=f"{type(error).__name__}: {error}")
    outcome = "dead" if isinstance(error, PermanentFailure) else "retry"
    after = error.after if isinstance(error, TryLater) else None
    return made(outcome, error=error.reason, http_status=error.http_status, answer=error.answer, retry_after=after)


def retry_now(delivery_id: int, actor: str = "operator") -> None:
    """The operator does not want to wait: dead or not, it goes out again at once."""
    with unit_of_work(actor) as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None:
            raise NotFound()
        audit.note(delivery, "deliveries.retry", before={"status": str(delivery.status)}, after={"status": "pending"})
        outbox.try_now(session, delivery_id)


def sweep(ring: Callable[[str, list[str]], bool]) -> int:
    """Find what is due and what was lost, and ring for it; how many handlers were rung for."""
    with unit_of_work("clock") as session:
        claims.recover(session)
    with reading() as session:
        handlers = outbox.handlers_due(session)
    for handler in handlers:
        ring("drain", [handler])
    return len(handlers)
