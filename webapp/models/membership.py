"""The standing agreement between a customer and the network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasAnswers, HasId, HasMeta, HasReference, HasStatus, HasTimes, beginning
from webapp.models.payment import LineType
from webapp.money import Money
from webapp.periods import Period, Unit

if TYPE_CHECKING:
    from webapp.models.catalog import Product
    from webapp.models.change import Change
    from webapp.models.credential import StoredCredential
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
# What decides when it is to be looked at next.
TIMED = ("status", "expires_at", "cancel_at", "credential_id", "anchor", "recurring", "billing_cycles")
# What decides how much of it counts as recurring revenue.
COUNTED = (
    "status",
    "net_price_minor",
    "duration",
    "duration_unit",
    "recurring",
    "billing_cycles",
    "periods_paid",
    "anchor",
    "expires_at",
)


def monthly_minor(facts: Mapping[str, Any]) -> int:
    """What a membership with these facts counts a month, without tax.

    That is nothing before it is paid, for life, and once it is over. One whose renewal failed counts until it ends.
    Of limited cycles the last counts to its end.
    """
    for_life = 0 < facts["billing_cycles"] <= facts["periods_paid"] and facts["expires_at"] is None
    unpaid = facts["status"] == S.ON_HOLD and facts["anchor"] is None
    if not facts["recurring"] or for_life or unpaid or facts["status"] not in (S.ACTIVE, S.ON_HOLD):
        return 0
    return Period(facts["duration"], facts["duration_unit"]).monthly(facts["net_price_minor"])


EXPIRES, DUE = text("expires_at IS NOT NULL"), text("due_at IS NOT NULL")


class Membership(HasId, HasTimes, HasReference, HasMeta, HasAnswers, HasStatus[MembershipStatus], Model):
    """One plan with its add-ons, at the price it was bought for. `price` is what each renewal costs."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_created", "created_at", "id"),
        Index("ix_memberships_status", "status", "created_at", "id"),
        Index("ix_memberships_plan", "plan_id", "created_at", "id"),
        Index("ix_memberships_gateway", "gateway", "created_at", "id"),
        Index("ix_memberships_expiring", "status", "expires_at", sqlite_where=EXPIRES, postgresql_where=EXPIRES),
        Index("ix_memberships_due", "due_at", "id", sqlite_where=DUE, postgresql_where=DUE),
        beginning("memberships", "reference"),
    )
    MOVES = MOVES

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    status: Mapped[MembershipStatus] = mapped_column(default=MembershipStatus.PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int] = mapped_column(default=0)
    net_price_minor: Mapped[int] = mapped_column(default=0)  # of it, what is no tax: the figures count this
    duration: Mapped[int] = mapped_column(default=1)
    duration_unit: Mapped[Unit] = mapped_column(default=Unit.MONTH)
    recurring: Mapped[bool] = mapped_column(default=True)
    billing_cycles: Mapped[int] = mapped_column(default=0)  # 0: for ever
    periods_paid: Mapped[int] = mapped_column(default=0)
    anchor: Mapped[datetime | None]  # the instant the first paid period began, or the one from which it was begun anew
    periods_before: Mapped[int] = mapped_column(default=0)  # of `periods_paid`, those that were over at the anchor
    announced: Mapped[int] = mapped_column(default=0)  # the last period whose price was announced
    stays_for_life: Mapped[bool] = mapped_column(default=False)  # once its limited cycles are paid
    changes_at: Mapped[datetime | None]  # when other terms begin, or the offer of them lapses; None: none are waiting
    due_at: Mapped[datetime | None]  # when the rules of time have something to do with it; None: never by themselves
    activated_at: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # None: never
    # The days of grace count from here, and what is charged again from its first failure, whatever else is asked for.
    unpaid_since: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]  # asked to end then; still served until
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str] = mapped_column(String(300), default="")
    gateway: Mapped[str] = mapped_column(String(40), default="")
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("stored_credentials.id"))
    auto_renew: Mapped[bool] = mapped_column(default=False)
    discount: Mapped[dict[str, object] | None] = mapped_column(JSON)  # the code as it was when bought
    # What the staff allows instead of what its products say: {"limits": {…}, "flags": {"api": False}, "reason": "…"}.
    overrides: Mapped[dict[str, Any] | None] = mapped_column(JSON)
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
    changes: Mapped[list[Change]] = relationship(
        back_populates="membership", cascade="all, delete-orphan", order_by="Change.id"
    )

    @validates(*TIMED)
    def _look_soon(self, name: str, value: Any) -> Any:
        """Whoever changes what time hangs on need not know when it is due: it is looked at, and planned anew."""
        status = value if name == "status" else self.status
        self.due_at = clock.now() if status in SERVED else None
        if name == "expires_at" and value != self.expires_at:  # it is paid, or was given more time
            self.unpaid_since = self.failed_at = None
        return value

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
    def is_paid_up(self) -> bool:
        """Of limited cycles all are paid: nothing more is charged."""
        return 0 < self.billing_cycles <= self.periods_paid

    @property
    def renews_at(self) -> datetime | None:
        """The next charge, when one will come."""
        ending = self.cancel_at is not None or self.status not in SERVED or self.is_paid_up
        return None if ending or not self.recurring else self.expires_at

    def end_of(self, number: int) -> datetime:
        """When the `number`-th paid period ends. Raises ValueError while nothing is paid."""
        if self.anchor is None:
            raise ValueError("no paid period has begun")
        return self.period.after(self.anchor, number - self.periods_before)


class MembershipItem(HasId, Model):
    """One product of the agreement and what a renewal charges for it.

    One that is no product is a set-up fee or a sign-up credit that waits for the end of the trial.
    """

    __tablename__ = "membership_items"

    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    type: Mapped[LineType] = mapped_column(default=LineType.PRODUCT)
    quantity: Mapped[int] = mapped_column(default=1)
    unit_price_minor: Mapped[int]
    recurring: Mapped[bool] = mapped_column(default=True)

    membership: Mapped[Membership] = relationship(back_populates="items")
    product: Mapped[Product] = relationship()

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_minor, self.membership.currency)
