"""The figures of all currencies together, in one of them: every day's amounts at the rate of that day.

What recurs is worth what it is worth on the day that is looked at: by how much rates changed that is a movement of its
own, so what stood before, its movements and what stands now still add up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, cast, func, or_, select, union_all
from sqlalchemy.orm import Session

from webapp.domain import exchange_rates
from webapp.domain.exchange_rates import Rates
from webapp.domain.figure_days import NO_CURRENCY, counted_until
from webapp.domain.figure_facts import FACTS
from webapp.domain.figure_months import months
from webapp.domain.figures import AMOUNTS, FAR, MOVEMENTS, STANDING, F, Figures, M, Span, Sums, Totals
from webapp.models import Measure

DAY = timedelta(days=1)
NOTHING: Sums = Counter()
FIRST = bindparam("first", type_=F.day.type)
LAST = bindparam("last", type_=F.day.type)
TO = bindparam("to", type_=F.currency.type)
TOTAL = cast(func.sum(F.value), BigInteger)
SOMETHING = F.currency != NO_CURRENCY
STOOD = (
    select(F.currency, F.measure, TOTAL)
    .where(SOMETHING, F.day < FIRST, F.measure.in_(STANDING))
    .group_by(F.currency, F.measure)
)
SPAN = and_(SOMETHING, F.day >= FIRST, F.day <= LAST)
# What needs no rate is put together by the database.
AS_IT_IS = (
    select(TO, F.measure, F.day, TOTAL)
    .where(SPAN, or_(F.currency == TO, F.measure.not_in(AMOUNTS)))
    .group_by(F.measure, F.day)
)
FOREIGN = select(F.currency, F.measure, F.day, F.value).where(SPAN, F.currency != TO, F.measure.in_(AMOUNTS))
OF_DAYS = union_all(AS_IT_IS, FOREIGN)
SINCE = select(FACTS.c.currency, FACTS.c.measure, FACTS.c.day, FACTS.c.value)


@dataclass(frozen=True, slots=True)
class Together:
    """Days of all currencies in one. `mrr`, `paying`: how they stood before the first; `rates`: what they are by."""

    rates: Rates
    mrr: int
    paying: int
    days: dict[date, Sums]

    def totals(self, spans: Sequence[Span]) -> list[Totals]:
        """Of spans that follow each other, from the first day on."""
        found: list[Totals] = []
        mrr, paying = self.mrr, self.paying
        for span in spans:
            of: Sums = Counter()
            for day in (span.first + number * DAY for number in range(span.days)):
                for measure, value in self.days.get(day, {}).items():
                    of[measure] += value
            found.append(Totals(of, mrr, paying, span.days))
            mrr, paying = found[-1].mrr, found[-1].paying
        return found


class Lacking(Exception):
    """There is no rate at all for these currencies, so nothing can be put together."""

    def __init__(self, currencies: Sequence[str]) -> None:
        super().__init__(", ".join(currencies))
        self.currencies = currencies


def read(session: Session, to: str, currencies: Sequence[str], now: Span, before: Span) -> Figures:
    """`before` ends where `now` begins; `currencies`: those that there are. Raises Lacking. Five statements."""
    found = together(session, to, Span(before.first, now.last))
    then, today = found.totals((before, now))
    days = {day: of for day, of in found.days.items() if day >= now.first}
    return Figures(to, currencies, today, then, days, found.rates)


def by_month(session: Session, to: str, span: Span) -> tuple[list[tuple[Span, Totals]], Rates]:
    """Of each month of the span, which begins with a month. Raises Lacking. Five statements."""
    found, parts = together(session, to, span), months(span)
    return list(zip(parts, found.totals(parts), strict=True)), found.rates


def together(session: Session, to: str, span: Span) -> Together:
    """All days of the span. Raises Lacking."""
    since = session.execute(SINCE, {"start": counted_until(session), "end": FAR}).all()
    stock: dict[str, int] = defaultdict(int)
    paying = 0
    asked = {"first": span.first, "last": span.last, "to": to}
    for currency, measure, value in session.execute(STOOD, asked):
        paying += _stands(stock, currency, measure, value)
    rows: list[Any] = [*session.execute(OF_DAYS, asked).all()]
    for currency, name, day, value in since:
        if day < span.first:
            paying += _stands(stock, currency, Measure(name), value)
        elif day <= span.last:
            rows.append((currency, Measure(name), day, value))
    there = {*stock, *(currency for currency, measure, _day, _value in rows if measure in AMOUNTS)}
    rates = exchange_rates.read(session, to, there, span.first - DAY, span.last)
    if lacking := rates.lacking(there):
        raise Lacking(lacking)
    mrr = _worth(stock, rates, span.first - DAY)
    return Together(rates, mrr, paying, _days(rows, stock, mrr, rates, span))


def _stands(stock: dict[str, int], currency: str, measure: Measure, value: int) -> int:
    """Add it to what stood; what it changes in the number of those who pay."""
    if measure in MOVEMENTS:
        stock[currency] += value
    return {M.PAYING_WON: value, M.PAYING_LOST: -value}.get(measure, 0)


def _worth(stock: dict[str, int], rates: Rates, day: date) -> int:
    return sum(rates.convert(minor, currency, day) for currency, minor in stock.items())


def _days(rows: Sequence[Any], stock: dict[str, int], mrr: int, rates: Rates, span: Span) -> dict[date, Sums]:
    """Each day's sums in one currency; on each the rates change what stands."""
    days: dict[date, Sums] = defaultdict(Counter)
    moved: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for currency, measure, day, value in rows:
        is_amount = measure in AMOUNTS
        days[day][measure] += rates.convert(value, currency, day) if is_amount else value
        if measure in MOVEMENTS:
            moved[day][currency] += value
    for day in (span.first + number * DAY for number in range(span.days)):
        for currency, value in moved.get(day, {}).items():
            stock[currency] += value
        stands = _worth(stock, rates, day)
        changed = stands - mrr - sum(days.get(day, NOTHING)[one] for one in MOVEMENTS)
        if changed:
            days[day][M.MRR_EXCHANGE] = changed
        mrr = stands
    return days
