"""The spans of time that the dashboard offers, and how their days are put together for a chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from flask_babel import lazy_gettext as _l

from webapp.domain.figures import Span
from webapp.formatting import short_day, short_month

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """`days`: how many it has, today's last; 0: the last twelve months. A chart has a bar for each `step` days."""

    name: str
    word: str
    before: str  # what its figures are compared with
    days: int = 0
    step: int = 1

    def spans(self, today: date) -> tuple[Span, Span]:
        """This span, and the one before it."""
        if not self.days:
            first = today.replace(day=1) - relativedelta(months=11)
            return Span(first, today), Span(first - relativedelta(months=12), first - DAY)
        first = today - (self.days - 1) * DAY
        return Span(first, today), Span(first - self.days * DAY, first - DAY)

    def begins(self, span: Span) -> list[date]:
        """The first day of each bar."""
        if not self.days:
            return [span.first + relativedelta(months=number) for number in range(12)]
        return [span.first + number * DAY for number in range(0, self.days, self.step)]

    @property
    def label(self) -> Callable[[date], str]:
        return short_day if self.days else short_month


CHOICES = {
    one.name: one
    for one in (
        Choice("7d", _l("7 days"), _l("the 7 days before"), 7),
        Choice("30d", _l("30 days"), _l("the 30 days before"), 30),
        Choice("90d", _l("90 days"), _l("the 90 days before"), 90, step=7),
        Choice("12m", _l("12 months"), _l("the 12 months before")),
    )
}
USUAL = "30d"
