"""Customers: who they are, what they have, what became of it."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload, selectinload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, notes, searches, timeline, words
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.lists import Column, Filter, Listing
from webapp.blueprints.admin.related import PLAN, PLAN_NAME, found, newest_of_each
from webapp.blueprints.views import View
from webapp.domain import acting, credits, form_answers
from webapp.domain.staff import Capability
from webapp.models import Customer, Delivery, Membership, MembershipStatus, Payment, Site

WITHOUT = "none"


def search(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    return searches.any_of(Customer.id, *searches.customers(text, at_most), *searches.by_number(Customer.id, text))


def has_membership(value: str) -> ColumnElement[bool] | None:
    """Those who have one of this status; `none`: those who never had any."""
    if value == WITHOUT:
        return ~Customer.memberships.any()
    if value not in set(MembershipStatus):
        return None
    return Customer.memberships.any(Membership.status == MembershipStatus(value))


BY_MEMBERSHIP = Filter(
    name="status",
    condition=has_membership,
    words=lambda value: (
        _("without a membership") if value == WITHOUT else filters.status_words(MembershipStatus, value)
    ),
    choices=lambda: [*words.choices(MembershipStatus), (WITHOUT, _("none"))],
    label=_l("Membership"),
)
CUSTOMERS = Listing(
    endpoint="admin.list_customers",
    model=Customer,
    title=_l("Customers"),
    columns=(
        Column(_l("Name"), sort="name"),
        Column(_l("E-mail address"), sort="email"),
        Column(_l("Country")),
        Column(_l("Memberships")),
        Column(_l("Registered"), sort="-registered"),
    ),
    search=search,
    sorts={"registered": Customer.registered_at, "email": Customer.email, "name": Customer.display_name},
    sort="-registered",
    filters=(BY_MEMBERSHIP, *filters.by_day(filters.in_order(Customer.registered_at), "registered")),
    options=(selectinload(Customer.memberships).joinedload(Membership.plan).options(*PLAN_NAME),),
)
list_view = View("admin/customers.html", block="list")
customer_view = View("admin/customer.html")


@bp.get("/customers")
@needs(Capability.CUSTOMERS_VIEW)
def list_customers() -> ResponseReturnValue:
    return lists.show(CUSTOMERS, list_view)


@bp.get("/customers/<int:customer_id>")
@needs(Capability.CUSTOMERS_VIEW)
def show_customer(customer_id: int) -> ResponseReturnValue:
    customer: Customer = found(Customer, customer_id, joinedload(Customer.user), joinedload(Customer.meta_rows))
    owned: dict[str, Any] = {"memberships": Membership, "payments": Payment, "sites": Site, "deliveries": Delivery}
    mine = {name: (kind, kind.customer_id == customer.id) for name, kind in owned.items()}
    related: dict[str, Any] = {**newest_of_each(mine, options=[PLAN])}
    return customer_view.show(
        customer=customer,
        **related,
        meta=sorted(customer.meta.items()),
        answers=form_answers.shown(customer),
        credit=credits.balances(customer.id),
        history=timeline.of_customer(customer.id),
        notes=notes.shown(customer),
        may_be_acted_as=acting.may_be_acted_as(customer),
    )
