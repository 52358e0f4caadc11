"""The worker of the floor: RQ's own, with what its jobs need imported before it forks, as RQ's guide advises.

python -m benchmarks.forking REDIS_URL QUEUE
"""

from __future__ import annotations

import sys

import requests
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer


def tell_alone(address: str, body: dict[str, object]) -> None:
    """One delivery as a job of its own."""
    requests.post(address, json=body, timeout=10).raise_for_status()


def main(url: str, name: str) -> None:
    connection = Redis.from_url(url)
    queue = Queue(name, connection=connection, serializer=JSONSerializer)
    Worker([queue], connection=connection, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main(*sys.argv[1:])
