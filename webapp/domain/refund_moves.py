"""How a refund ends, whoever hears of it first: one function that every answer goes through.

The payment's row must be locked (`payments.locked`), so that what follows from an end happens once.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import credits, invoices, kept_money, memberships, outbox, payloads, receivables
from webapp.errors import Conflict
from webapp.hooks import do_action
from webapp.models import CreditKind, MembershipStatus, Payment, PaymentStatus, Refund, RefundKind, RefundStatus
from webapp.money import Money
from webapp.paying import Outcome, Verdict

ASK_AFTER = tuple(timedelta(seconds=s) for s in (60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600))
# Vendors remember an idempotency key for about a day. Later, the same question could send the money twice.
REMEMBERED = timedelta(hours=20)


def record_answer(refund: Refund, outcome: Outcome) -> str:
    """What is true at the gateway about a refund; what follows happens once. Returns the effect in words.

    A late, doubled or backward answer changes nothing. The payment's row must be locked.
    """
    if outcome.reference:
        refund.gateway_reference = refund.gateway_reference or outcome.reference
    if outcome.verdict == Verdict.SUCCEEDED:
        return _heard_success(refund, outcome)
    if outcome.verdict == Verdict.DECLINED:
        return _heard_failure(refund, outcome)
    if refund.status != RefundStatus.PENDING:
        return "known already"
    ask_again(refund, outcome.reason or "no decision yet")
    return "no decision yet"


def _heard_success(refund: Refund, outcome: Outcome) -> str:
    if refund.status == RefundStatus.SUCCEEDED:
        return "known already"
    if outcome.amount is not None and outcome.amount != refund.sent_back:
        return puzzle(refund, f"the gateway gave back {outcome.amount}, asked for {refund.sent_back}")
    if refund.status == RefundStatus.FAILED:
        return puzzle(refund, "the gateway gave it back after all, when it was taken for failed")
    succeed(refund, reason=outcome.reason or f"{refund.gateway} gave it back")
    return "given back"


def puzzle(refund: Refund, why: str) -> str:
    """Only a person can say what is right; the staff is shown it, and nobody asks any more."""
    refund.problem, refund.ask_at = why[:300], None
    refund.puzzles_since = refund.puzzles_since or clock.now()
    return "needs a decision"


def _heard_failure(refund: Refund, outcome: Outcome) -> str:
    if refund.status == RefundStatus.FAILED:
        return "known already"
    fail(refund, outcome.message or outcome.reason or "declined")
    return "failed"


def is_forgotten(refund: Refund) -> bool:
    """Whether its vendor no longer knows the key, and never told a name: it can neither be asked for nor sent again."""
    return refund.gateway_reference is None and clock.now() - refund.created_at > REMEMBERED


def ask_again(refund: Refund, why: str) -> None:
    """Put off the next question. What the vendor has not named and soon forgets is left to a person."""
    refund.problem = why[:300]
    if is_forgotten(refund):
        puzzle(refund, f"nobody knows whether it was given back: {why}")
        return
    refund.ask_at = clock.now() + ASK_AFTER[min(refund.asked, len(ASK_AFTER) - 1)]
    refund.asked += 1


def succeed(refund: Refund, *, reason: str) -> None:
    payment = refund.payment
    refund.move_to(RefundStatus.SUCCEEDED, reason=reason)
    _settled(refund)
    if refund.credit_minor:
        why = refund.reason or f"refund of payment {payment.order_number}"
        credits.add(payment.customer_id, refund.credit, CreditKind.REFUND, reason=why, payment=payment, refund=refund)
    derive_status(payment, reason=f"refund {refund.id}")
    if refund.kind == RefundKind.TAX:
        payment.tax_doubt = None
    outbox.record("payment.refunded", payment, **_told(refund))
    do_action("wu_payment_refunded", payment, refund)
    invoices.credit(refund)
    if refund.ends_membership:
        _end_membership(payment, refund)


def _told(refund: Refund) -> dict[str, object]:
    return {f"refund_{name.removeprefix('refund_')}": value for name, value in payloads.refund(refund).items()}


def _settled(refund: Refund) -> None:
    refund.settled_at, refund.ask_at, refund.puzzles_since, refund.problem = clock.now(), None, None, ""


def fail(refund: Refund, why: str) -> None:
    """It did not go, or came back. What went to the balance with it is taken off again, as far as it is there."""
    was_done = refund.status == RefundStatus.SUCCEEDED
    refund.move_to(RefundStatus.FAILED, reason=why)
    _settled(refund)
    refund.problem = why[:300]
    kept_money.put_back(refund)
    if was_done:
        _take_credit_back(refund)
        invoices.take_back(refund)
        derive_status(refund.payment, reason=f"refund {refund.id} failed")


def _take_credit_back(refund: Refund) -> None:
    owner = refund.payment.customer_id
    there = min(refund.credit, credits.balance(owner, refund.currency))
    if there:
        credits.take(owner, there, CreditKind.CORRECTION, reason="the refund failed", payment=refund.payment)


def given(payment: Payment) -> Money:
    """What has really gone back."""
    done = (one.amount for one in payment.refunds if one.status == RefundStatus.SUCCEEDED)
    return Money.sum(done, payment.currency)


def derive_status(payment: Payment, *, reason: str) -> None:
    """completed, partially-refunded or refunded: whatever the refunds that succeeded come to."""
    gone = given(payment).minor
    status = PaymentStatus.PARTIALLY_REFUNDED if 0 < gone < payment.total_minor else PaymentStatus.REFUNDED
    status = status if gone else PaymentStatus.COMPLETED
    if payment.status != status:
        receivables.move(payment, status, reason=reason)


def _end_membership(payment: Payment, refund: Refund) -> None:
    membership = payment.membership
    if membership is not None and membership.status != MembershipStatus.CANCELLED:
        reason = refund.reason or "refunded"
        membership.cancellation_reason = reason
        memberships.end(membership, reason=reason)
        do_action("wu_membership_post_cancel", membership)


def confirm_by_hand(refund: Refund, *, sent: bool, actor: str) -> str:
    """An operator knows what became of it. Raises Conflict when it is settled."""
    if refund.status != RefundStatus.PENDING and refund.puzzles_since is None:
        raise Conflict(_("This refund is settled already."), code="already_settled")
    if refund.status == RefundStatus.FAILED:  # it failed, and then did not; a person looked, and a new row is made
        refund.puzzles_since = None
        return "seen"
    if sent:
        succeed(refund, reason=f"confirmed by {actor}")
        return "given back"
    fail(refund, f"not sent, says {actor}")
    return "failed"
