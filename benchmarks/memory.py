"""What a web worker holds in memory, at rest and after a thousand sales."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.load import Load
from benchmarks.measuring import Result, at_most
from benchmarks.network import Network, NewCustomers, Orders
from benchmarks.servers import megabytes, workers_of

SALES = 1000
TO_NEW_CUSTOMERS = 100
LIMIT = 160


def run(network: Network, rounds: int) -> Iterator[Result]:
    with network.serving() as server:
        (worker,) = workers_of(server)
        at_rest = megabytes(worker)
        Load(server.port, Orders(server), expect=303).send(SALES - TO_NEW_CUSTOMERS)
        Load(server.port, NewCustomers(server), expect=303).send(TO_NEW_CUSTOMERS)
        afterwards = megabytes(worker)
    yield at_most("memory", "A web worker at rest", at_rest, LIMIT, "MB")
    yield at_most("memory", f"A web worker after {SALES} sales", afterwards, LIMIT, "MB")
