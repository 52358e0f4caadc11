"""A membership's next period: what is asked for it, what its payment gives, and what follows when it does not come."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from webapp import clock, unit
from webapp.domain import (
    agenda,
    agreements,
    memberships,
    network,
    outbox,
    pending_changes,
    receivables,
    renewal_carts,
    sites,
)
from webapp.hooks import apply_filters, do_action
from webapp.models import Membership, MembershipStatus, Payment, PaymentKind, PaymentStatus

S = MembershipStatus
NOTHING_RENEWED = "paid, and nothing was renewed: the membership has ended, or the period was paid otherwise"
ASKED_JUST_NOW = timedelta(hours=12)  # whoever was asked so short a time ago needs no reminder
MAILS = "webapp.integrations.mailing.renewals"  # called by a worker, by its name


def can_be_charged(membership: Membership) -> bool:
    """Whether a stored way to pay can be charged for it, as far as we know and integrators say."""
    credential = membership.credential
    if not membership.auto_renew or credential is None or not credential.usable:
        return False
    return apply_filters("wu_membership_has_renewal_credential", None, membership) is not False


def write(name: str, subject: Membership | Payment, membership: Membership) -> None:
    """Have a worker write to the customer, once the rows are there."""
    to = partial(outbox.add, "membership", f"{MAILS}:{name}", MAILS, [subject], customer_id=membership.customer_id)
    unit.current().before_commit(to)


def ask_for(membership: Membership, kind: PaymentKind = PaymentKind.RENEWAL) -> Payment:
    """Ask for the price of its next period. Fires wu_payment_post_create; `renewal.created` is recorded.

    The price is the membership's own, whatever the catalogue says by now, or that of the terms that begin with it.
    """
    number = membership.periods_paid + 1
    change = pending_changes.scheduled(membership)
    cart = renewal_carts.for_renewal(membership, number=membership.periods_paid, change=change)
    if change is None and membership.items and cart.recurring_total:
        # Those after it may cost something else: a code runs out, a tax changes.
        membership.price_minor = cart.recurring_total.minor
    payment = receivables.create(
        membership.customer,
        membership,
        cart,
        membership.gateway,
        kind=kind,
        period_number=number,
        use_credit=agreements.held_by(membership) is None,  # a gateway that charges by itself takes all of it
    )
    if kind == PaymentKind.RENEWAL:
        outbox.record("renewal.created", payment, period=number)
        if payment.asked and not can_be_charged(membership):
            do_action("wu_membership_renewal_credential_missing", membership)
            write("send_request", payment, membership)
    return payment


def report_failure(payment: Payment) -> None:
    """A try for a period failed: once it is over, the membership is on hold until it is paid."""
    membership = payment.membership
    if membership is None or payment.kind != PaymentKind.RENEWAL or payment.period_number is None:
        return
    membership.failed_at = membership.failed_at or agenda.first_failure(payment)
    ends = membership.expires_at
    if membership.is_served and ends is not None and ends <= clock.now():
        hold(membership, reason="a charge failed")
    if membership.is_served:
        agenda.plan(membership, payment)


def hold(membership: Membership, *, reason: str) -> None:
    """It is served, and waits to be paid."""
    if membership.status in (S.ACTIVE, S.TRIALING):
        memberships.move(membership, S.ON_HOLD, reason=reason)


def remind(payment: Payment, membership: Membership) -> None:
    """Its period is over, and nobody has paid what was asked for before. What fails to be charged has its own mail."""
    asked_at: datetime | None = payment.created_at  # none: it was asked for in this very moment
    was_asked = asked_at is not None and asked_at + ASKED_JUST_NOW <= clock.now()
    if was_asked and membership.status in (S.ACTIVE, S.TRIALING) and payment.asked and not can_be_charged(membership):
        write("send_reminder", payment, membership)


def resume(membership: Membership, *, reason: str) -> None:
    """It was put on hold by hand, and owes nothing."""
    memberships.move(membership, S.ACTIVE, reason=reason)


def finish(membership: Membership) -> None:
    """Its time is over without a renewal: all its cycles are paid, or it has none."""
    if membership.is_paid_up and membership.stays_for_life:
        membership.expires_at = membership.due_at = None
        outbox.record("membership.updated", membership, change="for_life")
        return
    expire(membership, None, reason="all its periods are used up" if membership.recurring else "its time is over")


def expire(membership: Membership, payment: Payment | None, *, reason: str) -> None:
    """It is not served any more. What it owed can still be paid, and brings it back."""
    agreements.end(membership, reason=reason)
    memberships.move(membership, S.EXPIRED, reason=reason)
    if payment is not None:
        payment.retry_at = None
        if payment.status == PaymentStatus.PENDING and agenda.charges(payment):
            receivables.move(payment, PaymentStatus.FAILED, reason="its tries are used up")
    drop_offer(membership, reason="its period is over")
    shown = network.settings().block_frontend_grace_period
    membership.due_at = clock.now() + timedelta(days=shown) if shown else None
    if not shown:
        sites.stop_serving(membership, reason=reason)


def renew(payment: Payment, membership: Membership, *, reason: str) -> str:
    """Begin the period that this completed payment paid for, and tell whoever listens. What was done, in words.

    Periods are counted from the anchor, so they never drift and no paid day is lost; what is paid after the days of
    grace begins them anew, today.
    """
    if payment.period_number != membership.periods_paid + 1 or membership.status in (S.PENDING, S.CANCELLED):
        return NOTHING_RENEWED
    old, first = membership.status, payment.period_number == 1
    drop_offer(membership, reason="its period is over")
    if not first:
        do_action("wu_membership_pre_renew", membership)
    begin_period(membership, payment)
    if old == S.ACTIVE:
        membership.move_to(S.ACTIVE, reason=reason)
    else:
        memberships.move(membership, S.ACTIVE, reason=reason)
        sites.request_for(membership)
    if not first:
        outbox.record("membership.renewed", membership, period=membership.periods_paid)
        do_action("wu_membership_post_renew", membership)
    agenda.plan(membership)
    return "completed"


def drop_offer(membership: Membership, *, reason: str) -> None:
    """Other terms that are not paid for: what they cost was reckoned with what is not so any more."""
    change = pending_changes.of(membership)
    if change is not None and change.payment is not None:
        pending_changes.drop(membership, reason=reason)
        receivables.void(change.payment, reason=reason)


def begin_period(membership: Membership, payment: Payment) -> None:
    """The next period, from where the last one ended; from now when that is long ago, or would be over already."""
    now, late = clock.now(), agenda.late_from(membership, payment)
    change = pending_changes.scheduled(membership)
    if change is not None and change.starts_at is not None:  # paid before the old terms are over
        membership.anchor, membership.periods_before = change.starts_at, membership.periods_paid
        membership.periods_paid += 1
        membership.expires_at = change.period.after(change.starts_at)
        payment.covers_from, payment.covers_until = change.starts_at, membership.expires_at
        return
    if membership.anchor is None and membership.expires_at is not None:  # its trial has ended
        membership.anchor, membership.periods_before = membership.expires_at, membership.periods_paid
    number = membership.periods_paid + 1
    over = membership.anchor is None or membership.end_of(number) <= now
    if over or membership.status == S.EXPIRED or (late is not None and late < now):
        membership.anchor, membership.periods_before = now, membership.periods_paid
    membership.periods_paid = number
    membership.expires_at = membership.end_of(number)
    payment.covers_from, payment.covers_until = membership.end_of(number - 1), membership.expires_at
    if payment.kind == PaymentKind.RENEWAL and number > 1 and membership.changes_at is None:
        # Where a code has run out, or the tax is another: the figures count what this period cost.
        membership.net_price_minor = payment.total_minor - payment.tax_minor
    membership.activated_at = membership.activated_at or now
