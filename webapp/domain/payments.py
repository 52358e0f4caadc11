"""Taking money: one try at a time, and one function that every answer goes through.

Whoever hears first that a try went one way or the other (the buyer's return, a notice, the hourly question, an
operator) calls `record_answer`; only the first call that settles it has an effect.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import memberships, outbox, receivables
from webapp.errors import Conflict, IllegalMove, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import (
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    Sale,
    Try,
    TryStatus,
)
from webapp.paying import Beginning, BrowserStep, Done, Later, Outcome, Redirect, Verdict

# A try whose answer did not come within this time is asked for; by then the process that began it is gone.
MAILS = "webapp.integrations.mailing.listeners"  # called by a worker, by its name
LEASE = timedelta(minutes=2)
# How often a gateway is asked about a try nobody told us about: soon, then less and less.
ASK_AFTER = tuple(timedelta(seconds=s) for s in (60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600, 24 * 3600))
TRIES_AT_MOST = 20


def locked(payment_id: int) -> Payment:
    """The payment, its row locked until the unit ends, so that two answers are recorded one after the other."""
    query = select(Payment).where(Payment.id == payment_id).with_for_update()
    payment = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if payment is None:
        raise NotFound()
    return payment


def open_try(payment: Payment) -> Try | None:
    """The try that is under way, if there is one."""
    return next((one for one in payment.tries if one.is_open), None)


def begin_try(payment: Payment, gateway: str) -> Try:
    """Note that the money is about to be asked for. Raises Conflict while another try is open, or when paid."""
    if payment.is_paid:
        raise Conflict(_("This order is complete."), code="already_paid")
    if open_try(payment) is not None:
        raise Conflict(_("A payment is already under way."), code="try_open")
    if payment.status not in (PaymentStatus.PENDING, PaymentStatus.FAILED) or len(payment.tries) >= TRIES_AT_MOST:
        raise Conflict(_("This order can no longer be paid."), code="not_payable")
    payment.gateway = gateway
    attempt = Try(number=len(payment.tries) + 1, gateway=gateway, ask_at=clock.now() + LEASE)
    payment.tries.append(attempt)
    if payment.membership is not None and payment.kind == PaymentKind.FIRST:
        payment.membership.gateway = gateway
    return attempt


def record_beginning(attempt: Try, beginning: Beginning) -> None:
    """What the gateway answered when it was asked to take the money."""
    if isinstance(beginning, Done):
        record_answer(attempt, beginning.outcome)
    elif isinstance(beginning, Redirect):
        _await_buyer(attempt, beginning.reference, {"type": "redirect", "url": beginning.url})
    elif isinstance(beginning, BrowserStep):
        _await_buyer(attempt, beginning.reference, {"type": "client", **beginning.data})
    else:
        _await_transfer(attempt, beginning)


def _await_buyer(attempt: Try, reference: str, action: dict[str, object]) -> None:
    if not attempt.is_open:
        return
    attempt.gateway_reference, attempt.action = reference, action
    attempt.ask_at = clock.now() + ASK_AFTER[0]
    if attempt.status != TryStatus.NEEDS_ACTION:
        attempt.move_to(TryStatus.NEEDS_ACTION, reason="the buyer goes on at the gateway")


def _await_transfer(attempt: Try, later: Later) -> None:
    attempt.action = {"type": "instructions", "text": later.instructions}
    attempt.ask_at = None  # nobody can be asked: an operator confirms it
    attempt.payment.due_at = clock.now() + timedelta(days=later.due_days)
    attempt.move_to(TryStatus.NEEDS_ACTION, reason="waiting for the transfer")
    outbox.add(
        "payment", f"{MAILS}:send_instructions", MAILS, [attempt.payment], customer_id=attempt.payment.customer_id
    )


def record_answer(attempt: Try, outcome: Outcome) -> str:
    """What is true at the gateway about a try; what follows from it happens once. Returns the effect in words.

    A late, doubled or backward answer changes nothing. The payment's row must be locked (`locked`).
    """
    if outcome.verdict == Verdict.SUCCEEDED:
        return _succeeded(attempt, outcome)
    if outcome.verdict == Verdict.DECLINED:
        return _declined(attempt, outcome)
    return _undecided(attempt, outcome)


def _succeeded(attempt: Try, outcome: Outcome) -> str:
    if attempt.status == TryStatus.SUCCEEDED:
        return "known already"
    payment = attempt.payment
    if outcome.amount is not None and outcome.amount != payment.total:
        _puzzle(attempt, f"the gateway took {outcome.amount}, asked for {payment.total}")
        return "the amount differs: needs a decision"
    if attempt.status == TryStatus.DECLINED and payment.is_paid:
        _puzzle(attempt, "the money came after all, and the payment was paid otherwise")
        return "paid twice: needs a decision"
    if attempt.is_open:  # a try that was given up stays so; its late money is accepted all the same
        _close(attempt, TryStatus.SUCCEEDED, outcome)
    if outcome.credential is not None and payment.membership is not None:
        memberships.keep_credential(
            payment.membership, attempt.gateway, outcome.credential.reference, outcome.credential.label
        )
    payment.gateway_reference = outcome.reference or attempt.gateway_reference
    return settle(payment, reason=f"{attempt.gateway} try {attempt.number}")


def _puzzle(attempt: Try, reason: str) -> None:
    """Only a person can say what is right; the staff is shown it."""
    attempt.reason = reason
    attempt.puzzles_since = attempt.puzzles_since or clock.now()


def _declined(attempt: Try, outcome: Outcome) -> str:
    if not attempt.is_open:
        return "known already"
    _close(attempt, TryStatus.DECLINED, outcome)
    if attempt.payment.is_paid:  # nothing was due: only a way to charge later was asked for
        return "no way to charge later was kept"
    receivables.report_failed_try(attempt.payment, outcome.message or outcome.reason or "declined")
    return "declined"


def _undecided(attempt: Try, outcome: Outcome) -> str:
    if not attempt.is_open:
        return "known already"
    target = TryStatus.NEEDS_ACTION if outcome.verdict == Verdict.NEEDS_ACTION else TryStatus.UNKNOWN
    if outcome.reference:
        attempt.gateway_reference = outcome.reference
    if attempt.status != target and target in attempt.MOVES[attempt.status]:
        attempt.move_to(target, reason=outcome.reason or "no decision yet")
    ask_again(attempt)
    return "no decision yet"


def ask_again(attempt: Try) -> None:
    """Put off the next question; after the last one the try stays as it is, for a person to look at."""
    attempt.ask_at = clock.now() + ASK_AFTER[min(attempt.asked, len(ASK_AFTER) - 1)]
    attempt.asked += 1


def _close(attempt: Try, status: TryStatus, outcome: Outcome) -> None:
    attempt.gateway_reference = outcome.reference or attempt.gateway_reference
    attempt.reason = outcome.reason[:300]
    attempt.settled_at, attempt.ask_at, attempt.puzzles_since = clock.now(), None, None
    attempt.move_to(status, reason=outcome.reason or str(status))


def settle(payment: Payment, *, reason: str) -> str:
    """The payment's money has arrived: complete it and give what it was for. Once, whoever asks."""
    if payment.is_paid:
        return "paid already"
    overshoot = payment.status == PaymentStatus.CANCELLED
    receivables.complete(payment, reason=reason)
    if payment.kind == PaymentKind.FIRST and payment.membership is not None:
        _begin_membership(payment, payment.membership, reason)
    return "completed, although it had been void" if overshoot else "completed"


