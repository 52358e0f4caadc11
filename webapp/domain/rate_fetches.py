"""When the European Central Bank is asked for rates, for which, and how it went.

It says them on working days at about 16:00 in Frankfurt. Nothing is asked for while everything is sold in one currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp import clock, unit
from webapp.domain import exchange_rates, figure_months, network
from webapp.domain.exchange_rates import EURO
from webapp.extensions import dialect_name, queue
from webapp.models import DailyFigure, ExchangeRate, RateFetch, RateSource
from webapp.models.inserts import INSERTS

ECB = RateSource.ECB
# https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates
PUBLISHED = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD PHP PLN RON SEK SGD THB TRY USD"
    " ZAR".split()
)
SAID_AT = time(15, 30)  # in UTC, after 16:00 in Frankfurt both in summer and in winter
LATE_AGAIN = timedelta(hours=2)
AGAIN_AFTER = tuple(timedelta(minutes=m) for m in (5, 15, 60, 180, 360))
LEASE = timedelta(minutes=5)
WITHOUT_RATES = timedelta(days=10)  # longer than any run of holidays: so long before the first day the asking begins
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Question:
    currencies: Sequence[str]
    since: date


def reporting_currency() -> str:
    """In which figures of several currencies are put together."""
    known = network.settings()
    return known.reporting_currency or known.currency


def in_use(session: Session) -> list[str]:
    """The currencies of the figures, and the one they are put together in; empty where one is all there is."""
    known = {*figure_months.currencies(session), reporting_currency()}
    return sorted(known) if len(known) > 1 else []


def wanted(session: Session) -> list[str]:
    """Those to ask the bank about."""
    return [one for one in in_use(session) if one in PUBLISHED] if network.settings().fetch_rates else []


def status(session: Session) -> RateFetch | None:
    return session.scalars(select(RateFetch).where(RateFetch.source == ECB)).one_or_none()


def is_due(session: Session) -> bool:
    next_at = session.scalar(select(RateFetch.next_at).where(RateFetch.source == ECB))
    if next_at is not None and next_at > clock.now():
        return False
    return bool(wanted(session))


def ask_now(session: Session) -> None:
    """Have a worker ask, whenever it would have been next. Call it in a unit."""
    _set(session, next_at=clock.now())
    unit.current().after_commit(partial(queue.ring_soon, "rates", []), once=("rates",))


def claim(session: Session) -> Question | None:
    """What to ask, if it is due and no other worker does; None else."""
    if not is_due(session):
        return None
    row = session.scalars(select(RateFetch).where(RateFetch.source == ECB).with_for_update()).one_or_none()
    if row is not None and row.next_at > clock.now():
        return None
    _set(session, next_at=clock.now() + LEASE)
    asked = wanted(session)
    return Question(asked, _since(session, asked))


def _since(session: Session, currencies: Sequence[str]) -> date:
    """The earliest day that is still to be heard of; the last known one again, so that there always is an answer."""
    newest = select(ExchangeRate.currency, func.max(ExchangeRate.day)).where(
        ExchangeRate.currency.in_(currencies), ExchangeRate.source == ECB
    )
    known: dict[str, date] = dict(iter(session.execute(newest.group_by(ExchangeRate.currency))))
    first = session.scalar(select(func.min(DailyFigure.day))) or clock.now().date()
    return min(known.get(one, first - WITHOUT_RATES) for one in currencies)


def record_rates(session: Session, found: Sequence[tuple[str, date, Decimal]]) -> None:
    exchange_rates.keep(session, found, ECB)
    newest = max((day for _currency, day, _rate in found), default=date.min)
    now = clock.now()
    _set(session, next_at=_next(now, newest), tries=0, problem="", failing_since=None, succeeded_at=now)


def _next(now: datetime, newest: date) -> datetime:
    """Today's rates, if they are late on a working day; else those of the next time."""
    said = datetime.combine(now.date(), SAID_AT, now.tzinfo)
    if now < said:
        return said
    if newest < now.date() and now.weekday() <= FRIDAY and now + LATE_AGAIN < said + timedelta(hours=8):
        return now + LATE_AGAIN
    return said + timedelta(days=1)


def record_failure(session: Session, problem: str) -> None:
    """Asked again after a while, and again until there is an answer."""
    row = status(session)
    tries = row.tries if row else 0
    _set(
        session,
        next_at=clock.now() + AGAIN_AFTER[min(tries, len(AGAIN_AFTER) - 1)],
        tries=tries + 1,
        problem=problem[:300],
        failing_since=(row.failing_since if row else None) or clock.now(),
    )


def _set(session: Session, **values: Any) -> None:
    made = {"next_at": clock.now(), "tries": 0, "problem": "", **values}
    insert = INSERTS[dialect_name()](RateFetch.__table__).values(source=ECB, **made)
    session.execute(insert.on_conflict_do_update(index_elements=["source"], set_=values))
    session.expire_all()


def beyond(currencies: Sequence[str]) -> list[str]:
    """Those that the bank says nothing of: somebody has to enter their rates."""
    return [one for one in currencies if one not in PUBLISHED and one != EURO]
