"""How the statuses, events and actors of the product are called where operators read them."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.models import (
    BulkOutcome,
    BulkStatus,
    DeclarationStatus,
    DeliveryStatus,
    EmailVerification,
    InboundStatus,
    MailStatus,
    MembershipStatus,
    PaymentStatus,
    RefundStatus,
    SiteStatus,
    TryStatus,
)

# By type and value: members of different enumerations that have the same value are equal.
STATUSES: dict[type[StrEnum], dict[str, tuple[LazyString, str]]] = {
    MembershipStatus: {
        "pending": (_l("pending"), "pending"),
        "trialing": (_l("on trial"), "info"),
        "active": (_l("active"), "success"),
        "on-hold": (_l("on hold"), "warning"),
        "expired": (_l("expired"), "neutral"),
        "cancelled": (_l("cancelled"), "neutral"),
    },
    PaymentStatus: {
        "pending": (_l("unpaid"), "pending"),
        "completed": (_l("paid"), "success"),
        "failed": (_l("failed"), "error"),
        "cancelled": (_l("void"), "neutral"),
        "partially-refunded": (_l("partly refunded"), "info"),
        "refunded": (_l("refunded"), "neutral"),
    },
    TryStatus: {
        "started": (_l("started"), "pending"),
        "needs-action": (_l("waits for the buyer"), "pending"),
        "unknown": (_l("not known yet"), "warning"),
        "succeeded": (_l("succeeded"), "success"),
        "declined": (_l("declined"), "error"),
    },
    RefundStatus: {
        "pending": (_l("under way"), "pending"),
        "succeeded": (_l("given back"), "success"),
        "failed": (_l("failed"), "error"),
    },
    SiteStatus: {
        "requested": (_l("requested"), "pending"),
        "creating": (_l("being made"), "pending"),
        "failed": (_l("failed"), "error"),
        "published": (_l("published"), "success"),
        "suspended": (_l("suspended"), "paused"),
        "archived": (_l("archived"), "neutral"),
        "deleted": (_l("deleted"), "neutral"),
    },
    DeliveryStatus: {
        "pending": (_l("waiting"), "pending"),
        "running": (_l("running"), "info"),
        "done": (_l("done"), "success"),
        "dead": (_l("dead"), "error"),
    },
    MailStatus: {
        "pending": (_l("waiting"), "pending"),
        "sent": (_l("sent"), "success"),
        "kept": (_l("kept, not sent"), "neutral"),
        "failed": (_l("refused by the server"), "error"),
        "dead": (_l("given up"), "error"),
    },
    InboundStatus: {
        "received": (_l("waiting"), "pending"),
        "done": (_l("done"), "success"),
        "ignored": (_l("ignored"), "neutral"),
        "failed": (_l("failed"), "error"),
    },
    BulkStatus: {
        "waiting": (_l("under way"), "pending"),
        "done": (_l("done"), "success"),
        "stopped": (_l("stopped"), "paused"),
    },
    BulkOutcome: {
        "skipped": (_l("skipped"), "neutral"),
        "failed": (_l("failed"), "error"),
    },
    DeclarationStatus: {
        "open": (_l("needs a decision"), "warning"),
        "carried-out": (_l("carried out"), "success"),
        "undone": (_l("undone by the customer"), "neutral"),
        "settled": (_l("settled"), "neutral"),
    },
    EmailVerification: {
        "none": (_l("not asked for"), "neutral"),
        "pending": (_l("not confirmed yet"), "pending"),
        "verified": (_l("confirmed"), "success"),
    },
}

OUTCOMES: dict[str, tuple[LazyString, str]] = {
    "done": (_l("done"), "success"),
    "retry": (_l("failed"), "warning"),
    "dead": (_l("failed for good"), "error"),
    "lost": (_l("worker lost"), "warning"),
}

# What the rows of the timeline are about.
SUBJECTS: dict[str, tuple[LazyString, type[StrEnum] | None]] = {
    "customers": (_l("Customer"), None),
    "memberships": (_l("Membership"), MembershipStatus),
    "payments": (_l("Payment"), PaymentStatus),
    "tries": (_l("Try"), TryStatus),
    "refunds": (_l("Refund"), RefundStatus),
    "sites": (_l("Site"), SiteStatus),
    "deliveries": (_l("Delivery"), DeliveryStatus),
    "mails": (_l("E-mail"), MailStatus),
    "mail_texts": (_l("Text of a message"), None),
    "inbound_events": (_l("Notice"), InboundStatus),
    "bulk_jobs": (_l("Job"), BulkStatus),
    "products": (_l("Product"), None),
    "notes": (_l("Note"), None),
    "saved_views": (_l("View"), None),
    "hook_switches": (_l("Switch of a hook"), None),
    "declarations": (_l("Declaration"), DeclarationStatus),
    "legal_texts": (_l("Legal page"), None),
    "settings": (_l("Settings"), None),
    "users": (_l("Colleague"), None),
    "attention_marks": (_l("What needs attention"), None),
}

# What the staff does, as the audit log names it.
ACTIONS: dict[str, LazyString] = {
    "declarations.decide": _l("Declaration decided"),
    "legal.publish": _l("Legal page published"),
    "attention.take": _l("Taken care of"),
    "attention.release": _l("Left to others"),
    "attention.aside": _l("Put aside, or brought back"),
    "attention.digest": _l("Daily mail chosen"),
    "payments.ask": _l("Gateway asked"),
    "setup.confirm": _l("Step of the set-up confirmed"),
    "setup.skip": _l("Step of the set-up left for later, or taken up"),
    "products.create": _l("Product made"),
    "products.change": _l("Product changed"),
    "products.duplicate": _l("Product copied from another"),
    "products.put-on-sale": _l("Put on sale"),
    "products.archive": _l("Taken off sale"),
    "products.move": _l("Moved in lists"),
    "products.delete": _l("Product deleted"),
    "deliveries.retry": _l("Sent again"),
    "customers.ask-to-confirm": _l("Link to confirm the address sent again"),
    "customers.confirm": _l("Address marked as confirmed"),
    "emails.send": _l("Message sent"),
    "emails.test": _l("Test message sent"),
    "emails.change": _l("Text of a message changed"),
    "jobs.start": _l("Job begun"),
    "jobs.stop": _l("Job stopped"),
    "memberships.cancel": _l("Cancellation recorded"),
    "notices.process": _l("Looked at again"),
    "payments.confirm": _l("Arrival of the money confirmed"),
    "sites.provision": _l("Set up again"),
    "sites.resume": _l("Site shown again"),
    "sites.suspend": _l("Site suspended"),
    "views.create": _l("View of a list kept"),
    "views.change": _l("View of a list changed"),
    "views.delete": _l("View of a list deleted"),
    "acting.begin": _l("Acting as the customer begun"),
    "acting.change": _l("Account changed while acting as the customer"),
    "acting.end": _l("Acting as the customer ended"),
    "notes.create": _l("Note written"),
    "notes.change": _l("Note changed"),
    "notes.delete": _l("Note deleted"),
    "hooks.switch": _l("Callback or add-on switched on or off"),
    "settings.change": _l("Settings changed"),
    "settings.logo": _l("Logo changed"),
    "staff.invite": _l("Colleague invited"),
    "staff.invite-again": _l("Invitation sent again"),
    "staff.change": _l("Name or role changed"),
    "staff.disable": _l("Access taken away"),
    "staff.enable": _l("Access given again"),
    "staff.end-sessions": _l("Signed out everywhere"),
    "staff.remove-two-step": _l("Two-step sign-in removed"),
}

EVENTS: dict[str, LazyString] = {
    "customer.created": _l("Customer recorded"),
    "customer.updated": _l("Customer's details changed"),
    "customer.deleted": _l("Customer deleted"),
    "membership.created": _l("Membership recorded"),
    "membership.updated": _l("Membership changed"),
    "membership.activated": _l("Membership activated"),
    "membership.trial_started": _l("Trial begun"),
    "membership.on_hold": _l("Membership put on hold"),
    "membership.cancel_scheduled": _l("Cancellation at the end of the period recorded"),
    "membership.cancelled": _l("Membership cancelled"),
    "membership.expired": _l("Membership expired"),
    "membership.renewed": _l("Membership renewed"),
    "membership.reactivated": _l("Membership taken up again"),
    "membership.plan_changed": _l("Plan changed"),
    "payment.created": _l("Payment asked for"),
    "payment.completed": _l("Payment completed"),
    "payment.failed": _l("A try to take the money failed"),
    "payment.refunded": _l("Money given back"),
    "renewal.created": _l("Renewal asked for"),
    "checkout.completed": _l("Sale completed"),
    "site.created": _l("Site made"),
    "site.published": _l("Site published"),
    "site.suspended": _l("Site suspended"),
    "site.reactivated": _l("Site shown again"),
    "site.deleted": _l("Site deleted"),
    "domain.created": _l("Domain added"),
    "domain.verified": _l("Domain verified"),
    "domain.primary_changed": _l("Main address changed"),
    "email.verification_requested": _l("Confirmation of the e-mail address asked for"),
    "invoice.sent": _l("Invoice sent"),
}

ACTORS: dict[str, LazyString] = {
    "checkout": _l("checkout"),
    "clock": _l("schedule"),
    "command line": _l("command line"),
    "consumer": _l("without signing in"),
    "customer": _l("the customer"),
    "inbound": _l("a gateway's notice"),
    "operator": _l("an operator"),
    "provisioning": _l("provisioning"),
    "system": _l("system"),
    "worker": _l("worker"),
}


def of(status: StrEnum) -> tuple[str, str]:
    """Word and tone."""
    word, tone = STATUSES[type(status)][status]
    return str(word), tone


def of_outcome(outcome: str) -> tuple[str, str]:
    word, tone = OUTCOMES.get(outcome, (outcome, "neutral"))
    return str(word), tone


def action(name: str) -> str:
    """What the staff did; as the log names it where it has no words."""
    return str(ACTIONS.get(name, name))


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """(value, word) of every status, in the order of its life."""
    return [(str(one), of(one)[0]) for one in kind]


def moved(object_type: str, value: str | None) -> tuple[str, str]:
    """Word and tone of a status that is kept as text; of one that no longer exists, the text."""
    kind = SUBJECTS.get(object_type, (None, None))[1]
    known = STATUSES.get(kind, {}) if kind is not None else {}
    word, tone = known.get(value or "", (value or "–", "neutral"))
    return str(word), tone


def actor(name: str, people: dict[int, str]) -> str:
    """Who did it. `people`: names of users by their ids."""
    who, _as, customer = name.partition(" as customer:")
    if customer:
        return _("%(name)s as the customer", name=actor(who, people))
    kind, _colon, rest = name.partition(":")
    if kind == "operator" and rest.isdigit():
        return people.get(int(rest)) or _("operator %(number)s", number=rest)
    if kind == "gateway" and rest:
        return _("gateway %(name)s", name=rest)
    return str(ACTORS.get(kind if kind == "customer" else name, name))
