"""Tells the analytics service of sales, losses and failed payments: with consent only, and without names.

All of it runs in a worker; what each callback returns is kept with the attempt, for the operator to read.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from webapp.hooks import add_action, idempotency_key
from webapp.integrations.analytics.base import Event, Item, Purchase, analytics
from webapp.integrations.analytics.visitors import visitor_of_customer, visitor_of_payment
from webapp.models import Customer, LineItem, LineType, Membership, Payment, TryStatus

NO_CONSENT = "no consent: nothing was sent"


def listen() -> None:
    hear = partial(add_action, background=True, only_if=analytics.is_set_up)
    hear("wu_checkout_completed", track_conversion)
    hear("wu_membership_status_to_cancelled", track_churn)
    hear("wu_payment_failed", track_payment_failure)


def track_conversion(payment: Payment, customer: Customer, membership: Membership) -> str:
    """One `purchase` per sale."""
    visitor = visitor_of_payment(payment)
    if visitor is None:
        return NO_CONSENT
    left_out = analytics.current().purchase(
        Purchase(
            visitor=visitor,
            happened_at=payment.completed_at or payment.created_at,
            reference=str(payment.id),
            total=payment.total,
            tax=payment.tax_total,
            coupon=payment.discount_code,
            items=tuple(item_of(line) for line in payment.line_items if line.type == LineType.PRODUCT),
        )
    )
    return said("purchase", left_out)


def item_of(line: LineItem) -> Item:
    product = line.product
    slug, name = (product.slug, product.name) if product is not None else ("", line.title)
    return Item(slug, name, "subscription", line.quantity, line.total, line.tax_total)


def track_churn(membership: Membership, old_status: str) -> str:
    """`membership_cancelled`, for one that had begun: an order that nobody paid is no loss."""
    visitor = visitor_of_customer(membership.customer)
    if visitor is None:
        return NO_CONSENT
    if membership.activated_at is None:
        return "it had never begun: nothing was sent"
    reason = code_in(membership.cancellation_reason)
    event = Event(
        name="membership_cancelled",
        id=idempotency_key(),
        visitor=visitor,
        happened_at=membership.cancelled_at or membership.updated_at,
        facts={
            "plan": membership.plan.slug,
            "period": str(membership.period),
            "previous_status": old_status,
            "reason": reason,
        },
    )
    left_out = analytics.current().event(event)
    if membership.cancellation_reason and not reason:
        left_out.append("reason, which is free text")
    return said(event.name, left_out)


def track_payment_failure(payment: Payment) -> str:
    """`payment_failed`. What the gateway said stays here: it may quote a name or a card."""
    visitor = visitor_of_payment(payment)
    if visitor is None:
        return NO_CONSENT
    event = Event(
        name="payment_failed",
        id=idempotency_key(),
        visitor=visitor,
        happened_at=failed_at(payment),
        facts={
            "plan": payment.membership.plan.slug if payment.membership else "",
            "gateway": payment.gateway,
            "kind": str(payment.kind),
        },
        value=payment.total,
    )
    return said(event.name, analytics.current().event(event))


def failed_at(payment: Payment) -> datetime:
    """When its last try was declined; a try that succeeded since does not count."""
    declined = [one for one in payment.tries if one.status == TryStatus.DECLINED]
    return max((one.settled_at for one in declined if one.settled_at), default=payment.updated_at)


def code_in(text: str) -> str:
    """A reason chosen from a list, like `too_expensive`; "" for somebody's own words, which may name them."""
    return text if re.fullmatch(r"[a-z][a-z0-9_-]{0,60}", text) else ""


def said(name: str, left_out: list[str]) -> str:
    return f"{name} sent" + (f"; left out: {', '.join(left_out)}" if left_out else "")
