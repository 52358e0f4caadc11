"""What went back without our asking: refunds made at the gateway, and disputes that a payer's bank opened.

Ready for any gateway's notices. The payment's row must be locked (`payments.locked`).
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock, unit
from webapp.domain import kept_money, refund_moves, renewals, tax_parts
from webapp.domain.refunds import not_returned
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import Dispute, DisputeStatus, Payment, Refund, RefundStatus
from webapp.money import Money

DISPUTED = "dispute-"  # how what a dispute took is called


def difference(known: Money, told: Money) -> Money:
    """What is new in a gateway's cumulative figure: after 30.00, "50.00 given back" means another 20.00."""
    return Money(max(0, told.minor - known.minor), told.currency) + Money(0, known.currency)


def record_total(payment: Payment, told: Money) -> str:
    """The gateway says how much of a payment it has given back in all, by whomever. The difference is a refund.

    Must not be asked while a refund of ours is under way: nobody could tell whether it is in the figure.
    """
    known = Money.sum(
        (
            one.sent_back
            for one in payment.refunds
            if one.status == RefundStatus.SUCCEEDED
            and not one.by_hand
            and one.gateway == payment.gateway
            and not (one.gateway_reference or "").startswith(DISPUTED)  # the bank took it, and the gateway gave none
        ),
        payment.currency,
    )
    new = difference(known, told)
    if not new or not payment.is_paid:
        return "nothing new was given back"
    return _note_given(payment, new, reason=_("given back at the gateway"))


def _note_given(payment: Payment, amount: Money, *, reason: str, reference: str | None = None) -> str:
    """Money that is gone already. More than is left of the payment is kept as a question for a person."""
    fits = min(amount, not_returned(payment))
    if not fits:
        return "more was given back than was left: needs a decision"
    refund = Refund(
        amount_minor=fits.minor,
        currency=payment.currency,
        reason=reason,
        actor=unit.current().actor[:64],
        parts=[one.plain() for one in tax_parts.share(tax_parts.left_of(payment), fits.minor)],
        gateway=payment.gateway,
        gateway_reference=reference,
    )
    payment.refunds.append(refund)
    if payment.membership is not None:
        renewals.drop_offer(payment.membership, reason="money was given back")
    db.session.flush()
    kept_money.take_off(refund)
    refund_moves.succeed(refund, reason=reason)
    if fits != amount:
        refund_moves.puzzle(refund, f"the gateway gave back {amount}, and only {fits} was left")
        return "more was given back than was left: needs a decision"
    return f"{fits} given back at the gateway"


def note_lost(payment: Payment, amount: Money, *, reference: str) -> str:
    """A dispute took the money. Twice said, it is one refund."""
    if any(one.gateway_reference == reference for one in payment.refunds):
        return "known already"
    return _note_given(payment, amount, reason=_("dispute lost"), reference=reference)


# -- disputes ----------------------------------------------------------------------------------------------------------
def open_dispute(payment: Payment, amount: Money, *, reference: str, reason: str = "") -> Dispute:
    """A payer's bank asks for money back: the payment is marked, and the staff is told. Once for a reference."""
    known = find_dispute(payment.gateway, reference)
    if known is not None:
        return known
    if amount.currency != payment.currency or not 0 < amount.minor <= payment.total_minor:
        raise Invalid(_("This is not a part of the payment."), field="amount")
    facts = {"gateway": payment.gateway, "gateway_reference": reference, "reason": reason[:300]}
    dispute = Dispute(amount_minor=amount.minor, currency=payment.currency, **facts)
    payment.disputes.append(dispute)
    db.session.flush()
    return dispute


def close_dispute(dispute: Dispute, *, won: bool) -> str:
    """Lost, the money is gone, which is a refund. Said again, or too late, it changes nothing."""
    status = DisputeStatus.WON if won else DisputeStatus.LOST
    if status == dispute.status or status not in dispute.MOVES[dispute.status]:
        return "known already"
    was_lost = dispute.status == DisputeStatus.LOST
    dispute.move_to(status, reason="the bank decided")
    dispute.closed_at = clock.now()
    reference = f"{DISPUTED}{dispute.gateway_reference}"[:255]
    if not won:
        return note_lost(dispute.payment, dispute.amount, reference=reference)
    if was_lost:
        return _reinstated(dispute.payment, reference)
    return "the money stays"


def _reinstated(payment: Payment, reference: str) -> str:
    """The bank took its decision back: so the refund did not happen after all."""
    for refund in payment.refunds:
        if refund.gateway_reference == reference and refund.status == RefundStatus.SUCCEEDED:
            refund_moves.fail(refund, "the dispute was won after all")
    return "the money came back"


def find_dispute(gateway: str, reference: str) -> Dispute | None:
    query = select(Dispute).where(Dispute.gateway == gateway, Dispute.gateway_reference == reference)
    return db.session.scalars(query).one_or_none()
