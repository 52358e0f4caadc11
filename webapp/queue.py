"""The doorbell: Redis tells the workers that rows are due. The rows are the truth; a lost ring costs seconds."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp import clock

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

QUEUE = "parzelle"
# A ring stays unanswered at most this long before another may be sent: a job lost with Redis is not waited for.
UNANSWERED_SECONDS = 30
# After a failed ring the web waits this long before it tries Redis again, so that no checkout waits for it.
QUIET_SECONDS = 5.0
# A Redis that hangs is given up after this long: a buyer waits for it, at most once in a while.
RING_SECONDS = 0.5
WORKER_SECONDS = 5
# Rings of so short a time are one: the worker that comes works off whatever is due.
TOGETHER_SECONDS = 0.01

Ring = tuple[str, tuple[str, ...]]


def connect(address: str, seconds: float) -> Redis:
    """A client that gives up after so long. A broken connection is made anew once; nothing is waited for."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(address, socket_connect_timeout=0.5, socket_timeout=seconds, retry=Retry(NoBackoff(), 1))


class Doorbell:
    """Rings for a chore; a chore that was rung for and has not begun is not rung for again."""

    def __init__(self) -> None:
        self.url: str | None = None
        self._redis: Redis | None = None
        self._bell: Redis | None = None
        self._quiet_until = 0.0
        self._at_once = False
        self._wanted: dict[Ring, None] = {}
        self._hand_over = threading.Lock()
        self._somebody_wants = threading.Event()
        self._ringer: threading.Thread | None = None

    def init(self, url: str | None, *, at_once: bool = False) -> None:
        """`at_once`: no thread rings; who asks for it does, as tests expect."""
        self.url, self._redis, self._bell, self._quiet_until = url, None, None, 0.0
        self._at_once = at_once

    @property
    def address(self) -> str:
        """Raises RuntimeError when no REDIS_URL is known."""
        if self.url is None:
            raise RuntimeError("REDIS_URL is not set")
        return self.url

    @property
    def redis(self) -> Redis:
        """The workers' connection, made when first needed. Raises RuntimeError when no REDIS_URL is known."""
        if self._redis is None:
            self._redis = connect(self.address, WORKER_SECONDS)
        return self._redis

    @property
    def bell(self) -> Redis:
        """The connection of those who ring, and have no time."""
        if self._bell is None:
            self._bell = connect(self.address, RING_SECONDS)
        return self._bell

    def ring(self, chore: str, arguments: Iterable[str] = ()) -> bool:
        """Ask a worker for `webapp.jobs.chores:<chore>(*arguments)`. Never raises; False when nobody heard."""
        if self.url is None or clock.is_pretended() or time.monotonic() < self._quiet_until:
            return False
        try:
            self._enqueue(chore, list(arguments))
        except Exception as error:  # whatever ails Redis, what was committed stands and the sweep finds it
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("queue.unreachable", extra={"error": type(error).__name__})
            return False
        return True

    def ring_soon(self, chore: str, arguments: Iterable[str] = ()) -> None:
        """The same from a thread of its own, within a moment: who has just committed something waits for nothing."""
        if self.url is None or clock.is_pretended():
            return
        if self._at_once:
            self.ring(chore, arguments)
            return
        with self._hand_over:
            self._wanted[chore, tuple(arguments)] = None
        if self._ringer is None or not self._ringer.is_alive():  # also in a process that was forked
            self._ringer = threading.Thread(target=self._keep_ringing, name="doorbell", daemon=True)
            self._ringer.start()
            atexit.register(self._ring_wanted)
        self._somebody_wants.set()

    def _keep_ringing(self) -> None:
        while True:
            self._somebody_wants.wait()
            self._somebody_wants.clear()
            self._ring_wanted()
            time.sleep(TOGETHER_SECONDS)

    def _ring_wanted(self) -> None:
        with self._hand_over:
            wanted, self._wanted = self._wanted, {}
        for chore, arguments in wanted:
            self.ring(chore, arguments)

    def answered(self, chore: str, arguments: Iterable[str] = ()) -> None:
        """Called when the chore begins, before it looks for work: from here on a new ring is needed. Never raises."""
        if self.url is None:
            return
        try:
            self.redis.delete(bell_key(chore, arguments))
        except Exception as error:  # it runs out by itself
            log.warning("queue.unreachable", extra={"error": type(error).__name__})

    def _enqueue(self, chore: str, arguments: list[str]) -> None:
        if not self.bell.set(bell_key(chore, arguments), 1, nx=True, ex=UNANSWERED_SECONDS):
            return
        from rq import Queue
        from rq.serializers import JSONSerializer

        Queue(QUEUE, connection=self.bell, serializer=JSONSerializer).enqueue_call(
            f"webapp.jobs.chores.{chore}", args=tuple(arguments), result_ttl=0, failure_ttl=86400, timeout=-1
        )


def bell_key(chore: str, arguments: Iterable[str]) -> str:
    return ":".join(("parzelle", "bell", chore, *arguments))
