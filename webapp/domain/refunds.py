"""Giving money back: how much may go, what of it goes where, and how it is begun. How it ends: refund_moves.py.

The payment's row is locked (`payments.locked`) whenever one of its refunds is begun or settled: so two that are asked
for in the same instant never exceed it, and what is derived from the refunds is derived once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select, text

from webapp import clock, unit
from webapp.domain import credits, kept_money, refund_moves, renewals, tax_parts, unused_time
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Payment, PaymentKind, Refund, RefundKind, RefundStatus
from webapp.models.payment import PAID
from webapp.models.refund import UNDER_WAY
from webapp.money import Money, round_half_away

# A refund whose answer did not come within this time is asked for; by then the process that sent it is gone.
LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go back. `to_credit`: all of it to the customer's balance. `by_hand`: nobody else can send it."""

    amount: Money
    reason: str = ""
    kind: RefundKind = RefundKind.AMOUNT
    to_credit: bool = False
    end_membership: bool = False
    by_hand: bool = False
    parts_allowed: bool = True  # whether the gateway gives back less than the whole


# -- how much ---------------------------------------------------------------------------------------------------------
def left(payment: Payment) -> Money:
    """What can still be given back: what was paid, without all that went or is on its way.

    What a change has counted as unused time, and what became credit and was used, has paid for something else.
    """
    nothing = Money(0, payment.currency)
    if not payment.is_paid:
        return nothing
    elsewhere = Money(payment.counted_minor, payment.currency) + kept_money.used(payment)
    return max(nothing, not_returned(payment) - elsewhere)


def not_returned(payment: Payment) -> Money:
    """What was paid, without all that went back or is on its way."""
    return payment.total - Money.sum((one.amount for one in tax_parts.counted(payment)), payment.currency)


def left_at_gateway(payment: Payment) -> Money:
    """Of that, what the gateway took. The rest was paid with credit, and goes back there."""
    gone = Money.sum((one.sent_back for one in tax_parts.counted(payment)), payment.currency)
    return min(payment.asked - gone, left(payment))


def tax_left(payment: Payment) -> Money:
    """The tax in what is left."""
    return Money(sum(one.tax for one in tax_parts.left_of(payment)), payment.currency)


def pays_now(payment: Payment) -> bool:
    """Whether it paid for the period that its membership is in: no later one has begun.

    An extra pays for a part of a period, and a change that had been withdrawn for nothing.
    """
    membership, now = payment.membership, clock.now()
    if membership is None or not membership.is_served or not payment.is_paid:
        return False
    begins = payment.covers_from or payment.created_at
    if begins > now or (payment.kind == PaymentKind.CHANGE and not _begins_a_period(payment)):
        return False
    begun = Payment.covers_from <= now, Payment.covers_from >= begins, Payment.id != payment.id
    later = select(Payment).where(Payment.membership_id == membership.id, Payment.status.in_(PAID), *begun)
    return not any(_begins_a_period(one) for one in db.session.scalars(later))


def _begins_a_period(payment: Payment) -> bool:
    """Or something for life, which has no number."""
    return payment.covers_from is not None and (payment.period_number is not None or payment.covers_until is None)


