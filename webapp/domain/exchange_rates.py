"""What amounts of one currency come to in another, at the rate of their day; and the rates themselves.

Rates are against the euro, as the European Central Bank says them. A day without one, such as a Sunday, has that of
the last day before it; a day before all that are known has the first. Exact until the last step: whole minor units,
halves away from zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from webapp.domain import audit
from webapp.extensions import dialect_name
from webapp.models import ExchangeRate, RateSource
from webapp.models.inserts import INSERTS
from webapp.money import exponent

EURO = "EUR"
LEAST, MOST = Decimal("0.000001"), Decimal("10000000000")
DECIMALS_AT_MOST = 10
ROWS_AT_ONCE = 200
Known = tuple[list[date], list[Fraction]]


@dataclass(slots=True)
class Rates:
    """Those that turn amounts into `to`. `guessed`: currencies of amounts that were older than their first rate."""

    to: str
    known: dict[str, Known]
    guessed: set[str] = field(default_factory=set)
    _worths: dict[tuple[str, date], tuple[int, int]] = field(default_factory=dict)

    def lacking(self, currencies: Iterable[str]) -> list[str]:
        """Those for which nothing is known, so that amounts cannot be turned into the other currency."""
        wanted = {one for one in currencies if one != self.to}
        return sorted(one for one in (wanted | {self.to} if wanted else wanted) if one not in self.known)

    def convert(self, minor: int, currency: str, day: date) -> int:
        """Raises KeyError for a currency that is `lacking`."""
        if currency == self.to or not minor:
            return minor
        found = self._worths.get((currency, day))
        if found is None:  # a year has thousands of amounts, and a few hundred days
            worth = self._on(self.to, day) / self._on(currency, day) * Fraction(10) ** self._shift(currency)
            found = self._worths[currency, day] = worth.numerator, worth.denominator
        numerator, denominator = found
        whole = (2 * abs(minor) * numerator + denominator) // (2 * denominator)
        return -whole if minor < 0 else whole

    def newest(self, currencies: Iterable[str]) -> date | None:
        """The last day for which the rates of all of these are known; None where none is needed."""
        needed = {one for one in (*currencies, self.to) if one != EURO}
        return min((self.known[one][0][-1] for one in needed), default=None)

    def _on(self, currency: str, day: date) -> Fraction:
        days, rates = self.known[currency]
        at = bisect_right(days, day) - 1
        if at < 0:
            self.guessed.add(currency)
        return rates[max(at, 0)]

    def _shift(self, currency: str) -> int:
        return exponent(self.to) - exponent(currency)


def read(session: Session, to: str, currencies: Collection[str], first: date, last: date) -> Rates:
    """The rates of these days, and of the last day before them. One statement, none where nothing is to be turned."""
    known: dict[str, Known] = {EURO: ([date.min], [Fraction(1)])}
    wanted = {to, *currencies} - {EURO}
    if set(currencies) <= {to}:
        return Rates(to, known)
    before = aliased(ExchangeRate)
    start = (
        select(func.max(before.day)).where(before.currency == ExchangeRate.currency, before.day <= first)
    ).scalar_subquery()
    query = (
        select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.rate)
        .where(ExchangeRate.currency.in_(sorted(wanted)))
        .where(ExchangeRate.day >= func.coalesce(start, date.min), ExchangeRate.day <= last)
        .order_by(ExchangeRate.currency, ExchangeRate.day)
    )
    for currency, day, rate in session.execute(query).all():
        days, rates = known.setdefault(currency, ([], []))
        days.append(day)
        rates.append(Fraction(rate))
    return Rates(to, known)


# -- keeping ---------------------------------------------------------------------------------------------------------
def keep(session: Session, found: Sequence[tuple[str, date, Decimal]], source: RateSource) -> None:
    """What a source said; what an operator entered stays."""
    for at in range(0, len(found), ROWS_AT_ONCE):
        rows = [
            {"currency": currency, "day": day, "rate": rate, "source": source}
            for currency, day, rate in found[at : at + ROWS_AT_ONCE]
        ]
        insert = INSERTS[dialect_name()](ExchangeRate.__table__).values(rows)
        newer = {"rate": insert.excluded.rate, "source": insert.excluded.source}
        keys, others = ["currency", "day"], ExchangeRate.source != RateSource.MANUAL
        session.execute(insert.on_conflict_do_update(index_elements=keys, set_=newer, where=others))


def is_possible(rate: Decimal) -> bool:
    """Whether it may be what a euro is worth in any currency."""
    return rate.is_finite() and LEAST <= rate <= MOST and -int(rate.as_tuple().exponent) <= DECIMALS_AT_MOST


def enter(session: Session, currency: str, day: date, rate: Decimal) -> ExchangeRate:
    """An operator's own rate; it stands, whatever a source says of that day."""
    row = session.get(ExchangeRate, (currency, day))
    before = {"rate": format(row.rate, "f")} if row else {}
    if row is None:
        row = ExchangeRate(currency=currency, day=day, rate=rate, source=RateSource.MANUAL)
        session.add(row)
    row.rate, row.source = rate, RateSource.MANUAL
    after = {"currency": currency, "day": day.isoformat(), "rate": format(rate, "f")}
    audit.note(ExchangeRate, "exchange-rates.enter", before=before, after=after)
    session.flush()
    return row


def newest(session: Session) -> list[ExchangeRate]:
    """The last one of each currency that there is."""
    other = aliased(ExchangeRate)
    last = select(func.max(other.day)).where(other.currency == ExchangeRate.currency).scalar_subquery()
    query = select(ExchangeRate).where(ExchangeRate.day == last).order_by(ExchangeRate.currency)
    return list(session.scalars(query))
