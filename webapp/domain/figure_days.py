"""What each day came to, kept, so that no page counts it again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain.figure_facts import FACTS
from webapp.models import DailyFigure, Measure, Membership, Payment

M = Measure
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS_AT_ONCE = 31
# A transaction may commit this long after what it noted: so long after midnight the day before is counted once more.
LATE = timedelta(minutes=10)
NO_CURRENCY = ""


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


UNTIL = (
    select(DailyFigure.day, DailyFigure.value)
    .where(DailyFigure.currency == NO_CURRENCY, DailyFigure.measure == M.UNTIL)
    .order_by(DailyFigure.day.desc())
    .limit(1)
)


def counted_until(session: Session) -> datetime:
    """What happened before is in the kept figures."""
    found = session.execute(UNTIL).first()
    return EPOCH if found is None else EPOCH + timedelta(microseconds=found.value)


def roll_up(session: Session) -> int:
    """Count what happened since the last time, a month of days at once; how many days are still to be counted.

    The last day is counted as a whole, so running it twice changes nothing, and what came late is in the next time.
    """
    now = clock.now()
    until = counted_until(session)
    first = (until - LATE).date() if until > EPOCH else _first_day(session, now.date())
    last = min(first + (DAYS_AT_ONCE - 1) * DAY, now.date())
    end = min(now, begin_of(last + DAY))
    gone = delete(DailyFigure).where(DailyFigure.day.between(first, last))
    session.execute(gone.execution_options(synchronize_session=False))
    counted = select(FACTS.c.currency, FACTS.c.measure, FACTS.c.day, FACTS.c.value)
    session.connection().execute(
        insert(DailyFigure).from_select(["currency", "measure", "day", "value"], counted),
        {"start": begin_of(first), "end": end},
    )
    session.execute(
        insert(DailyFigure),
        {"currency": NO_CURRENCY, "measure": M.UNTIL, "day": last, "value": (end - EPOCH) // timedelta(microseconds=1)},
    )
    return (now.date() - last).days


def forget(session: Session) -> None:
    """Have every day counted anew, after rows of days long over were changed past the models."""
    session.execute(delete(DailyFigure))


def _first_day(session: Session, today: date) -> date:
    """Nothing happened before the first membership; each has a payment."""
    firsts: list[datetime | None] = [
        session.scalar(select(func.min(column))) for column in (Payment.created_at, Membership.created_at)
    ]
    return min([today, *(one.date() for one in firsts if one is not None)])
