"""Requests for money: the payment, its lines, and the tries to take it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasMeta, HasReference, HasStatus, HasTimes, beginning
from webapp.models.tax import LineTax, TaxDoubt
from webapp.money import Money

if TYPE_CHECKING:
    from webapp.models.catalog import Product
    from webapp.models.membership import Membership
    from webapp.models.people import Customer
    from webapp.models.refund import Dispute, Refund


class PaymentStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially-refunded"
    REFUNDED = "refunded"


P = PaymentStatus
# A cancelled payment can still be completed: money that arrives late is kept, and the operator is told.
PAYMENT_MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    P.PENDING: frozenset({P.COMPLETED, P.FAILED, P.CANCELLED}),
    P.FAILED: frozenset({P.COMPLETED, P.CANCELLED}),
    P.CANCELLED: frozenset({P.COMPLETED}),
    P.COMPLETED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED}),
    P.PARTIALLY_REFUNDED: frozenset({P.COMPLETED, P.REFUNDED}),
    P.REFUNDED: frozenset({P.COMPLETED, P.PARTIALLY_REFUNDED}),
}
# What was asked for with a day, and has not come; word for word the condition of the partial index.
OVERDUE = "status = 'pending' AND due_at IS NOT NULL"
REMINDED = "remind_at IS NOT NULL"
DOUBTED = "tax_doubt IS NOT NULL"
PAID = frozenset({P.COMPLETED, P.PARTIALLY_REFUNDED, P.REFUNDED})


class PaymentKind(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"
    REACTIVATION = "reactivation"  # of a membership that has ended: a period from the day it is paid
    CHANGE = "change"  # of a membership's terms, which begin when it is settled


class Payment(HasId, HasTimes, HasReference, HasMeta, HasStatus[PaymentStatus], Model):
    """One request for money. Amounts are minor units of `currency`; `total` is what is due."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("total_minor >= 0", name="total"),
        CheckConstraint("credit_minor BETWEEN 0 AND total_minor", name="credit"),
        Index("ix_payments_created", "created_at", "id"),
        Index("ix_payments_status", "status", "created_at", "id"),
        Index("ix_payments_gateway", "gateway", "created_at", "id"),
        Index("ix_payments_amount", "total_minor", "id"),
        beginning("payments", "reference"),
        Index("ix_payments_overdue", "due_at", sqlite_where=text(OVERDUE), postgresql_where=text(OVERDUE)),
        Index("ix_payments_to_remind", "remind_at", "id", sqlite_where=text(REMINDED), postgresql_where=text(REMINDED)),
        Index("ix_payments_doubted", "tax_check_id", sqlite_where=text(DOUBTED), postgresql_where=text(DOUBTED)),
        UniqueConstraint("gateway", "gateway_reference"),
        Index("uq_payments_period", "membership_id", "period_number", unique=True),  # asked for once, whoever asks
    )
    MOVES = PAYMENT_MOVES

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("memberships.id"), index=True)
    kind: Mapped[PaymentKind] = mapped_column(default=PaymentKind.FIRST)
    status: Mapped[PaymentStatus] = mapped_column(default=PaymentStatus.PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    subtotal_minor: Mapped[int] = mapped_column(default=0)
    discount_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(default=0)
    credit_minor: Mapped[int] = mapped_column(default=0)  # of the total: paid from the customer's credit balance
    counted_minor: Mapped[int] = mapped_column(default=0)  # of the total: counted in a change, as unused time
    discount_code: Mapped[str] = mapped_column(String(40), default="")
    # What the tax was decided on (domain/taxes.py, Decision); none where no tax is reckoned.
    tax_evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tax_doubt: Mapped[TaxDoubt | None]
    tax_check_id: Mapped[int | None] = mapped_column(ForeignKey("tax_id_checks.id"))  # what the doubt waits for
    gateway: Mapped[str] = mapped_column(String(40), default="")
    # What the gateway calls the money once taken; None until then. Unique: nothing is booked twice.
    gateway_reference: Mapped[str | None] = mapped_column(String(255))
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]  # when its payer is next reminded of a transfer; None: not any more
    # The paid period of its membership that it is for; None for what is for none, and once it is void.
    period_number: Mapped[int | None]
    # The time that its recurring lines pay for; None until it is settled, and for what has no end.
    covers_from: Mapped[datetime | None]
    covers_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # when the stored way to pay is charged again, by itself
    completed_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    customer: Mapped[Customer] = relationship()
    membership: Mapped[Membership | None] = relationship(back_populates="payments")
    line_items: Mapped[list[LineItem]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", order_by="LineItem.position"
    )
    tries: Mapped[list[Try]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", order_by="Try.number"
    )
    refunds: Mapped[list[Refund]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", order_by="Refund.id"
    )
    disputes: Mapped[list[Dispute]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", order_by="Dispute.id"
    )

    @property
    def subtotal(self) -> Money:
        return Money(self.subtotal_minor, self.currency)

    @property
    def discount_total(self) -> Money:
        return Money(self.discount_minor, self.currency)

    @property
    def tax_total(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def is_tax_inclusive(self) -> bool:
        """Whether the prices of its lines contain the tax; otherwise it was added to them."""
        return bool(self.tax_evidence and self.tax_evidence.get("inclusive"))

    @property
    def is_reverse_charged(self) -> bool:
        """Whether the buyer owes the tax, as a business of another member state."""
        return bool(self.tax_evidence and self.tax_evidence.get("reverse_charge"))

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.currency)

    @property
    def asked(self) -> Money:
        """What a gateway is asked for: the total without what the customer's credit pays."""
        return Money(self.total_minor - self.credit_minor, self.currency)

    @property
    def is_paid(self) -> bool:
        return self.status in PAID

    @property
    def order_number(self) -> str:
        """What people call it; the reference is for addresses."""
        return f"{self.id:06d}"


