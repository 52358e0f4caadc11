"""What we want of a CRM, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from webapp.integrations.binding import Binding


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer as a CRM knows one. `plan` and `status` are of the membership that counts; "" for none."""

    email: str
    name: str
    signup_date: date
    plan: str = ""
    status: str = ""


class ContactGone(Exception):
    """The CRM knows no contact by this id (any more)."""


class Crm(Protocol):
    """Every call may raise TryLater or PermanentFailure, and can be repeated without a second contact."""

    @property
    def vendor(self) -> str:
        """A short name; ids of one vendor are never used with another."""

    def upsert(self, contact: Contact) -> str:
        """Find the contact by its e-mail address or create it, give it these facts, and return its id."""

    def update(self, contact_id: str, contact: Contact) -> None:
        """Give the contact these facts, a new e-mail address included. Raises ContactGone."""


crm: Binding[Crm] = Binding("a CRM")
