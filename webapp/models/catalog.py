"""What is sold: products, with their prices for other periods and in other currencies."""

from __future__ import annotations

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
    CONTACT_US = "contact_us"  # nothing is sold: the card leads to whom one asks
    PAY_WHAT_YOU_WANT = "pay_what_you_want"


class PwywRecurring(StrEnum):
    """Who decides whether an amount that the buyer names is charged again each period."""

    CUSTOMER_CHOICE = "customer_choice"
    FORCE_RECURRING = "force_recurring"
    FORCE_ONE_TIME = "force_one_time"


class Product(HasId, HasTimes, HasMeta, Model):
    """A plan, or something sold beside one. Amounts are minor units of `currency`, its own one.

    What is not `active` is sold to nobody; who has it keeps it. `available_addons`: the ids of the packages and
    services that are offered with it, in their order. `product_group`: plans of one group are each other's
    alternatives, a higher `list_order` is the bigger one.
    """

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
    stays_for_life: Mapped[bool] = mapped_column(default=False)  # after the last of limited cycles; else it expires
    trial_duration: Mapped[int] = mapped_column(default=0)  # 0: no trial
    trial_duration_unit: Mapped[Unit] = mapped_column(default=Unit.DAY)
    active: Mapped[bool] = mapped_column(default=True)
    list_order: Mapped[int] = mapped_column(default=10)
    feature_list: Mapped[list[str]] = mapped_column(JSON, default=list)
    taxable: Mapped[bool] = mapped_column(default=True)
    tax_category: Mapped[str] = mapped_column(String(40), default="default")
    product_group: Mapped[str] = mapped_column(String(20), default="")
    available_addons: Mapped[list[int]] = mapped_column(JSON, default=list)
    provisioner: Mapped[str] = mapped_column(String(40), default="")  # who makes its sites; empty: as the network says
    # What its holder may use (domain/entitlements.py): numbers by the limit's name, None for no limit, and flags.
    limits: Mapped[dict[str, int | None]] = mapped_column(JSON, default=dict)
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    # The slugs of the templates that its sites may begin with; none: all that are offered (domain/site_templates.py).
    site_templates: Mapped[list[str]] = mapped_column(JSON, default=list)
    image: Mapped[str] = mapped_column(String(60), default="")  # the name of a file in `brand_files`
    image_width: Mapped[int] = mapped_column(default=0)
    image_height: Mapped[int] = mapped_column(default=0)
    contact_us_label: Mapped[str] = mapped_column(String(80), default="")
    contact_us_link: Mapped[str] = mapped_column(String(500), default="")
    pwyw_minimum_minor: Mapped[int] = mapped_column(default=0)
    pwyw_suggested_minor: Mapped[int] = mapped_column(default=0)
    pwyw_maximum_minor: Mapped[int] = mapped_column(default=0)  # 0: the highest amount that is taken at all
    pwyw_recurring_mode: Mapped[PwywRecurring] = mapped_column(default=PwywRecurring.CUSTOMER_CHOICE)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    variations: Mapped[list[PriceVariation]] = relationship(
        back_populates="product", cascade="all, delete-orphan", order_by="PriceVariation.id", lazy="selectin"
    )
    # Looked at only where somebody asks for another currency than its own.
    currency_prices: Mapped[list[CurrencyPrice]] = relationship(
        back_populates="product", cascade="all, delete-orphan", order_by="CurrencyPrice.id"
    )

    @property
    def price(self) -> Money:
        """For its own period, in its own currency; where the buyer names the amount, the one that is suggested."""
        minor = self.pwyw_suggested_minor if self.is_pay_what_you_want else self.amount_minor
        return Money(minor, self.currency)

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
        free_of_charge = self.pricing_type == PricingType.PAID and self.amount_minor == 0
        return self.pricing_type == PricingType.FREE or free_of_charge

    @property
    def is_pay_what_you_want(self) -> bool:
        return self.pricing_type == PricingType.PAY_WHAT_YOU_WANT

    @property
    def pwyw_minimum(self) -> Money:
        return Money(self.pwyw_minimum_minor, self.currency)

    @property
    def pwyw_maximum(self) -> Money | None:
        return Money(self.pwyw_maximum_minor, self.currency) if self.pwyw_maximum_minor else None

    @property
    def can_be_bought(self) -> bool:
        """Whether it is on sale, and for a price: what is only asked for is on show, and never in a cart."""
        return self.active and self.pricing_type != PricingType.CONTACT_US

    def currencies(self) -> list[str]:
        """What it is sold in, its own currency first. An amount that the buyer names is always in that one."""
        others = [] if self.pricing_type != PricingType.PAID else [one.currency for one in self.currency_prices]
        return [self.currency, *others]

    def price_in(self, currency: str | None = None) -> Money | None:
        """Its price for its own period in this currency; None where it is not sold in that."""
        if currency in (None, self.currency):
            return self.price
        found = self._prices_in(currency)
        return Money(found.amount_minor, found.currency) if found is not None else None

    def setup_fee_in(self, currency: str | None = None) -> Money:
        """Its set-up fee, below zero a sign-up credit; nothing in a currency that it is not sold in."""
        if currency in (None, self.currency):
            return self.setup_fee
        found = self._prices_in(currency)
        return Money(found.setup_fee_minor if found is not None else 0, str(currency))

    def _prices_in(self, currency: str | None) -> CurrencyPrice | None:
        if self.pricing_type != PricingType.PAID:
            return None
        return next((one for one in self.currency_prices if one.currency == currency), None)

    def prices(self, currency: str | None = None) -> dict[Period, Money]:
        """Every period it is sold for in this currency (none: its own), the base period first."""
        base = self.price_in(currency)
        if base is None:
            return {}
        kept = "" if base.currency == self.currency else base.currency
        others = {one.period: Money(one.amount_minor, base.currency) for one in self.variations if one.currency == kept}
        return {self.period: base, **others}

    def price_for(self, period: Period, currency: str | None = None) -> Money | None:
        """Its price for a period that is as long as `period` (12 months are 1 year), or None."""
        return next((price for own, price in self.prices(currency).items() if own.same_length(period)), None)


class PriceVariation(HasId, Model):
    """The price of a product for a period other than its own."""

    __tablename__ = "price_variations"
    __table_args__ = (UniqueConstraint("product_id", "currency", "duration", "duration_unit"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(String(3), default="")  # empty: the product's own
    duration: Mapped[int]
    duration_unit: Mapped[Unit]
    amount_minor: Mapped[int]

    product: Mapped[Product] = relationship(back_populates="variations")

    @property
    def period(self) -> Period:
        return Period(self.duration, self.duration_unit)


class CurrencyPrice(HasId, Model):
    """What a product costs for its own period in a currency other than its own, and its set-up fee there."""

    __tablename__ = "currency_prices"
    __table_args__ = (
        UniqueConstraint("product_id", "currency"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    setup_fee_minor: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="currency_prices")
