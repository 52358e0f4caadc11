"""The network's figures over a span of days, beside those of the span before it.

They are the days as they are kept (figure_days.py), and what happened since (figure_facts.py): so they are true now,
and cost no more when the network grows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import BigInteger, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.exchange_rates import Rates
from webapp.domain.figure_days import NO_CURRENCY, counted_until
from webapp.domain.figure_facts import FACTS
from webapp.models import DailyFigure, Measure
from webapp.money import round_half_away

M, F = Measure, DailyFigure
MOVEMENTS = (M.MRR_NEW, M.MRR_EXPANSION, M.MRR_CONTRACTION, M.MRR_CHURN, M.MRR_REACTIVATION)
CHANGES = (*MOVEMENTS, M.MRR_EXCHANGE)  # all that the recurring revenue is changed by
AMOUNTS = (M.REVENUE, M.REFUNDS, M.CREDIT, M.TAX, *MOVEMENTS)  # the others are counts
STANDING = (*MOVEMENTS, M.PAYING_WON, M.PAYING_LOST)  # counted from the first day on
Sums = Counter[Measure]
A_MONTH = Fraction(487, 16)  # in days: 30.4375


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both counted."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Totals:
    """What a span came to. `mrr` and `paying` are how they stood at its end; their `…_before`, at its beginning."""

    of: Mapping[Measure, int]
    mrr_before: int
    paying_before: int
    days: int = 1

    @property
    def revenue(self) -> int:
        """With its tax. Credit is a debt until a payment uses it."""
        return self.of.get(M.REVENUE, 0) - self.of.get(M.REFUNDS, 0) - self.of.get(M.CREDIT, 0)

    @property
    def tax(self) -> int:
        return self.of.get(M.TAX, 0)

    @property
    def net_revenue(self) -> int:
        return self.revenue - self.tax

    @property
    def mrr(self) -> int:
        return self.mrr_before + sum(self.of.get(one, 0) for one in CHANGES)

    @property
    def paying(self) -> int:
        """Memberships that count in the recurring revenue."""
        return self.paying_before + self.of.get(M.PAYING_WON, 0) - self.of.get(M.PAYING_LOST, 0)

    @property
    def arr(self) -> int:
        return 12 * self.mrr

    @property
    def per_member(self) -> int | None:
        """Recurring revenue a month for each paying membership."""
        return round_half_away(Decimal(self.mrr) / self.paying) if self.paying > 0 else None

    @property
    def churn(self) -> Fraction | None:
        """As many ended as this part of those that paid at the beginning; None where that were more than all."""
        found = share(self.of.get(M.PAYING_LOST, 0), self.paying_before)
        return None if found is None or found > 1 else found

    @property
    def revenue_churn(self) -> Fraction | None:
        """The part of the recurring revenue that ended or shrank since the beginning; None where it were above all."""
        gone = -self.of.get(M.MRR_CHURN, 0) - self.of.get(M.MRR_CONTRACTION, 0)
        found = share(gone, self.mrr_before)
        return None if found is None or found > 1 else found

    @property
    def lifetime_value(self) -> int | None:
        """What a membership brings in all, if as many a month go on ending; None where none ended."""
        if not self.churn or self.per_member is None:
            return None
        value = self.per_member * self.days / A_MONTH / self.churn
        return round_half_away(Decimal(value.numerator) / value.denominator)

    @property
    def trial_conversion(self) -> Fraction | None:
        """Of the trials that ended, the part that was paid for."""
        won = self.of.get(M.TRIALS_WON, 0)
        return share(won, won + self.of.get(M.TRIALS_LOST, 0))

    @property
    def order_conversion(self) -> Fraction | None:
        """Orders paid, of those begun; an order may have been begun before the span, so never above the whole."""
        found = share(self.of.get(M.ORDERS_PAID, 0), self.of.get(M.ORDERS_BEGUN, 0))
        return None if found is None else min(found, Fraction(1))


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole > 0 else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Those of one currency: a span, the span before it to compare, and the days of the span that had any.

    `rates`: where all currencies are in it, what they are put together by.
    """

    currency: str
    currencies: Sequence[str]
    now: Totals
    before: Totals
    days: Mapping[date, Mapping[Measure, int]]
    rates: Rates | None = None


EARLIER, BEFORE, NOW = range(3)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
FIRST = bindparam("first", type_=F.day.type)
FIRST_BEFORE = bindparam("first_before", type_=F.day.type)
PLACE = case((F.day >= FIRST, NOW), (F.day >= FIRST_BEFORE, BEFORE), else_=EARLIER)
KEPT = (
    select(F.currency, F.measure, PLACE, cast(func.sum(F.value), BigInteger))
    .where(F.currency != NO_CURRENCY, or_(F.day >= FIRST_BEFORE, F.measure.in_(STANDING)))
    .group_by(F.currency, F.measure, PLACE)
)
SINCE = select(FACTS.c.currency, FACTS.c.measure, FACTS.c.day, FACTS.c.value)
BY_DAY = select(F.measure, F.day, F.value).where(F.currency == bindparam("currency"), F.day >= FIRST)


def read(session: Session, wanted: str, now: Span, before: Span) -> Figures:
    """In the wanted currency; `before` ends where `now` begins. Four statements, whatever happened."""
    since = session.execute(SINCE, {"start": counted_until(session), "end": FAR}).all()
    sums: dict[str, list[Sums]] = defaultdict(lambda: [Counter(), Counter(), Counter()])
    days: dict[date, Sums] = defaultdict(Counter)
    for currency, measure, place, value in session.execute(KEPT, {"first": now.first, "first_before": before.first}):
        sums[currency][place][measure] += value
    for measure, day, value in session.execute(BY_DAY, {"currency": wanted, "first": now.first}):
        days[day][measure] += value
    for currency, name, day, value in since:
        place = NOW if day >= now.first else BEFORE if day >= before.first else EARLIER
        sums[currency][place][Measure(name)] += value
        if currency == wanted and place == NOW:
            days[day][Measure(name)] += value
    known = sorted(sums)
    earlier, then, today = sums[wanted]
    start = Totals(earlier, 0, 0)
    totals = Totals(then, start.mrr, start.paying, before.days)
    return Figures(wanted, known, Totals(today, totals.mrr, totals.paying, now.days), totals, days)
