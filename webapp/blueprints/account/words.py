"""What happened and what will, in the customer's words: no names of systems, no words of a bank."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_

from webapp.blueprints import story_words
from webapp.domain import memberships, reckonings, stories
from webapp.domain.reckonings import Reckoning
from webapp.domain.stories import Place
from webapp.formatting import long_date, money
from webapp.models import CreditMovement, Event, Invoice, Membership
from webapp.money import Money

# (type, or type and what changed): words and tone. What is not named here is of no use to a customer.
EVENTS: dict[str, tuple[LazyString, str]] = {
    "membership.created": (_l("Ordered"), ""),
    "membership.activated": (_l("Started"), "success"),
    "membership.trial_started": (_l("Free trial started"), "success"),
    "membership.on_hold": (_l("On hold, because a payment is missing"), "warning"),
    "membership.cancel_scheduled": (_l("Cancelled for the end of the period"), "warning"),
    "membership.updated:undone": (_l("Cancellation undone"), "success"),
    "membership.cancelled": (_l("Ended"), ""),
    "membership.expired": (_l("Ended, because it was not renewed"), ""),
    "membership.expired:trial_refused": (_l("No free trial, because there was one before"), "warning"),
    "membership.renewed": (_l("Renewed"), "success"),
    "membership.updated:payment_method": (_l("Payment method changed"), ""),
    "membership.reactivated": (_l("Taken up again"), "success"),
    "membership.plan_changed": (_l("Plan changed"), ""),
    "payment.completed": (_l("Payment received"), "success"),
    "payment.failed": (_l("Payment declined; nothing was charged"), "error"),
    "payment.refunded": (_l("Money given back"), ""),
    "site.published": (_l("Site online"), "success"),
    "site.suspended": (_l("Site switched off"), "warning"),
    "site.reactivated": (_l("Site online again"), "success"),
    "site.transferred": (_l("Site taken over from another customer"), "success"),
    "site.renamed": (_l("Site at another address"), ""),
}


CHANGES = {one.partition(":")[2] for one in EVENTS} - {""}


@dataclass(frozen=True, slots=True)
class Entry:
    """As the macro `timeline` takes it."""

    when: datetime
    title: str
    text: str = ""
    tone: str = ""
    actor: str = ""
    url: str = ""
    reckoning: Reckoning | None = None


def history_of(membership: Membership, before: Place | None) -> tuple[list[Entry], Place | None]:
    """What happened to a membership, its payments and its sites, newest first; and where older ones begin."""
    wanted = {
        "event": and_(
            Event.customer_id == membership.customer_id,
            Event.type.in_({one.partition(":")[0] for one in EVENTS}),
            or_(Event.type != "membership.updated", Event.data["change"].as_string().in_(CHANGES)),
            stories.about(Event, membership, "memberships", "payments", "sites"),
        ),
        "credit": stories.of_its_payments(CreditMovement.payment_id, membership),
        "invoice": stories.of_its_payments(Invoice.payment_id, membership),
    }
    page = stories.of_membership(wanted, before)
    found = [_told(source, row, page) for source, row in page.rows]
    return [one for one in found if one is not None], page.older


def _told(source: str, row: Any, page: stories.Page) -> Entry | None:
    if source == "credit":
        return story_words.of_credit(Entry, row)
    if source == "invoice":
        return story_words.of_invoice(Entry, row)
    entry = entry_of(row)
    payment = page.payments.get(row.object_id) if row.type == "payment.completed" else None
    return entry and replace(entry, reckoning=reckonings.of_payment(payment) if payment else None)


def entry_of(event: Event) -> Entry | None:
    change = event.data.get("change")
    known = EVENTS.get(f"{event.type}:{change}" if change else event.type)
    if known is None:
        return None
    title, tone = known
    return Entry(event.timestamp, str(title), about(event), tone)


def about(event: Event) -> str:
    """The amount of a payment, the name of a site, the day of an end."""
    data = event.data
    if event.object_type == "payments" and "total" in data:
        return _("%(amount)s, order number %(number)s", amount=amount_in(data), number=f"{event.object_id:06d}")
    if event.object_type == "sites":
        return str(data.get("title", ""))
    if event.type == "membership.cancel_scheduled" and data.get("cancel_at"):
        return _("Ends on %(date)s", date=long_date(datetime.fromisoformat(data["cancel_at"])))
    return ""


def amount_in(data: dict[str, object]) -> str:
    return money(Money(int(str(data["total"])), str(data["currency"])))


def effect_of_cancelling(membership: Membership) -> str:
    """The date and what it means, before anything is done (K8)."""
    if memberships.can_wait(membership) and membership.expires_at is not None:
        return _(
            "The contract ends on %(date)s. Until then everything stays as it is, and nothing more is charged.",
            date=long_date(membership.expires_at),
        )
    return _("The contract ends at once, because no paid period is left. Nothing more is charged.")
