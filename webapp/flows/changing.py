"""Other terms for a membership, from the asking to the charge. What they cost and when they begin: changes.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from webapp.domain import agreements, changes, lifecycle, locks, payments, pending_changes, renewals
from webapp.domain.change_wishes import ChangeRequest
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.flows import charging
from webapp.models import Change, ChangeStatus, Membership, Try

Unit = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a change stands. `to_pay`: the reference of the payment that its customer has yet to make; "": none."""

    is_applied: bool
    starts_at: datetime | None
    to_pay: str = ""


def ask(membership_id: int, request: ChangeRequest, *, at: datetime, key: str, unit: Unit) -> Asked:
    """Note other terms as they were shown at `at` and charge the stored way to pay, if there is one.

    `unit`: what opens the caller's unit of work. Raises Invalid for what cannot be had, and Conflict when it costs
    something else by now or while an earlier change is being charged; then nothing was written.
    """
    with unit() as session:
        refuse_while_charging(locks.membership(membership_id))
        change = changes.ask(membership_id, request, at=at, key=key)
        attempt = _collect(change)
        session.flush()
        change_id, charge = change.id, charging.charge_of(attempt) if attempt is not None else None
    if charge is not None:
        charging.record([(charge, charge.send())])
    return where(db.session.get_one(Change, change_id))


def withdraw(membership_id: int, *, reason: str, unit: Unit) -> None:
    """What waits shall not come. Raises Conflict once it is paid for, or while it is being charged."""
    with unit():
        membership = locks.membership(membership_id)
        refuse_while_charging(membership)
        changes.withdraw(membership, reason=reason)


def refuse_while_charging(membership: Membership) -> None:
    """Its row must be locked. A second change would void what is charged at this moment, and be charged as well."""
    waiting = pending_changes.of(membership)
    attempt = payments.open_try(waiting.payment) if waiting is not None and waiting.payment is not None else None
    if attempt is not None and attempt.credential_reference is not None:
        raise Conflict(_("A payment is already under way."), code="try_open")


def _collect(change: Change) -> Try | None:
    """Settle what nothing is due for; the try of the stored way to pay, which is to be sent now."""
    payment = change.payment
    if payment is None:
        return None
    if not payment.asked:
        payments.settle(payment, reason="paid with credit" if payment.credit_minor else "nothing is due")
        return None
    membership = change.membership
    if not renewals.can_be_charged(membership) or agreements.held_by(membership) is not None:
        return None
    return lifecycle.begin_charge(membership, payment)


def where(change: Change) -> Asked:
    payment = change.payment
    waits = change.status == ChangeStatus.PENDING and payment is not None and payments.open_try(payment) is None
    to_pay = payment.reference if payment is not None and waits else ""
    return Asked(change.status == ChangeStatus.APPLIED, change.starts_at, to_pay)
