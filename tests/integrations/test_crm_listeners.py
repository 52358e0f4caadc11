"""One contact per customer, kept up with what happens to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from tests.integrations.people import a_customer, a_membership, a_plan
from webapp.integrations.crm.base import Contact, ContactGone, crm
from webapp.integrations.crm.listeners import contact_for, sync_customer_to_crm, sync_member_to_crm
from webapp.models import Customer, MembershipStatus
from webapp.outgoing import PermanentFailure


class MemoryCrm:
    """A CRM that keeps its contacts here."""

    def __init__(self, vendor: str = "memory") -> None:
        self.vendor = vendor
        self.contacts: dict[str, Contact] = {}

    def upsert(self, contact: Contact) -> str:
        found = (one for one, known in self.contacts.items() if known.email == contact.email)
        contact_id = next(found, None) or f"{self.vendor}-{len(self.contacts) + 1}"
        self.contacts[contact_id] = contact
        return contact_id

    def update(self, contact_id: str, contact: Contact) -> None:
        if contact_id not in self.contacts:
            raise ContactGone(contact_id)
        self.contacts[contact_id] = contact


@pytest.fixture
def memory() -> Iterator[MemoryCrm]:
    memory = MemoryCrm()
    crm.bind(memory)
    yield memory
    crm.bind(None)


def test_the_contact_gets_what_the_document_names(memory: MemoryCrm) -> None:
    customer = a_customer()
    a_membership(customer, status=MembershipStatus.PENDING)
    answer = sync_customer_to_crm(customer)
    assert memory.contacts == {
        "memory-1": Contact("ada@example.org", "Ada Lovelace", date(2026, 11, 23), "Premium", "pending")
    }
    assert customer.meta["crm_contact_id"] == "memory-1"
    assert answer == "memory: contact memory-1 found or created"


def test_later_changes_update_the_same_contact(memory: MemoryCrm) -> None:
    customer = a_customer()
    membership = a_membership(customer)
    sync_customer_to_crm(customer)
    membership.plan, membership.status = a_plan("pro", "Professional"), MembershipStatus.ON_HOLD
    customer.email = "countess@example.org"
    assert sync_member_to_crm(membership) == "memory: contact memory-1 updated"
    assert memory.contacts == {
        "memory-1": Contact("countess@example.org", "Ada Lovelace", date(2026, 11, 23), "Professional", "on-hold")
    }


def test_a_contact_deleted_over_there_is_made_again(memory: MemoryCrm) -> None:
    customer = a_customer()
    customer.meta["crm_contact_id"] = "memory-77"
    sync_customer_to_crm(customer)
    assert list(memory.contacts) == [customer.meta["crm_contact_id"]] == ["memory-1"]


def test_doing_it_twice_makes_one_contact(memory: MemoryCrm) -> None:
    customer = a_customer()
    sync_customer_to_crm(customer)
    del customer.meta["crm_contact_id"]  # the first time was never written down
    sync_customer_to_crm(customer)
    assert list(memory.contacts) == ["memory-1"]


def test_an_id_of_another_vendor_is_not_used(memory: MemoryCrm) -> None:
    customer = a_customer()
    sync_customer_to_crm(customer)
    other = MemoryCrm("other")
    other.contacts["memory-1"] = Contact("somebody.else@example.org", "Grace", date(2026, 1, 1))
    crm.bind(other)
    sync_customer_to_crm(customer)
    assert customer.meta["crm_contact_id"] == "other-2"
    assert other.contacts["memory-1"].email == "somebody.else@example.org"


def test_a_customer_who_buys_later_has_no_plan_yet(memory: MemoryCrm) -> None:
    contact = contact_for(a_customer())
    assert (contact.plan, contact.status) == ("", "")


def test_an_address_is_no_name(memory: MemoryCrm) -> None:
    assert contact_for(a_customer(display_name="ada@example.org")).name == ""


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [
        (["active", "cancelled"], "active"),
        (["expired", "cancelled"], "cancelled"),
        (["active", "trialing"], "trialing"),
        (["on-hold", "pending"], "on-hold"),
    ],
)
def test_the_membership_in_force_counts(statuses: list[str], counts: str) -> None:
    customer: Customer = a_customer()
    for status in statuses:
        a_membership(customer, a_plan(name=status), status=MembershipStatus(status))
    contact = contact_for(customer)
    assert (contact.plan, contact.status) == (counts, counts)


def test_who_has_no_keys_is_told_so(app: Flask) -> None:
    crm.bind(None)
    with pytest.raises(PermanentFailure, match="a CRM is not configured"):
        sync_customer_to_crm(a_customer())
