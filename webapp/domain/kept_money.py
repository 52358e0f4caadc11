"""Money that came for nothing any more, and is kept as its customer's credit until it is used, or given back.

Given back, it is credit no longer: what a refund sends is taken off the balance when it begins, and comes again when
the refund fails. What of it is used by then has paid for something, and cannot be given back.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, cast, func, select

from webapp.domain import credits
from webapp.extensions import db
from webapp.models import CreditKind, CreditMovement, Payment, PaymentKind, Refund
from webapp.money import Money


def keep(payment: Payment, *, reason: str) -> None:
    """All that was paid is credit now."""
    if payment.total_minor:
        credits.add(payment.customer_id, payment.total, CreditKind.SURPLUS, reason=reason, payment=payment)


def held(payment: Payment) -> Money:
    """How much of it became credit, without what a refund has taken off again."""
    nothing = Money(0, payment.currency)
    if payment.kind != PaymentKind.CHANGE or not payment.total_minor:  # else all of it paid for what was ordered
        return nothing
    taken_off = (CreditMovement.kind == CreditKind.CORRECTION) & CreditMovement.refund_id.is_not(None)
    mine = (CreditMovement.payment_id == payment.id, (CreditMovement.kind == CreditKind.SURPLUS) | taken_off)
    return Money(_sum(*mine), payment.currency)


def used(payment: Payment) -> Money:
    """What of it is credit no more, because it has paid for something."""
    kept = held(payment)
    return kept - min(kept, credits.balance(payment.customer_id, payment.currency)) if kept else kept


def take_off(refund: Refund) -> None:
    """What is given back is no credit any more, as far as there is any."""
    payment = refund.payment
    kept = min(refund.amount, held(payment))
    there = min(kept, credits.balance(payment.customer_id, payment.currency)) if kept else kept
    if there:
        why = f"refund of payment {payment.order_number}"
        credits.take(payment.customer_id, there, CreditKind.CORRECTION, reason=why, payment=payment, refund=refund)


def put_back(refund: Refund) -> None:
    """The refund did not reach the customer: what was taken off for it is credit again."""
    kinds = CreditMovement.kind.in_((CreditKind.CORRECTION, CreditKind.SURPLUS))
    mine = (CreditMovement.refund_id == refund.id, kinds)
    gone = _sum(*mine)
    if gone:
        payment, again = refund.payment, Money(-gone, refund.currency)
        why = "the refund failed"
        credits.add(payment.customer_id, again, CreditKind.SURPLUS, reason=why, payment=payment, refund=refund)


def _sum(*wanted: ColumnElement[bool]) -> int:
    """PostgreSQL's sum of whole numbers is not one of them."""
    total = cast(func.coalesce(func.sum(CreditMovement.amount_minor), 0), BigInteger)
    return db.session.scalars(select(total).where(*wanted)).one()
