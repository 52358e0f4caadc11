"""What is taxed how: the operator's rates, what they came to on a line, and what a registry said of a VAT id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes
from webapp.money import Money

EVERYWHERE = "*"


class TaxRate(HasId, HasTimes, Model):
    """One tax of a place. `rate` is a percentage; `country` an ISO 3166 code, or `*` for every one.

    `state` and `city`: empty or `*` for all of them, or several with commas between. Of rates of one `priority` the
    most specific counts; different priorities add up, the lower first. A `compound` one also taxes the taxes before it.
    """

    __tablename__ = "tax_rates"
    __table_args__ = (Index("ix_tax_rates_listed", "category", "country", "id"),)

    category: Mapped[str] = mapped_column(String(40), default="default")
    title: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2), default=EVERYWHERE)
    state: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(200), default="")
    rate: Mapped[Decimal] = mapped_column(default=Decimal(0))
    priority: Mapped[int] = mapped_column(default=1)
    compound: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


@dataclass(frozen=True, slots=True)
class LineTax:
    """One tax of a line: by which rate, in percent, and how much. `rate_id`: the row it was reckoned by, if any."""

    title: str
    rate: Decimal
    amount: Money
    rate_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As a payment's line keeps it; the line says the currency."""
        kept = {"title": self.title, "rate": format(self.rate, "f"), "amount": self.amount.minor}
        return {**kept, "rate_id": self.rate_id}

    @classmethod
    def from_json(cls, kept: dict[str, Any], currency: str) -> Self:
        return cls(kept["title"], Decimal(kept["rate"]), Money(kept["amount"], currency), kept.get("rate_id"))


class TaxIdStatus(StrEnum):
    """What the registry said of a VAT id; nothing yet, or nothing any more within the time that an answer holds."""

    ASKED = "asked"
    VALID = "valid"
    INVALID = "invalid"
    UNANSWERED = "unanswered"  # asked often enough


TO_ASK = "next_at IS NOT NULL"


class TaxIdCheck(HasId, HasTimes, Model):
    """A VAT id that the registry of the EU is asked about; one row for each number, whoever typed it.

    `asked_at`: since when an answer is wanted; `next_at`: when a worker asks (again), none when nothing is to ask.
    `consultation`: what the registry calls the question, where we say who asks.
    """

    __tablename__ = "tax_id_checks"
    __table_args__ = (
        Index("ix_tax_id_checks_due", "next_at", sqlite_where=text(TO_ASK), postgresql_where=text(TO_ASK)),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)  # with its country: "DE136695976"
    status: Mapped[TaxIdStatus] = mapped_column(default=TaxIdStatus.ASKED)
    consultation: Mapped[str] = mapped_column(String(80), default="")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")


class TaxDoubt(StrEnum):
    """Why a payment's tax may have to be given back: its VAT id could not be checked in time."""

    OPEN = "open"  # taxed, and still asked about
    REFUNDABLE = "refundable"  # valid after all
