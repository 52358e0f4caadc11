"""What a hook costs: with nobody listening, and with five callbacks beside five receivers of blinker and of pluggy."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import blinker
import pluggy

from benchmarks.measuring import Result, interleaved, ratio
from benchmarks.network import Network

CALLS = 20_000
LISTENERS = 5
AT_ONCE, COLLECTED = "wu_membership_pre_renew", "wu_customer_post_create"
SILENT = "wu_membership_post_renew"
LIMIT = 0.5  # microseconds

spec, impl = pluggy.HookspecMarker("benchmark"), pluggy.HookimplMarker("benchmark")


def run(network: Network, rounds: int) -> Iterator[Result]:
    from webapp import hooks
    from webapp.transactions import unit_of_work
    from webapp.unit import current

    app = network.app  # made when it is first asked for, and with it our own listeners
    before = hooks.registry.snapshot()
    for name in (SILENT, AT_ONCE, COLLECTED):  # they are not what is measured
        hooks.remove_all_actions(name)
    for number in range(LISTENERS):
        for name in (AT_ONCE, COLLECTED):
            hooks.add_action(name, listener(number), guard=False)
    with app.app_context(), unit_of_work("benchmark"):
        names = {"do_action": hooks.do_action, "waiting": current().before, "send": sender(), "call": caller()}
        figures = interleaved(
            rounds + 1,
            silent=timed(f"do_action({SILENT!r}, 1)", names),
            empty=timed("pass_by(1)", {"pass_by": listener(0)}),
            at_once=timed(f"do_action({AT_ONCE!r}, 1)", names),
            collected=timed(f"do_action({COLLECTED!r}, 1); waiting.popleft()[1]()", names),
            blinker=timed("send(1)", names),
            pluggy=timed("call(value=1)", names),
        )
    hooks.registry.restore(before)
    settled = {name: values[1:] for name, values in figures.items()}  # the first round warms up
    yield without_callbacks(settled)
    for name in ("blinker", "pluggy"):
        yield beside("Five callbacks", settled["at_once"], settled[name], name)
        yield beside("Five callbacks of a hook that waits for the rows", settled["collected"], settled[name], name)


def timed(statement: str, names: Mapping[str, Any]) -> Callable[[], float]:
    """Microseconds a call."""
    timer = timeit.Timer(statement, globals=dict(names))
    return lambda: timer.timeit(CALLS) / CALLS * 1e6


def listener(number: int) -> Callable[[int], None]:
    """A callback of its own, that does nothing."""

    def listen(value: int) -> None:
        return None

    listen.__qualname__ = f"listen_{number}"
    return listen


def sender() -> Callable[[int], Any]:
    signal = blinker.Signal()
    for number in range(LISTENERS):
        signal.connect(listener(number), weak=False)
    return signal.send


class Specification:
    @spec
    def heard(self, value: int) -> None: ...


class Plugin:
    @impl
    def heard(self, value: int) -> None:
        return None


def caller() -> Any:
    manager = pluggy.PluginManager("benchmark")
    manager.add_hookspecs(Specification)
    for _ in range(LISTENERS):
        manager.register(Plugin())
    return manager.hook.heard


def without_callbacks(figures: Mapping[str, Sequence[float]]) -> Result:
    ours, floor = figures["silent"], figures["empty"]
    return Result(
        "hooks",
        "An action that nobody listens to",
        f"{median(ours):.2f} µs",
        f"less than {LIMIT} µs",
        median(ours) < LIMIT,
        floor=f"{median(floor):.2f} µs (a call of an empty function)",
        ratio=ratio(ours, floor),
        rounds={"ours": ours, "floor": floor},
    )


def beside(what: str, ours: Sequence[float], floor: Sequence[float], name: str) -> Result:
    found = ratio(ours, floor)
    return Result(
        "hooks",
        what,
        f"{median(ours):.2f} µs",
        "at most 1",
        found <= 1,
        floor=f"{median(floor):.2f} µs ({LISTENERS} receivers of {name})",
        ratio=found,
        rounds={"ours": ours, "floor": floor},
    )
