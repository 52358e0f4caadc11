"""Products: what is sold, at which prices, who has it, and the addresses that lead to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, lists, product_words, searches
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.lists import Column, Filter, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, newest
from webapp.blueprints.checkout import cards
from webapp.blueprints.checkout.cards import PlanCard
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View
from webapp.domain import catalog, discounts, product_addons, products
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.models import DiscountCode, Membership, MembershipStatus, Product, ProductType
from webapp.models.membership import SERVED
from webapp.money import Money
from webapp.periods import Period, Unit

ON_SALE, OFF_SALE = "yes", "no"
# So many memberships of a product are counted.
USES_AT_MOST = 1000


def search(text: str) -> ColumnElement[bool]:
    """By number, by the slug's beginning, or by words of the name."""
    return searches.any_of(
        Product.id,
        select(Product.id).where(searches.begins_with(Product.slug, text.lower())),
        select(Product.id).where(searches.word_begins_with(text, Product.name)),
        *searches.by_number(Product.id, text),
    )


def on_sale(value: str) -> ColumnElement[bool] | None:
    return Product.active.is_(value == ON_SALE) if value in (ON_SALE, OFF_SALE) else None


def of_type(value: str) -> ColumnElement[bool] | None:
    return Product.type == ProductType(value) if value in set(ProductType) else None


BY_SALE = Filter(
    name="on_sale",
    condition=on_sale,
    words=lambda value: product_words.standing(value == ON_SALE)[0],
    choices=lambda: [(value, product_words.standing(value == ON_SALE)[0]) for value in (ON_SALE, OFF_SALE)],
    label=_l("On sale"),
)
BY_TYPE = Filter(
    name="type",
    condition=of_type,
    words=lambda value: _("type %(type)s", type=product_words.TYPES[value]),
    choices=product_words.types,
    label=_l("Type"),
)
PRODUCTS = Listing(
    endpoint="admin.list_products",
    model=Product,
    title=_l("Products"),
    columns=(
        Column(_l("Name"), sort="name"),
        Column(_l("Type")),
        Column(_l("Price"), align="end"),
        Column(_l("Status")),
        Column(_l("Place in lists"), sort="place"),
        Column(_l("Created")),
    ),
    search=search,
    sorts={"place": Product.list_order, "name": Product.name, "id": Product.id},
    sort="place",
    filters=(BY_SALE, BY_TYPE),
)
list_view = View("admin/products.html", block="list")
product_view = View("admin/product.html")
links_view = View("admin/product.html", block="links")


@bp.get("/products")
@needs(Capability.PRODUCTS_VIEW)
def list_products() -> ResponseReturnValue:
    return show_list()


def show_list(said: str = "") -> Response:
    """`said`: a sentence for screen readers about what has just been done in the list."""
    return lists.show(PRODUCTS, list_view, said=said, is_ordered=request.args.get("sort", "place") == "place")


@bp.get("/products/<int:product_id>")
@needs(Capability.PRODUCTS_VIEW)
def show_product(product_id: int) -> ResponseReturnValue:
    return show(catalog.find(product_id))


def show(product: Product, *, problem: str = "", picture_error: str = "", status: int = 200) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    uses = uses_of(product)
    offered_with = product_addons.plans_with(product) if product.type != ProductType.PLAN else ()
    return product_view.show(
        status=status,
        problem=problem,
        picture_error=picture_error,
        product=product,
        standing=product_words.standing(product.active),
        cards=cards_of(product),
        addons=catalog.find_by_ids(product.available_addons),
        offered_with=offered_with,
        uses=uses,
        memberships=newest(
            Membership,
            Membership.plan_id == product.id,
            options=(joinedload(Membership.customer).options(CUSTOMER_NAME), joinedload(Membership.plan)),
        ),
        may_go=not uses.count and not offered_with and not products.is_used(product),
        changes=changes.of(product, product_words.label, product_words.value),
        **links_of(product),
    )


def cards_of(product: Product) -> Sequence[tuple[PlanCard, str]]:
    """As buyers see it, at each of its periods and in each currency, with the path that leads there."""
    ways = [(currency, one) for currency in product.currencies() for one in product.prices(currency)]
    return [(cards.plan_card(product, one, None, currency), path_of(product, one, currency)) for currency, one in ways]