class LineType(StrEnum):
    PRODUCT = "product"
    FEE = "fee"
    CREDIT = "credit"
    PRORATION = "proration"  # paid already, for time that is not used any more
    ADJUSTMENT = "adjustment"


class LineItem(HasId, Model):
    """One row of a payment. Its total is subtotal - discount, with the tax unless that is contained in the price."""

    __tablename__ = "line_items"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    type: Mapped[LineType]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int] = mapped_column(default=1)
    unit_price_minor: Mapped[int]
    subtotal_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int]
    recurring: Mapped[bool] = mapped_column(default=False)
    currency: Mapped[str] = mapped_column(String(3))
    tax_category: Mapped[str] = mapped_column(String(40), default="")  # empty: not taxed
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # LineTax, as its to_json says

    payment: Mapped[Payment] = relationship(back_populates="line_items")
    product: Mapped[Product | None] = relationship()

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_minor, self.currency)

    @property
    def subtotal(self) -> Money:
        return Money(self.subtotal_minor, self.currency)

    @property
    def discount_total(self) -> Money:
        return Money(self.discount_minor, self.currency)

    @property
    def tax_total(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax_parts(self) -> list[LineTax]:
        """Its tax by rate; the parts add up to `tax_total`."""
        return [LineTax.from_json(one, self.currency) for one in self.taxes]


class TryStatus(StrEnum):
    STARTED = "started"
    NEEDS_ACTION = "needs-action"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


T = TryStatus
TRY_MOVES: dict[TryStatus, frozenset[TryStatus]] = {
    T.STARTED: frozenset({T.SUCCEEDED, T.DECLINED, T.NEEDS_ACTION, T.UNKNOWN}),
    T.NEEDS_ACTION: frozenset({T.SUCCEEDED, T.DECLINED}),
    T.UNKNOWN: frozenset({T.SUCCEEDED, T.DECLINED, T.NEEDS_ACTION}),
    T.SUCCEEDED: frozenset(),
    T.DECLINED: frozenset(),
}
PUZZLES = "puzzles_since IS NOT NULL"
OPEN_TRY = frozenset({T.STARTED, T.NEEDS_ACTION, T.UNKNOWN})


class Try(HasId, HasTimes, HasStatus[TryStatus], Model):
    """One attempt to take a payment's money. While one is open no other begins, whoever asks."""

    __tablename__ = "tries"
    __table_args__ = (
        UniqueConstraint("payment_id", "number"),
        UniqueConstraint("gateway", "gateway_reference"),
        Index("ix_tries_unsettled", "status", "ask_at"),
        Index("ix_tries_puzzling", "puzzles_since", sqlite_where=text(PUZZLES), postgresql_where=text(PUZZLES)),
        Index(
            "uq_tries_open",
            "payment_id",
            unique=True,
            sqlite_where=text("status IN ('started', 'needs-action', 'unknown')"),
            postgresql_where=text("status IN ('started', 'needs-action', 'unknown')"),
        ),
    )
    MOVES = TRY_MOVES

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    status: Mapped[TryStatus] = mapped_column(default=TryStatus.STARTED)
    gateway: Mapped[str] = mapped_column(String(40))
    gateway_reference: Mapped[str | None] = mapped_column(String(255))
    action: Mapped[dict[str, object] | None] = mapped_column(JSON)  # what the buyer has to do next
    credential_reference: Mapped[str | None] = mapped_column(String(255))  # charged without the buyer
    reason: Mapped[str] = mapped_column(String(300), default="")
    ask_at: Mapped[datetime | None]  # when the gateway is asked, should nobody have told us by then
    asked: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]
    puzzles_since: Mapped[datetime | None]  # what the gateway says does not fit, and a person has to decide

    payment: Mapped[Payment] = relationship(back_populates="tries")

    @property
    def key(self) -> str:
        """The idempotency key towards the vendor: the same however often this try is sent."""
        return f"pay-{self.payment.reference}-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_TRY

    @property
    def is_unanswered_charge(self) -> bool:
        """A stored way to pay is being charged, or was, and nobody knows yet what came of it."""
        return self.credential_reference is not None and self.status in (TryStatus.STARTED, TryStatus.UNKNOWN)
