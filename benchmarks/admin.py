"""Whether the admin stays as quick when the network grows: the same pages with a thousand memberships and with many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import requests

from benchmarks import crowd, load
from benchmarks.measuring import Result, interleaved, ratio
from benchmarks.network import Network, form_of, on_the_given_server, scratch
from benchmarks.servers import Server

FEW, MANY, MILLION = 1_000, 100_000, 1_000_000
ROW = crowd.FIRST + 900
PAGES = {
    "The dashboard": "/admin/",
    "The dashboard, 12 months": "/admin/?period=12m",
    "The figures, 12 months": "/admin/figures",
    "The figures, 60 months": "/admin/figures?from=2022-01",
    "What needs attention": "/admin/attention",
    "Customers": "/admin/customers",
    "Memberships": "/admin/memberships",
    "Memberships that are active": "/admin/memberships?status=active",
    "Payments": "/admin/payments",
    "Sites": "/admin/sites",
    "Events": "/admin/events",
    "Deliveries": "/admin/deliveries",
    "A search for an address": "/admin/search?q=customer900@example.net",
    "A customer": f"/admin/customers/{ROW}",
    "A membership": f"/admin/memberships/{ROW}",
    "A payment": f"/admin/payments/{ROW}",
}
TIMES = 15
AT_MOST = 1.3


def run(network: Network, rounds: int) -> Iterator[Result]:
    yield from compared(network, rounds, MANY)


def run_million(network: Network, rounds: int) -> Iterator[Result]:
    yield from compared(network, rounds, MILLION)


def compared(small: Network, rounds: int, number: int) -> Iterator[Result]:
    with ExitStack() as stack:
        large = stack.enter_context(scratch())
        for one, count in ((small, FEW), (large, number)):
            stack.enter_context(on_the_given_server(one))
            crowd.fill(one, count)
        visitors = [Visitor(stack.enter_context(one.serving())) for one in (small, large)]
        for name, path in PAGES.items():
            yield compared_page(f"{name}, with {number:,} memberships", path, visitors, rounds)


def compared_page(what: str, path: str, visitors: list[Visitor], rounds: int) -> Result:
    few, many = visitors
    for warming_up in visitors:
        warming_up.milliseconds(path)
    figures = interleaved(rounds, ours=lambda: many.milliseconds(path), floor=lambda: few.milliseconds(path))
    found = ratio(figures["ours"], figures["floor"])
    middle = {name: sorted(times)[len(times) // 2] for name, times in figures.items()}
    return Result(
        "admin",
        what,
        f"{middle['ours']:.1f} ms",
        f"at most {AT_MOST}",
        found <= AT_MOST,
        floor=f"{middle['floor']:.1f} ms (the same with {FEW:,})",
        ratio=found,
        rounds=figures,
    )


class Visitor:
    """An operator who is signed in, and opens one page after the other."""

    def __init__(self, server: Server) -> None:
        self.port = server.port
        session = requests.Session()
        form = form_of(session.get(f"{server.address}/login").text)
        credentials = {"email_address": crowd.EMAIL, "password": crowd.PASSWORD}
        answer = session.post(f"{server.address}/login", {**form, **credentials}, allow_redirects=False)
        answer.raise_for_status()
        self.headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in session.cookies.items())}

    def milliseconds(self, path: str) -> float:
        """The quickest of a few: what the page takes, not what the machine did meanwhile."""
        message, best = load.request("GET", path, self.headers), float("inf")
        with load.Connection(self.port) as connection:
            for _ in range(TIMES):
                begun = time.perf_counter()
                status, answer = connection.exchange(message)
                best = min(best, time.perf_counter() - begun)
                if status != 200:
                    raise load.WrongAnswer(f"{path}: {status} {answer[:200]!r}")
        return best * 1000
