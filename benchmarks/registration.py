"""How quick the order form is: what a visitor waits for, and what a campaign's first minute brings."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import counting, load
from benchmarks.measuring import Result, at_least, at_most, interleaved
from benchmarks.network import Network

PATH = "/register/premium"
SECONDS = 2.0


def run(network: Network, rounds: int) -> Iterator[Result]:
    page = load.request("GET", PATH, {"Accept": "text/html"})
    with network.serving() as ours, network.floor("page") as floor:
        form = load.Load(ours.port, lambda: page)
        rows = load.Load(floor.port, lambda: load.request("GET", "/", {}))
        for warming_up in (form, rows):
            warming_up.rate(1.0)
        figures = interleaved(rounds, ours=lambda: form.rate(SECONDS), floor=lambda: rows.rate(SECONDS))
    yield at_least(
        "registration",
        "The order form, pages a second",
        "/s",
        figures["ours"],
        figures["floor"],
        share=1 / 4,
        of="a bare route with a page of 30 rows",
        target="at least 1/4",
    )
    yield at_most("registration", "Its SQL statements", counting.of_page(network, PATH), 6)
