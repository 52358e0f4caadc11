"""The lines of carts and payments, as the API tells them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from webapp.blueprints.api.fields import HIGHEST, Amount, Flag, OneOf, Rate, Shape, Whole
from webapp.models import LineTax, LineType


class Tax(Shape):
    """One tax of a line."""

    title = fields.String()
    rate = Rate(metadata={"description": "In percent."})
    amount = Amount()


class Line(Shape):
    """subtotal - discount_total, with the tax unless the price contains it, is the total."""

    type = OneOf([str(one) for one in LineType])
    title = fields.String()
    product = fields.String(allow_none=True, metadata={"description": "Its slug."})
    quantity = Whole()
    unit_price = Amount(least=-HIGHEST)
    subtotal = Amount(least=-HIGHEST)
    discount_total = Amount()
    tax_total = Amount(least=-HIGHEST)
    taxes = fields.List(fields.Nested(Tax))
    total = Amount(least=-HIGHEST)
    recurring = Flag()


TOLD: dict[str, Any] = {
    "type": "product",
    "title": "Premium",
    "product": "premium",
    "quantity": 1,
    "unit_price": 2999,
    "subtotal": 2999,
    "discount_total": 300,
    "tax_total": 513,
    "taxes": [{"title": "VAT", "rate": "19", "amount": 513}],
    "total": 3212,
    "recurring": True,
}


def tax_shown(tax: LineTax) -> dict[str, Any]:
    return {"title": tax.title, "rate": tax.rate, "amount": tax.amount.minor}
