"""Asking the registry about VAT ids: which are due, what was answered, and what that means for who was taxed meanwhile.

A number is asked about once for all who type it. Whoever was taxed because no answer had come is settled by the
answer: the tax was right, or an operator may give it back.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import and_, delete, func, or_, select

from webapp import clock, unit
from webapp.domain import network, tax_ids
from webapp.extensions import db, dialect_name, queue
from webapp.models import Customer, Membership, Payment, TaxDoubt, TaxIdCheck, TaxIdStatus
from webapp.models.inserts import INSERTS
from webapp.models.membership import SERVED

LEASE = timedelta(minutes=1)  # a worker that has claimed a number and says nothing for so long is gone
# The registry is often away for minutes, and a member state's part of it for a night.
AGAIN_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))
BEFORE_RENEWAL = timedelta(hours=12)
ASKED_AHEAD = timedelta(hours=10)
KEPT = timedelta(days=30)


def ask(number: str, *, older_than: timedelta = tax_ids.ANSWER_HOLDS) -> bool:
    """Have a worker ask about the number, unless its answer is younger or it is being asked already; whether it will.

    One that was put off is asked about at once, for somebody wants to know now. Call it in a unit.
    """
    now, table = clock.now(), TaxIdCheck.__table__
    wanted = {"asked_at": now, "next_at": now, "tries": 0}
    made = {"number": number, "status": TaxIdStatus.ASKED, "consultation": "", "problem": ""}
    row = INSERTS[dialect_name()](table).values(**made, **wanted, created_at=now, updated_at=now)
    heard = func.coalesce(TaxIdCheck.answered_at, TaxIdCheck.asked_at)
    old = and_(TaxIdCheck.next_at.is_(None), heard <= now - older_than)
    stale = or_(old, TaxIdCheck.next_at > now + LEASE)
    asked = row.on_conflict_do_update(index_elements=["number"], set_=wanted, where=stale).returning(table.c.id)
    if db.session.scalar(asked) is None:
        return False
    unit.current().after_commit(partial(queue.ring_soon, "tax_id", [number]), once=("tax_id", number))
    return True


def find(number: str) -> TaxIdCheck | None:
    return db.session.scalars(select(TaxIdCheck).where(TaxIdCheck.number == number)).one_or_none()


def due(limit: int = 50) -> list[str]:
    """Numbers that should be asked about now, the longest waiting first."""
    query = select(TaxIdCheck.number).where(TaxIdCheck.next_at <= clock.now()).order_by(TaxIdCheck.next_at)
    return list(db.session.scalars(query.limit(limit)))


def claim(number: str) -> int | None:
    """The id of the number's row when it is due; no other worker gets it meanwhile. None when nothing is to ask."""
    query = select(TaxIdCheck).where(TaxIdCheck.number == number, TaxIdCheck.next_at <= clock.now())
    check = db.session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if check is None:
        return None
    check.next_at = clock.now() + LEASE
    return check.id


def record_answer(check_id: int, *, valid: bool, consultation: str = "") -> None:
    """The registry's word, and what follows for the payments that wait for it."""
    check = _locked(check_id)
    check.status = TaxIdStatus.VALID if valid else TaxIdStatus.INVALID
    check.consultation, check.problem = consultation[:80], ""
    check.answered_at, check.next_at = clock.now(), None
    check.tries += 1
    _settle_doubts(check)


def record_failure(check_id: int, reason: str) -> None:
    """No answer: asked again later, some times; then it is left to the operator."""
    check = _locked(check_id)
    check.problem = reason[:300]
    check.tries += 1
    if check.tries <= len(AGAIN_AFTER):
        check.next_at = clock.now() + AGAIN_AFTER[check.tries - 1]
    else:
        check.status, check.next_at = TaxIdStatus.UNANSWERED, None


def _locked(check_id: int) -> TaxIdCheck:
    query = select(TaxIdCheck).where(TaxIdCheck.id == check_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _settle_doubts(check: TaxIdCheck) -> None:
    waiting = select(Payment).where(Payment.tax_check_id == check.id, Payment.tax_doubt == TaxDoubt.OPEN)
    for payment in db.session.scalars(waiting.with_for_update()):
        payment.tax_doubt = TaxDoubt.REFUNDABLE if check.status == TaxIdStatus.VALID else None
        payment.tax_evidence = {**(payment.tax_evidence or {}), "later_check": tax_ids.told(check)}


def wait_for(number: str) -> int:
    """Have the number asked about, for a payment to wait for the answer; the id of its row. Call it in a unit."""
    ask(number)
    return db.session.scalars(select(TaxIdCheck.id).where(TaxIdCheck.number == number)).one()


def ask_ahead(limit: int = 200) -> int:
    """Ask about the ids of whose memberships renew soon, so that the answer is there by then; how many will be."""
    settings, now = network.settings(), clock.now()
    if not settings.enable_taxes:
        return 0
    known = select(TaxIdCheck.number).where(
        or_(TaxIdCheck.answered_at > now - ASKED_AHEAD, TaxIdCheck.next_at.is_not(None))
    )
    soon = and_(Membership.expires_at <= now + BEFORE_RENEWAL, Membership.expires_at > now - BEFORE_RENEWAL)
    abroad = and_(Customer.business, Customer.tax_id != "", Customer.billing_country != settings.seller_country)
    query = (
        select(Customer.tax_id, Customer.billing_country)
        .join(Membership, Membership.customer_id == Customer.id)
        .where(Membership.status.in_(SERVED), soon, abroad, Customer.tax_id.not_in(known))
        .distinct()
        .limit(limit)
    )
    numbers = {tax_ids.number_of(typed, country) for typed, country in db.session.execute(query)} - {""}
    return sum(ask(number, older_than=ASKED_AHEAD) for number in sorted(numbers))


def forget(limit: int = 200) -> int:
    """Drop what was answered long ago and no payment waits for; how many. A number may name a person."""
    needed = select(Payment.tax_check_id).where(Payment.tax_check_id.is_not(None))
    old = select(TaxIdCheck.id).where(
        TaxIdCheck.next_at.is_(None), TaxIdCheck.updated_at < clock.now() - KEPT, TaxIdCheck.id.not_in(needed)
    )
    ids = db.session.scalars(old.limit(limit)).all()
    db.session.execute(delete(TaxIdCheck).where(TaxIdCheck.id.in_(ids)))
    return len(ids)
