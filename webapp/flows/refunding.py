"""From an operator's wish to give money back, to the gateway and back. No transaction is open while one is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from webapp import transactions
from webapp.domain import payments, refund_moves, refund_reports, refunds
from webapp.domain.refunds import Wish
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.gateways import gateways
from webapp.gateways.base import Capability, DisputeNews, Outcome, RefundRequest, VendorUnreachable, Verdict
from webapp.models import Payment, Refund, RefundStatus
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)
Cap = Capability


class NotYet(VendorUnreachable):
    """The vendor answers; only what is on its way there has to end before the answer can be used."""


def begin(payment_id: int, wish: Wish) -> Refund:
    """Note the wish, with what its gateway can do; `send` follows once the unit has committed. Call it in a unit.

    What no gateway can send is for the operator to send by hand, who says so when it is done.
    Raises Invalid, Conflict, SwitchedOff and hooks.Reject; then nothing was written.
    """
    payment = payments.locked(payment_id)
    able = capabilities(payment)
    by_hand = Cap.REFUND not in able or Cap.OFFLINE in able or payment.gateway_reference is None
    return refunds.begin(payment, replace(wish, by_hand=by_hand, parts_allowed=by_hand or Cap.PARTIAL_REFUND in able))


def capabilities(payment: Payment) -> Capability:
    """Of its gateway; none where that is registered no more. Raises SwitchedOff for one that rests."""
    try:
        return gateways.get(payment.gateway).capabilities
    except NotFound:
        return Capability.NONE


def send(refund_id: int) -> str:
    """Ask the gateway to give it back, or what became of it; safe to repeat. Returns the effect in words."""
    refund = refunds.find(refund_id)
    if refund.by_hand or refund.status != RefundStatus.PENDING or refund.puzzles_since is not None:
        return "nothing to send"
    if refund_moves.is_forgotten(refund):
        return _leave_to_a_person(refund)
    name, known, payment_id = refund.gateway, refund.gateway_reference, refund.payment_id
    request = RefundRequest(
        str(refund.payment.gateway_reference), refund.sent_back, refund.reason, idempotency_key=refund.key
    )
    transactions.end_read()
    outcome = _ask(name, known, request)
    with unit_of_work(name):
        payments.locked(payment_id)
        return refund_moves.record_answer(_fresh(refund_id), outcome)


def _leave_to_a_person(refund: Refund) -> str:
    """It was sent so long ago that sending it again could give the money back twice."""
    refund_id, payment_id = refund.id, refund.payment_id
    with unit_of_work("system"):
        payments.locked(payment_id)
        fresh = _fresh(refund_id)
        if fresh.status != RefundStatus.PENDING or not refund_moves.is_forgotten(fresh):
            return "known already"
        return refund_moves.puzzle(fresh, "nobody knows whether it was given back: its answer was lost")


def _fresh(refund_id: int) -> Refund:
    return db.session.get_one(Refund, refund_id, populate_existing=True)


def _ask(name: str, known: str | None, request: RefundRequest) -> Outcome:
    """What has a name at the gateway is asked for by it; what has none is sent again under the same key."""
    try:
        gateway = gateways.get(name)
        outcome = gateway.refund(request) if known is None else gateway.fetch(known)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"a gateway answered a refund with {type(outcome).__name__}")
    except VendorUnreachable as error:
        return Outcome(Verdict.UNKNOWN, reason=str(error)[:300])
    except Exception as error:
        log.exception("gateway.refund_failed", extra={"gateway": name})
        return Outcome(Verdict.UNKNOWN, reason=type(error).__name__)
    return outcome


def hear(gateway: str, refund_id: int, reference: str, actor: str, mark: Callable[[Session, str], None] | None) -> str:
    """What is true of a refund now, also of one that was settled. Raises VendorUnreachable.

    `mark` is given the effect in the transaction that records it.
    """
    outcome = gateways.get(gateway).fetch(reference)
    with unit_of_work(actor) as session:
        payments.locked(refunds.find(refund_id).payment_id)
        effect = refund_moves.record_answer(_fresh(refund_id), outcome)
        if mark is not None:
            mark(session, effect)
    return effect


def note_total(payment_id: int, outcome: Outcome, actor: str) -> str:
    """What a gateway has given back of a payment in all, whoever asked for it. Raises VendorUnreachable while a refund
    of ours is on its way: then nobody can tell whether it is in the sum."""
    if outcome.refunded is None or outcome.refunded.minor <= 0:
        return ""
    for refund_id in refunds.under_way(payment_id):
        send(refund_id)
    if refunds.under_way(payment_id):
        raise NotYet("a refund is still on its way")
    with unit_of_work(actor):
        return refund_reports.record_total(payments.locked(payment_id), outcome.refunded)


def note_gone_back(payment_id: int, outcome: Outcome, actor: str) -> str:
    """All that left a payment again, by refunds and by disputes, as the gateway says it. Raises VendorUnreachable."""
    effects = [note_disputes(payment_id, outcome, actor), note_total(payment_id, outcome, actor)]
    return "; ".join(one for one in effects if one) or "known already"


def note_disputes(payment_id: int, outcome: Outcome, actor: str) -> str:
    """Where the disputes of a payment stand: opened, and closed, here as they are at the gateway."""
    if not outcome.disputes:
        return ""
    with unit_of_work(actor):
        payment = payments.locked(payment_id)
        return "; ".join([_note_dispute(payment, one) for one in outcome.disputes])


def _note_dispute(payment: Payment, news: DisputeNews) -> str:
    known = refund_reports.find_dispute(payment.gateway, news.reference) is not None
    dispute = refund_reports.open_dispute(payment, news.amount, reference=news.reference, reason=news.reason)
    if news.won is not None:
        return refund_reports.close_dispute(dispute, won=news.won)
    return "a dispute, known already" if known else "a dispute was opened"


def ask_due(limit: int = 100) -> int:
    """Ask about every refund whose time has come; how many that were."""
    due = refunds.due_to_ask(limit)
    for refund_id in due:
        try:
            send(refund_id)
        except Exception:  # what the gateway said cannot be kept
            log.exception("gateway.answer_not_recorded", extra={"refund": refund_id})
            _put_off(refund_id)
    return len(due)


def _put_off(refund_id: int) -> None:
    """A refund that cannot be settled must not stay the first in the queue."""
    with unit_of_work("clock"):
        payments.locked(refunds.find(refund_id).payment_id)
        refund_moves.ask_again(_fresh(refund_id), "the answer could not be kept")
