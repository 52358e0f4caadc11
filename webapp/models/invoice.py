"""Invoices and credit notes: numbered without a gap, and frozen when they are issued."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId, HasReference, beginning
from webapp.money import Money

if TYPE_CHECKING:
    from webapp.models.payment import Payment
    from webapp.models.people import Customer
    from webapp.models.refund import Refund

OF_A_PAYMENT = "refund_id IS NULL"


class InvoiceKind(StrEnum):
    """UNTDID 1001 calls them 380 and 381."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


class InvoiceSequence(Model):
    """The next number of a legal entity. Its row is locked from the drawing of a number to the commit: no gap."""

    __tablename__ = "invoice_sequences"

    entity: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_number: Mapped[int]


class Invoice(HasId, HasReference, Model):
    """One document. `content` says all that is on it (domain/invoice_content.py) and never changes.

    A payment has one invoice, with the payment's own reference. A refund has a credit note; when the money of that
    comes back to us after all, an invoice for the same refund takes the credit note back.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("entity", "sequence_number"),
        UniqueConstraint("refund_id", "kind"),
        Index(
            "uq_invoices_payment",
            "payment_id",
            unique=True,
            sqlite_where=text(OF_A_PAYMENT),
            postgresql_where=text(OF_A_PAYMENT),
        ),
        Index("ix_invoices_customer", "customer_id", "id"),
        Index("ix_invoices_kind", "kind", "id"),
        Index("ix_invoices_issued", "issued_at", "id"),
        Index("ix_invoices_amount", "total_minor", "id"),
        Index("ix_invoices_payment", "payment_id", "id"),
        beginning("invoices", "number"),
    )

    kind: Mapped[InvoiceKind]
    entity: Mapped[str] = mapped_column(String(40))
    sequence_number: Mapped[int]
    number: Mapped[str] = mapped_column(String(80), unique=True)  # as it is printed
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    tax_minor: Mapped[int]
    locale: Mapped[str] = mapped_column(String(8))
    issue_date: Mapped[date]  # in the network's time zone
    issued_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    pdf_bytes: Mapped[int | None]  # how large its PDF is; none until it was drawn for the first time

    customer: Mapped[Customer] = relationship()
    payment: Mapped[Payment] = relationship()
    refund: Mapped[Refund | None] = relationship()

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)
