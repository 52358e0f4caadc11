"""The standing agreement between a customer and the network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasMeta, HasReference, HasStatus, HasTimes, beginning
from webapp.money import Money
from webapp.periods import Period, Unit

if TYPE_CHECKING:
    from webapp.models.catalog import Product
    from webapp.models.payment import Payment
    from webapp.models.people import Customer
    from webapp.models.site import Site


class MembershipStatus(StrEnum):
    PENDING = "pending"
    TRIALING = "trialing"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


S = MembershipStatus
MOVES: dict[MembershipStatus, frozenset[MembershipStatus]] = {
    S.PENDING: frozenset({S.TRIALING, S.ACTIVE, S.CANCELLED}),
    S.TRIALING: frozenset({S.ACTIVE, S.ON_HOLD, S.EXPIRED, S.CANCELLED}),
    S.ACTIVE: frozenset({S.ACTIVE, S.ON_HOLD, S.EXPIRED, S.CANCELLED}),
    S.ON_HOLD: frozenset({S.ACTIVE, S.EXPIRED, S.CANCELLED}),
    S.EXPIRED: frozenset({S.ACTIVE, S.PENDING, S.CANCELLED}),
    S.CANCELLED: frozenset({S.PENDING}),
}
SERVED = frozenset({S.ACTIVE, S.TRIALING, S.ON_HOLD})
# What decides how much of it counts as recurring revenue.
COUNTED = (
    "status",
    "price_minor",
    "duration",
    "duration_unit",
    "recurring",
    "billing_cycles",
    "periods_paid",
    "anchor",
    "expires_at",
)


def monthly_minor(facts: Mapping[str, Any]) -> int:
    """What a membership with these facts counts a month: nothing before it is paid, for life, and once it is over.

    One whose renewal failed counts until it ends. Of limited cycles the last counts to its end.
    """
    for_life = 0 < facts["billing_cycles"] <= facts["periods_paid"] and facts["expires_at"] is None
    unpaid = facts["status"] == S.ON_HOLD and facts["anchor"] is None
    if not facts["recurring"] or for_life or unpaid or facts["status"] not in (S.ACTIVE, S.ON_HOLD):
        return 0
    return Period(facts["duration"], facts["duration_unit"]).monthly(facts["price_minor"])


class Membership(HasId, HasTimes, HasReference, HasMeta, HasStatus[MembershipStatus], Model):
    """One plan with its add-ons, at the price it was bought for. `price` is what each renewal costs."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_created", "created_at", "id"),
        Index("ix_memberships_status", "status", "created_at", "id"),
        Index("ix_memberships_plan", "plan_id", "created_at", "id"),
        Index("ix_memberships_gateway", "gateway", "created_at", "id"),
        Index("ix_memberships_ending", "cancel_at"),
        Index("ix_memberships_expiring", "status", "expires_at"),
        beginning("memberships", "reference"),
    )
    MOVES = MOVES

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    status: Mapped[MembershipStatus] = mapped_column(default=MembershipStatus.PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int] = mapped_column(default=0)
    duration: Mapped[int] = mapped_column(default=1)
    duration_unit: Mapped[Unit] = mapped_column(default=Unit.MONTH)
    recurring: Mapped[bool] = mapped_column(default=True)
    billing_cycles: Mapped[int] = mapped_column(default=0)  # 0: for ever
    periods_paid: Mapped[int] = mapped_column(default=0)
    anchor: Mapped[datetime | None]  # the instant the first paid period began
    activated_at: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # None: never
    cancel_at: Mapped[datetime | None]  # asked to end then; still served until
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str] = mapped_column(String(300), default="")
    gateway: Mapped[str] = mapped_column(String(40), default="")
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("stored_credentials.id"))
    auto_renew: Mapped[bool] = mapped_column(default=False)
    discount: Mapped[dict[str, object] | None] = mapped_column(JSON)  # the code as it was when bought
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    customer: Mapped[Customer] = relationship(back_populates="memberships")
    plan: Mapped[Product] = relationship()
    items: Mapped[list[MembershipItem]] = relationship(
        back_populates="membership", cascade="all, delete-orphan", order_by="MembershipItem.id"
    )
    payments: Mapped[list[Payment]] = relationship(back_populates="membership", order_by="Payment.id")
    sites: Mapped[list[Site]] = relationship(back_populates="membership", order_by="Site.id")
    credential: Mapped[StoredCredential | None] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def period(self) -> Period:
        return Period(self.duration, self.duration_unit)

    @property
    def is_served(self) -> bool:
        """Whether its sites are shown."""
        return self.status in SERVED

    @property
    def monthly(self) -> Money:
        """What it counts now in the network's monthly recurring revenue."""
        return Money(monthly_minor({name: getattr(self, name) for name in COUNTED}), self.currency)

    @property
    def renews_at(self) -> datetime | None:
        """The next charge, when one will come."""
        ending = self.cancel_at is not None or self.status not in SERVED
        return None if ending or not self.recurring else self.expires_at


class MembershipItem(HasId, Model):
    """One product of the agreement and what a renewal charges for it."""

    __tablename__ = "membership_items"

    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int] = mapped_column(default=1)
    unit_price_minor: Mapped[int]
    recurring: Mapped[bool] = mapped_column(default=True)

    membership: Mapped[Membership] = relationship(back_populates="items")
    product: Mapped[Product] = relationship()

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_minor, self.membership.currency)


class StoredCredential(HasId, HasTimes, Model):
    """A way to charge a customer again that a gateway keeps; we hold only its name for it."""

    __tablename__ = "stored_credentials"
    __table_args__ = (Index("uq_stored_credentials_gateway_reference", "gateway", "reference", unique=True),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(80), default="")  # "Visa •••• 4242"
    usable: Mapped[bool] = mapped_column(default=True)
