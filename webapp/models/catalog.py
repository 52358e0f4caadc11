"""What is sold: products with their price variations, and codes that make them cheaper."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasMeta, HasTimes
from webapp.money import Money
from webapp.periods import Period, Unit


class ProductType(StrEnum):
    PLAN = "plan"
    PACKAGE = "package"
    SERVICE = "service"


class PricingType(StrEnum):
    FREE = "free"
    PAID = "paid"


class Product(HasId, HasTimes, HasMeta, Model):
    """A plan, or something sold beside one. Amounts are minor units of `currency`."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_products_listed", "type", "active"),
        Index("ix_products_ordered", "list_order", "id"),
    )

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[ProductType] = mapped_column(default=ProductType.PLAN)
    pricing_type: Mapped[PricingType] = mapped_column(default=PricingType.PAID)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(default=0)
    setup_fee_minor: Mapped[int] = mapped_column(default=0)  # negative: a sign-up credit
    recurring: Mapped[bool] = mapped_column(default=True)
    duration: Mapped[int] = mapped_column(default=1)
    duration_unit: Mapped[Unit] = mapped_column(default=Unit.MONTH)
    billing_cycles: Mapped[int] = mapped_column(default=0)  # 0: for ever
    trial_duration: Mapped[int] = mapped_column(default=0)  # 0: no trial
    trial_duration_unit: Mapped[Unit] = mapped_column(default=Unit.DAY)
    active: Mapped[bool] = mapped_column(default=True)
    list_order: Mapped[int] = mapped_column(default=10)
    feature_list: Mapped[list[str]] = mapped_column(JSON, default=list)
    taxable: Mapped[bool] = mapped_column(default=True)
    tax_category: Mapped[str] = mapped_column(String(40), default="default")
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    variations: Mapped[list[PriceVariation]] = relationship(
        back_populates="product", cascade="all, delete-orphan", order_by="PriceVariation.id", lazy="selectin"
    )

    @property
    def price(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def setup_fee(self) -> Money:
        return Money(self.setup_fee_minor, self.currency)

    @property
    def period(self) -> Period:
        return Period(self.duration, self.duration_unit)

    @property
    def trial(self) -> Period | None:
        return Period(self.trial_duration, self.trial_duration_unit) if self.trial_duration else None

    @property
    def is_free(self) -> bool:
        return self.pricing_type == PricingType.FREE or self.amount_minor == 0

    def prices(self) -> dict[Period, Money]:
        """Every period it is sold for, the base period first."""
        others = {one.period: Money(one.amount_minor, self.currency) for one in self.variations}
        return {self.period: self.price, **others}

    def price_for(self, period: Period) -> Money | None:
        """Its price for a period that is as long as `period` (12 months are 1 year), or None."""
        return next((price for own, price in self.prices().items() if own.same_length(period)), None)


class PriceVariation(HasId, Model):
    """The price of a product for a period other than its own."""

    __tablename__ = "price_variations"
    __table_args__ = (UniqueConstraint("product_id", "duration", "duration_unit"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    duration: Mapped[int]
    duration_unit: Mapped[Unit]
    amount_minor: Mapped[int]

    product: Mapped[Product] = relationship(back_populates="variations")

    @property
    def period(self) -> Period:
        return Period(self.duration, self.duration_unit)


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
