"""Rows that no database knows, for listeners that only read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from webapp.models import (
    Customer,
    LineItem,
    LineType,
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    Product,
    User,
)
from webapp.periods import Unit

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)


def a_plan(slug: str = "premium", name: str = "Premium", **values: Any) -> Product:
    return Product(slug=slug, name=name, currency="EUR", amount_minor=2999, **values)


def a_customer(**values: Any) -> Customer:
    facts = {
        "email": "ada@example.org",
        "display_name": "Ada Lovelace",
        "registered_at": NOON,
        "reference": "a-random-reference",
        "analytics_consent_at": None,
    }
    owner = User(email="ada@example.org", username="ada", password_hash="")
    return Customer(**{"user": owner, **facts, **values})


def a_membership(customer: Customer, plan: Product | None = None, **values: Any) -> Membership:
    facts = {
        "status": MembershipStatus.ACTIVE,
        "currency": "EUR",
        "price_minor": 2999,
        "duration": 1,
        "duration_unit": Unit.MONTH,
        "activated_at": NOON,
        "cancellation_reason": "",
    }
    return Membership(customer=customer, plan=plan or a_plan(), **{**facts, **values})


def a_line(product: Product | None, total: int = 2999, tax: int = 0, **values: Any) -> LineItem:
    facts = {
        "type": LineType.PRODUCT,
        "position": 1,
        "title": product.name if product else "Something",
        "quantity": 1,
        "unit_price_minor": total - tax,
        "subtotal_minor": total - tax,
        "discount_minor": 0,
        "tax_minor": tax,
        "total_minor": total,
        "currency": "EUR",
    }
    return LineItem(product=product, **{**facts, **values})


def a_payment(membership: Membership, *lines: LineItem, **values: Any) -> Payment:
    facts = {
        "kind": PaymentKind.FIRST,
        "id": 42,
        "reference": "pay-reference",
        "currency": "EUR",
        "tax_minor": sum(line.tax_minor for line in lines),
        "total_minor": sum(line.total_minor for line in lines),
        "discount_code": "",
        "gateway": "sandbox",
        "completed_at": NOON,
        "created_at": NOON,
        "updated_at": NOON,
        "line_items": list(lines),
    }
    return Payment(customer=membership.customer, membership=membership, **{**facts, **values})
