"""What an operator does with products: make, change, copy, put in order, take off sale.

Memberships keep the price they were bought for, so nothing here changes what anybody pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from flask_babel import gettext as _
from sqlalchemy import Table, select, update
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import audit, product_addons, product_pictures, product_rows
from webapp.domain.product_facts import Facts, free_slug
from webapp.domain.product_problems import check
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import (
    DiscountCode,
    LineItem,
    Membership,
    MembershipItem,
    Product,
    TaxRate,
)

ORDERED_AT_MOST = 500
STEP = 10
TABLE = cast(Table, Product.__table__)  # an order is no part of what people edit, so it makes no new version


# -- writing -----------------------------------------------------------------------------------------------------
def create(facts: Facts, *, active: bool) -> Product:
    """A new product, on sale or not yet. Raises Invalid."""
    check(facts)
    product = Product(currency=facts.amount.currency, active=active)
    product_rows.write(product, facts)
    db.session.add(product)
    _flush()
    audit.note(product, "products.create", before={}, after=product_rows.described(product))
    return product


def change(product: Product, facts: Facts, *, seen: int) -> None:
    """Keep what was said of it. `seen`: the version that was looked at. Raises Invalid, Conflict."""
    if product.version != seen:
        raise Conflict()
    check(facts, product)
    before, old_slug = product_rows.described(product), product.slug
    product_rows.write(product, facts)
    product.updated_at = clock.now()  # also when only a price in a row of its own changed: it makes a new version
    if product.slug != old_slug:
        _rename_in_codes(old_slug, product.slug)
    _flush()
    after = product_rows.described(product)
    changed = [name for name, value in after.items() if before[name] != value]
    if changed:
        note = {name: before[name] for name in changed}, {name: after[name] for name in changed}
        audit.note(product, "products.change", before=note[0], after=note[1])


def _flush() -> None:
    """Somebody may have taken the slug since it was looked for. Raises Invalid."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Invalid(_("Another product has this name in addresses. Choose another one."), field="slug") from error


def preview(facts: Facts) -> Product:
    """The product that these facts would make, for looking at; it is in no session."""
    product = Product(currency=facts.amount.currency)
    product_rows.write(product, facts)
    return product


def _rename_in_codes(old: str, new: str) -> None:
    """Discount codes name the products that they are for."""
    for code in db.session.scalars(select(DiscountCode)):
        if old in code.allowed_products:
            code.allowed_products = [new if slug == old else slug for slug in code.allowed_products]


def duplicate(product: Product) -> Product:
    """A copy under a slug of its own, not on sale until somebody looked at it."""
    name = _("Copy of %(name)s", name=product.name)[:200]
    copy = product_rows.copied(product, name=name, slug=free_slug(product.slug), active=False)
    db.session.add(copy)
    db.session.flush()
    audit.note(copy, "products.duplicate", before={"of": product.slug}, after=product_rows.described(copy))
    return copy


def put_on_sale(product: Product, *, on_sale: bool) -> None:
    """What is off sale cannot be bought any more; who has it keeps it and goes on paying what was agreed."""
    if product.active == on_sale:
        return
    product.active = on_sale
    action = "products.put-on-sale" if on_sale else "products.archive"
    audit.note(product, action, before={"active": not on_sale}, after={"active": on_sale})


# -- order -------------------------------------------------------------------------------------------------------
def move(product: Product, *, by: int) -> bool:
    """One place up (-1) or down (1) among all products. Whether there was a place to go to."""
    query = select(Product.id, Product.list_order).order_by(Product.list_order, Product.id).limit(ORDERED_AT_MOST + 1)
    places = {row.id: row.list_order for row in db.session.execute(query)}
    ids = list(places)
    if len(ids) > ORDERED_AT_MOST or product.id not in places:
        raise Conflict(_("There are too many products to move one by one. Set its number instead."))
    old = ids.index(product.id)
    new = old + by
    if not 0 <= new < len(ids):
        return False
    ids[old], ids[new] = ids[new], ids[old]
    wanted = {one: (place + 1) * STEP for place, one in enumerate(ids)}
    for one, number in wanted.items():
        if places[one] != number:
            db.session.execute(update(TABLE).where(TABLE.c.id == one).values(list_order=number))
    db.session.expire_all()
    audit.note(product, "products.move", before={"place": old + 1}, after={"place": new + 1})
    return True


# -- end ---------------------------------------------------------------------------------------------------------
def is_used(product: Product) -> bool:
    """Whether anybody ever bought or ordered it."""
    uses = (
        select(Membership.id).where(Membership.plan_id == product.id),
        select(MembershipItem.id).where(MembershipItem.product_id == product.id),
        select(LineItem.id).where(LineItem.product_id == product.id),
    )
    found = select(uses[0].exists() | uses[1].exists() | uses[2].exists())
    return bool(db.session.scalar(found))


def delete(product: Product) -> None:
    """Raises Conflict for one that was ever sold: it is part of what happened."""
    if is_used(product):
        raise Conflict(_("This product was bought or ordered, so it can only be taken off sale."))
    if names := product_addons.plans_with(product):
        raise Conflict(_("It is offered with %(plan)s. Take it out there first.", plan=names[0]))
    audit.note(product, "products.delete", before=product_rows.described(product), after={})
    picture = product.image
    db.session.delete(product)
    db.session.flush()
    product_pictures.forget(picture)


def groups() -> Sequence[str]:
    """The names of the groups that products are in, to choose from."""
    query = select(Product.product_group).where(Product.product_group != "").distinct()
    return db.session.scalars(query.order_by(Product.product_group).limit(100)).all()


def tax_categories(product: Product | None) -> list[str]:
    """Those that there are tax rates of, the usual one first; what a product has already stays to be chosen."""
    known = db.session.scalars(select(TaxRate.category).distinct().order_by(TaxRate.category).limit(100)).all()
    own = [product.tax_category] if product is not None else []
    return list(dict.fromkeys(["default", *known, *own]))


def locked(product_id: int) -> Product:
    """The product, which nobody else changes until this unit ends. Raises NotFound."""
    query = select(Product).where(Product.id == product_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return found
