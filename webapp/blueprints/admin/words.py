"""How the statuses of the product, and the things that have them, are called where operators read them."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.blueprints.domain_words import STANDINGS as OF_DOMAINS
from webapp.domain import gateway_options
from webapp.gateways import gateways
from webapp.models import (
    BulkOutcome,
    BulkStatus,
    ChangeStatus,
    DeclarationStatus,
    DeliveryStatus,
    DisputeStatus,
    DomainStatus,
    EmailVerification,
    InboundStatus,
    InvoiceKind,
    MailStatus,
    MembershipStatus,
    PaymentKind,
    PaymentStatus,
    RefundStatus,
    SiteChangeStatus,
    SiteStatus,
    TryStatus,
)

PAID_FOR = {
    PaymentKind.FIRST: _l("a new order"),
    PaymentKind.RENEWAL: _l("a renewal"),
    PaymentKind.REACTIVATION: _l("taking it up again"),
    PaymentKind.CHANGE: _l("a change of the contract"),
}
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
    ChangeStatus: {
        "pending": (_l("waiting"), "pending"),
        "applied": (_l("in force"), "success"),
        "withdrawn": (_l("withdrawn"), "neutral"),
    },
    RefundStatus: {
        "pending": (_l("under way"), "pending"),
        "succeeded": (_l("given back"), "success"),
        "failed": (_l("failed"), "error"),
    },
    InvoiceKind: {
        "invoice": (_l("invoice"), "neutral"),
        "credit-note": (_l("credit note"), "info"),
    },
    DisputeStatus: {
        "open": (_l("open"), "warning"),
        "won": (_l("won"), "success"),
        "lost": (_l("lost"), "error"),
    },
    DomainStatus: {str(status): told for status, told in OF_DOMAINS.items()},
    SiteChangeStatus: {
        "waiting": (_l("waiting"), "pending"),
        "done": (_l("done"), "success"),
        "refused": (_l("declined"), "error"),
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
    "changes": (_l("Change of terms"), ChangeStatus),
    "disputes": (_l("Dispute"), DisputeStatus),
    "invoices": (_l("Invoice"), None),
    "sites": (_l("Site"), SiteStatus),
    "domain_names": (_l("Domain"), DomainStatus),
    "deliveries": (_l("Delivery"), DeliveryStatus),
    "mails": (_l("E-mail"), MailStatus),
    "mail_texts": (_l("Text of a message"), None),
    "inbound_events": (_l("Notice"), InboundStatus),
    "bulk_jobs": (_l("Job"), BulkStatus),
    "products": (_l("Product"), None),
    "discount_codes": (_l("Discount code"), None),
    "notes": (_l("Note"), None),
    "saved_views": (_l("View"), None),
    "hook_switches": (_l("Switch of a hook"), None),
    "declarations": (_l("Declaration"), DeclarationStatus),
    "legal_texts": (_l("Legal page"), None),
    "settings": (_l("Settings"), None),
    "api_keys": (_l("API key"), None),
    "exchange_rates": (_l("Exchange rates"), None),
    "rate_fetches": (_l("Exchange rates"), None),
    "reconciliations": (_l("Comparison with gateways"), None),
    "tax_rates": (_l("Tax rate"), None),
    "users": (_l("Colleague"), None),
    "attention_marks": (_l("What needs attention"), None),
}


def of(status: StrEnum) -> tuple[str, str]:
    """Word and tone."""
    word, tone = STATUSES[type(status)][status]
    return str(word), tone


def of_outcome(outcome: str) -> tuple[str, str]:
    word, tone = OUTCOMES.get(outcome, (outcome, "neutral"))
    return str(word), tone


def of_gateway(name: str) -> str:
    """As buyers read it; one that is not there any more has only its id."""
    known = gateways.all().get(name)
    return gateway_options.words(name, known.title, "")[0] if known is not None else name


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """(value, word) of every status, in the order of its life."""
    return [(str(one), of(one)[0]) for one in kind]


def moved(object_type: str, value: str | None) -> tuple[str, str]:
    """Word and tone of a status that is kept as text; of one that no longer exists, the text."""
    kind = SUBJECTS.get(object_type, (None, None))[1]
    known = STATUSES.get(kind, {}) if kind is not None else {}
    word, tone = known.get(value or "", (value or "–", "neutral"))
    return str(word), tone
