"""The events that are recorded, by the names other systems know them by."""

from __future__ import annotations

EVENT_TYPES = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "membership.created",
    "membership.updated",
    "membership.activated",
    "membership.trial_started",
    "membership.on_hold",
    "membership.cancel_scheduled",
    "membership.cancelled",
    "membership.expired",
    "membership.renewed",
    "membership.reactivated",
    "membership.plan_changed",
    "payment.created",
    "payment.completed",
    "payment.failed",
    "payment.refunded",
    "renewal.created",
    "checkout.completed",
    "site.created",
    "site.published",
    "site.suspended",
    "site.reactivated",
    "site.renamed",
    "site.transferred",
    "site.deleted",
    "domain.created",
    "domain.verified",
    "domain.primary_changed",
    "domain.removed",
    "email.verification_requested",
    "invoice.sent",
)


def slug_of(event_type: str) -> str:
    """As it stands in a hook's name: `payment.completed` is `payment_completed`."""
    return event_type.replace(".", "_")
