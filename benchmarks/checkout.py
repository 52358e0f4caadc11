"""How many sales a second: a whole free checkout, from the posted form to the settled membership."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks import counting, load
from benchmarks.measuring import Result, at_least, at_most, interleaved
from benchmarks.network import Network, Orders

SECONDS = 2.0


def run(network: Network, rounds: int) -> Iterator[Result]:
    with network.serving() as ours, network.floor("insertion") as floor:
        orders = load.Load(ours.port, Orders(ours), expect=303)
        notes = load.Load(floor.port, note, expect=201)
        for warming_up in (orders, notes):
            warming_up.rate(1.0)
        figures = interleaved(rounds, ours=lambda: orders.rate(SECONDS), floor=lambda: notes.rate(SECONDS))
    yield at_least(
        "checkout",
        "A whole free checkout by a signed-in customer, sales a second",
        "/s",
        figures["ours"],
        figures["floor"],
        share=1 / 8,
        of="a bare route with one INSERT and commit",
        target="at least 1/8",
    )
    seen = counting.of_checkout(network)
    yield at_most("checkout", "Its SQL statements", seen.statements, 30)
    yield at_most("checkout", "Calls over a network inside its transaction", seen.calls_inside, 0)


def note() -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return load.request("POST", "/", headers, urlencode({"text": "a row as short as this one"}).encode())
