"""When the rules of time have something to do with a membership, and who does it.

Each membership knows the next instant at which something is due (`due_at`). What is due is claimed oldest first and in
batches, so any number of workers share it; a claim puts the instant off by a lease, and whoever is through with the
membership plans it anew. So what a worker left behind when it was killed is due again by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update

from webapp import clock
from webapp.domain import network
from webapp.extensions import db
from webapp.hooks import apply_filters
from webapp.models import Membership, MembershipStatus, Payment, Try, TryStatus

S = MembershipStatus
LEASE = timedelta(minutes=5)
# After an outage the first try comes late; the days of grace then count from it, but not much longer.
LATENESS = timedelta(hours=1)
# Somebody is paying at this moment: the stored way to pay is charged when that has come to nothing.
PATIENCE, RARELY = timedelta(hours=1), timedelta(days=1)
DUE = select(Membership.id).where(Membership.due_at <= bindparam("now")).order_by(Membership.due_at, Membership.id)


# -- instants --------------------------------------------------------------------------------------------------------
def days(name: str, value: int, membership: Membership) -> timedelta:
    """What the filter `name` makes of so many days; as set when it answers with no number of days."""
    answer = apply_filters(name, value, membership)
    fits = isinstance(answer, int) and 0 <= answer <= 3660
    return timedelta(days=answer if fits else value)


def grace(membership: Membership) -> timedelta:
    return days("wu_membership_grace_period_days", network.settings().grace_period_days, membership)


def announced_from(membership: Membership) -> datetime | None:
    """When its next renewal is announced: some days before it is due, but not before the period itself has begun."""
    ends = membership.expires_at
    if ends is None or not membership.recurring or membership.is_paid_up:
        return None
    before = days("wu_renewal_days_before_expiring", network.settings().renewal_days_before, membership)
    return max(ends - before, began_at(membership))


def began_at(membership: Membership) -> datetime:
    """When the period, or the trial, began that it is in."""
    if membership.anchor is None or membership.periods_paid <= membership.periods_before:
        return membership.activated_at or membership.created_at
    return membership.end_of(membership.periods_paid - 1)


def charges(payment: Payment | None) -> list[Try]:
    """The tries that charged a stored way to pay, by themselves or by an operator."""
    return [one for one in payment.tries if one.credential_reference is not None] if payment is not None else []


def first_failure(payment: Payment | None) -> datetime | None:
    failed = [one.settled_at for one in charges(payment) if one.status == TryStatus.DECLINED and one.settled_at]
    return min(failed, default=None)


def next_retry(payment: Payment | None) -> datetime | None:
    """When the stored way to pay is charged again; None when it never was, or will not be any more.

    The days count from the first failure. Those that an outage swallowed are made up for by one try.
    """
    made, failed = charges(payment), first_failure(payment)
    if payment is None or failed is None:
        return None
    if payment.membership is not None and payment.membership.failed_at is not None:
        failed = payment.membership.failed_at
    last = max(one.created_at for one in made)
    offsets = [failed + timedelta(days=one) for one in network.settings().renewal_retry_days]
    return next((one for one in offsets if one > last), None)


def late_from(membership: Membership, payment: Payment | None) -> datetime | None:
    """What is paid until then continues the old periods; what comes later begins them anew."""
    if membership.expires_at is None:
        return None
    failed = membership.failed_at or first_failure(payment) or membership.expires_at
    late = min(max(failed - membership.expires_at, timedelta(0)), LATENESS)
    return membership.expires_at + late + grace(membership)


def asked_at(membership: Membership, payment: Payment | None) -> datetime:
    """From when on it is unpaid. Who was asked only after the end, because of an outage, owes it from then on."""
    ends = membership.expires_at or clock.now()
    if payment is None:
        return ends
    return max(ends, payment.created_at or clock.now())  # one that was just asked for is not written yet


def ends_at(membership: Membership, payment: Payment | None) -> datetime | None:
    """When an unpaid membership expires: the later of its grace and the last try. None: never.

    Other terms ask for other money, and begin neither the days of grace nor the tries anew.
    """
    if membership.expires_at is None:
        return None
    ends = (membership.unpaid_since or asked_at(membership, payment)) + grace(membership)
    failed = membership.failed_at or first_failure(payment)
    retries = network.settings().renewal_retry_days
    return max(ends, failed + timedelta(days=retries[-1])) if failed is not None and retries else ends


# -- claiming --------------------------------------------------------------------------------------------------------
def ends_without_charge() -> ColumnElement[bool]:
    """Of what is due, what ends: asked to, used up, or left unpaid."""
    paid_up = (Membership.billing_cycles > 0) & (Membership.billing_cycles <= Membership.periods_paid)
    return or_(
        Membership.cancel_at <= clock.now(),
        Membership.status.in_((S.ON_HOLD, S.EXPIRED)),
        Membership.recurring.is_(False),
        paid_up,
    )


def claim(limit: int, *only: ColumnElement[bool]) -> list[int]:
    """Take what is due, the longest due first. Nobody else gets it before the lease is over."""
    due = DUE.where(*only).limit(limit).with_for_update(skip_locked=True)
    ids = list(db.session.scalars(due, {"now": clock.now()}))
    if ids:
        put_off = update(Membership).where(Membership.id.in_(ids)).values(due_at=clock.now() + LEASE)
        db.session.execute(put_off.execution_options(synchronize_session=False))
    return ids


def count_due() -> int:
    """How many are due, as far as it matters: whether there are any."""
    return len(db.session.scalars(DUE.limit(1), {"now": clock.now()}).all())


def next_instant() -> datetime | None:
    """When the next membership is due."""
    return cast(datetime | None, db.session.scalar(select(func.min(Membership.due_at))))


# -- planning --------------------------------------------------------------------------------------------------------
def plan(membership: Membership, payment: Payment | None = None) -> None:
    """Note when it is to be looked at next; `payment`: the one for its next period, if there is one."""
    if payment is not None and not payment.is_paid:
        payment.retry_at = next_retry(payment) if membership.status == S.ON_HOLD else None
    membership.due_at = next_look(membership, payment)


def next_look(membership: Membership, payment: Payment | None) -> datetime | None:
    looks = [one for one in (_next_of_time(membership, payment), membership.changes_at) if one is not None]
    return min(looks, default=None) if membership.is_served else None


def _next_of_time(membership: Membership, payment: Payment | None) -> datetime | None:
    if not membership.is_served:
        return None
    if membership.cancel_at is not None:
        return membership.cancel_at
    if membership.expires_at is None:
        return None
    now = clock.now()
    if now < membership.expires_at:
        announced = announced_from(membership)
        waits = announced is None or membership.announced > membership.periods_paid
        return membership.expires_at if waits or announced is None else announced
    ends = ends_at(membership, payment)
    steps = [one for one in (next_retry(payment), ends) if one is not None]
    running = next((one for one in payment.tries if one.is_open), None) if payment is not None else None
    if running is not None:  # its answer plans anew; that it never comes is only looked at now and then
        wait = PATIENCE if running.credential_reference is None else RARELY
        steps = [max(one, now + wait) for one in steps]
    return min(steps, default=None)
