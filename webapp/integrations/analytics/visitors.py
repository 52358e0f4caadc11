"""Who may be counted, and under which number. Without consent there is no visitor, and nothing is sent.

The checkout keeps a visitor's ids in the meta `analytics` of payment and customer, and only with consent.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from webapp.integrations.analytics.base import Visitor
from webapp.integrations.analytics.cookies import CLIENT_ID, SESSION_ID
from webapp.models import Customer, Payment, PaymentKind


def visitor_of_payment(payment: Payment) -> Visitor | None:
    """The consent was given for one order; a renewal has no visit of its own, so the customer's counts."""
    kept = payment.meta.get("analytics")
    if kept is not None:
        return visitor_from(kept, payment.customer)
    return visitor_of_customer(payment.customer) if payment.kind == PaymentKind.RENEWAL else None


def visitor_of_customer(customer: Customer) -> Visitor | None:
    kept = customer.meta.get("analytics")
    if kept is None and customer.analytics_consent_at is None:
        return None
    return visitor_from(kept, customer)


def visitor_from(kept: Any, customer: Customer) -> Visitor:
    """Consent with no cookie to read (a blocker): a number made up from the customer, always the same."""
    ids = kept if isinstance(kept, dict) else {}
    client, session = str(ids.get("client_id", "")), str(ids.get("session_id", ""))
    return Visitor(
        client_id=client if re.fullmatch(CLIENT_ID, client) else made_up(customer),
        session_id=session if re.fullmatch(SESSION_ID, session) else "",
    )


def made_up(customer: Customer) -> str:
    """In the form of Google's own: 31 random bits, and the second it was made. Nothing leads back."""
    digest = hashlib.sha256(f"analytics:{customer.reference}".encode()).digest()
    return f"{int.from_bytes(digest[:4]) >> 1}.{int(customer.registered_at.timestamp())}"
