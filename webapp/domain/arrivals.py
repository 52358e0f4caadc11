"""Money that an operator saw on the network's account: as much as was asked for, less of it, or more.

What is less becomes credit that pays a part; what is more becomes credit that is left. So nothing is lost, nothing is
settled for less than it costs, and the rest is asked for under the same reference.
"""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _

from webapp.domain import credits, payments, transfers
from webapp.errors import Conflict, Invalid
from webapp.models import CreditKind, Payment, PaymentStatus
from webapp.money import Money


class Effect(StrEnum):
    SETTLED = "settled"
    PART = "part"  # the rest is asked for
    KEPT = "kept"  # for a payment that is void: it is credit
    SURPLUS = "surplus"  # settled, and there is more


def note(payment: Payment, arrived: Money, *, actor: str) -> Effect:
    """Its row must be locked. Raises Conflict when it is paid, and Invalid for no amount."""
    if payment.is_paid:
        raise Conflict(_("This payment is completed already."), code="already_paid")
    if not 0 < arrived.minor <= credits.AT_MOST:
        raise Invalid(_("Enter what arrived, more than nothing."), field="arrived")
    void = payment.status == PaymentStatus.CANCELLED
    if void and payment.credit > credits.balance(payment.customer_id, payment.currency):
        payment.credit_minor = 0  # used up since it was void: then all of it is to be paid
    asked = payment.asked
    if arrived < asked:
        _pay_a_part(payment, arrived, is_used=not void)
        return Effect.KEPT if void else Effect.PART
    payments.confirm_by_hand(payment, actor=actor)
    if arrived == asked:
        return Effect.SETTLED
    _keep(payment, arrived - asked)
    return Effect.SURPLUS


def _pay_a_part(payment: Payment, arrived: Money, *, is_used: bool) -> None:
    _keep(payment, arrived)
    if is_used:
        payment.credit_minor += arrived.minor
        credits.take(payment.customer_id, arrived, CreditKind.USED, reason="", payment=payment)
        transfers.write("tell_of_part", payment, arrived.minor)


def _keep(payment: Payment, arrived: Money) -> None:
    words = f"order {payment.order_number}"
    credits.add(payment.customer_id, arrived, CreditKind.DEPOSIT, reason=words, payment=payment)
