"""The moments at which we write to people. Each listener runs in a worker, so no sale waits for a mail to be worded.

A delivery may be carried out twice: every mail has a key under which it is written once.
"""

from __future__ import annotations

from typing import Any

from webapp.domain import customers, email_addresses
from webapp.hooks import add_action, idempotency_key
from webapp.transactions import unit_of_work


def listen() -> None:
    add_action("wu_event_email_verification_requested", ask_to_confirm, background=True)


def ask_to_confirm(payload: dict[str, Any]) -> str:
    """The link by which a customer confirms their address."""
    with unit_of_work("mail"):
        customer = customers.find(payload["customer_id"])
        written = email_addresses.write_confirmation(customer, once=f"confirm:{idempotency_key()}")
    return "written" if written else "confirmed already"
