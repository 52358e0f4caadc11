"""Lengths of time that are sold: how they are written, compared, and counted from an anchor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from dateutil.relativedelta import relativedelta


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


DAYS = {Unit.DAY: Decimal(1), Unit.WEEK: Decimal(7), Unit.MONTH: Decimal("30.4375"), Unit.YEAR: Decimal("365.25")}
# A month in days, by the days of each unit, as whole numbers: 30.4375 days are 487/16 of a day.
MONTHS = {Unit.DAY: (487, 16), Unit.WEEK: (487, 112), Unit.MONTH: (1, 1), Unit.YEAR: (1, 12)}
AT_MOST = {Unit.DAY: 3660, Unit.WEEK: 520, Unit.MONTH: 120, Unit.YEAR: 10}


@dataclass(frozen=True, slots=True)
class Period:
    """`Period(3, Unit.MONTH)`; written `3-month`. At most ten years."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 < self.count <= AT_MOST[self.unit]:
            raise ValueError(f"no period of {self.count} {self.unit}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything that is not `<count>-<unit>`."""
        count, _, unit = text.partition("-")
        if not (count.isascii() and count.isdigit() and len(count) < 6):
            raise ValueError(f"{text!r} is not a period")
        return cls(int(count), Unit(unit))

    def __str__(self) -> str:
        return f"{self.count}-{self.unit}"

    def _canonical(self) -> tuple[int, str]:
        if self.unit == Unit.YEAR:
            return self.count * 12, "month"
        return (self.count * 7, "day") if self.unit == Unit.WEEK else (self.count, self.unit)

    def same_length(self, other: Period) -> bool:
        """12 months are a year and 7 days a week, however they are written."""
        return self._canonical() == other._canonical()

    @property
    def days(self) -> Decimal:
        """Its average length, for prices per day: a month is 30.4375 days."""
        return self.count * DAYS[self.unit]

    def monthly(self, minor: int) -> int:
        """What a price for this period is for a month, halves rounded up: 7 a week is 30.44 a month."""
        times, parts = MONTHS[self.unit]
        return (2 * minor * times + parts * self.count) // (2 * parts * self.count)

    def after(self, anchor: datetime, times: int = 1) -> datetime:
        """Where the `times`-th period since `anchor` ends.

        Always counted from the anchor, months clipped to their last day, so that nothing drifts:
        31 Jan, 28 Feb, 31 Mar.
        """
        total = self.count * times
        if self.unit == Unit.MONTH:
            return anchor + relativedelta(months=total)
        if self.unit == Unit.YEAR:
            return anchor + relativedelta(years=total)
        return anchor + (relativedelta(weeks=total) if self.unit == Unit.WEEK else relativedelta(days=total))
