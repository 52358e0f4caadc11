"""What payers' banks do at the pretend bank: ask for a charge back, decide, and now and then decide otherwise."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.errors import Conflict, NotFound
from webapp.flows.sandbox_bank import locked, tell
from webapp.gateways.sandbox import BankRefusal
from webapp.models.sandbox import ChargeStatus, SandboxDispute, SandboxDisputeStatus
from webapp.money import Money
from webapp.transactions import unit_of_work


def dispute(reference: str, amount: Money | None = None, reason: str = "fraudulent") -> str:
    """A payer's bank asks for a charge back, or for a part of it; what the dispute is called.

    Raises NotFound for a charge that is not known, Conflict for what was not taken.
    """
    with unit_of_work("sandbox") as session:
        try:
            entry = locked(session, reference)
        except BankRefusal as refusal:
            raise NotFound(code=refusal.code) from None
        wanted = amount or entry.amount
        if entry.status != ChargeStatus.SUCCEEDED or not Money(0, entry.currency) < wanted <= entry.amount:
            raise Conflict("This much was not taken.", code="nothing_taken")
        row = SandboxDispute(charge=entry, amount_minor=wanted.minor, reason=reason[:80])
        session.add(row)
        session.flush()
        tell(entry, "dispute.opened")
        return row.reference


def decide(reference: str, *, won: bool) -> None:
    """The bank decides, for the network (`won`) or for the payer. Raises NotFound."""
    with unit_of_work("sandbox") as session:
        row = _find(session, reference)
        row.status = SandboxDisputeStatus.WON if won else SandboxDisputeStatus.LOST
        row.changed_at = clock.now()
        tell(row.charge, "dispute.closed")


def _find(session: Session, reference: str) -> SandboxDispute:
    row = session.scalars(select(SandboxDispute).where(SandboxDispute.reference == reference)).first()
    if row is None:
        raise NotFound(code="no_such_dispute")
    return row
