"""What an operator does with products: make, change, copy, put in order, take off sale.

Memberships keep the price they were bought for, so nothing here changes what anybody pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import Table, select, update
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import audit
from webapp.domain.product_facts import Facts, check, free_slug
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import (
    DiscountCode,
    LineItem,
    Membership,
    MembershipItem,
    PriceVariation,
    Product,
)
from webapp.money import Money
from webapp.periods import Period, Unit

ORDERED_AT_MOST = 500
STEP = 10
TABLE = cast(Table, Product.__table__)  # an order is no part of what people edit, so it makes no new version
COPIED = (
    *("description", "type", "pricing_type", "currency", "amount_minor", "setup_fee_minor", "recurring", "duration"),
    *("duration_unit", "billing_cycles", "trial_duration", "trial_duration_unit", "list_order"),
    *("taxable", "tax_category"),
)


# -- writing -----------------------------------------------------------------------------------------------------
def create(facts: Facts, *, active: bool) -> Product:
    """A new product, on sale or not yet. Raises Invalid."""
    check(facts)
    product = Product(currency=facts.amount.currency, active=active)
    _write(product, facts)
    db.session.add(product)
    _flush()
    audit.note(product, "products.create", before={}, after=described(product))
    return product


def change(product: Product, facts: Facts, *, seen: int) -> None:
    """Keep what was said of it. `seen`: the version that was looked at. Raises Invalid, Conflict."""
    if product.version != seen:
        raise Conflict()
    check(facts, product)
    before, old_slug = described(product), product.slug
    _write(product, facts)
    product.updated_at = clock.now()  # also when only a variation changed: it makes a new version
    if product.slug != old_slug:
        _rename_in_codes(old_slug, product.slug)
    _flush()
    after = described(product)
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
    _write(product, facts)
    return product


def _write(product: Product, facts: Facts) -> None:
    """What is free costs nothing at any time, whatever else was typed."""
    paid = not facts.is_free
    product.name, product.slug, product.description = facts.name, facts.slug, facts.description
    product.type, product.pricing_type = facts.type, facts.pricing_type
    product.amount_minor = facts.amount.minor if paid else 0
    product.setup_fee_minor = facts.setup_fee_minor if paid else 0
    product.recurring = facts.recurring and paid
    product.duration, product.duration_unit = facts.period.count, facts.period.unit
    product.billing_cycles = facts.billing_cycles if product.recurring else 0
    trial = facts.trial if product.recurring else None
    product.trial_duration = trial.count if trial else 0
    product.trial_duration_unit = trial.unit if trial else Unit.DAY
    product.feature_list = list(facts.feature_list)
    product.taxable, product.tax_category = facts.taxable, facts.tax_category
    product.list_order = facts.list_order
    _write_variations(product, facts.variations if product.recurring else ())


def _write_variations(product: Product, wanted: Sequence[tuple[Period, int]]) -> None:
    """Rows that stay keep their place; the table holds one for each period."""
    rows = {(one.duration, one.duration_unit): one for one in product.variations}
    kept = []
    for period, minor in wanted:
        row = rows.get((period.count, period.unit)) or PriceVariation(duration=period.count, duration_unit=period.unit)
        row.amount_minor = minor
        kept.append(row)
    product.variations[:] = kept


def _rename_in_codes(old: str, new: str) -> None:
    """Discount codes name the products that they are for."""
    for code in db.session.scalars(select(DiscountCode)):
        if old in code.allowed_products:
            code.allowed_products = [new if slug == old else slug for slug in code.allowed_products]


def described(product: Product) -> dict[str, Any]:
    """Its facts as the audit log keeps them: amounts and periods as text."""
    return {
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "type": str(product.type),
        "pricing_type": str(product.pricing_type),
        "amount": str(product.price),
        "period": str(product.period) if product.recurring else "once",
        "variations": [f"{one.period}: {Money(one.amount_minor, product.currency)}" for one in product.variations],
        "setup_fee": str(product.setup_fee),
        "billing_cycles": product.billing_cycles,
        "trial": str(product.trial or ""),
        "feature_list": product.feature_list,
        "taxable": product.taxable,
        "tax_category": product.tax_category,
        "list_order": product.list_order,
    }


def duplicate(product: Product) -> Product:
    """A copy under a slug of its own, not on sale until somebody looked at it."""
    values = {name: getattr(product, name) for name in COPIED}
    copy = Product(
        **values,
        name=_("Copy of %(name)s", name=product.name)[:200],
        slug=free_slug(product.slug),
        active=False,
        feature_list=list(product.feature_list),
    )
    _write_variations(copy, [(one.period, one.amount_minor) for one in product.variations])
    db.session.add(copy)
    db.session.flush()
    audit.note(copy, "products.duplicate", before={"of": product.slug}, after=described(copy))
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
    audit.note(product, "products.delete", before=described(product), after={})
    db.session.delete(product)
    db.session.flush()


def locked(product_id: int) -> Product:
    """The product, which nobody else changes until this unit ends. Raises NotFound."""
    query = select(Product).where(Product.id == product_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return found
