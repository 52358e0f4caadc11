"""Codes that make an order cheaper, and each sale's use of one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes
from webapp.periods import Period


class DiscountType(StrEnum):
    PERCENTAGE = "percentage"
    ABSOLUTE = "absolute"


class Renewals(StrEnum):
    """Whether a code's discount is kept when the membership renews."""

    NEVER = "never"
    ALWAYS = "always"
    FIRST = "first"


class DiscountCode(HasId, HasTimes, Model):
    """A code that makes a cart cheaper. `code` is upper case; `value` is a percentage, or minor units."""

    __tablename__ = "discount_codes"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")  # what it is for, read by operators only
    type: Mapped[DiscountType] = mapped_column(default=DiscountType.PERCENTAGE)
    value: Mapped[Decimal] = mapped_column(default=Decimal(0))
    setup_fee_type: Mapped[DiscountType] = mapped_column(default=DiscountType.PERCENTAGE)
    setup_fee_value: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str | None] = mapped_column(String(3))  # of an absolute value
    apply_to_renewals: Mapped[Renewals] = mapped_column(default=Renewals.NEVER)
    renewals_limit: Mapped[int] = mapped_column(default=0)  # with FIRST: how many
    max_uses: Mapped[int] = mapped_column(default=0)  # 0: any number
    uses: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    allowed_products: Mapped[list[str]] = mapped_column(JSON, default=list)  # slugs; empty: all
    allowed_periods: Mapped[list[str]] = mapped_column(JSON, default=list)  # "1-month"; empty: all
    version: Mapped[int] = mapped_column(default=1)  # of what operators write, so a sale's use does not count

    def runs_at(self, instant: datetime) -> bool:
        """Whether it is switched on and inside its dates; both ends count."""
        begun = self.starts_at is None or self.starts_at <= instant
        return self.active and begun and (self.expires_at is None or instant <= self.expires_at)

    def allows(self, slug: str, period: Period | None) -> bool:
        """Whether a product line may be discounted. 12 months and 1 year are the same period."""
        if self.allowed_products and slug not in self.allowed_products:
            return False
        if not self.allowed_periods:
            return True
        return period is not None and any(Period.parse(one).same_length(period) for one in self.allowed_periods)


class RedemptionStatus(StrEnum):
    HELD = "held"
    COUNTED = "counted"
    RELEASED = "released"


class Redemption(HasId, Model):
    """One sale's use of a code: held while the sale is open, counted when it is settled."""

    __tablename__ = "redemptions"
    __table_args__ = (Index("ix_redemptions_open", "discount_code_id", "status", "held_until"),)

    discount_code_id: Mapped[int] = mapped_column(ForeignKey("discount_codes.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    status: Mapped[RedemptionStatus] = mapped_column(default=RedemptionStatus.HELD)
    held_until: Mapped[datetime]