def path_of(product: Product, period: Period, currency: str) -> str:
    """The shortest one: what is the product's own is not said."""
    other = None if currency == product.currency else currency
    return path_to(product, None if period == product.period else period, currency=other)


# -- who has it --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Use:
    """So many memberships that are served pay this."""

    count: int
    price: Money
    period: Period | None  # None: paid once, or nothing


@dataclass(frozen=True, slots=True)
class Uses:
    """`count`: of all statuses; `more`: there are others, which were not counted."""

    count: int
    served: int
    ended: int
    more: bool
    paying: Sequence[Use]


def uses_of(product: Product) -> Uses:
    """The memberships of a product, the newest thousand of them; what they pay is what was agreed then."""
    terms = (
        Membership.status,
        Membership.price_minor,
        Membership.currency,
        Membership.duration,
        Membership.duration_unit,
        Membership.recurring,
    )
    query = select(*terms).where(Membership.plan_id == product.id).order_by(Membership.id.desc())
    some = query.limit(USES_AT_MOST + 1).subquery()
    number = func.count()
    rows = db.session.execute(select(number, *some.c).group_by(*some.c).order_by(number.desc())).all()
    served = [row for row in rows if row.status in SERVED]
    total = sum(row[0] for row in rows)
    return Uses(
        count=total,
        served=sum(row[0] for row in served),
        ended=sum(row[0] for row in rows if row.status not in (*SERVED, MembershipStatus.PENDING)),
        more=total > USES_AT_MOST,
        paying=_paying(served),
    )


def _paying(rows: Sequence[Any]) -> list[Use]:
    """The statuses together; what most of them pay comes first."""
    found: dict[tuple[Money, Period | None], int] = {}
    for row in rows:
        period = Period(row.duration, Unit(row.duration_unit)) if row.recurring and row.price_minor else None
        key = (Money(row.price_minor, row.currency), period)
        found[key] = found.get(key, 0) + row[0]
    return [Use(count, *key) for key, count in sorted(found.items(), key=lambda one: -one[1])]


# -- addresses that lead to it -----------------------------------------------------------------------------------
@bp.get("/products/<int:product_id>/links")
@needs(Capability.PRODUCTS_VIEW)
def show_links(product_id: int) -> ResponseReturnValue:
    """The builder's answer: a page with the address for this period and code, or for HTMX that part of it."""
    product = catalog.find(product_id)
    return links_view.show(product=product, **links_of(product)) if request.headers.get("HX-Request") else show(product)


def links_of(product: Product) -> dict[str, Any]:
    """What admin/_product_links.html shows: the address that was asked for, and what may be asked for."""
    typed = searches.clean(request.args.get("code", ""))
    code = discounts.find(typed) if typed else None
    currencies = product.currencies()
    currency = request.args.get("currency", "") if request.args.get("currency") in currencies else ""
    periods = cards.period_choices(product, currency)
    wanted = request.args.get("period", "")
    chosen = next((Period.parse(one.value) for one in periods if one.value == wanted), None)
    return {
        "periods": periods,
        "currencies": currencies if len(currencies) > 1 else [],
        "link": {
            "url": settings().base_url + path_to(product, chosen, code.code if code else typed, currency or None),
            "period": str(chosen or ""),
            "currency": currency,
            "code": typed,
            "problem": problem_of(typed, code, product, chosen),
        },
    }


def path_to(product: Product, period: Period | None = None, code: str = "", currency: str | None = None) -> str:
    """Other products than plans are ordered beside one, so their address is the form's with a tick."""
    is_plan = product.type == ProductType.PLAN
    values: dict[str, Any] = {"plan": product.slug} if is_plan else {"addons": product.slug}
    values |= {"discount_code": code or None, "currency": currency}
    if period is not None and is_plan:
        values |= {"duration": period.count, "unit": str(period.unit)}
    elif period is not None:
        values |= {"duration": period.count, "duration_unit": str(period.unit)}
    return url_for("checkout.register", **values)


def problem_of(typed: str, code: DiscountCode | None, product: Product, period: Period | None) -> str:
    """Why the code would take nothing off; the address is good all the same."""
    if not typed:
        return ""
    if code is None or not code.active:
        return _("There is no such code.")
    if not code.allows(product.slug, period or product.period):
        return _("This code is not valid for this plan.")
    return ""
