"""What went back: refunds of a payment, and disputes that a payer's bank opened about one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes
from webapp.money import Money

if TYPE_CHECKING:
    from webapp.models.payment import Payment


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.PENDING: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}
UNDER_WAY = "status = 'pending'"
# Word for word the condition of the partial index; a bare `by_hand` is one in both databases.
FOR_A_PERSON = "status = 'pending' AND by_hand OR puzzles_since IS NOT NULL"


class RefundKind(StrEnum):
    """`amount`: a part of the price, its tax included. `tax`: the tax alone, since none was due after all."""

    AMOUNT = "amount"
    TAX = "tax"


class Refund(HasId, HasTimes, HasStatus[RefundStatus], Model):
    """Money given back. All that did not fail together never exceed the payment.

    `credit_minor` of it goes to the customer's balance here, the rest through the gateway, or `by_hand`.
    `parts`: what it takes back of each tax (domain/tax_parts.py), so that credit notes add up to the invoice.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("credit_minor BETWEEN 0 AND amount_minor", name="credit"),
        UniqueConstraint("gateway", "gateway_reference"),
        Index("ix_refunds_unsettled", "ask_at", sqlite_where=text(UNDER_WAY), postgresql_where=text(UNDER_WAY)),
        Index("ix_refunds_for_a_person", "id", sqlite_where=text(FOR_A_PERSON), postgresql_where=text(FOR_A_PERSON)),
    )
    MOVES = REFUND_MOVES

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RefundKind] = mapped_column(default=RefundKind.AMOUNT)
    amount_minor: Mapped[int]
    credit_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)  # of the amount, as `parts` have it
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[RefundStatus] = mapped_column(default=RefundStatus.PENDING)
    reason: Mapped[str] = mapped_column(String(300), default="")
    actor: Mapped[str] = mapped_column(String(64), default="")
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    ends_membership: Mapped[bool] = mapped_column(default=False)
    by_hand: Mapped[bool] = mapped_column(default=False)  # an operator sends it, and says so here
    gateway: Mapped[str] = mapped_column(String(40), default="")
    gateway_reference: Mapped[str | None] = mapped_column(String(255))
    problem: Mapped[str] = mapped_column(String(300), default="")  # why it failed, or why its end is not known
    ask_at: Mapped[datetime | None]  # when the gateway is asked, should nobody have told us by then
    asked: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]
    puzzles_since: Mapped[datetime | None]  # only a person can find out what became of it

    payment: Mapped[Payment] = relationship(back_populates="refunds")

    @validates("parts")
    def _sum_up(self, _name: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.tax_minor = sum(sum(one["taxes"]) for one in parts)
        return parts

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.currency)

    @property
    def sent_back(self) -> Money:
        """What the gateway, or the operator by hand, gives back."""
        return Money(self.amount_minor - self.credit_minor, self.currency)

    @property
    def key(self) -> str:
        """The idempotency key towards the vendor: the same however often this refund is sent."""
        return f"refund-{self.payment.reference}-{self.id}"


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Dispute(HasId, HasTimes, HasStatus[DisputeStatus], Model):
    """The payer's bank asks for the money back. Lost, it is a refund; won, nothing changes."""

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_reference"),
        Index(
            "ix_disputes_open",
            "created_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )
    MOVES = {
        DisputeStatus.OPEN: frozenset({DisputeStatus.WON, DisputeStatus.LOST}),
        DisputeStatus.LOST: frozenset({DisputeStatus.WON}),
        DisputeStatus.WON: frozenset(),
    }

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"), index=True)
    gateway: Mapped[str] = mapped_column(String(40))
    gateway_reference: Mapped[str] = mapped_column(String(255))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[DisputeStatus] = mapped_column(default=DisputeStatus.OPEN)
    reason: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(back_populates="disputes")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
