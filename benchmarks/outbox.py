"""How quick the world is told: deliveries recorded in one sale's transaction, until the last one is marked done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import requests
from redis import Redis
from rq import Queue
from rq.job import JobStatus
from rq.serializers import JSONSerializer

from benchmarks import told
from benchmarks.forking import tell_alone
from benchmarks.measuring import Result, at_least, interleaved
from benchmarks.network import Network
from benchmarks.servers import process, served, tail

THREADS = 8
DELIVERIES, JOBS = 400, 30
SECONDS_AT_MOST = 120.0
numbers = count()


class Unfinished(Exception):
    """Not everything was done in time."""


def run(network: Network, rounds: int) -> Iterator[Result]:
    assert network.app
    with served(
        "benchmarks.floors:receiver()", network.env, network.log, config="benchmarks/gunicorn_receiver.py"
    ) as receiver:
        env = {**network.env, "RECEIVER": receiver.address}
        queue = Queue("alone", connection=Redis.from_url(env["REDIS_URL"]), serializer=JSONSerializer)
        rq = ["-m", "benchmarks.forking", env["REDIS_URL"], queue.name]
        with process(["-m", "flask", "--app", "wsgi", "worker"], env, network.log), process(rq, env, network.log):
            measures: dict[str, Callable[[], float]] = {
                "ours": lambda: deliveries_a_second(network, DELIVERIES),
                "loop": lambda: posts_a_second(receiver.address, DELIVERIES),
                "forked": lambda: jobs_a_second(queue, receiver.address, JOBS, network.log),
            }
            for warm_up in measures.values():
                warm_up()
            figures = interleaved(rounds, **measures)
    what = "Deliveries from recorded to done, a second"
    loop, forked = f"a loop of {THREADS} threads with one requests.Session", "one forked RQ job each"
    yield at_least("outbox", what, "/s", figures["ours"], figures["loop"], share=1 / 3, of=loop, target="at least 1/3")
    yield at_least("outbox", what, "/s", figures["ours"], figures["forked"], share=8, of=forked, target="at least 8")


def deliveries_a_second(network: Network, number: int) -> float:
    """Recorded in one unit of work, each with an ordering key of its own, as sales of different customers are."""
    from webapp import unit
    from webapp.domain import outbox
    from webapp.transactions import unit_of_work

    with network.app.app_context():
        with unit_of_work("benchmark"):
            for one in (next(numbers) for _ in range(number)):
                key = f"benchmark:{one}"
                outbox.add("benchmark", f"{told.HANDLER}:tell", told.HANDLER, [one], ordering_key=key)
            committed: list[float] = []
            unit.current().after_commit(lambda: committed.append(time.perf_counter()), once="benchmark")
        wait_until(lambda: undone() == 0, network.log)
        return number / (time.perf_counter() - committed[0])


def undone() -> int:
    from sqlalchemy import func, select

    from webapp.extensions import db
    from webapp.models import Delivery, DeliveryStatus

    query = select(func.count()).where(Delivery.handler == told.HANDLER, Delivery.status != DeliveryStatus.DONE)
    left = db.session.scalar(query) or 0
    db.session.rollback()
    return left


def posts_a_second(address: str, number: int) -> float:
    """The floor: the same calls in a loop, with nothing recorded before or after."""
    with requests.Session() as session, ThreadPoolExecutor(THREADS) as threads:

        def post(one: int) -> None:
            session.post(address, json=told.body(one), timeout=10).raise_for_status()

        list(threads.map(post, range(THREADS)))  # the connections are open, as the worker's are
        begun = time.perf_counter()
        list(threads.map(post, range(number)))
        return number / (time.perf_counter() - begun)


def jobs_a_second(queue: Queue, address: str, number: int, log: Path) -> float:
    """The way it is often done: RQ forks a process for each delivery."""
    calls = [(address, told.body(one)) for one in range(number)]
    prepared = [Queue.prepare_data(tell_alone, args=call, result_ttl=600) for call in calls]
    begun = time.perf_counter()
    jobs = queue.enqueue_many(prepared)
    wait_until(lambda: all(job.get_status() in (JobStatus.FINISHED, JobStatus.FAILED) for job in jobs[::-1]), log)
    took = time.perf_counter() - begun
    if any(job.is_failed for job in jobs):
        raise Unfinished(f"a job failed: {tail(log)}")
    return number / took


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + SECONDS_AT_MOST
    while not condition():
        if time.monotonic() > until:
            raise Unfinished(f"not done after {SECONDS_AT_MOST:.0f} s: {tail(log)}")
        time.sleep(0.02)
