"""What a gateway did by itself under an agreement: brought here as what it is, the payment of a period or its end.

A notice says only that something happened; the gateway is asked how the agreement stands. What it took pays for the
period that is due, by the same steps as a charge of ours (flows/charging.py), which then only finds the money.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import agreements, lifecycle, payments
from webapp.flows import asking, charging
from webapp.gateways import beyond, gateways
from webapp.models import Membership, Payment, StoredCredential, Try
from webapp.paying import AgreementState, Taken, window
from webapp.transactions import unit_of_work


def hear(gateway: str, credential_id: int, reference: str, actor: str) -> str:
    """How the agreement stands now, and what follows from that; in words. Safe to repeat. Raises VendorUnreachable."""
    state = beyond(gateways.get(gateway)).agreement(reference)
    with unit_of_work(actor) as session:
        credential = session.get_one(StoredCredential, credential_id)
        number = (credential.agreement or {}).get("membership")
        held = charging.lock([int(number)]) if number else []
        membership, payment = held[0] if held else (None, None)
        effects, charge, to_ask = _note(session, credential, membership, payment, state)
    if charge is not None:
        charging.send([charge])
    if to_ask is not None:
        asking.ask(to_ask)
    return "; ".join(effects) or "known already"


def _note(
    session: Session,
    credential: StoredCredential,
    membership: Membership | None,
    payment: Payment | None,
    state: AgreementState,
) -> tuple[list[str], charging.Charge | None, int | None]:
    """In words what came of it, the charge to be sent, and the try whose gateway is to be asked."""
    effects: list[str] = []
    news = _unknown(session, credential, state.taken)
    charge, to_ask = None, None
    if membership is not None and membership.credential is credential and credential.usable:
        charge, to_ask = _collect(session, membership, payment, is_taken=bool(news))
        if any(_is_for(membership, one) for one in news):
            effects.append("charged by the gateway")
        news = [one for one in news if not _is_for(membership, one)]
    for one in news:
        effects.append(_puzzle(session, credential, one))
    if state.ended and agreements.note_ended(membership, credential):
        effects.append("the agreement has ended")
    return effects, charge, to_ask


def _unknown(session: Session, credential: StoredCredential, taken: Sequence[Taken]) -> list[Taken]:
    """What was taken and is neither a try's nor with the staff already."""
    seen = set((credential.agreement or {}).get("asked_about", ()))
    names = [one.reference for one in taken if one.reference not in seen]
    tries = select(Try.gateway_reference).where(Try.gateway == credential.gateway, Try.gateway_reference.in_(names))
    known = set(session.scalars(tries)) if names else set()
    return [one for one in taken if one.reference in names and one.reference not in known]


def _is_for(membership: Membership, one: Taken) -> bool:
    """Whether it pays for the period that is due next."""
    due = membership.expires_at
    if due is None or membership.is_paid_up:
        return False
    first, last = window(due, membership.period.after(due))
    return first <= one.at < last


def _collect(
    session: Session, membership: Membership, payment: Payment | None, *, is_taken: bool
) -> tuple[charging.Charge | None, int | None]:
    """What waits for the gateway is asked about. Where a period is due, its money is found now; what comes before that
    is found once it is."""
    running = payments.open_try(payment) if payment is not None else None
    if running is not None and running.credential_reference is not None:
        return None, running.id
    attempt = lifecycle.charge_due(membership, payment) if is_taken else None
    if attempt is None:
        return None, None
    session.flush()
    return charging.charge_of(attempt), None


def _puzzle(session: Session, credential: StoredCredential, one: Taken) -> str:
    """Money for no period of ours: a person decides what becomes of it."""
    terms = dict(credential.agreement or {})
    credential.agreement = {**terms, "asked_about": [*terms.get("asked_about", ()), one.reference]}
    last = session.scalars(
        select(Try)
        .join(Payment)
        .where(Payment.customer_id == credential.customer_id, Try.gateway == credential.gateway)
        .order_by(Payment.membership_id == terms.get("membership"), Try.id)
    ).all()
    if last:
        payments.puzzle(last[-1], f"the gateway took {one.amount} that nobody asked for: {one.reference}")
    return "money that nobody asked for: needs a decision"
