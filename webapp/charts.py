"""Charts, reckoned: `bars(…)` and `lines(…)` make what the macro `chart` of components/chart.html draws.

    revenue = Series(_("Revenue"), [120000, 98000])
    chart = bars(_("Revenue a month"), ["Oct", "Nov"], [revenue], of_money("EUR"))

The plot is 100 wide and 100 high, whatever its size on the page; values are whole numbers (minor units, counts).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.formatting import money, short_money
from webapp.money import Money

SIZE = 100
TICKS = 4  # about so many steps on the axis of values
FILLED = 0.7  # of the room that one label has
WORDS = 12  # labels that are written at most; on a narrow page every other one of them, or fewer
NARROW_SIGNS = 36  # that are written side by side on a narrow page, a space after each label counted
DOTS = 16  # above so many, a line has no dots

Show = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Words:
    """How a value is written: `show` in the figures, `axis` beside the plot."""

    show: Show = str
    axis: Show = str


PLAIN = Words()


def of_money(currency: str) -> Words:
    """Values are minor units of this currency."""
    return Words(
        show=lambda minor: money(Money(minor, currency)), axis=lambda minor: short_money(Money(minor, currency))
    )


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each label."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high`, both whole steps; nought is always on it."""

    low: int
    high: int
    step: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Scale:
        low, high = min(0, *values), max(0, *values)
        step = round_step(-(-(high - low) // TICKS) or 1)
        return cls(low // step * step, -(-high // step) * step or step, step)

    def y(self, value: int) -> float:
        return round(SIZE * (self.high - value) / (self.high - self.low), 2)

    def ticks(self) -> list[int]:
        """From the top down."""
        return list(range(self.high, self.low - 1, -self.step))


def round_step(least: int) -> int:
    """The first of 1, 2, 5, 10, 20, 50, … that is not below `least`."""
    power: int = 10 ** (len(str(least)) - 1)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """One series as it is drawn: as bars, or as a line of points with dots."""

    name: str
    bars: Sequence[Bar] = ()
    points: str = ""
    dots: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """`word`: what is written below; empty where there is no room. `narrow`: also on a narrow page.

    `tip`: what is shown under the pointer; `x`, `width`: where.
    """

    word: str
    narrow: bool
    tip: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`text` says in words what the picture shows; `rows` are the figures: a label and a text for each series."""

    kind: str
    title: str
    text: str
    ticks: Sequence[tuple[float, str]]
    base: float
    series: Sequence[Drawn]
    labels: Sequence[Label]
    rows: Sequence[tuple[str, Sequence[str]]]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], words: Words = PLAIN) -> Chart:
    """For amounts of a time each: revenue a month. Several series stand side by side."""
    return _chart("bars", title, labels, series, words, _bars)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], words: Words = PLAIN) -> Chart:
    """For a standing that changes: memberships by day."""
    return _chart("lines", title, labels, series, words, _line)


Draw = Callable[[Series, int, int, Scale], Drawn]


def _chart(kind: str, title: str, labels: Sequence[str], series: Sequence[Series], words: Words, draw: Draw) -> Chart:
    """Raises ValueError unless every series has a value for each label, and there is at least one of both."""
    if not labels or not series or any(len(one.values) != len(labels) for one in series):
        raise ValueError("a chart has labels, and each of its series a value for each of them")
    scale = Scale.of([value for one in series for value in one.values])
    show = words.show
    return Chart(
        kind=kind,
        title=title,
        text=" ".join(_told(one, labels, show) for one in series),
        ticks=[(scale.y(value), words.axis(value)) for value in scale.ticks()],
        base=scale.y(0),
        series=[draw(one, place, len(series), scale) for place, one in enumerate(series)],
        labels=_labels(labels, series, show),
        rows=[(label, [show(one.values[at]) for one in series]) for at, label in enumerate(labels)],
    )


def _bars(series: Series, place: int, count: int, scale: Scale) -> Drawn:
    room = SIZE / len(series.values)
    width = room * FILLED / count
    first = room * (1 - FILLED) / 2 + place * width
    base = scale.y(0)
    tops = [scale.y(value) for value in series.values]
    made = [
        Bar(round(at * room + first, 2), min(top, base), round(width, 2), round(abs(base - top), 2))
        for at, top in enumerate(tops)
    ]
    return Drawn(series.name, bars=made)


def _line(series: Series, _place: int, _count: int, scale: Scale) -> Drawn:
    room = SIZE / len(series.values)
    points = [(round((at + 0.5) * room, 2), scale.y(value)) for at, value in enumerate(series.values)]
    drawn = " ".join(f"{x},{y}" for x, y in points)
    return Drawn(series.name, points=drawn, dots=points if len(points) <= DOTS else points[-1:])


def _labels(labels: Sequence[str], series: Sequence[Series], show: Show) -> list[Label]:
    each = -(-len(labels) // WORDS)
    apart = _apart(labels, each)
    room = SIZE / len(labels)
    return [
        Label(
            word="" if at % each else label,
            narrow=at % apart == 0,
            tip="\n".join([label, *(f"{one.name}: {show(one.values[at])}" for one in series)]),
            x=round(at * room, 2),
            width=round(room, 2),
        )
        for at, label in enumerate(labels)
    ]


def _apart(labels: Sequence[str], each: int) -> int:
    """How far the labels of a narrow page are from one to the next, so that they keep a space between them."""
    apart = 2 * each
    while apart < len(labels) and sum(len(one) + 1 for one in labels[::apart]) > NARROW_SIGNS:
        apart += each
    return apart


def _told(series: Series, labels: Sequence[str], show: Show) -> str:
    """What a look at the picture tells: the ends and the extremes."""
    low, high = min(series.values), max(series.values)
    return _(
        "%(name)s: lowest %(low)s (%(low_at)s), highest %(high)s (%(high_at)s), last %(last)s (%(last_at)s).",
        name=series.name,
        low=show(low),
        low_at=labels[series.values.index(low)],
        high=show(high),
        high_at=labels[series.values.index(high)],
        last=show(series.values[-1]),
        last_at=labels[-1],
    )