def unused(payment: Payment) -> Money:
    """Of what its recurring lines cost, the share of the period that is still to come; at most what is left."""
    nothing, membership = Money(0, payment.currency), payment.membership
    begins, ends = payment.covers_from, payment.covers_until
    if membership is None or not membership.is_served or not payment.is_paid or begins is None or ends is None:
        return nothing
    if unused_time.is_given_back(payment, membership):
        return nothing
    whole, to_come = ends - begins, ends - max(begins, clock.now())
    if whole < SECOND or to_come < SECOND:
        return nothing
    recurring = sum(one.total_minor for one in payment.line_items if one.recurring)
    share = round_half_away(Decimal(recurring) * (to_come // SECOND) / (whole // SECOND))
    return min(Money(max(0, share), payment.currency), left(payment))


# -- beginning --------------------------------------------------------------------------------------------------------
def begin(payment: Payment, wish: Wish) -> Refund:
    """Note that money is to go back. What goes to the balance alone is done at once; the rest waits for the gateway.

    Raises Invalid for an amount that cannot go back, Conflict where nothing can, and hooks.Reject when the membership
    shall end and an integrator's callback objects.
    """
    _check(payment, wish)
    sent = 0 if wish.to_credit else min(wish.amount, left_at_gateway(payment)).minor
    if sent and not wish.parts_allowed and Money(sent, payment.currency) != payment.asked:
        raise Conflict(_("This way to pay can only give all of it back."), code="whole_only")
    if wish.end_membership and payment.membership is not None:
        do_action("wu_membership_pre_cancel", payment.membership)
    refund = Refund(
        kind=wish.kind,
        amount_minor=wish.amount.minor,
        credit_minor=wish.amount.minor - sent,
        currency=payment.currency,
        reason=wish.reason.strip()[:300],
        actor=unit.current().actor[:64],
        parts=[one.plain() for one in _parts(payment, wish)],
        ends_membership=wish.end_membership,
        by_hand=wish.by_hand and bool(sent),
        gateway=payment.gateway if sent else credits.GATEWAY,
        ask_at=clock.now() + LEASE if sent and not wish.by_hand else None,
    )
    payment.refunds.append(refund)
    if payment.membership is not None:  # an offer may count what goes back as paid
        renewals.drop_offer(payment.membership, reason="money was given back")
    db.session.flush()
    kept_money.take_off(refund)
    if not sent:
        refund_moves.succeed(refund, reason="to the credit balance")
    return refund


def _check(payment: Payment, wish: Wish) -> None:
    if not payment.is_paid:
        raise Conflict(_("Nothing was paid yet, so nothing can be given back."), code="not_paid")
    if wish.amount.currency != payment.currency:
        raise Invalid(_("The payment is in another currency."), code="wrong_currency", field="amount")
    # The tax of what a change has counted was taken off there.
    rest = not_returned(payment) if wish.kind == RefundKind.TAX else left(payment)
    if not rest:
        raise Conflict(_("Nothing of it is left that could be given back."), code="all_given_back")
    if wish.amount.minor <= 0:
        raise Invalid(_("Enter an amount above zero."), field="amount")
    if wish.amount > rest:
        said = _("At most %(amount)s can still be given back.", amount=str(rest))
        raise Invalid(said, code="more_than_is_left", field="amount")
    if wish.kind == RefundKind.TAX and wish.amount != tax_left(payment):
        raise Invalid(_("The tax is given back as a whole."), code="part_of_the_tax", field="amount")


def _parts(payment: Payment, wish: Wish) -> list[tax_parts.Part]:
    there = tax_parts.left_of(payment)
    return tax_parts.untaxed(there) if wish.kind == RefundKind.TAX else tax_parts.share(there, wish.amount.minor)


def tax_of(payment: Payment, *, reason: str) -> Wish:
    """The tax that is left, as after a VAT id was confirmed late. Raises Conflict when there is none."""
    tax = tax_left(payment)
    if tax.minor <= 0:
        raise Conflict(_("There is no tax in this payment that could be given back."), code="no_tax")
    return Wish(tax, reason, RefundKind.TAX)


# -- finding ----------------------------------------------------------------------------------------------------------
def find(refund_id: int, *, payment_id: int | None = None) -> Refund:
    """Raises NotFound, also for another payment's."""
    refund = db.session.get(Refund, refund_id)
    if refund is None or (payment_id is not None and refund.payment_id != payment_id):
        raise NotFound()
    return refund


def due_to_ask(limit: int = 100) -> list[int]:
    """Refunds whose gateway should be asked now, oldest first."""
    query = select(Refund.id).where(text(f"refunds.{UNDER_WAY}"), Refund.ask_at <= clock.now())
    return list(db.session.scalars(query.order_by(Refund.ask_at, Refund.id).limit(limit)))


def under_way(payment_id: int) -> list[int]:
    """Those that a gateway has not answered yet; what an operator sends by hand is none of its business."""
    query = select(Refund.id).where(Refund.payment_id == payment_id, Refund.status == RefundStatus.PENDING)
    return list(db.session.scalars(query.where(Refund.by_hand.is_(False)).order_by(Refund.id)))
