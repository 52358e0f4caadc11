"""What other currencies were worth, day by day, and how asking for it went."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model
from webapp.models.parts import HasId


class RateSource(StrEnum):
    ECB = "ecb"  # the European Central Bank's reference rates
    MANUAL = "manual"  # an operator's own, which no other takes the place of


class ExchangeRate(Model):
    """How much of the currency one euro was worth on that day. Days on which nobody said have no row."""

    __tablename__ = "exchange_rates"

    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    rate: Mapped[Decimal]
    source: Mapped[RateSource]


FAILING = "problem <> ''"


class RateFetch(HasId, Model):
    """One row for each source: when it is asked next, and how it went. `problem`: why the last time failed."""

    __tablename__ = "rate_fetches"
    __table_args__ = (
        Index("ix_rate_fetches_failing", "id", sqlite_where=text(FAILING), postgresql_where=text(FAILING)),
    )

    source: Mapped[RateSource] = mapped_column(unique=True)
    next_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")
    failing_since: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
