"""What visitors of customers' sites wait for, however many there are, and how soon a buyer's is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks import counting, crowd, load
from benchmarks.measuring import Result, at_least, at_most, interleaved, ratio
from benchmarks.network import Network, on_the_given_server, scratch, sign_in
from benchmarks.servers import Server, process, tail

MANY = 100_000
SECONDS = 2.0
SITES = 5  # bought one after the other: the slowest counts
FIRST = crowd.FIRST * 2  # the numbers of their addresses: nobody else has them
SECONDS_AT_MOST = 60.0
LOOK_AT_MOST = 1.3


class NotThere(Exception):
    """A site that was bought did not come."""


def run(network: Network, rounds: int) -> Iterator[Result]:
    with ExitStack() as stack:
        large = stack.enter_context(scratch())
        for one in (network, large):
            stack.enter_context(on_the_given_server(one))
        crowd.fill(large, MANY)
        waits: list[list[float]] = []
        pages: list[load.Load] = []
        for one in (network, large):
            server = stack.enter_context(one.serving())
            stack.enter_context(process(["-m", "flask", "--app", "wsgi", "worker"], one.env, one.log))
            waits.append([bought(one, server, FIRST + number) for number in range(SITES + 1)][1:])
            pages.append(load.Load(server.port, lambda: page_of(FIRST)))
        floor = stack.enter_context(network.floor("page"))
        rows = load.Load(floor.port, lambda: load.request("GET", "/", {}))
        few, many = pages
        for warming_up in (few, many, rows):
            warming_up.rate(1.0)
        figures = interleaved(
            rounds, few=lambda: few.rate(SECONDS), many=lambda: many.rate(SECONDS), floor=lambda: rows.rate(SECONDS)
        )
        statements = counting.of_page(network, "/", base_url=f"http://{host_of(FIRST)}")
    yield at_least(
        "sites",
        "A page of a customer's site, pages a second",
        "/s",
        figures["few"],
        figures["floor"],
        share=1 / 3,
        of="a bare route with a page of 30 rows",
        target="at least 1/3",
    )
    yield at_most("sites", "Its SQL statements", statements, 3)
    found = ratio(figures["few"], figures["many"])
    yield Result(
        "sites",
        f"The time of such a page among {MANY:,} sites",
        f"{1000 / min(figures['many']):.1f} ms",
        f"at most {LOOK_AT_MOST}",
        found <= LOOK_AT_MOST,
        floor=f"{1000 / min(figures['few']):.1f} ms (the same among a few)",
        ratio=found,
        rounds=figures,
    )
    for where, seconds in zip(("", f", among {MANY:,}"), waits, strict=True):
        yield at_most("sites", f"From the settled order to its site's first page{where}", max(seconds), 3, "s", 1)


def host_of(number: int) -> str:
    return f"site-{number}.localhost"


def page_of(number: int) -> bytes:
    return load.request("GET", "/", {"Host": host_of(number), "Accept": "text/html"})


def bought(network: Network, server: Server, number: int) -> float:
    """Seconds from the answer to an order, which is settled then, until its site is shown."""
    with load.Connection(server.port) as connection:
        status, answer = connection.exchange(sign_in(server, number - FIRST).order(number))
        if status != 303:
            raise load.WrongAnswer(f"{status} instead of 303: {answer[:300]!r}")
        begun = time.perf_counter()
        while connection.exchange(page_of(number))[0] != 200:
            if time.perf_counter() - begun > SECONDS_AT_MOST:
                raise NotThere(tail(network.log))
            time.sleep(0.02)
        return time.perf_counter() - begun
