"""What shall become of a membership: another plan, period or set of add-ons, from when, and at what price."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes
from webapp.money import Money
from webapp.periods import Period, Unit

if TYPE_CHECKING:
    from webapp.models.catalog import Product
    from webapp.models.membership import Membership
    from webapp.models.payment import Payment


class ChangeKind(StrEnum):
    """`addon`: something more for the rest of the period. The others begin a period of their own."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    ADDON = "addon"


class ChangeStatus(StrEnum):
    PENDING = "pending"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


CHANGE_MOVES: dict[ChangeStatus, frozenset[ChangeStatus]] = {
    ChangeStatus.PENDING: frozenset({ChangeStatus.APPLIED, ChangeStatus.WITHDRAWN}),
    ChangeStatus.APPLIED: frozenset(),
    ChangeStatus.WITHDRAWN: frozenset(),
}
PENDING = text("status = 'pending'")


class Change(HasId, HasTimes, HasStatus[ChangeStatus], Model):
    """The new terms of a membership, as they were shown. `items`: product_id, quantity, unit_price, recurring.

    It takes effect when its payment is settled or, without one, at `starts_at`. `lapses_at`: until then it can be paid.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index("uq_changes_pending", "membership_id", unique=True, sqlite_where=PENDING, postgresql_where=PENDING),
        Index("ix_changes_membership", "membership_id", "id"),
    )
    MOVES = CHANGE_MOVES

    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), unique=True)
    kind: Mapped[ChangeKind]
    status: Mapped[ChangeStatus] = mapped_column(default=ChangeStatus.PENDING)
    plan_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int]  # what each renewal costs then
    net_price_minor: Mapped[int] = mapped_column(default=0)  # of it, what is no tax
    duration: Mapped[int]
    duration_unit: Mapped[Unit]
    recurring: Mapped[bool]
    billing_cycles: Mapped[int] = mapped_column(default=0)  # how many paid periods it has from then on; 0: for ever
    stays_for_life: Mapped[bool] = mapped_column(default=False)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    discount: Mapped[dict[str, object] | None] = mapped_column(JSON)
    surplus_minor: Mapped[int] = mapped_column(default=0)  # of the credit for unused time: more than was due
    # Which payments' unused time is in its price: the id of each, and how much of it (gross, minor units).
    counted: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    starts_at: Mapped[datetime | None]
    lapses_at: Mapped[datetime | None]

    membership: Mapped[Membership] = relationship(back_populates="changes")
    plan: Mapped[Product] = relationship()
    payment: Mapped[Payment | None] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def period(self) -> Period:
        return Period(self.duration, self.duration_unit)

    @property
    def surplus(self) -> Money:
        return Money(self.surplus_minor, self.currency)
