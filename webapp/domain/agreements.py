"""What a gateway takes by itself, as the buyer agreed there: what it is asked to take, and whether that is still right.

A gateway that runs a subscription knows the amounts that were due when it was begun, and nothing of what happens here.
So it is told to rest while the membership is to end, and the agreement is ended as soon as anything else is due than it
takes: then the customer is asked for the money, and may agree anew. A gateway never takes what we do not ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.domain import outbox, payment_methods, pending_changes, renewal_carts
from webapp.extensions import db
from webapp.models import Membership, MembershipStatus, Payment, PaymentKind, Renewals, StoredCredential
from webapp.money import Money
from webapp.paying import Agreement
from webapp.periods import Period

DAY = timedelta(days=1)
NOTHING: dict[str, Any] = {"number": 0, "period": "1-month", "currency": "", "amounts": []}  # fits no membership
FORESEEN = 36  # renewals after which a price that still changes is not foreseen any more


# -- what is asked for -----------------------------------------------------------------------------------------------
def wanted(payment: Payment) -> Agreement | None:
    """What shall be taken after this payment has begun it; None where nothing is, or what is nobody can say by now."""
    membership = payment.membership
    if membership is None or not membership.recurring or payment.kind == PaymentKind.CHANGE:
        return None
    number = first_number(payment)
    left = membership.billing_cycles - number if membership.billing_cycles else 0
    if (membership.billing_cycles and left < 1) or pending_changes.of(membership) is not None:
        return None
    amounts = _amounts(membership, number, left)
    if not amounts or not amounts[-1][0]:
        return None
    starts_at = _starts_at(payment, membership)
    return Agreement(membership.plan.name, membership.period, amounts, starts_at)


def first_number(payment: Payment) -> int:
    """How many periods are paid once this payment is: the number of the renewal that is taken first."""
    if payment.kind == PaymentKind.FIRST:
        return 0 if payment.membership is not None and payment.membership.trial_ends_at is not None else 1
    return payment.period_number or 1


def _amounts(membership: Membership, number: int, left: int) -> tuple[tuple[Money, int], ...]:
    """`left`: so often it is taken in all, 0 without end. Empty where it changes longer than is foreseen."""
    found: list[tuple[Money, int]] = []
    for at in range(number, number + FORESEEN):
        cart = renewal_carts.for_renewal(membership, number=at)
        price, times = found[-1] if found else (None, 0)
        if price == cart.due_today:
            found[-1] = (cart.due_today, times + 1)
        else:
            found.append((cart.due_today, 1))
        taken = at - number + 1
        if left and taken == left:
            return tuple(found)
        limited = cart.discount is not None and cart.discount.apply_to_renewals == Renewals.FIRST
        if at > 0 and not limited:
            price, times = found[-1]
            found[-1] = (price, times + left - taken if left else 0)
            return tuple(found)
    return ()


def _starts_at(payment: Payment, membership: Membership) -> Any:
    """When the next charge is due after it; None: one period after it is paid, and what comes to the same."""
    if payment.kind == PaymentKind.FIRST:
        return membership.trial_ends_at
    if payment.kind == PaymentKind.REACTIVATION or membership.status == MembershipStatus.EXPIRED:
        return None
    ends = membership.expires_at
    if ends is None:
        return None
    due = membership.period.after(ends) if membership.anchor is None else membership.end_of(payment.period_number or 1)
    now = clock.now()
    return None if due <= now or abs(due - membership.period.after(now)) < DAY else due


# -- what is kept of it ----------------------------------------------------------------------------------------------
def kept(agreement: Agreement, payment: Payment) -> dict[str, Any]:
    """As it stands with the way to pay."""
    return {
        "membership": payment.membership_id,
        "number": first_number(payment),
        "period": str(agreement.period),
        "currency": payment.currency,
        "amounts": [[price.minor, times] for price, times in agreement.amounts],
    }


def taken_next(terms: Mapping[str, Any], periods_paid: int) -> int | None:
    """What the gateway takes next, in minor units, once so many periods are paid; None: nothing any more."""
    at = periods_paid - int(terms["number"])
    for minor, times in terms["amounts"]:
        if not times or at < times:
            return int(minor)
        at -= times
    return None


def is_right(membership: Membership, terms: Mapping[str, Any]) -> bool:
    """Whether what the gateway takes next is what will be due."""
    change = pending_changes.scheduled(membership)
    period = (change or membership).period
    if not Period.parse(terms["period"]).same_length(period) or terms["currency"] != membership.currency:
        return False
    minor = taken_next(terms, membership.periods_paid)
    cart = renewal_carts.for_renewal(membership, number=membership.periods_paid, change=change)
    return minor == cart.due_today.minor


def taken_last(membership: Membership) -> str:
    """The gateway's name for what it took last by itself; empty without an agreement."""
    if held_by(membership) is None:
        return ""
    paid = select(Payment.gateway_reference).where(
        Payment.membership_id == membership.id, Payment.completed_at.is_not(None)
    )
    return db.session.scalar(paid.order_by(Payment.id.desc()).limit(1)) or ""


# -- keeping in step -------------------------------------------------------------------------------------------------
def keep_in_step(membership: Membership) -> None:
    """Have the gateway take what is due, and nothing else. Its row must be locked. Without an agreement nothing
    happens."""
    credential = held_by(membership)
    if credential is None or not credential.usable or membership.is_paid_up:
        return
    if not is_right(membership, credential.agreement or {}):
        end(membership, reason="other_price")
        return
    rests = membership.cancel_at is not None or not membership.auto_renew
    if credential.rests != rests:
        credential.rests = rests
        verb = "pause" if rests else "resume"
        payment_methods.tell_gateway(credential, verb)


def held_by(membership: Membership) -> StoredCredential | None:
    """The way to pay that a gateway charges by itself, if it is one."""
    credential = membership.credential
    return credential if credential is not None and credential.agreement is not None else None


def end(membership: Membership, *, reason: str) -> None:
    """Nothing is taken by itself any more; what is due is asked for. Without an agreement nothing happens."""
    credential = held_by(membership)
    if credential is None:
        return
    membership.credential, membership.auto_renew = None, False
    payment_methods.forget(credential)
    if membership.is_served:
        outbox.record("membership.updated", membership, change="payment_method", reason=reason)


def note_ended(membership: Membership | None, credential: StoredCredential) -> bool:
    """It was ended at the gateway; whether that is news."""
    if not credential.usable:
        return False
    credential.usable = False
    if membership is not None and membership.credential is credential and membership.is_served:
        membership.credential, membership.auto_renew = None, False
        outbox.record("membership.updated", membership, change="payment_method", reason="ended_at_gateway")
    return True
