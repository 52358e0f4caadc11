"""How things are measured: rounds of one after the other, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ratio` is ours to the floor's; `rounds` are the single figures behind the medians."""

    benchmark: str
    what: str
    figure: str
    target: str
    passed: bool
    floor: str = ""
    ratio: float | None = None
    rounds: Mapping[str, Sequence[float]] = field(default_factory=dict)


def interleaved(rounds: int, **measures: Measure) -> dict[str, list[float]]:
    """Measure A B C, A B C, …: whatever else the machine does meanwhile hits all of them alike."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return figures


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the rounds' own ratios, so that a slow minute of the machine cancels out."""
    return median(one / other for one, other in zip(ours, floor, strict=True))


def at_least(
    benchmark: str,
    what: str,
    unit: str,
    ours: Sequence[float],
    floor: Sequence[float],
    *,
    share: float,
    of: str,
    target: str,
) -> Result:
    """More is better: ours is to reach a share of the floor."""
    found = ratio(ours, floor)
    return Result(
        benchmark,
        what,
        f"{median(ours):.0f} {unit}",
        target,
        found >= share,
        floor=f"{median(floor):.0f} {unit} ({of})",
        ratio=found,
        rounds={"ours": ours, "floor": floor},
    )


def at_most(benchmark: str, what: str, number: float, limit: float, unit: str = "", digits: int = 0) -> Result:
    """A plain figure with a limit."""
    figure, target = (f"{value:.{digits}f} {unit}".strip() for value in (number, limit))
    return Result(benchmark, what, figure, f"at most {target}", number <= limit, rounds={"ours": [number]})
