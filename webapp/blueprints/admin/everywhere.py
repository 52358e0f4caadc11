"""One search over everything, from any page: the first few of each noun, by the searches of the lists themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import (
    customers,
    deliveries,
    discount_code_words,
    events,
    memberships,
    payments,
    searches,
    sites,
    words,
)
from webapp.blueprints.admin.arguments import page_of
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.declarations import DECLARATIONS, KINDS
from webapp.blueprints.admin.discount_codes import DISCOUNT_CODES
from webapp.blueprints.admin.inbound_events import INBOUND_EVENTS
from webapp.blueprints.admin.lists import Listing
from webapp.blueprints.admin.notes import NOTES
from webapp.blueprints.admin.product_words import standing
from webapp.blueprints.admin.products import PRODUCTS
from webapp.blueprints.views import View
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.formatting import money
from webapp.models import (
    Customer,
    Declaration,
    Delivery,
    DiscountCode,
    Event,
    InboundEvent,
    Membership,
    Note,
    Payment,
    Product,
    Site,
)

EACH_AT_MOST = 5
CUSTOMERS_AT_MOST = 200
SHORTEST = 2
NOTE_SHOWN = 80
search_view = View("admin/search.html", block="results")


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that was found: what names it, what tells it from others, and how it stands."""

    url: str
    name: str
    note: str = ""
    standing: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What one noun has. `more_url`: its list with the same search, where there are others."""

    title: str
    hits: list[Hit]
    more_url: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A noun that is searched: its list, how a row is shown here, and its search, where that is not the list's."""

    listing: Listing
    show: Callable[[Any], Hit]
    search: Callable[[str], ColumnElement[bool]] | None = None


def customer(row: Customer) -> Hit:
    return Hit(url_for("admin.show_customer", customer_id=row.id), row.display_name, row.email)


def membership(row: Membership) -> Hit:
    name = _("%(plan)s of %(customer)s", plan=row.plan.name, customer=row.customer.display_name)
    return Hit(url_for("admin.show_membership", membership_id=row.id), name, f"#{row.id}", words.of(row.status))


def payment(row: Payment) -> Hit:
    note = f"{money(row.total)} · {row.customer.display_name}"
    return Hit(url_for("admin.show_payment", payment_id=row.id), row.order_number, note, words.of(row.status))


def product(row: Product) -> Hit:
    return Hit(url_for("admin.show_product", product_id=row.id), row.name, row.slug, standing(row.active))


def discount_code(row: DiscountCode) -> Hit:
    url = url_for("admin.show_discount_code", code_id=row.id)
    return Hit(url, row.code, row.name or discount_code_words.worths(row), discount_code_words.standing(row))


def site(row: Site) -> Hit:
    return Hit(url_for("admin.show_site", site_id=row.id), row.slug, row.title, words.of(row.status))


def note(row: Note) -> Hit:
    begins = row.body if len(row.body) <= NOTE_SHOWN else f"{row.body[:NOTE_SHOWN]} …"
    return Hit(f"{page_of(row.object_type, row.object_id)}#note-{row.id}", begins, row.customer.display_name)


def event(row: Event) -> Hit:
    return Hit(url_for("admin.show_event", event_id=row.id), events.title_of(row), row.public_id)


def delivery(row: Delivery) -> Hit:
    name = row.callback.rpartition(":")[2]
    return Hit(url_for("admin.show_delivery", delivery_id=row.id), name, f"#{row.id}", words.of(row.status))


def inbound_event(row: InboundEvent) -> Hit:
    url = url_for("admin.show_inbound_event", inbound_event_id=row.id)
    return Hit(url, row.type, f"{row.gateway} · {row.external_id}", words.of(row.status))


def declaration(row: Declaration) -> Hit:
    name = f"{KINDS[row.kind]} {row.id}"
    return Hit(url_for("admin.show_declaration", declaration_id=row.id), name, row.name, words.of(row.status))


def some(search: Callable[[str, int], ColumnElement[bool]]) -> Callable[[str], ColumnElement[bool]]:
    """Of what belongs to customers, that of some of them: the beginning of a name may be that of a tenth of all."""
    return lambda text: search(text, CUSTOMERS_AT_MOST)


PLACES = (
    Place(customers.CUSTOMERS, customer, some(customers.search)),
    Place(memberships.MEMBERSHIPS, membership, some(memberships.search)),
    Place(payments.PAYMENTS, payment, some(payments.search)),
    Place(PRODUCTS, product),
    Place(DISCOUNT_CODES, discount_code),
    Place(sites.SITES, site, some(sites.search)),
    Place(DECLARATIONS, declaration),
    Place(NOTES, note),
    Place(deliveries.DELIVERIES, delivery, some(deliveries.search_newest)),
    Place(INBOUND_EVENTS, inbound_event),
    Place(events.EVENTS, event, some(events.search)),
)


@bp.get("/search")
@needs(Capability.CUSTOMERS_VIEW)
def search() -> ResponseReturnValue:
    """`q`: what is looked for; fewer than two characters find nothing yet."""
    text = searches.clean(request.args.get("q", ""))
    groups = list(found(text)) if len(text) >= SHORTEST else []
    return search_view.show(text=text, groups=groups, too_short=len(text) < SHORTEST)


def found(text: str) -> Iterator[Group]:
    """The nouns that have something, each with its newest few, of so many customers as are looked at."""
    for place in PLACES:
        listing = place.listing
        condition = (place.search or listing.search)(text)
        query = select(listing.model).where(condition).order_by(listing.model.id.desc())
        rows = db.session.scalars(query.options(*listing.options).limit(EACH_AT_MOST + 1)).unique().all()
        if rows:
            more = url_for(listing.endpoint, search=text) if len(rows) > EACH_AT_MOST else None
            yield Group(str(listing.title), [place.show(row) for row in rows[:EACH_AT_MOST]], more)
