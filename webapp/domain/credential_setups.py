"""A way to pay is added without a payment: begun, asked about, settled, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from webapp import clock
from webapp.domain import asked, payment_methods
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import CredentialSetup, Customer, Membership, TryStatus
from webapp.paying import Beginning, BrowserStep, Done, Later, Outcome, Redirect, Verdict

GIVEN_UP_AFTER = timedelta(days=2)
OPEN = (TryStatus.STARTED, TryStatus.NEEDS_ACTION, TryStatus.UNKNOWN)


def begin(customer: Customer, gateway: str, membership_ids: Sequence[int], currency: str) -> CredentialSetup:
    """Note that a gateway is about to be asked."""
    setup = CredentialSetup(
        customer=customer,
        gateway=gateway,
        membership_ids=list(membership_ids),
        currency=currency,
        ask_at=clock.now() + asked.LEASE,
    )
    db.session.add(setup)
    return setup


def find(reference: str, *, customer_id: int) -> CredentialSetup:
    """Somebody else's is not found. Raises NotFound."""
    mine = select(CredentialSetup).where(CredentialSetup.customer_id == customer_id)
    found = db.session.scalars(mine.where(CredentialSetup.reference == reference)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def locked(setup_id: int) -> CredentialSetup:
    """As it is now. Locked after the memberships that it is for (domain/locks.py)."""
    query = select(CredentialSetup).where(CredentialSetup.id == setup_id).with_for_update(of=CredentialSetup)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def record_beginning(setup: CredentialSetup, beginning: Beginning) -> None:
    """Where the customer goes on. What is settled at once is for `record_answer`."""
    if isinstance(beginning, Redirect):
        asked.await_buyer(setup, beginning.reference, {"type": "redirect", "url": beginning.url})
    elif isinstance(beginning, BrowserStep):
        asked.await_buyer(setup, beginning.reference or None, {"type": "client", **beginning.data})


def outcome_of(beginning: Beginning) -> Outcome | None:
    """What is decided already; a gateway that waits for a transfer keeps no way to pay."""
    if isinstance(beginning, Later):
        return Outcome(Verdict.DECLINED, reason="not_supported")
    return beginning.outcome if isinstance(beginning, Done) else None


def record_answer(setup: CredentialSetup, outcome: Outcome, memberships: Sequence[Membership]) -> str:
    """What is true at the gateway; in words what came of it. `memberships`: those that it is for, locked.

    What was given up and succeeds after all is kept, and renews nothing by itself.
    """
    if outcome.verdict == Verdict.SUCCEEDED and setup.status != TryStatus.SUCCEEDED:
        return _succeeded(setup, outcome, memberships)
    if outcome.verdict == Verdict.DECLINED and setup.is_open:
        asked.close(setup, TryStatus.DECLINED, outcome)
        return "declined"
    if outcome.verdict in (Verdict.NEEDS_ACTION, Verdict.UNKNOWN) and setup.is_open:
        if setup.created_at + GIVEN_UP_AFTER < clock.now():
            asked.close(setup, TryStatus.DECLINED, Outcome(Verdict.DECLINED, reason="given up"))
            return "given up"
        return asked.undecided(setup, outcome)
    return "known already"


def _succeeded(setup: CredentialSetup, outcome: Outcome, memberships: Sequence[Membership]) -> str:
    was_open = setup.is_open
    if was_open:
        asked.close(setup, TryStatus.SUCCEEDED, outcome)
    if outcome.credential is None or setup.customer.deleted_at is not None:
        return "nothing was kept"
    kept = payment_methods.keep(setup.customer_id, setup.gateway, outcome.credential)
    for membership in memberships if was_open else ():
        if membership.customer_id == kept.customer_id and payment_methods.can_renew(membership):
            payment_methods.choose(membership, kept)
    return "a payment method was kept"


def due_to_ask(limit: int = 100) -> Sequence[int]:
    """Those whose gateway should be asked now, oldest first."""
    due = select(CredentialSetup.id).where(CredentialSetup.status.in_(OPEN), CredentialSetup.ask_at <= clock.now())
    return db.session.scalars(due.order_by(CredentialSetup.ask_at, CredentialSetup.id).limit(limit)).all()
