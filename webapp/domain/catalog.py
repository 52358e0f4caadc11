"""Finding what is sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import joinedload

from webapp.extensions import db
from webapp.models import Product, ProductType

# Every page of the shop asks these. They are built once, for that takes longer than their answer.
PRICED = select(Product).options(joinedload(Product.variations))
PLANS = PRICED.where(Product.type == ProductType.PLAN, Product.active.is_(True))
ON_OFFER = PLANS.order_by(Product.list_order, Product.id)
BY_SLUG = PRICED.where(Product.slug.in_(bindparam("slugs", expanding=True)))
BY_SLUG_OR_ID = PRICED.where(
    or_(Product.slug.in_(bindparam("slugs", expanding=True)), Product.id.in_(bindparam("ids", expanding=True)))
)


def plans_on_offer() -> Sequence[Product]:
    """The plans a visitor may buy, in the operator's order."""
    plans = db.session.scalars(ON_OFFER).unique().all()
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
    query = BY_SLUG_OR_ID if ids else BY_SLUG
    found = db.session.scalars(query, {"slugs": missing, **({"ids": ids} if ids else {})}).unique().all()
    by_slug |= {product.slug: product for product in found}
    by_id = {str(product.id): product for product in found}
    return {one: product for one in references if (product := by_slug.get(one) or by_id.get(one))}
