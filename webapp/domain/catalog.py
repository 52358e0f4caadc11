"""Finding what is sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from webapp.extensions import db
from webapp.models import Product, ProductType


def plans_on_offer() -> Sequence[Product]:
    """The plans a visitor may buy, in the operator's order."""
    query = select(Product).where(Product.type == ProductType.PLAN, Product.active.is_(True))
    plans = db.session.scalars(query.order_by(Product.list_order, Product.id)).all()
    _seen().update({plan.slug: plan for plan in plans})
    return plans


def _seen() -> dict[str, Product]:
    """The products that this session has at hand, by slug: a page shows the plans and reckons one of them."""
    seen: dict[str, Product] = db.session().info.setdefault("products", {})
    return seen


def find_many(references: Sequence[str]) -> dict[str, Product]:
    """Products by slug or id, keyed as they were asked for. Unknown ones are left out."""
    by_slug = {
        one: product for one in references if (product := _seen().get(one)) is not None and product in db.session
    }
    missing = [one for one in references if one not in by_slug]
    if not missing:
        return by_slug
    ids = [int(one) for one in missing if one.isascii() and one.isdigit() and len(one) < 16]
    query = select(Product).where(
        or_(Product.slug.in_(missing), Product.id.in_(ids)) if ids else Product.slug.in_(missing)
    )
    found = db.session.scalars(query).all()
    by_slug |= {product.slug: product for product in found}
    by_id = {str(product.id): product for product in found}
    return {one: product for one in references if (product := by_slug.get(one) or by_id.get(one))}
