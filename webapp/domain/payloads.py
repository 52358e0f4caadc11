"""What an event says about its subject: plain JSON, amounts in minor units, times RFC 3339, no secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from webapp import clock
from webapp.domain import form_answers
from webapp.models import Customer, DomainName, Invoice, Membership, Payment, Refund, Site


def when(instant: datetime | None) -> str | None:
    return None if instant is None else clock.rfc3339(instant)


def customer(row: Customer) -> dict[str, Any]:
    return {
        "customer_id": row.id,
        "email": row.email,
        "display_name": row.display_name,
        "company_name": row.company_name,
        "country": row.billing_country,
        "date_registered": when(row.registered_at),
        "email_verification": str(row.email_verification),
        "answers": form_answers.values(row),
    }


def membership(row: Membership) -> dict[str, Any]:
    return {
        "membership_id": row.id,
        "customer_id": row.customer_id,
        "status": str(row.status),
        "plan": row.plan.slug,
        "currency": row.currency,
        "amount": row.price_minor,
        "duration": row.duration,
        "duration_unit": str(row.duration_unit),
        "date_trial_end": when(row.trial_ends_at),
        "date_expiration": when(row.expires_at),
        "cancel_at": when(row.cancel_at),
        "cancellation_reason": row.cancellation_reason,
        "answers": form_answers.values(row),
    }


def payment(row: Payment) -> dict[str, Any]:
    return {
        "payment_id": row.id,
        "reference": row.reference,
        "customer_id": row.customer_id,
        "membership_id": row.membership_id,
        "status": str(row.status),
        "currency": row.currency,
        "subtotal": row.subtotal_minor,
        "discount_total": row.discount_minor,
        "tax_total": row.tax_minor,
        "total": row.total_minor,
        "discount_code": row.discount_code,
        "gateway": row.gateway,
    }


def refund(row: Refund) -> dict[str, Any]:
    return {
        "refund_id": row.id,
        "payment_id": row.payment_id,
        "amount": row.amount_minor,
        "currency": row.currency,
        "status": str(row.status),
        "reason": row.reason,
    }


def invoice(row: Invoice) -> dict[str, Any]:
    return {
        "invoice_id": row.id,
        "number": row.number,
        "kind": str(row.kind),
        "reference": row.reference,
        "payment_id": row.payment_id,
        "customer_id": row.customer_id,
        "currency": row.currency,
        "total": row.total_minor,
        "tax_total": row.tax_minor,
        "issue_date": row.issue_date.isoformat(),
    }


def site(row: Site) -> dict[str, Any]:
    return {
        "site_id": row.id,
        "membership_id": row.membership_id,
        "customer_id": row.customer_id,
        "slug": row.slug,
        "address": row.address,
        "title": row.title,
        "status": str(row.status),
        "answers": form_answers.values(row),
    }


def domain(row: DomainName) -> dict[str, Any]:
    return {
        "domain_id": row.id,
        "domain": row.name,
        "site_id": row.site_id,
        "customer_id": row.customer_id,
        "status": str(row.status),
        "primary": row.is_main,
        "secure": row.secure_at is not None,
    }


_WRITERS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Customer: customer,
    DomainName: domain,
    Invoice: invoice,
    Membership: membership,
    Payment: payment,
    Refund: refund,
    Site: site,
}


def of(subject: Any) -> dict[str, Any]:
    """The data of an event about `subject`."""
    return _WRITERS[type(subject)](subject)
