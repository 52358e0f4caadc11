"""What Acme tells us at `/hooks/acme/crm`. Each function is one unit of work; the signature was checked before.

`subscription.cancelled` names the membership by its reference, and `customer.updated` the customer by what Acme
knows: its own contact id, or the e-mail address.
"""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email

from webapp.domain import customers, memberships
from webapp.domain.customers import Profile
from webapp.errors import Invalid
from webapp.models import Customer, MembershipStatus

Event = dict[str, Any]
OVER = (MembershipStatus.CANCELLED, MembershipStatus.EXPIRED)


def update_customer(event: Event) -> bool:
    """`{"type": "customer.updated", "contact_id": "…", "email": "…", "data": {"name": "…", "email": "…"}}`

    False, so "not for us", for a contact that is no customer here. Told twice, it changes nothing.
    """
    customer = find_customer(event)
    if customer is None:
        return False
    data = event.get("data")
    if not isinstance(data, dict):
        raise Invalid("data must be an object.", field="data")
    if text(data, "email"):
        customers.change_email(customer, address(data))
    customers.update(customer, Profile(full_name=text(data, "name")[:200]))
    return True


def find_customer(event: Event) -> Customer | None:
    """By the contact id that we kept, else by e-mail."""
    known = customers.by_meta("crm_contact_id", event.get("contact_id"))
    user = None if known else customers.user_by_email(text(event, "email"))
    return known or (user.customer if user else None)


def cancel_membership(event: Event) -> None:
    """`{"type": "subscription.cancelled", "subscription_id": "<reference>", "reason": "…", "at_once": false}`

    It ends with the period that is paid for, or now if `at_once` is true. Raises NotFound.
    """
    membership = memberships.find_by_reference(text(event, "subscription_id"))
    if membership.status in OVER:
        return
    reason = text(event, "reason") or "cancelled at Acme"
    memberships.cancel(membership, reason=reason, at_once=event.get("at_once") is True)


def address(data: Event) -> str:
    """It is what the customer signs in with from now on. Raises Invalid for what is no address."""
    try:
        return validate_email(text(data, "email"), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Invalid("This is no e-mail address.", field="email") from None


def text(data: Event, name: str) -> str:
    """A field as text; "" when it is missing, or something else."""
    value = data.get(name)
    return value.strip() if isinstance(value, str) else ""
