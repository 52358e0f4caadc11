"""What the pretend bank gives back: refunds of its charges, at once, late, lost, bounced or refused.

A refund is in the bank's own books, like the charge it belongs to. Each function is one transaction of the bank's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.errors import NotFound
from webapp.extensions import engine
from webapp.flows.sandbox_bank import lateness, locked, tell
from webapp.gateways.sandbox import BankRefusal, BankSilent, GivenBack
from webapp.models.sandbox import ChargeStatus, RefundManner, SandboxCharge, SandboxDispute, SandboxRefund
from webapp.money import Money
from webapp.transactions import unit_of_work


def refund(reference: str, amount: Money, idempotency_key: str) -> GivenBack:
    """Give money back, once per key. Raises BankRefusal for more than is left of the charge.

    Raises BankSilent the first time, where the charge's manner is to lose the answer: the money goes all the same.
    """
    with unit_of_work("sandbox") as session:
        entry = locked(session, reference)
        given, new = _give_back(session, entry, amount, idempotency_key)
        silent = new and entry.refunds == RefundManner.LOST
    if silent:
        raise BankSilent
    return given


def fetch_refund(reference: str) -> GivenBack:
    """How a refund stands now, like `fetch`."""
    if "\0" in reference:
        raise BankRefusal("no_such_refund")
    with Session(engine()) as session:
        row = session.scalars(select(SandboxRefund).where(SandboxRefund.reference == reference)).first()
        if row is None:
            raise BankRefusal("no_such_refund")
        return _given(row)


def changed(since: datetime) -> list[tuple[str, ...]]:
    """What went back since then, and what payers' banks asked for or decided."""
    names = SandboxRefund.reference, SandboxRefund.idempotency_key, SandboxCharge.reference.label("charge")
    given = select(*names).join(SandboxRefund.charge)
    given = given.where(SandboxRefund.settled_at.between(since, clock.now())).order_by(SandboxRefund.id)
    asked = select(SandboxCharge.reference).join(SandboxDispute, SandboxDispute.charge_id == SandboxCharge.id)
    asked = asked.where(SandboxDispute.changed_at >= since).order_by(SandboxDispute.id)
    with Session(engine()) as session:
        return [*map(tuple, session.execute(given)), *map(tuple, session.execute(asked))]


def tell_to_refund(reference: str, manner: RefundManner) -> None:
    """How the next refunds of this charge go. Raises NotFound."""
    with unit_of_work("sandbox") as session:
        try:
            locked(session, reference).refunds = manner
        except BankRefusal as refusal:
            raise NotFound(code=refusal.code) from None


def _give_back(session: Session, entry: SandboxCharge, amount: Money, key: str) -> tuple[GivenBack, bool]:
    """The refund of this key, and whether it is new."""
    known = session.scalars(select(SandboxRefund).where(SandboxRefund.idempotency_key == key)).first()
    if known is not None:
        if (known.charge_id, known.amount_minor) != (entry.id, amount.minor):
            raise BankRefusal("key_reused")
        return _given(known), False
    _check_refund(entry, amount)
    entry.refunded_minor += amount.minor
    late = entry.refunds in (RefundManner.LATE, RefundManner.BOUNCED)
    after = lateness() if late else timedelta(0)
    row = SandboxRefund(
        charge=entry,
        idempotency_key=key,
        amount_minor=amount.minor,
        bounces=entry.refunds == RefundManner.BOUNCED,
        settled_at=clock.now() + after,
    )
    session.add(row)
    session.flush()
    tell(entry, "charge.refunded", after)
    if late:
        tell(entry, "refund.failed" if row.bounces else "refund.succeeded", after, about=row.reference)
    return _given(row), True


def _check_refund(entry: SandboxCharge, amount: Money) -> None:
    if entry.refunds == RefundManner.REFUSED:
        raise BankRefusal("refund_refused")
    if entry.status != ChargeStatus.SUCCEEDED:
        raise BankRefusal("nothing_taken")
    if amount.currency != entry.currency or amount.minor <= 0:
        raise BankRefusal("bad_amount")
    if entry.refunded_minor + amount.minor > entry.amount_minor:
        raise BankRefusal("more_than_was_taken")


def _given(row: SandboxRefund) -> GivenBack:
    return GivenBack(row.reference, row.status, row.amount)
