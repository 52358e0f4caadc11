"""What we owe a customer: a balance for each currency, and every movement that made it what it is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId
from webapp.money import Money

if TYPE_CHECKING:
    from webapp.models.payment import Payment
    from webapp.models.refund import Refund


class CreditKind(StrEnum):
    """Where a movement comes from. `used` pays a payment, `returned` gives that back; `correction` takes off.

    `deposit`: money that was transferred, less or more than was asked for.
    """

    SURPLUS = "surplus"
    GOODWILL = "goodwill"
    REFUND = "refund"
    RETURNED = "returned"
    DEPOSIT = "deposit"
    USED = "used"
    CORRECTION = "correction"


class CreditBalance(HasId, Model):
    """The sum of a customer's movements in one currency: the row that two who use it at once wait for."""

    __tablename__ = "credit_balances"
    __table_args__ = (
        CheckConstraint("balance_minor >= 0", name="balance"),
        Index("uq_credit_balances_customer", "customer_id", "currency", unique=True),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int]


class CreditMovement(HasId, Model):
    """One line of the ledger: more than zero came in, less went out. Written once, never changed."""

    __tablename__ = "credit_movements"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_credit_movements_customer", "customer_id", "id"),
        Index("ix_credit_movements_payment", "payment_id"),
        Index("ix_credit_movements_created", "created_at"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    kind: Mapped[CreditKind]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    actor: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())

    payment: Mapped[Payment | None] = relationship()
    refund: Mapped[Refund | None] = relationship()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
