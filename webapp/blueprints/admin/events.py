"""Events: everything that was recorded, as other systems are told it."""

from __future__ import annotations

import json

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, log_words, searches, words
from webapp.blueprints.admin.arguments import page_of
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.lists import Column, Filter, Listing, Shown
from webapp.blueprints.admin.related import found
from webapp.blueprints.views import View
from webapp.domain.staff import Capability
from webapp.event_types import EVENT_TYPES
from webapp.extensions import db
from webapp.models import Customer, Event


def search(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    """By its id, by the beginning of its type, or by its customer."""
    return searches.any_of(
        Event.id,
        select(Event.id).where(Event.public_id == text),
        select(Event.id).where(searches.begins_with(Event.type, text.lower())),
        searches.by_customer(Event.id, Event.customer_id, text, at_most),
        *searches.by_number(Event.id, text),
    )


BY_TYPE = Filter(
    name="type",
    condition=lambda value: Event.type == value if value in EVENT_TYPES else None,
    words=lambda value: str(log_words.EVENTS.get(value, value)),
    choices=lambda: [(one, str(log_words.EVENTS.get(one, one))) for one in EVENT_TYPES],
    label=_l("What happened"),
    look=Shown.SELECT,
)
EVENTS = Listing(
    endpoint="admin.list_events",
    model=Event,
    title=_l("Events"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("What happened")),
        Column(_l("Type")),
        Column(_l("About")),
        Column(_l("When")),
    ),
    search=search,
    sorts={"id": Event.id},
    filters=(
        BY_TYPE,
        *filters.by_day(filters.by_bisection(Event.timestamp, Event.id)),
        filters.by_customer(Event.customer_id),
    ),
)
list_view = View("admin/events.html", block="list")
event_view = View("admin/event.html")


@bp.get("/events")
@needs(Capability.EVENTS_VIEW)
def list_events() -> ResponseReturnValue:
    return lists.show(EVENTS, list_view, about=about)


@bp.get("/events/<int:event_id>")
@needs(Capability.EVENTS_VIEW)
def show_event(event_id: int) -> ResponseReturnValue:
    event: Event = found(Event, event_id)
    return event_view.show(
        event=event,
        title=title_of(event),
        about=about(event),
        customer=db.session.get(Customer, event.customer_id) if event.customer_id else None,
        payload=json.dumps(event.envelope(), indent=2, ensure_ascii=False),
    )


@bp.app_template_filter("event_title")
def title_of(event: Event) -> str:
    return str(log_words.EVENTS.get(event.type, event.type))


def about(event: Event) -> tuple[str, str | None]:
    """The row an event is about, in words, and its page where it has one."""
    subject = words.SUBJECTS[event.object_type][0] if event.object_type in words.SUBJECTS else event.object_type
    text = _("%(subject)s %(number)s", subject=subject, number=event.object_id)
    return text, page_of(event.object_type, event.object_id)
