"""Taking up again what has ended: the same membership, no new trial or set-up fee, a period from the day it is paid."""

from __future__ import annotations

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import agenda, memberships, outbox, receivables, renewals, sites
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Membership, MembershipStatus, Payment, PaymentKind, PaymentStatus

S = MembershipStatus
ENDED = (S.EXPIRED, S.CANCELLED)


def is_possible(membership: Membership, *, by_staff: bool = False) -> bool:
    """Whether it has ended, was once in use, and there is something left to be paid for.

    What is taken off sale is sold to nobody any more; the staff may make an exception.
    """
    used = membership.status in ENDED and membership.activated_at is not None
    return used and membership.recurring and not membership.is_paid_up and (by_staff or membership.plan.active)


def ask(membership: Membership, *, by_staff: bool = False) -> Payment:
    """Ask for the price of a period from the day it is paid; asked twice, it is the same payment.

    What was still open of the old times is void. Raises Conflict when it cannot be taken up again.
    """
    if not is_possible(membership, by_staff=by_staff):
        raise Conflict(_("This contract cannot be taken up again."), code="not_reactivable")
    memberships.check_not_charged(membership)
    for payment in memberships.open_payments(membership):
        if payment.kind == PaymentKind.REACTIVATION and payment.status == PaymentStatus.PENDING:
            return payment
        receivables.void(payment, reason="taken up again")
    membership.announced = membership.periods_paid + 1
    return renewals.ask_for(membership, PaymentKind.REACTIVATION)


def settle(payment: Payment, membership: Membership, *, reason: str) -> str:
    """It is paid: it begins again. Fires wu_membership_status_to_pending, then …_to_active. What was done, in words."""
    if membership.status not in ENDED or not _is_for_next(payment, membership):
        return renewals.NOTHING_RENEWED
    old = membership.move_to(S.PENDING, reason=reason)
    do_action("wu_membership_status_to_pending", membership, str(old))
    membership.cancel_at = membership.cancelled_at = None
    membership.cancellation_reason = ""
    membership.auto_renew = membership.recurring and membership.credential is not None
    membership.anchor, membership.periods_before = clock.now(), membership.periods_paid
    membership.periods_paid += 1
    membership.expires_at = membership.end_of(membership.periods_paid)
    payment.covers_from, payment.covers_until = membership.anchor, membership.expires_at
    outbox.record("membership.reactivated", membership)
    memberships.move(membership, S.ACTIVE, reason=reason)
    agenda.plan(membership)
    sites.request_for(membership)
    return "completed"


def _is_for_next(payment: Payment, membership: Membership) -> bool:
    """Whether it pays for the period that begins now. One that was void has lost its number, and takes that of the
    payment that was asked for in its place: one of the two is enough."""
    number = membership.periods_paid + 1
    if payment.period_number is not None:
        return payment.period_number == number
    for other in memberships.open_payments(membership):
        receivables.void(other, reason="paid otherwise")
    db.session.flush()
    payment.period_number = number
    return True
