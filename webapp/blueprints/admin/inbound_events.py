"""What gateways told us: each notice with what came of it, and having it looked at again."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import load_only

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import found
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, inbox
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.flows.site_notices import SENDER
from webapp.gateways import gateways
from webapp.masking import masked
from webapp.models import InboundEvent, InboundStatus, Payment, Site, Try
from webapp.provisioners import provisioners
from webapp.transactions import unit_of_work


def senders() -> list[tuple[str, str]]:
    """Gateways, and who makes sites."""
    return [(one, one) for one in (*gateways.all(), *(SENDER + name for name in provisioners.all()))]


def search(text: str) -> ColumnElement[bool]:
    """By what the gateway calls the notice or its object; the indexes begin with the gateway, so it is named."""
    known = [name for name, _word in senders()]
    return searches.any_of(
        InboundEvent.id,
        select(InboundEvent.id).where(InboundEvent.gateway.in_(known), InboundEvent.external_id == text),
        select(InboundEvent.id).where(InboundEvent.gateway.in_(known), InboundEvent.object_reference == text),
        *searches.by_number(InboundEvent.id, text),
    )


INBOUND_EVENTS = Listing(
    endpoint="admin.list_inbound_events",
    model=InboundEvent,
    title=_l("Notices"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("Gateway")),
        Column(_l("Type")),
        Column(_l("Status")),
        Column(_l("What came of it")),
        Column(_l("Received")),
    ),
    search=search,
    sorts={"id": InboundEvent.id},
    filters=(
        filters.by_status(InboundEvent.status, InboundStatus, first=InboundStatus.FAILED),
        replace(filters.by_gateway(InboundEvent.gateway), choices=senders),
        *filters.by_day(filters.by_bisection(InboundEvent.created_at, InboundEvent.id)),
    ),
    actions=("notices.process",),
)
list_view = View("admin/inbound_events.html", block="list")
inbound_event_view = View("admin/inbound_event.html")


@bp.get("/inbound-events")
@needs(Capability.NOTICES_VIEW)
def list_inbound_events() -> ResponseReturnValue:
    return lists.show(INBOUND_EVENTS, list_view)


@bp.get("/inbound-events/<int:inbound_event_id>")
@needs(Capability.NOTICES_VIEW)
def show_inbound_event(inbound_event_id: int) -> ResponseReturnValue:
    notice: InboundEvent = found(InboundEvent, inbound_event_id)
    return inbound_event_view.show(
        inbound=notice,
        payment=payment_of(notice),
        site=site_of(notice),
        payload=json.dumps(masked(notice.payload), indent=2, ensure_ascii=False),
    )


def payment_of(notice: InboundEvent) -> Payment | None:
    """The payment whose try it is about."""
    if not notice.object_reference:
        return None
    query = (
        select(Payment)
        .join(Try, Try.payment_id == Payment.id)
        .where(Try.gateway == notice.gateway, Try.gateway_reference == notice.object_reference)
        .options(load_only(Payment.id))
    )
    return db.session.scalars(query.limit(1)).first()


def site_of(notice: InboundEvent) -> Site | None:
    """The site that who makes it has noticed something of."""
    if not notice.object_reference or not notice.gateway.startswith(SENDER):
        return None
    query = select(Site).where(Site.reference == notice.object_reference).options(load_only(Site.slug))
    return db.session.scalars(query).first()


@bp.post("/inbound-events/<int:inbound_event_id>/processing")
@needs(Capability.NOTICES_PROCESS)
def create_processing(inbound_event_id: int) -> ResponseReturnValue:
    """Ask the gateway once more what is true, whatever came of it before."""
    with unit_of_work(actor()) as session:
        inbox.again(session, inbound_event_id)
        audit.note(session.get_one(InboundEvent, inbound_event_id), "notices.process", before={}, after={})
    flash(_("The notice is looked at again now."), "success")
    return go_to(url_for("admin.show_inbound_event", inbound_event_id=inbound_event_id))
