"""The worker process: RQ waits for the doorbell, the chores run in threads of this process.

Chores drain what is due, so a fork per job would only cost. The loop is RQ's; the stop is ours: what is in hand is
finished, what was only claimed is given back, and the process ends.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from webapp.extensions import queue
from webapp.flows import watching
from webapp.flows.relaying import stopping
from webapp.jobs.hands import Hands
from webapp.queue import QUEUE, WORKER_SECONDS, connect

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
BEAT_SECONDS = 20


class ChoreWorker(SimpleWorker):
    """Waits for the bell. It takes no commands over Redis, and leaves the signals to `run`."""

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 2.0
    listening = False

    def dequeue_job_and_maintain_ttl(self, *args: Any, **options: Any) -> Any:
        self.listening = True
        try:
            if stopping.is_set():
                raise StopRequested
            return super().dequeue_job_and_maintain_ttl(*args, **options)
        finally:
            self.listening = False

    def subscribe(self) -> None:
        pass

    def _install_signal_handlers(self) -> None:
        pass


def run(app: Flask, *, burst: bool = False) -> None:
    """Work until told to stop. Redis may be away: it is looked for again and again."""
    stopping.clear()
    watching.begin(app)
    hands = app.extensions["hands"] = Hands(app)
    with app.app_context():
        while not stopping.is_set():
            try:
                _work(burst)
            except (RedisError, OSError) as error:
                log.warning("worker.redis_away", extra={"error": type(error).__name__})
                if burst:
                    raise
            if burst:
                break
            stopping.wait(AGAIN_SECONDS)
    hands.finish()
    watching.end(app)
    del app.extensions["hands"]


def _work(burst: bool) -> None:
    """Until told to stop, or until RQ gives up because of what Redis does."""
    connection = connect(queue.address, WORKER_SECONDS)
    jobs = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = ChoreWorker([jobs], connection=connection, serializer=JSONSerializer, worker_ttl=60)
    worker.log_job_description = False

    def stop(_signal: int, _frame: Any) -> None:
        stopping.set()
        if worker.listening:
            raise StopRequested

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)


def beat() -> None:
    """Say that a worker lives; `/readyz` looks at it."""
    queue.redis.set("parzelle:worker:beat", int(time.time()), ex=90)


def start_beating() -> threading.Thread:
    """A heartbeat every twenty seconds for as long as the process lives."""

    def go_on() -> None:
        while True:
            with suppress(RedisError, OSError):
                beat()
            if stopping.wait(BEAT_SECONDS):
                return

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    return thread
