"""The life of a membership as time goes by: announced, asked for, charged, left unpaid, over.

`look` does what is due for one membership; it may run at any time and as often as anybody likes. Money is asked for by
a flow (flows/charging.py), which is given the try that `look` has begun. What follows from an answer: `renewals.py`.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import agenda, agreements, changes, memberships, payments, renewals, sites
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import Membership, MembershipStatus, Payment, Try, TryStatus
from webapp.paying import PROCESSING

S = MembershipStatus


def look(membership: Membership, payment: Payment | None) -> Try | None:
    """Do what is due for a membership now, and plan the next look; the try to be sent to its gateway, if there is one.

    `payment`: what was asked for its next period, as `next_payment` finds it. Both rows must be locked.
    """
    attempt = None
    if membership.status == S.EXPIRED:
        membership.due_at = None
        sites.stop_serving(membership, reason="the membership has expired")
    elif membership.is_served:
        attempt = _look_at_served(membership, payment)
    else:
        membership.due_at = None
    return attempt


def _look_at_served(membership: Membership, payment: Payment | None) -> Try | None:
    now = clock.now()
    if membership.cancel_at is not None and membership.cancel_at <= now:
        memberships.end(membership, reason=membership.cancellation_reason or "cancel_at reached")
        return None
    changes.look(membership)
    agreements.keep_in_step(membership)
    announced = agenda.announced_from(membership) if membership.cancel_at is None else None
    if announced is not None and announced <= now:
        payment = _announce(membership, payment)
    ends = membership.expires_at
    if ends is None or now < ends:
        agenda.plan(membership, payment)
        return None
    if _waits_for_a_change(membership, payment):
        return None
    if not membership.recurring or membership.is_paid_up:
        renewals.finish(membership)
        return None
    return collect(membership, payment)


def _waits_for_a_change(membership: Membership, payment: Payment | None) -> bool:
    """Other terms are being paid for in this moment: with a renewal as well, the same time would be charged twice.

    That is waited for while it lasts, but for no more days than any other money.
    """
    until, ends = changes.being_paid_until(membership), agenda.ends_at(membership, payment)
    if until is None:
        return False
    if ends is not None and ends <= clock.now():
        if not changes.is_charged(membership):
            return False
        renewals.hold(membership, reason="the answer to its charge is lost")
    agenda.plan(membership, payment)
    membership.due_at = until
    return True


def next_payment(membership: Membership) -> Payment | None:
    """What was asked for the period after those that are paid."""
    query = select(Payment).where(
        Payment.membership_id == membership.id, Payment.period_number == membership.periods_paid + 1
    )
    return db.session.scalars(query).one_or_none()


# -- announcing ------------------------------------------------------------------------------------------------------
def _announce(membership: Membership, payment: Payment | None) -> Payment | None:
    """Once a period: by mail when it will be charged by itself, else by asking for the money."""
    number = membership.periods_paid + 1
    if membership.announced >= number:
        return payment
    membership.announced = number
    if not renewals.can_be_charged(membership):
        return payment or renewals.ask_for(membership)
    if membership.price_minor and agenda.began_at(membership) < clock.now():
        renewals.write("send_notice", membership, membership)
    return payment


# -- collecting ------------------------------------------------------------------------------------------------------
def collect(membership: Membership, payment: Payment | None) -> Try | None:
    """Its period is over: charge for the next one, wait, or give it up. The try to be sent now."""
    payment = payment or renewals.ask_for(membership)
    if not payment.asked:
        payments.settle(payment, reason="paid with credit" if payment.credit_minor else "nothing is due")
        return None
    now, running = clock.now(), payments.open_try(payment)
    membership.unpaid_since = membership.unpaid_since or agenda.asked_at(membership, payment)
    ends = agenda.ends_at(membership, payment)
    if running is not None and running.credential_reference is not None:
        if ends is not None and ends <= now:  # the days of grace are over, and nobody knows: it waits, but not as paid
            renewals.hold(membership, reason="the answer to its charge is lost")
        agenda.plan(membership, payment)
        return None
    if running is None and _is_charged_now(membership, payment):
        renewals.drop_offer(membership, reason="its period is over")
        return begin_charge(membership, payment)
    renewals.remind(payment, membership)
    renewals.hold(membership, reason="not paid in time")
    if ends is not None and ends <= now:
        renewals.expire(membership, payment, reason="not paid")
        return None
    agenda.plan(membership, payment)
    if membership.due_at is not None and membership.due_at <= now:  # a try is due, and cannot be made as things stand
        membership.due_at = now + agenda.PATIENCE
    return None


def _is_charged_now(membership: Membership, payment: Payment) -> bool:
    if not renewals.can_be_charged(membership) or len(payment.tries) >= payments.TRIES_AT_MOST:
        return False
    retry = agenda.next_retry(payment)
    return not agenda.charges(payment) or (retry is not None and retry <= clock.now())


def begin_charge(membership: Membership, payment: Payment) -> Try:
    """A try of the stored way to pay. Raises Conflict while another try is open, and when it is paid."""
    credential = membership.credential
    if credential is None:
        raise ValueError("there is nothing to charge")
    attempt = payments.begin_try(payment, credential.gateway)
    attempt.credential_reference = credential.reference
    payment.retry_at = None
    return attempt


def charge_now(membership: Membership, payment: Payment | None) -> Try:
    """The try that an operator asks for, without waiting for the next one. Raises Conflict."""
    if changes.being_paid_until(membership) is not None:
        raise Conflict(_("A payment is already under way."), code="try_open")
    if not can_be_charged_now(membership, payment):
        raise Conflict(_("There is nothing to charge now, or nothing to charge it to."), code="not_chargeable")
    return begin_charge(membership, payment or renewals.ask_for(membership))


def charge_due(membership: Membership, payment: Payment | None) -> Try | None:
    """The try of a way to pay that was just chosen: what is due by now does not wait for the next one.

    A page that was opened to pay it otherwise is given up. None when nothing is due, or it is under way.
    """
    due = membership.renews_at is not None and membership.renews_at <= clock.now()
    if not due or payment is None or payment.is_paid or not payment.asked or not renewals.can_be_charged(membership):
        return None  # what was not even asked for yet is at the next look, which is due now
    if changes.being_paid_until(membership) is not None or len(payment.tries) >= payments.TRIES_AT_MOST:
        return None
    running = payments.open_try(payment)
    if running is not None:
        if running.status != TryStatus.NEEDS_ACTION or running.reason == PROCESSING:
            return None
        payments.abandon_try(running, reason="the customer chose another way to pay")
    renewals.drop_offer(membership, reason="its period is over")
    return begin_charge(membership, payment)


def can_be_charged_now(membership: Membership, payment: Payment | None) -> bool:
    """Whether a payment is open, or due, for its next period, and there is a stored way to pay."""
    goes_on = membership.is_served and membership.renews_at is not None
    is_due = payment is not None or (membership.renews_at is not None and membership.renews_at <= clock.now())
    return goes_on and is_due and renewals.can_be_charged(membership)
