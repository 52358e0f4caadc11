"""Finding what is sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from webapp.extensions import db
from webapp.models import Product, ProductType


def plans_on_offer() -> Sequence[Product]:
    """The plans a visitor may buy, in the operator's order."""
    query = select(Product).where(Product.type == ProductType.PLAN, Product.active.is_(True))
    return db.session.scalars(query.order_by(Product.list_order, Product.id)).all()


def find_many(references: Sequence[str]) -> dict[str, Product]:
    """Products by slug or id, keyed as they were asked for. Unknown ones are left out."""
    ids = [int(one) for one in references if one.isascii() and one.isdigit() and len(one) < 16]
    if not references:
        return {}
    query = select(Product).where(or_(Product.slug.in_(references), Product.id.in_(ids)))
    found = db.session.scalars(query).all()
    by_slug = {product.slug: product for product in found}
    by_id = {str(product.id): product for product in found}
    return {one: product for one in references if (product := by_slug.get(one) or by_id.get(one))}
