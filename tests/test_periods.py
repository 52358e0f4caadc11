"""Periods are counted from their anchor: nothing drifts, overlaps, or leaves a gap."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.periods import Period, Unit

FIRST, LAST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2060-01-01")
ANCHORS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
PERIODS = st.one_of(
    st.builds(Period, st.integers(1, 40), st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH])),
    st.builds(Period, st.integers(1, 5), st.just(Unit.YEAR)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_month_from_the_31st_does_not_drift() -> None:
    month = Period(1, Unit.MONTH)
    ends = [month.after(at("2027-01-31T10:00"), n) for n in (1, 2, 3)]
    assert ends == [at("2027-02-28T10:00"), at("2027-03-31T10:00"), at("2027-04-30T10:00")]


def test_a_year_from_a_leap_day_comes_back_to_it() -> None:
    year = Period(1, Unit.YEAR)
    assert year.after(at("2028-02-29T00:00"), 1) == at("2029-02-28T00:00")
    assert year.after(at("2028-02-29T00:00"), 4) == at("2032-02-29T00:00")


@given(ANCHORS, PERIODS, st.integers(1, 60))
def test_periods_follow_each_other_without_end(anchor: datetime, period: Period, n: int) -> None:
    assert anchor < period.after(anchor, n) < period.after(anchor, n + 1)


@given(PERIODS)
def test_what_is_written_is_read_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


def test_twelve_months_are_a_year_and_seven_days_a_week() -> None:
    assert Period(12, Unit.MONTH).same_length(Period(1, Unit.YEAR))
    assert Period(7, Unit.DAY).same_length(Period(1, Unit.WEEK))
    assert not Period(30, Unit.DAY).same_length(Period(1, Unit.MONTH))


@pytest.mark.parametrize("text", ["0-month", "-1-month", "1-century", "1", "", "9999999-day", "1-month-1", "١-month"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Period.parse(text)
