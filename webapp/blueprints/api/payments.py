"""Payments by the API, to read: what was asked for, line by line, and what was given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.blueprints.admin.payments import search
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import Amount, Choice, Flag, Id, Instant, Number, Shape
from webapp.blueprints.api.lines import TOLD as LINE_TOLD
from webapp.blueprints.api.lines import Line, tax_shown
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, operation
from webapp.extensions import db
from webapp.models import Invoice, LineItem, Payment, PaymentKind, PaymentStatus, Product, Refund, RefundStatus

TAG, READ = "payments", ("payments:read",)


class PaymentLineShown(Line):
    """A line of a payment."""

    id = Id()
    product_id = Id(allow_none=True)


class RefundShown(Shape):
    """Money given back."""

    id = Id()
    amount = Amount(least=1)
    status = Choice(RefundStatus)
    reason = fields.String()
    date_created = Instant()


class PaymentShown(Shape):
    """One request for money."""

    id = Id()
    reference = fields.String()
    order_number = fields.String()
    customer_id = Id()
    membership_id = Id(allow_none=True)
    kind = Choice(PaymentKind)
    status = Choice(PaymentStatus)
    currency = fields.String()
    line_items = fields.List(fields.Nested(PaymentLineShown))
    subtotal = Amount()
    discount_total = Amount()
    tax_total = Amount()
    total = Amount(metadata={"description": "What was asked for; refunds do not change it."})
    credit_total = Amount(metadata={"description": "Of the total: paid from the customer's credit balance."})
    refund_total = Amount(metadata={"description": "What was given back, as a positive number."})
    tax_inclusive = Flag(metadata={"description": "The prices of the lines contain the tax."})
    discount_code = fields.String(allow_none=True)
    gateway = fields.String()
    gateway_payment_id = fields.String(allow_none=True)
    invoice_number = fields.String(allow_none=True, metadata={"description": "Once it is settled."})
    refunds = fields.List(fields.Nested(RefundShown))
    date_created = Instant()
    date_modified = Instant()
    date_due = Instant(allow_none=True)
    date_completed = Instant(allow_none=True)


TOLD = {
    "id": 42,
    "reference": "f4rPOZWhEUjJpZ2rKvYAbA",
    "order_number": "000042",
    "customer_id": 5,
    "membership_id": 7,
    "kind": "first",
    "status": "partially-refunded",
    "currency": "EUR",
    "line_items": [{**LINE_TOLD, "id": 80, "product_id": 2}],
    "subtotal": 2999,
    "discount_total": 300,
    "tax_total": 513,
    "total": 3212,
    "credit_total": 0,
    "refund_total": 500,
    "tax_inclusive": False,
    "discount_code": "TEN",
    "gateway": "stripe",
    "gateway_payment_id": "pi_3Pabc",
    "invoice_number": "2027-0042",
    "refunds": [
        {"id": 3, "amount": 500, "status": "succeeded", "reason": "late", "date_created": "2027-02-01T10:00:00Z"}
    ],
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-02-01T10:00:00Z",
    "date_due": None,
    "date_completed": "2027-01-31T10:00:05Z",
}
OPTIONS = (
    selectinload(Payment.line_items).joinedload(LineItem.product).load_only(Product.slug),
    selectinload(Payment.refunds),
)
PAYMENTS = List(
    Payment,
    sorts={"date_created": Payment.created_at, "total": Payment.total_minor, "id": Payment.id},
    search=search,
    statuses={str(one): Payment.status == one for one in PaymentStatus},
    filters={
        "customer_id": lambda value: Payment.customer_id == value,
        "membership_id": lambda value: Payment.membership_id == value,
    },
    options=OPTIONS,
)
NUMBER = {"least": 1, "most": 2**63 - 1}
ASKED = PAYMENTS.asked(customer_id=Number(**NUMBER), membership_id=Number(**NUMBER))


@operation("GET", "/payments", tag=TAG, scopes=READ, query=ASKED, gives=PaymentShown(), many=True, answer=TOLD)
def list_payments(query: dict[str, Any]) -> Answer:
    """List payments."""
    return PAYMENTS.answer(query, shown)


@operation("GET", "/payments/<payment>", tag=TAG, scopes=READ, gives=PaymentShown(), answer=TOLD)
def get_payment(payment: str) -> Answer:
    """Read a payment.

    By its id or its reference.
    """
    [found] = shown([rows.find(select(Payment).options(*OPTIONS), Payment.reference, Payment.id, payment)])
    return Answer(found, rows.digest(PaymentShown().dump(found)))


def shown(found: Sequence[Payment]) -> list[dict[str, Any]]:
    """The numbers of their invoices are looked up for all of them at once."""
    numbers = select(Invoice.payment_id, Invoice.number).where(Invoice.refund_id.is_(None))
    known = db.session.execute(numbers.where(Invoice.payment_id.in_([one.id for one in found])))
    by_payment = {row.payment_id: row.number for row in known}
    return [{**payment_shown(one), "invoice_number": by_payment.get(one.id)} for one in found]


def payment_shown(one: Payment) -> dict[str, Any]:
    same = ("id", "reference", "order_number", "customer_id", "membership_id", "kind", "status", "currency", "gateway")
    given_back = [refund.amount_minor for refund in one.refunds if refund.status == RefundStatus.SUCCEEDED]
    return {
        **{name: getattr(one, name) for name in same},
        "line_items": [line_shown(line) for line in one.line_items],
        "subtotal": one.subtotal_minor,
        "discount_total": one.discount_minor,
        "tax_total": one.tax_minor,
        "total": one.total_minor,
        "credit_total": one.credit_minor,
        "refund_total": sum(given_back),
        "tax_inclusive": one.is_tax_inclusive,
        "discount_code": one.discount_code or None,
        "gateway_payment_id": one.gateway_reference,
        "refunds": [refund_shown(refund) for refund in one.refunds],
        "date_created": one.created_at,
        "date_modified": one.updated_at,
        "date_due": one.due_at,
        "date_completed": one.completed_at,
    }


def line_shown(line: LineItem) -> dict[str, Any]:
    amounts = ("unit_price", "subtotal", "discount_total", "tax_total", "total")
    return {
        **{name: getattr(line, name) for name in ("id", "type", "title", "product_id", "quantity", "recurring")},
        **{name: getattr(line, name).minor for name in amounts},
        "product": line.product.slug if line.product is not None else None,
        "taxes": [tax_shown(one) for one in line.tax_parts],
    }


def refund_shown(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "amount": refund.amount_minor,
        "status": refund.status,
        "reason": refund.reason,
        "date_created": refund.created_at,
    }
