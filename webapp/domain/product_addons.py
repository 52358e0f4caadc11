"""What is offered beside a plan: packages and services, never another plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.domain import catalog
from webapp.domain.product_facts import Facts
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import PricingType, Product, ProductType, PwywRecurring
from webapp.periods import Period

OFFERED_AT_MOST = 20
LISTED_AT_MOST = 200  # so many are there to choose from in a plan's form


def offered_with(plan: Product, period: Period, currency: str, *, off_sale: bool = False) -> list[Product]:
    """What may be ordered with this plan now, in the operator's order: on sale, for this period, in this currency.

    `off_sale`: also what is not sold any more.
    """
    found = [one for one in catalog.find_by_ids(plan.available_addons) if one.type != ProductType.PLAN]
    given = [one for one in found if one.can_be_bought or (off_sale and one.pricing_type != PricingType.CONTACT_US)]
    return [one for one in given if fits(one, period, currency)]


def is_ordered_with(plan: Product, product: Product, period: Period, currency: str, *, sure: bool) -> bool:
    """Whether a tick counts. `sure`: it was made for this plan, so what the plan does not offer was asked for."""
    offered = product.id in plan.available_addons
    return fits(product, period, currency) if offered else sure


def fits(addon: Product, period: Period, currency: str) -> bool:
    """Whether it has a price beside a plan that is paid for this period in this currency."""
    if addon.is_free:
        return True
    always_again = addon.recurring and addon.pwyw_recurring_mode != PwywRecurring.CUSTOMER_CHOICE
    if always_again or (addon.recurring and not addon.is_pay_what_you_want):
        return addon.price_for(period, currency) is not None
    return addon.price_in(currency) is not None


def candidates(chosen: Sequence[int]) -> Sequence[Product]:
    """What a plan's form offers to choose from: everything that is on sale beside plans, and what is chosen already."""
    query = select(Product).where(Product.type != ProductType.PLAN)
    query = query.where(Product.active.is_(True) | Product.id.in_(chosen))
    return db.session.scalars(query.order_by(Product.list_order, Product.id).limit(LISTED_AT_MOST)).all()


def plans_with(product: Product) -> Sequence[str]:
    """The names of the plans that offer it."""
    rows = db.session.execute(
        select(Product.name, Product.available_addons)
        .where(Product.type == ProductType.PLAN)
        .order_by(Product.list_order, Product.id)
    )
    return [name for name, ids in rows if product.id in ids]


def problems(facts: Facts, product: Product | None) -> Iterator[Invalid]:
    """A plan offers packages and services only, so that nothing ever offers itself, however far around."""
    if facts.type == ProductType.PLAN:
        yield from _of_choice(facts.available_addons, product)
        if product is not None and (names := plans_with(product)):
            text = _("It is offered with %(plan)s. Take it out there first.", plan=names[0])
            yield Invalid(text, field="type")


def _of_choice(ids: Sequence[int], product: Product | None) -> Iterator[Invalid]:
    kinds = {one.id: one.type for one in db.session.scalars(select(Product).where(Product.id.in_(ids)))} if ids else {}
    if len(ids) > OFFERED_AT_MOST:
        yield Invalid(_("Choose at most %(most)s.", most=OFFERED_AT_MOST), field="available_addons")
    if len(set(ids)) != len(ids) or any(one not in kinds for one in ids):
        yield Invalid(_("Choose from the list."), field="available_addons")
    elif any(kind == ProductType.PLAN for kind in kinds.values()) or (product is not None and product.id in ids):
        yield Invalid(_("Only packages and services are offered with a plan."), field="available_addons")
