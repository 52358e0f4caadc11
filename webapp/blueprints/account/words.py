"""What happened and what will, in the customer's words: no names of systems, no words of a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select

from webapp.domain import memberships
from webapp.extensions import db
from webapp.formatting import long_date, money
from webapp.models import Event, Membership, Payment, Site
from webapp.money import Money

ENTRIES_AT_MOST = 50

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
    "membership.renewed": (_l("Renewed"), "success"),
    "membership.reactivated": (_l("Taken up again"), "success"),
    "membership.plan_changed": (_l("Plan changed"), ""),
    "payment.completed": (_l("Payment received"), "success"),
    "payment.failed": (_l("Payment declined; nothing was charged"), "error"),
    "payment.refunded": (_l("Money given back"), ""),
    "site.published": (_l("Site online"), "success"),
    "site.suspended": (_l("Site switched off"), "warning"),
    "site.reactivated": (_l("Site online again"), "success"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """As the macro `timeline` takes it."""

    when: datetime
    title: str
    text: str = ""
    tone: str = ""
    actor: str = ""


def history_of(membership: Membership) -> list[Entry]:
    """What happened to a membership, its payments and its sites, newest first."""
    payments = select(Payment.id).where(Payment.membership_id == membership.id)
    sites = select(Site.id).where(Site.membership_id == membership.id)
    query = (
        select(Event)
        .where(
            Event.customer_id == membership.customer_id,
            or_(
                and_(Event.object_type == "memberships", Event.object_id == membership.id),
                and_(Event.object_type == "payments", Event.object_id.in_(payments)),
                and_(Event.object_type == "sites", Event.object_id.in_(sites)),
            ),
        )
        .order_by(Event.id.desc())
        .limit(ENTRIES_AT_MOST)
    )
    return [entry for event in db.session.scalars(query) if (entry := entry_of(event)) is not None]


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


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that will happen."""

    when: datetime
    words: str


def ahead_of(membership: Membership) -> Sequence[Step]:
    """What will happen next, by day, as things stand; nothing when it has no end and costs nothing more."""
    price, ends = money(membership.price), membership.cancel_at
    if not membership.is_served:
        return []
    if ends is not None:
        return [Step(ends, _("The contract ends. Nothing more is charged."))]
    charged = membership.renews_at
    if charged is None or not membership.price_minor:
        return []
    if membership.auto_renew and membership.credential is not None:
        words = _("%(price)s is charged to %(method)s.", price=price, method=membership.credential.label)
    else:
        words = _("%(price)s is due for the next period.", price=price)
    if membership.trial_ends_at == charged:
        words = _("The free trial ends.") + " " + words
    return [Step(charged, words)]


def effect_of_cancelling(membership: Membership) -> str:
    """The date and what it means, before anything is done (K8)."""
    if memberships.can_wait(membership) and membership.expires_at is not None:
        return _(
            "The contract ends on %(date)s. Until then everything stays as it is, and nothing more is charged.",
            date=long_date(membership.expires_at),
        )
    return _("The contract ends at once, because no paid period is left. Nothing more is charged.")
