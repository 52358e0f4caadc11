"""The figures month by month, for reports: the same days as everywhere, put together by the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, String, bindparam, case, cast, extract, func, or_, select, union_all
from sqlalchemy.orm import Session

from webapp.domain.figure_days import NO_CURRENCY, counted_until
from webapp.domain.figure_facts import FACTS
from webapp.domain.figures import FAR, STANDING, F, Span, Sums, Totals
from webapp.models import Measure

EARLIER = 0
CURRENCY = bindparam("currency", type_=F.currency.type)
FIRST, LAST = (bindparam(name, type_=F.day.type) for name in ("first", "last"))
DAYS = union_all(
    select(cast(F.measure, String(32)).label("measure"), F.day.label("day"), F.value.label("value")).where(
        F.currency == CURRENCY, or_(F.day >= FIRST, F.measure.in_(STANDING))
    ),
    select(FACTS.c.measure, FACTS.c.day, FACTS.c.value).where(FACTS.c.currency == CURRENCY),
).subquery()
NUMBER = cast(12 * extract("year", DAYS.c.day) + extract("month", DAYS.c.day) - 1, BigInteger)
MONTH = case((DAYS.c.day < FIRST, EARLIER), else_=NUMBER).label("month")
BY_MONTH = (
    select(DAYS.c.measure, MONTH, cast(func.sum(DAYS.c.value), BigInteger))
    .where(DAYS.c.day <= LAST)
    .group_by(DAYS.c.measure, MONTH)
)
# Whatever is bought is ordered before.
CURRENCIES = select(F.currency).where(F.currency != NO_CURRENCY, F.measure == Measure.ORDERS_BEGUN).distinct()


def read(session: Session, currency: str, span: Span) -> list[tuple[Span, Totals]]:
    """Of each month of the span, which begins with a month; the last one may not be over. Two statements."""
    known: dict[int, Sums] = defaultdict(Counter)
    facts = {"start": counted_until(session), "end": FAR, "currency": currency, "first": span.first, "last": span.last}
    for measure, month, value in session.execute(BY_MONTH, facts):
        known[month][Measure(measure)] += value
    before, found = Totals(known[EARLIER], 0, 0), []
    for month in months(span):
        at = 12 * month.first.year + month.first.month - 1
        before = Totals(known[at], before.mrr, before.paying, month.days)
        found.append((month, before))
    return found


def months(span: Span) -> Sequence[Span]:
    found, first = [], span.first
    while first <= span.last:
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(Span(first, min(after - timedelta(days=1), span.last)))
        first = after
    return found


def currencies(session: Session) -> list[str]:
    """In which anything was ever ordered, as far as it is counted."""
    return sorted(session.scalars(CURRENCIES))


def month_of(text: str) -> date | None:
    """The first day of `2027-03`; None for anything else."""
    year, _dash, month = text.partition("-")
    if len(year) != 4 or len(month) != 2 or not (year + month).isascii() or not (year + month).isdigit():
        return None
    try:
        return date(int(year), int(month), 1)
    except ValueError:
        return None
