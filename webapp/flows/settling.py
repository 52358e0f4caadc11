"""What is true at a gateway about one thing of ours, asked and recorded.

Whoever has reason to ask goes through here, a notice that came in or reconciliation that finds out what none told: so
both come to the same, and what one has recorded the other finds done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp import transactions
from webapp.domain import payments
from webapp.extensions import db
from webapp.flows import asking, mirroring, rechecking, refunding, storing
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Outcome
from webapp.models import CredentialSetup, Customer, Payment, Refund, StoredCredential, Try
from webapp.transactions import unit_of_work


class Meant(NamedTuple):
    """A try, a refund, each with its payment, the adding of a way to pay, what a gateway takes by itself, or ways to
    pay that it keeps; none of them when it is nothing of ours.

    `gateway` is asked for `reference`: what we know the thing by, which need not be what the vendor calls it now.
    """

    try_id: int | None = None
    payment_id: int | None = None
    refund_id: int | None = None
    setup_id: int | None = None
    agreement_id: int | None = None
    credential_ids: tuple[int, ...] = ()
    gateway: str = ""
    reference: str = ""


NOTHING = Meant()
Mark = Callable[[Session, str], None]  # is given the effect, in the transaction that records it


# -- what a name means -----------------------------------------------------------------------------------------------
def named(session: Session, gateway: str, names: Iterable[str], called: str = "") -> Meant:
    """The first of these names that is known. `called`: what the gateway calls that which something happened to."""
    for name in names:
        meant = known(session, gateway, name) or _begun_as(session, gateway, name, called)
        if meant is not None:
            vendor = beyond(gateways.all()[gateway])
            return meant._replace(reference=vendor.to_ask(called, meant.reference))
    return NOTHING


def known(session: Session, gateway: str, reference: str) -> Meant | None:
    """What has this name at the gateway, or at another with the same account."""
    stored = _stored(session, gateway, reference)
    if stored is not None:
        return stored
    for kind in (Try, CredentialSetup, Refund):
        found = _find(session, gateway, kind, kind.gateway_reference == reference, reference)
        if found is not None:
            return found
    return None


def _stored(session: Session, gateway: str, reference: str) -> Meant | None:
    """An agreement before the try that it began with: that is over, and it goes on."""
    query = select(StoredCredential).where(
        StoredCredential.gateway.in_(gateways.sharing(gateway)), StoredCredential.reference == reference
    )
    row = session.scalars(query).first()
    if row is None:
        return None
    if row.agreement is None:
        return Meant(credential_ids=(row.id,), gateway=row.gateway, reference=reference)
    return Meant(agreement_id=row.id, gateway=row.gateway, reference=reference)


def _begun_as(session: Session, gateway: str, key: str, called: str) -> Meant | None:
    """What was sent under this key: its answer may have been lost, and somebody tells its name."""
    kind, _dash, rest = key.partition("-")
    if kind == "payer":
        return _all_of_payer(session, gateway, rest)
    if kind == "card":
        return _find(session, gateway, CredentialSetup, CredentialSetup.reference == rest, called)
    reference, _dash, number = rest.rpartition("-")
    if kind not in ("pay", "refund") or not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    if kind == "pay":
        return _find(session, gateway, Try, _of(Try, reference) & (Try.number == int(number)), called)
    return _find(session, gateway, Refund, _of(Refund, reference) & (Refund.id == int(number)), called)


def _all_of_payer(session: Session, gateway: str, reference: str) -> Meant | None:
    """What the gateway's account keeps for a customer, and we charge."""
    query = (
        select(StoredCredential.id)
        .join(Customer, Customer.id == StoredCredential.customer_id)
        .where(Customer.reference == reference, StoredCredential.gateway.in_(gateways.sharing(gateway)))
        .where(StoredCredential.usable, StoredCredential.agreement.is_(None))
    )
    found = tuple(session.scalars(query.order_by(StoredCredential.id)))
    return Meant(credential_ids=found, gateway=gateway, reference=f"payer-{reference}") if found else None


def _of(kind: type[Try | Refund], payment: str) -> ColumnElement[bool]:
    return kind.payment_id == select(Payment.id).where(Payment.reference == payment).scalar_subquery()


def _find(
    session: Session, gateway: str, kind: type[Try | CredentialSetup | Refund], which: ColumnElement[bool], called: str
) -> Meant | None:
    shared = kind.gateway.in_(gateways.sharing(gateway))
    row: Any = session.scalars(select(kind).where(which, shared)).first()
    if row is None:
        return None
    name = row.gateway_reference or called
    if isinstance(row, CredentialSetup):
        return Meant(setup_id=row.id, gateway=row.gateway, reference=name)
    if isinstance(row, Refund):
        return Meant(payment_id=row.payment_id, refund_id=row.id, gateway=row.gateway, reference=name)
    return Meant(try_id=row.id, payment_id=row.payment_id, gateway=row.gateway, reference=name)


# -- asking and recording --------------------------------------------------------------------------------------------
def settle(meant: Meant, actor: str, mark: Mark | None = None) -> str:
    """Ask what is true of it now, and record that; the effect in words. Safe to repeat.

    `mark` is called in the last transaction of those that record the answer. Raises VendorUnreachable, and NotFound or
    SwitchedOff where the gateway is gone.
    """
    if meant.refund_id is not None:
        return refunding.hear(meant.gateway, meant.refund_id, meant.reference, actor, mark)
    if meant.agreement_id is not None:
        transactions.end_read()
        return _marked(mirroring.hear(meant.gateway, meant.agreement_id, meant.reference, actor), actor, mark)
    if meant.credential_ids:
        transactions.end_read()
        return _marked(rechecking.hear(meant.credential_ids, actor), actor, mark)
    if meant.setup_id is not None:
        effect = storing.hear(meant.gateway, meant.setup_id, meant.reference)
        return _marked(effect, actor, mark)
    wanted = asking.is_wanted(db.session.get_one(Try, meant.try_id, populate_existing=True))
    transactions.end_read()
    outcome = asking.truth(meant.gateway, meant.reference, wanted=wanted)
    gone_back = bool(outcome.disputes) or (outcome.refunded is not None and outcome.refunded.minor > 0)
    effect = _record(meant, outcome, actor, None if gone_back else mark)
    if not gone_back:
        return effect
    return _marked(refunding.note_gone_back(meant.payment_id or 0, outcome, actor), actor, mark)


def _marked(effect: str, actor: str, mark: Mark | None) -> str:
    if mark is not None:
        with unit_of_work(actor) as session:
            mark(session, effect)
    return effect


def _record(meant: Meant, outcome: Outcome, actor: str, mark: Mark | None) -> str:
    with unit_of_work(actor) as session:
        payments.locked(meant.payment_id or 0)
        attempt = session.get_one(Try, meant.try_id, populate_existing=True)
        effect = payments.record_answer(attempt, outcome)
        if mark is not None:
            mark(session, effect)
    return effect
