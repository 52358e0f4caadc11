"""Ways to pay that a gateway keeps, looked at again: a bank has replaced a card, or somebody has removed it there.

A notice says only that something happened; the gateway is asked what is true of each.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from webapp import transactions
from webapp.domain import payment_methods
from webapp.extensions import db
from webapp.gateways import beyond, gateways
from webapp.models import StoredCredential
from webapp.paying import Credential
from webapp.transactions import unit_of_work


def hear(credential_ids: Sequence[int], actor: str) -> str:
    """What is true of them now, recorded; in words what came of it. Safe to repeat. Raises VendorUnreachable."""
    query = select(StoredCredential).where(StoredCredential.id.in_(credential_ids)).order_by(StoredCredential.id)
    known = [(one.id, one.gateway, one.reference) for one in db.session.scalars(query)]
    transactions.end_read()
    effects: list[str] = []
    for credential_id, gateway, reference in known:
        try:
            now = beyond(gateways.get(gateway)).known_by(reference)
        except NotImplementedError:
            continue
        effects += _record(credential_id, now, actor)
    return "; ".join(dict.fromkeys(effects)) or "known already"


def _record(credential_id: int, now: Credential | None, actor: str) -> list[str]:
    with unit_of_work(actor) as session:
        credential = session.get(StoredCredential, credential_id)
        if credential is None:  # removed meanwhile
            return []
        held = payment_methods.all_locked(credential.customer_id)
        session.refresh(credential)
        if now is None:
            return ["a payment method is gone"] if payment_methods.lose(credential, held) else []
        return ["a payment method was renewed"] if payment_methods.renew(credential, now) else []
