"""The worker process: RQ waits for the doorbell and runs chores in this process.

Chores drain what is due (kernel decision 0003), so a fork per job would only cost: RQ's SimpleWorker, with a
stop that lets the row in hand finish and gives the rest back.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from webapp.extensions import queue
from webapp.flows import relaying
from webapp.queue import QUEUE

log = logging.getLogger(__name__)


class ChoreWorker(SimpleWorker):
    """Tells the chore in hand to finish soon when the process is asked to stop."""

    death_penalty_class = TimerDeathPenalty

    def request_stop(self, signum: int, frame: Any) -> None:
        relaying.stopping.set()
        super().request_stop(signum, frame)


def run(app: Flask, *, burst: bool = False) -> None:
    """Work until told to stop. Redis may be away: it is looked for again and again."""
    relaying.stopping.clear()
    with app.app_context():
        while not relaying.stopping.is_set():
            try:
                _work(burst)
                return
            except (RedisError, OSError) as error:
                log.warning("worker.redis_away", extra={"error": type(error).__name__})
                if burst:
                    raise
                relaying.stopping.wait(1.0)


def _work(burst: bool) -> None:
    connection = queue.redis
    jobs = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = ChoreWorker([jobs], connection=connection, serializer=JSONSerializer, worker_ttl=60)
    worker.log_job_description = False
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)


def beat() -> None:
    """Say that a worker lives; `/readyz` and the clock look at it."""
    queue.redis.set("parzelle:worker:beat", int(time.time()), ex=90)


def start_beating() -> threading.Thread:
    """A heartbeat every twenty seconds for as long as the process lives."""

    def go_on() -> None:
        while True:
            with suppress(RedisError, OSError):
                beat()
            if relaying.stopping.wait(20):
                return

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    return thread
