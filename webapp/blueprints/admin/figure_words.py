"""The figures as a person reads them: each beside what it was before, and the charts of their days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flask_babel import format_decimal
from flask_babel import gettext as _

from webapp.blueprints.admin.spans import Choice
from webapp.charts import Chart, Series, bars, lines, of_money
from webapp.domain.figures import CHANGES, Figures, Span, Totals
from webapp.formatting import money, percent
from webapp.models import Measure
from webapp.money import Money

M = Measure
Value = int | Fraction | None
NOTHING = "–"
TIMES_AT_MOST = 10  # growth above that says only how little there was


@dataclass(frozen=True, slots=True)
class Tile:
    """What the macro `figure` is given; `meaning` says in a sentence how it is reckoned."""

    label: str
    value: str
    change: str
    tone: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One figure. `good`: 1 where more is better, -1 where less is."""

    label: Callable[[], str]
    meaning: Callable[[], str]
    of: Callable[[Totals], Value]
    show: Callable[[Value, str], str]
    good: int = 1


def as_money(value: Value, currency: str) -> str:
    return NOTHING if value is None else money(Money(int(value), currency))


def as_number(value: Value, _currency: str) -> str:
    return format_decimal(value)


def as_share(value: Value, _currency: str) -> str:
    return NOTHING if value is None else percent(Fraction(value))


MONEY = (
    Kind(
        lambda: _("Revenue"),
        lambda: _("What was paid, less what was given back, on the day it happened; taxes included."),
        lambda totals: totals.revenue,
        as_money,
    ),
    Kind(
        lambda: _("Net revenue"),
        lambda: _("Revenue less its taxes. Credit counts when a payment uses it."),
        lambda totals: totals.net_revenue,
        as_money,
    ),
    Kind(
        lambda: _("Recurring a month (MRR)"),
        lambda: _("What paying memberships come to a month, without tax. Trials count once they are paid for."),
        lambda totals: totals.mrr,
        as_money,
    ),
    Kind(
        lambda: _("Recurring a year (ARR)"),
        lambda: _("Twelve times what recurs a month."),
        lambda totals: totals.arr,
        as_money,
    ),
    Kind(
        lambda: _("Per paying membership (ARPU)"),
        lambda: _("What recurs a month, divided by the paying memberships."),
        lambda totals: totals.per_member,
        as_money,
    ),
    Kind(
        lambda: _("Lifetime value (LTV)"),
        lambda: _("What a membership brings in all if as many go on ending: ARPU divided by the churn of a month."),
        lambda totals: totals.lifetime_value,
        as_money,
    ),
)
PEOPLE = (
    Kind(
        lambda: _("New memberships"),
        lambda: _("Those that began or came back, free ones and trials included."),
        lambda totals: totals.of.get(M.MEMBERSHIPS_NEW, 0),
        as_number,
    ),
    Kind(
        lambda: _("Lost memberships"),
        lambda: _("Those that expired or were cancelled. Orders that were never paid do not count."),
        lambda totals: totals.of.get(M.MEMBERSHIPS_LOST, 0),
        as_number,
        good=-1,
    ),
    Kind(
        lambda: _("Churn"),
        lambda: _("How many paying memberships ended, as a share of those that paid at the beginning."),
        lambda totals: totals.churn,
        as_share,
        good=-1,
    ),
    Kind(
        lambda: _("Revenue churn"),
        lambda: _("Recurring revenue that ended or shrank, as a share of that at the beginning."),
        lambda totals: totals.revenue_churn,
        as_share,
        good=-1,
    ),
    Kind(
        lambda: _("Trials that were paid for"),
        lambda: _("Of the trials that ended, the share that became paying memberships."),
        lambda totals: totals.trial_conversion,
        as_share,
    ),
    Kind(
        lambda: _("Orders that were paid"),
        lambda: _("Completed orders, of all that were placed. Opening the order form does not count."),
        lambda totals: totals.order_conversion,
        as_share,
    ),
)


def tiles(kinds: Sequence[Kind], figures: Figures) -> list[Tile]:
    return [_tile(one, figures) for one in kinds]


def _tile(kind: Kind, figures: Figures) -> Tile:
    now, before = kind.of(figures.now), kind.of(figures.before)
    show = kind.show
    return Tile(
        label=kind.label(),
        value=show(now, figures.currency),
        change=change(now, before, show(before, figures.currency), is_share=show is as_share),
        tone=tone(now, before, kind.good),
        meaning=kind.meaning(),
    )


def change(now: Value, before: Value, shown: str, *, is_share: bool) -> str:
    """ "+12.5%, before €80.00": by how much in hundredths of what it was, and that."""
    if now is None or before is None or not before or is_share or now == before:
        return _("before: %(value)s", value=shown)
    grown = (Fraction(now) - Fraction(before)) / abs(Fraction(before))
    if grown > TIMES_AT_MOST:
        return _("before: %(value)s", value=shown)
    return _("%(change)s, before: %(value)s", change=("+" if grown > 0 else "") + percent(grown), value=shown)


def tone(now: Value, before: Value, good: int) -> str | None:
    """Nothing to compare with says neither."""
    if now is None or before is None or now == before:
        return None
    return "success" if (now > before) == (good > 0) else "error"


# -- charts ----------------------------------------------------------------------------------------------------------
def charts(figures: Figures, choice: Choice, span: Span, *, with_money: bool) -> list[tuple[str, Chart]]:
    """(id, drawing)."""
    begins = choice.begins(span)
    labels = [choice.label(one) for one in begins]
    words = of_money(figures.currency)

    def values(*measures: Measure) -> list[int]:
        return by_begin(figures, begins, measures)

    given = zip(values(M.REVENUE), values(M.REFUNDS), strict=True)
    revenue = Series(_("Revenue"), [paid - back for paid, back in given])
    recurring = Series(_("Recurring a month"), running(figures.now.mrr_before, values(*CHANGES)))
    people = [
        Series(_("New memberships"), values(M.MEMBERSHIPS_NEW)),
        Series(_("Lost memberships"), values(M.MEMBERSHIPS_LOST)),
    ]
    counted = ("chart-memberships", bars(_("New and lost memberships"), labels, people))
    if not with_money:
        return [counted]
    return [
        ("chart-revenue", bars(_("Revenue"), labels, [revenue], words)),
        ("chart-mrr", lines(_("Recurring revenue a month"), labels, [recurring], words)),
        counted,
    ]


def by_begin(figures: Figures, begins: Sequence[date], measures: Sequence[Measure]) -> list[int]:
    """What the days from each of `begins` to the next come to."""
    found = [0] * len(begins)
    for day, of in figures.days.items():
        found[bisect_right(begins, day) - 1] += sum(of.get(one, 0) for one in measures)
    return found


def running(start: int, changes: Sequence[int]) -> list[int]:
    """How it stood after each change."""
    standing, found = start, []
    for one in changes:
        standing += one
        found.append(standing)
    return found
