"""Everything we keep about a customer, for themself: to read, and to take along (GDPR, articles 15 and 20)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import selectinload

from webapp import clock
from webapp.domain import form_answers
from webapp.extensions import db
from webapp.models import (
    CheckoutDraft,
    CredentialSetup,
    CreditMovement,
    Customer,
    Declaration,
    DomainName,
    Event,
    FormerAddress,
    Invoice,
    Mail,
    Membership,
    Note,
    Passkey,
    Payment,
    Sale,
    SecurityEvent,
    Site,
    SiteTransfer,
    StoredCredential,
    TrialClaim,
    UserSession,
)

# What only a machine may know, by table; and what says nothing about anybody.
SECRET = {
    "users": {"password_hash"},
    "user_sessions": {"token_hash"},
    "passkeys": {"credential_id", "public_key"},
    "sites": {"job", "told_at"},
    "stored_credentials": {"reference"},
    "credential_setups": {"reference", "gateway_reference", "action"},
    "mails": {"secrets", "lease", "once", "html"},
    "declarations": {"token"},
    "site_transfers": {"token_hash"},
    "checkout_drafts": {"key_hash"},
}
TECHNICAL = {"version"}


def of(customer: Customer) -> dict[str, Any]:
    """As JSON takes it. Amounts are minor units beside their currency; times are RFC 3339 in UTC."""
    user, own = customer.user, customer.id
    memberships = select(Membership).where(Membership.customer_id == own).options(selectinload(Membership.items))
    payments = select(Payment).where(Payment.customer_id == own)
    former = select(FormerAddress).join(Site).where(Site.customer_id == own)
    given = or_(SiteTransfer.from_customer_id == own, SiteTransfer.to_customer_id == own)
    domains = select(DomainName).join(Site).where(Site.customer_id == own)
    parts = [selectinload(one) for one in (Payment.line_items, Payment.refunds)]
    return {
        "exported_at": clock.rfc3339(clock.now()),
        "customer": {**columns(customer), "kept_by_connected_systems": dict(customer.meta)},
        "user": columns(user),
        "orders": [
            {
                "form": one.checkout_form,
                "ordered_at": clock.rfc3339(one.created_at),
                "answers": one.form.get(form_answers.ANSWERS, {}),
            }
            for one in db.session.scalars(select(Sale).where(Sale.customer_id == own).order_by(Sale.id))
        ],
        "order_forms_begun": all_of(CheckoutDraft, own),
        "memberships": [
            {**columns(one), "items": rows(one.items)}
            for one in db.session.scalars(memberships.order_by(Membership.id))
        ],
        "payments": [
            {**columns(one), "lines": rows(one.line_items), "refunds": rows(one.refunds)}
            for one in db.session.scalars(payments.options(*parts).order_by(Payment.id))
        ],
        "invoices": all_of(Invoice, own),
        "credit": all_of(CreditMovement, own),
        "payment_methods": all_of(StoredCredential, own),
        "payment_methods_begun": all_of(CredentialSetup, own),
        "trials": all_of(TrialClaim, own),
        "sites": all_of(Site, own),
        "former_addresses": rows(db.session.scalars(former.order_by(FormerAddress.id))),
        "sites_offered": rows(db.session.scalars(select(SiteTransfer).where(given).order_by(SiteTransfer.id))),
        "domains": rows(db.session.scalars(domains.order_by(DomainName.id))),
        "declarations": all_of(Declaration, own),
        "notes_of_the_staff": all_of(Note, own),
        "events": all_of(Event, own),
        "messages": rows(db.session.scalars(select(Mail).where(or_(Mail.customer_id == own, Mail.user_id == user.id)))),
        "sign_ins": rows(db.session.scalars(select(UserSession).where(UserSession.user_id == user.id))),
        "security_events": rows(db.session.scalars(select(SecurityEvent).where(SecurityEvent.user_id == user.id))),
        "passkeys": rows(db.session.scalars(select(Passkey).where(Passkey.user_id == user.id))),
    }


def all_of(kind: Any, customer_id: int) -> list[dict[str, Any]]:
    return rows(db.session.scalars(select(kind).where(kind.customer_id == customer_id).order_by(kind.id)))


def rows(found: Iterable[Any]) -> list[dict[str, Any]]:
    return [columns(one) for one in found]


def columns(row: Any) -> dict[str, Any]:
    """What stands in a row."""
    left_out = SECRET.get(row.__tablename__, set()) | TECHNICAL
    names = [one.key for one in inspect(type(row)).column_attrs if one.key not in left_out]
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | StrEnum) else value
