"""The record of comparisons with the gateways, and what of ours such a comparison is about.

`flows/reconciling.py` asks the gateways. What is found here is open, so it is little however large the network is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain import asked, refunds
from webapp.models import (
    CredentialSetup,
    Dispute,
    Membership,
    Payment,
    Reconciliation,
    Refund,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.models.payment import OPEN_TRY
from webapp.models.refund import UNDER_WAY

KEPT = timedelta(days=30)
LINES_AT_MOST = 500
# What is due is claimed within seconds. What is later than this, nobody works on.
OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """One difference that was mended, or, `failed`, what could not be compared. `about`: the kind of thing."""

    about: str
    number: int | None
    effect: str
    gateway: str = ""
    reference: str = ""
    before: str = ""
    after: str = ""
    failed: bool = False

    def __str__(self) -> str:
        name = f"{self.about} {self.number:06d}" if self.number is not None else self.about
        called = " ".join(one for one in (self.gateway, self.reference) if one)
        moved = f"{self.before} → {self.after}, " if self.before != self.after else ""
        told = "not compared, " if self.failed else ""
        return f"{name}{f' ({called})' if called else ''}: {told}{moved}{self.effect}"


# -- runs ------------------------------------------------------------------------------------------------------------
def begin(session: Session, actor: str) -> Reconciliation:
    run = Reconciliation(actor=actor[:64])
    session.add(run)
    session.flush()
    return run


def end(
    session: Session,
    run_id: int,
    *,
    looked_at: int,
    repaired: int,
    failed: int,
    lines: Iterable[Line],
    read_until: Mapping[str, datetime],
) -> Reconciliation:
    """Failures stand first, so that those are kept where not all can be."""
    run = session.get_one(Reconciliation, run_id)
    run.ended_at, run.looked_at, run.repaired, run.failed = clock.now(), looked_at, repaired, failed
    told = sorted(lines, key=lambda one: not one.failed)
    run.problem = str(told[0])[:300] if told and told[0].failed else ""
    run.lines = [asdict(one) for one in told[:LINES_AT_MOST]]
    run.read_until = {account: clock.rfc3339(at) for account, at in read_until.items()}
    return run


def last_read(session: Session) -> dict[str, datetime]:
    """By account, until when the newest run that came to its end has read all news."""
    ended = select(Reconciliation.read_until).where(Reconciliation.ended_at.is_not(None))
    found: Mapping[str, str] = session.scalars(ended.order_by(Reconciliation.id.desc()).limit(1)).first() or {}
    return {account: clock.parse(at) for account, at in found.items()}


def forget(session: Session) -> int:
    """Drop old runs; the newest stay, for the next goes on from there."""
    newest = select(Reconciliation.id).order_by(Reconciliation.id.desc()).limit(1).scalar_subquery()
    old = delete(Reconciliation).where(Reconciliation.begun_at < clock.now() - KEPT, Reconciliation.id < newest)
    gone = session.execute(old.returning(Reconciliation.id).execution_options(synchronize_session=False)).all()
    return len(gone)


# -- what is open ----------------------------------------------------------------------------------------------------
class Open(NamedTuple):
    """`reference`: what its gateway calls it; empty where that never said."""

    id: int
    payment_id: int | None
    gateway: str
    reference: str


def open_tries(session: Session) -> list[Open]:
    """Tries whose end a gateway may know, the oldest first.

    Neither those that are left to a person, nor those of buyers who have pressed no button on our page yet.
    """
    query = select(Try.id, Try.payment_id, Try.gateway, func.coalesce(Try.gateway_reference, "")).where(
        Try.status.in_(OPEN_TRY),
        Try.ask_at.is_not(None),
        Try.created_at <= clock.now() - asked.LEASE,
        or_(
            Try.gateway_reference.is_not(None),
            Try.credential_reference.is_not(None),
            Try.status != TryStatus.NEEDS_ACTION,
        ),
    )
    return sorted(Open(*one) for one in session.execute(query))


def open_refunds(session: Session) -> list[Open]:
    """Refunds that a gateway was asked for, the oldest first; not those that are left to a person."""
    query = select(Refund.id, Refund.payment_id, Refund.gateway, func.coalesce(Refund.gateway_reference, "")).where(
        text(f"refunds.{UNDER_WAY}"),
        Refund.by_hand.is_(False),
        Refund.puzzles_since.is_(None),
        Refund.created_at <= clock.now() - refunds.LEASE,
    )
    return sorted(Open(*one) for one in session.execute(query))


def open_setups(session: Session) -> list[Open]:
    """Ways to pay that customers are adding, and of which a gateway knows."""
    named = func.coalesce(CredentialSetup.gateway_reference, "")
    query = select(CredentialSetup.id, CredentialSetup.gateway, named).where(
        CredentialSetup.status.in_(OPEN_TRY),
        CredentialSetup.gateway_reference.is_not(None),
        CredentialSetup.created_at <= clock.now() - asked.LEASE,
    )
    return sorted(Open(one[0], None, *one[1:]) for one in session.execute(query))


def overdue_memberships(session: Session, limit: int) -> list[int]:
    """Those that something should have been done about by now, as renewing them."""
    query = select(Membership.id).where(Membership.due_at <= clock.now() - OVERDUE)
    return list(session.scalars(query.order_by(Membership.due_at, Membership.id).limit(limit)))


def has_succeeded(session: Session, try_id: int | None, setup_id: int | None) -> bool:
    query = select(Try.status).where(Try.id == try_id)
    if setup_id is not None:
        query = select(CredentialSetup.status).where(CredentialSetup.id == setup_id)
    return session.scalar(query) == TryStatus.SUCCEEDED


# -- what is noted of it here ----------------------------------------------------------------------------------------
class Standing(NamedTuple):
    """How a payment stands with all that belongs to it, to see whether an answer changed anything."""

    status: str
    parts: tuple[Any, ...]


def standing(session: Session, payment_id: int) -> Standing:
    status = session.execute(select(Payment.status).where(Payment.id == payment_id)).scalar_one()
    tries = select(Try.id, Try.status, Try.puzzles_since).where(Try.payment_id == payment_id)
    given = select(Refund.id, Refund.status, Refund.puzzles_since).where(Refund.payment_id == payment_id)
    disputes = select(Dispute.id, Dispute.status).where(Dispute.payment_id == payment_id)
    parts = (tuple(sorted(map(tuple, session.execute(one)), key=str)) for one in (tries, given, disputes))
    return Standing(str(status), tuple(parts))


def setup_standing(session: Session, setup_id: int) -> Standing:
    status = select(CredentialSetup.status).where(CredentialSetup.id == setup_id)
    return Standing(str(session.execute(status).scalar_one()), ())


def agreement_standing(session: Session, credential_id: int) -> Standing:
    """With how far the membership is that it pays for."""
    row = session.get_one(StoredCredential, credential_id, populate_existing=True)
    number = (row.agreement or {}).get("membership") or 0
    return Standing("in force" if row.usable else "ended", tuple(membership_standing(session, [number]).values()))


def membership_standing(session: Session, ids: Iterable[int]) -> dict[int, str]:
    query = select(Membership.id, Membership.status, Membership.periods_paid).where(Membership.id.in_(list(ids)))
    return {number: f"{status}, {paid} paid" for number, status, paid in session.execute(query)}