def settle_at_once(sale: Sale, *, reason: str) -> None:
    """A sale that nothing is due for: completed with its placing."""
    receivables.complete(sale.payment, reason=reason)
    memberships.begin(sale.membership, sale.payment, reason=reason)
    complete_sale(sale.payment, sale.membership, sale)


def _begin_membership(payment: Payment, membership: Membership, reason: str) -> None:
    if membership.status == MembershipStatus.CANCELLED:  # given up as abandoned before the money came
        membership.move_to(MembershipStatus.PENDING, reason="paid after it was given up")
        membership.cancel_at = membership.cancelled_at = None
        outbox.record("membership.reactivated", membership)
    if membership.status != MembershipStatus.PENDING:
        return
    memberships.begin(membership, payment, reason=reason)
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()
    complete_sale(payment, membership, sale)


def complete_sale(payment: Payment, membership: Membership, sale: Sale | None) -> None:
    """Tell that the sale is settled: once, guarded by its own row."""
    if sale is not None:
        if sale.settled_at is not None:
            return
        sale.settled_at = clock.now()
    outbox.record("checkout.completed", payment)
    do_action("wu_checkout_completed", payment, payment.customer, membership)


def confirm_by_hand(payment: Payment, *, actor: str) -> str:
    """An operator saw the money arrive: exactly what a gateway's success does. Raises Conflict when paid."""
    if payment.is_paid:
        raise Conflict(_("This payment is completed already."), code="already_paid")
    attempt = open_try(payment)
    if attempt is not None:
        _close(attempt, TryStatus.SUCCEEDED, Outcome(Verdict.SUCCEEDED, reason=f"confirmed by {actor}"))
    return settle(payment, reason=f"confirmed by {actor}")


def abandon_try(attempt: Try, *, reason: str) -> None:
    """The buyer left the gateway's page and wants to pay otherwise; what it says later still counts."""
    if not attempt.is_open:
        return
    try:
        attempt.move_to(TryStatus.DECLINED, reason=reason)
    except IllegalMove:
        return
    attempt.settled_at, attempt.ask_at, attempt.reason = clock.now(), None, reason[:300]


def tries_to_ask(limit: int = 100) -> list[tuple[int, int]]:
    """(try, payment) whose gateway should be asked now, oldest first."""
    query = (
        select(Try.id, Try.payment_id)
        .where(Try.status.in_((TryStatus.STARTED, TryStatus.NEEDS_ACTION, TryStatus.UNKNOWN)))
        .where(Try.ask_at <= clock.now())
        .order_by(Try.ask_at)
        .limit(limit)
    )
    return list(db.session.execute(query))
