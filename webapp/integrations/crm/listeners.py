"""Keeps one contact per customer in the CRM: made at the sign-up, then kept up with plan, status and e-mail.

All of it runs in a worker, one delivery after the other for a customer, since one module is one destination.
Each sends how things stand now, so that none can overwrite a newer fact with an older one.
"""

from __future__ import annotations

from functools import partial

from webapp.hooks import add_action
from webapp.integrations.crm.base import Contact, ContactGone, crm
from webapp.models import Customer, Membership, MembershipStatus


def listen() -> None:
    """Hear of everything that changes what the CRM shows of a customer."""
    hear = partial(add_action, background=True, only_if=crm.is_set_up)
    hear("wu_customer_post_create", sync_customer_to_crm)
    hear("wu_customer_post_update", sync_customer_to_crm)
    hear("wu_membership_plan_changed", sync_member_to_crm)
    for status in MembershipStatus:
        hear(f"wu_membership_status_to_{status}", sync_member_to_crm)


def sync_customer_to_crm(customer: Customer) -> str:
    """Update the customer's contact, or find or create it and keep its id. Returns in words what was done."""
    client, contact = crm.current(), contact_for(customer)
    contact_id = customer.meta.get("crm_contact_id")
    if contact_id is not None and customer.meta.get("crm_vendor", client.vendor) == client.vendor:
        try:
            client.update(str(contact_id), contact)
            return f"{client.vendor}: contact {contact_id} updated"
        except ContactGone:
            pass  # somebody deleted it over there
    customer.meta["crm_contact_id"] = contact_id = client.upsert(contact)
    customer.meta["crm_vendor"] = client.vendor
    return f"{client.vendor}: contact {contact_id} found or created"


def sync_member_to_crm(membership: Membership) -> str:
    return sync_customer_to_crm(membership.customer)


def contact_for(customer: Customer) -> Contact:
    """What the CRM is told of a customer, and nothing more."""
    membership = membership_that_counts(customer)
    return Contact(
        email=customer.email,
        name="" if customer.display_name == customer.email else customer.display_name,
        signup_date=customer.registered_at.date(),
        plan=membership.plan.name if membership else "",
        status=str(membership.status) if membership else "",
    )


def membership_that_counts(customer: Customer) -> Membership | None:
    """The newest that is in force; with none in force the newest, so that a CRM sees how it ended."""
    served = [one for one in customer.memberships if one.is_served]
    return served[-1] if served else customer.membership
