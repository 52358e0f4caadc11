"""The doorbell: whatever ails Redis, nobody waits for it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from limits.storage import storage_from_string
from redis.exceptions import TimeoutError

from tests.waiting import wait_until
from webapp import limit_options
from webapp.queue import RING_SECONDS, Doorbell

# The thread that rings has just rung, and rests for longer than this process lasts when the second ring is wanted.
ENDING = """
import importlib
import sys
from tests.waiting import wait_until

queue = importlib.import_module("webapp.queue")
queue.TOGETHER_SECONDS = 3600
bell = queue.Doorbell()
bell.init(sys.argv[1])
bell.ring_soon("drain", ["there"])
wait_until(lambda: bell.redis.llen("rq:queue:parzelle") == 1)
bell.ring_soon("drain", ["here"])
"""


@pytest.fixture
def hanging() -> Iterator[str]:
    """A Redis that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_redis_that_hangs_is_given_up_quickly_and_left_alone_for_a_while(hanging: str) -> None:
    bell = Doorbell()
    bell.init(hanging)
    begun = time.monotonic()
    assert bell.ring("drain", ["somewhere"]) is False
    assert time.monotonic() - begun < 3 * RING_SECONDS
    begun = time.monotonic()
    assert bell.ring("drain", ["somewhere"]) is False
    assert time.monotonic() - begun < RING_SECONDS / 2


def test_a_rate_limit_waits_no_longer_for_it(hanging: str) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        storage_from_string(hanging, **limit_options(hanging)).incr("somebody", 60)
    assert time.monotonic() - begun < 1.5


def test_a_ring_reaches_a_redis_that_is_there(redis_address: str) -> None:
    bell = Doorbell()
    bell.init(redis_address)
    bell.redis.flushall()
    assert bell.ring("drain", ["somewhere"]) is True
    assert bell.redis.llen("rq:queue:parzelle") == 1
    assert bell.ring("drain", ["somewhere"]) is True
    assert bell.redis.llen("rq:queue:parzelle") == 1


def test_who_rings_soon_waits_for_nothing_and_many_rings_are_one(redis_address: str, hanging: str) -> None:
    bell, other = Doorbell(), Doorbell()
    other.init(hanging)
    begun = time.monotonic()
    other.ring_soon("drain", ["somewhere"])
    assert time.monotonic() - begun < RING_SECONDS / 2
    bell.init(redis_address)
    bell.redis.flushall()
    for _ in range(20):
        bell.ring_soon("drain", ["somewhere"])
    wait_until(lambda: bell.redis.llen("rq:queue:parzelle") == 1)


def test_a_ring_that_was_about_to_be_is_made_when_the_process_ends(redis_address: str) -> None:
    bell = Doorbell()
    bell.init(redis_address)
    bell.redis.flushall()
    subprocess.run([sys.executable, "-c", ENDING, redis_address], check=True, timeout=60)
    assert bell.redis.llen("rq:queue:parzelle") == 2
