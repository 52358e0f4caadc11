"""What Acme is told. A worker calls these after the sale is committed, again and again until they succeed."""

from __future__ import annotations

from typing import Any

from flask import current_app

from acme_addon.client import Acme
from webapp import clock
from webapp.hooks import idempotency_key
from webapp.models import Customer, Membership, Payment
from webapp.money import Money

NO_CONSENT = "no consent: nothing was sent"


def acme() -> Acme:
    client: Acme = current_app.extensions["acme"]
    return client


def sync_customer_to_crm(customer: Customer) -> str:
    """Create the contact, and keep its id, so that what Acme says of it later can be told whose it is."""
    membership = customer.membership
    contact = {
        "email": customer.email,
        "name": customer.display_name,
        "signup_date": clock.rfc3339(customer.registered_at),
        "plan": membership.plan.name if membership else "",
    }
    answer = acme().post("/contacts", contact, idempotency_key=idempotency_key())
    customer.meta["crm_contact_id"] = answer["id"]
    return f"contact {answer['id']}"


def track_conversion(payment: Payment, customer: Customer, membership: Membership) -> str:
    """One `purchase` per sale."""
    plan = membership.plan
    item = {"item_id": plan.slug, "item_name": plan.name, "item_category": "subscription", "quantity": 1}
    facts = {
        "transaction_id": payment.reference,
        "currency": payment.currency,
        "value": major(payment.total),
        "items": [{**item, "price": major(payment.total)}],
    }
    return track(customer, "purchase", facts)


def track_churn(membership: Membership) -> str:
    return track(membership.customer, "membership_cancelled", {"plan": membership.plan.slug})


def track_payment_failure(payment: Payment, error_message: str) -> str:
    """The message stays here: it is for the buyer, and may quote what they typed."""
    return track(payment.customer, "payment_failed", {"transaction_id": payment.reference})


def track(customer: Customer, name: str, facts: dict[str, Any]) -> str:
    """Only who consented is counted. What is returned is shown with the attempt."""
    if customer.analytics_consent_at is None:
        return NO_CONSENT
    acme().post("/events", {"name": name, "params": facts}, idempotency_key=idempotency_key())
    return f"{name} sent"


def major(amount: Money) -> float:
    """29.99 for 2999 cents, as Acme wants it. Sums are made before, in whole cents."""
    return float(amount.decimal)
