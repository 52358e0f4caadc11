"""Renewals as they happen: what is due is claimed, prepared, charged and recorded, and nothing is open meanwhile.

A claim is a lease, a try is noted before its gateway is asked, and an answer is recorded by the one function that all
answers go through. So a worker may be killed at any moment: what it had claimed is due again, and the try whose answer
it lost is settled by asking with the same key (flows/asking.py).
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from webapp import transactions
from webapp.domain import agenda, lifecycle, locks, payments
from webapp.extensions import db
from webapp.flows import asking
from webapp.flows.relaying import stopping
from webapp.gateways.base import Outcome
from webapp.models import Customer, Membership, MembershipItem, Payment, Try
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)

BATCH = 50  # claimed, prepared and recorded together
THREADS = 8  # in which gateways are asked
ACTOR = "renewals"

WHOLE = (
    joinedload(Membership.plan),
    joinedload(Membership.credential),
    joinedload(Membership.customer).options(joinedload(Customer.user), selectinload(Customer.meta_rows)),
    selectinload(Membership.items).joinedload(MembershipItem.product),
)


@dataclass(frozen=True, slots=True)
class Charge:
    """One try to be sent: nothing of it is a row, so that no transaction is open while its gateway is asked."""

    try_id: int
    payment_id: int
    send: Callable[[], Outcome]


def work_off(*only: ColumnElement[bool]) -> int:
    """Do all that is due, the longest due first, until nothing is or the worker stops; how many that were."""
    done = 0
    while not stopping.is_set():
        with unit_of_work(ACTOR):
            ids = agenda.claim(BATCH, *only)
        if not ids:
            break
        send(prepare(ids))
        done += len(ids)
    return done


# -- preparing -------------------------------------------------------------------------------------------------------
def prepare(ids: Sequence[int]) -> list[Charge]:
    """Look at each of these memberships; the charges that are to be sent now.

    All in one transaction. When something is wrong with one, each has its own, and that one waits for its lease.
    """
    try:
        return _prepare(ids)
    except Exception:
        if len(ids) == 1:
            log.exception("renewal.not_prepared", extra={"membership": ids[0]})
            return []
    return [charge for one in ids for charge in prepare([one])]


def _prepare(ids: Sequence[int]) -> list[Charge]:
    with unit_of_work(ACTOR) as session:
        known = lock(ids)
        begun = [attempt for one, payment in known if (attempt := lifecycle.look(one, payment)) is not None]
        session.flush()
        return [charge_of(one) for one in begun]


def lock(ids: Sequence[int]) -> list[tuple[Membership, Payment | None]]:
    """The memberships, in the order of their ids, with what was asked for their next periods (domain/locks.py)."""
    query = select(Membership).where(Membership.id.in_(ids)).order_by(Membership.id).options(*WHOLE)
    query = query.with_for_update(of=Membership).execution_options(populate_existing=True)
    held = db.session.scalars(query).all()
    is_next = (Payment.membership_id == Membership.id) & (Payment.period_number == Membership.periods_paid + 1)
    asked = select(Payment).join(Membership, is_next).where(Membership.id.in_(ids)).order_by(Payment.id)
    asked = asked.options(selectinload(Payment.tries)).with_for_update(of=Payment)
    found = {one.membership_id: one for one in db.session.scalars(asked.execution_options(populate_existing=True))}
    return [(one, found.get(one.id)) for one in held]


def charge_of(attempt: Try) -> Charge:
    """Made while its rows are at hand; sent once they are safe."""
    request = asking.charge_request(attempt)
    return Charge(attempt.id, attempt.payment_id, partial(asking.charge, attempt.gateway, request))


# -- asking and recording --------------------------------------------------------------------------------------------
def send(charges: Sequence[Charge]) -> None:
    """Ask the gateways, several at a time, and record each answer as soon as it is there."""
    transactions.end_read()
    if len(charges) < 2:
        record([(one, one.send()) for one in charges])
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the application itself
    with ThreadPoolExecutor(THREADS, thread_name_prefix="charge") as threads:
        waiting = {threads.submit(contextvars.copy_context().run, _send, app, one): one for one in charges}
        while waiting:
            done, _rest = wait(waiting, return_when=FIRST_COMPLETED)
            record([(waiting.pop(one), one.result()) for one in done])


def _send(app: Flask, charge: Charge) -> Outcome:
    with app.app_context():
        return charge.send()


def record(answers: Sequence[tuple[Charge, Outcome]]) -> None:
    """Note what the gateways said. When something is wrong with one answer, each has its own transaction.

    What cannot be noted stays open, and is settled by asking.
    """
    if not answers:
        return
    try:
        _record(answers)
    except Exception:
        if len(answers) == 1:
            log.exception("renewal.not_recorded", extra={"try": answers[0][0].try_id})
            return
        for one in answers:
            record([one])


def _record(answers: Sequence[tuple[Charge, Outcome]]) -> None:
    with unit_of_work(ACTOR):
        held = _locked([charge.payment_id for charge, _ in answers])  # or each would be read again from its try
        tries = {one.id: one for payment in held for one in payment.tries}
        for charge, outcome in answers:
            payments.record_answer(tries[charge.try_id], outcome)


def _locked(payment_ids: Sequence[int]) -> Sequence[Payment]:
    """As `payments.locked` does it for one, with all that an answer looks at."""
    whole = (selectinload(Payment.tries), selectinload(Payment.line_items))
    return locks.payments(payment_ids, whole=whole, memberships=WHOLE)


def charge_now(membership_id: int, *, actor: str) -> str:
    """An operator does not want to wait for the next try. What came of it, in words. Raises Conflict."""
    with unit_of_work(actor) as session:
        membership, payment = lock([membership_id])[0]
        attempt = lifecycle.charge_now(membership, payment)
        session.flush()
        charge = charge_of(attempt)
    record([(charge, charge.send())])
    return str(db.session.get_one(Try, charge.try_id).status)
