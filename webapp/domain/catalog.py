"""Finding what is sold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import joinedload

from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import Product, ProductType

# Every page of the shop asks these. They are built once, for that takes longer than their answer.
PRICED = select(Product).options(joinedload(Product.variations), joinedload(Product.currency_prices))
PLANS = PRICED.where(Product.type == ProductType.PLAN, Product.active.is_(True))
ON_OFFER = PLANS.order_by(Product.list_order, Product.id)
BY_ONE_SLUG = PRICED.where(Product.slug == bindparam("slug"))
BY_SLUG = PRICED.where(Product.slug.in_(bindparam("slugs", expanding=True)))
BY_ID = PRICED.where(Product.id.in_(bindparam("ids", expanding=True)))
BY_SLUG_OR_ID = PRICED.where(
    or_(Product.slug.in_(bindparam("slugs", expanding=True)), Product.id.in_(bindparam("ids", expanding=True)))
)


def plans_on_offer() -> Sequence[Product]:
    """The plans a visitor may buy, in the operator's order."""
    plans = db.session.scalars(ON_OFFER).unique().all()
    _note(plans)
    return plans


def all_plans() -> Sequence[Product]:
    """Those and what is off sale, which the staff may still give."""
    query = PRICED.where(Product.type == ProductType.PLAN).order_by(Product.list_order, Product.id)
    plans = db.session.scalars(query).unique().all()
    _note(plans)
    return plans


def _note(found: Iterable[Product]) -> None:
    for product in found:
        _seen()[product.slug] = _seen()[product.id] = product


def _seen() -> dict[str | int, Product]:
    """The products that this session has at hand, by slug and by id: a page shows the plans and reckons one of them."""
    seen: dict[str | int, Product] = db.session().info.setdefault("products", {})
    return seen


def _at_hand(name: str | int) -> Product | None:
    product = _seen().get(name)
    return product if product is not None and product in db.session else None


def find_many(references: Sequence[str]) -> dict[str, Product]:
    """Products by slug or id, keyed as they were asked for. Unknown ones are left out."""
    known = {one: product for one in references if (product := _at_hand(one)) is not None}
    by_slug = {one: product for one, product in known.items() if product.slug == one}
    missing = [one for one in references if one not in by_slug]
    if not missing:
        return by_slug
    found = _read(missing)
    _note(found)
    by_slug |= {product.slug: product for product in found}
    by_id = {str(product.id): product for product in found}
    return {one: product for one in references if (product := by_slug.get(one) or by_id.get(one))}


def _read(references: Sequence[str]) -> Sequence[Product]:
    """Most orders name one plan by its slug; a list would be written into the statement anew each time."""
    ids = [int(one) for one in references if one.isascii() and one.isdigit() and len(one) < 16]
    if ids:
        found = db.session.scalars(BY_SLUG_OR_ID, {"slugs": references, "ids": ids})
    elif len(references) == 1:
        found = db.session.scalars(BY_ONE_SLUG, {"slug": references[0]})
    else:
        found = db.session.scalars(BY_SLUG, {"slugs": references})
    return found.unique().all()


def find_by_ids(ids: Sequence[int]) -> list[Product]:
    """Products in the order of their ids; those that are gone are left out."""
    known = {one: product for one in ids if (product := _at_hand(one)) is not None}
    missing = [one for one in ids if one not in known]
    if missing:
        found = db.session.scalars(BY_ID, {"ids": missing}).unique().all()
        _note(found)
        known |= {product.id: product for product in found}
    return [known[one] for one in ids if one in known]


def find(product_id: int) -> Product:
    """The product with all its prices. Raises NotFound."""
    found = find_by_ids([product_id])
    if not found:
        raise NotFound()
    return found[0]
