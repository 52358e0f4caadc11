"""What will happen to a membership next, and when, as things stand: the same rules that will do it are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp import clock
from webapp.domain import agenda, agreements, credits, network, pending_changes, reckonings, renewal_carts, renewals
from webapp.domain.reckonings import Reckoning
from webapp.models import Change, Membership, MembershipStatus, Payment
from webapp.money import Money

S = MembershipStatus


class Coming(StrEnum):
    """`asked`: the customer is written to, or asked for the money. `lapses`: an offer that was not paid for is void."""

    ASKED = "asked"
    TRIAL_ENDS = "trial-ends"
    CHARGED = "charged"
    DUE = "due"
    RETRIED = "retried"
    CHANGES = "changes"
    LAPSES = "lapses"
    LAST_PERIOD_ENDS = "last-period-ends"
    STAYS_FOR_LIFE = "stays-for-life"
    CANCELLED = "cancelled"
    ENDS = "ends"
    EXPIRES = "expires"
    SITES_OFF = "sites-off"


@dataclass(frozen=True, slots=True)
class Prospect:
    """`reckoning`: what is charged then, and why. `method`: the stored way to pay that it is charged to."""

    when: datetime
    what: Coming
    reckoning: Reckoning | None = None
    method: str = ""
    change: Change | None = None


def of(membership: Membership, asked: Payment | None) -> list[Prospect]:
    """In order. `asked`: what is asked for its next period already. Reads the waiting change, the credit, and the
    renewal's cart."""
    return sorted(_of(membership, asked), key=lambda one: one.when)


def _of(membership: Membership, asked: Payment | None) -> Iterator[Prospect]:
    if membership.status == S.EXPIRED and membership.due_at is not None:
        yield Prospect(membership.due_at, Coming.SITES_OFF)
    if not membership.is_served:
        return
    change = pending_changes.of(membership)
    if change is not None and change.starts_at is not None:
        yield Prospect(change.starts_at, Coming.CHANGES, change=change)
    elif change is not None and change.lapses_at is not None:
        yield Prospect(change.lapses_at, Coming.LAPSES, change=change)
    if membership.cancel_at is not None:
        yield Prospect(membership.cancel_at, Coming.CANCELLED)
        return
    terms = change if change is not None and change.starts_at is not None else membership
    if membership.expires_at is None:
        return
    if not terms.recurring or membership.is_paid_up:
        stays = (membership.is_paid_up and membership.stays_for_life) or terms is change
        yield Prospect(membership.expires_at, Coming.STAYS_FOR_LIFE if stays else Coming.ENDS)
        if not stays:
            yield from _switched_off(membership.expires_at)
        return
    yield from _renewal(membership, asked, change if terms is change else None)


def _renewal(membership: Membership, payment: Payment | None, change: Change | None) -> Iterator[Prospect]:
    ends, now = membership.expires_at, clock.now()
    if ends is None:
        return
    is_charged = renewals.can_be_charged(membership)
    asked = agenda.announced_from(membership)
    if asked is not None and now < asked < ends and membership.announced <= membership.periods_paid:
        yield Prospect(asked, Coming.ASKED)
    if membership.status == S.TRIALING and membership.trial_ends_at == ends:
        yield Prospect(ends, Coming.TRIAL_ENDS)
    if payment is None or not payment.is_paid:
        reckoning = _reckon(membership, payment, change)
        method = membership.credential.label if is_charged and membership.credential is not None else ""
        if ends > now:
            yield Prospect(ends, Coming.CHARGED if method else Coming.DUE, reckoning, method)
        else:
            yield from _overdue(membership, payment, reckoning, method)
    if membership.billing_cycles == membership.periods_paid + 1 and change is None:
        last = (
            membership.period.after(ends)
            if membership.anchor is None
            else membership.end_of(membership.periods_paid + 1)
        )
        what = Coming.STAYS_FOR_LIFE if membership.stays_for_life else Coming.LAST_PERIOD_ENDS
        yield Prospect(last, what)


def next_charge(membership: Membership) -> Reckoning:
    """What its next period will be charged, at the terms that begin with it; nothing is asked for it yet."""
    return _reckon(membership, None, pending_changes.scheduled(membership))


def _reckon(membership: Membership, payment: Payment | None, change: Change | None) -> Reckoning:
    if payment is not None:
        return reckonings.of_payment(payment)
    cart = renewal_carts.for_renewal(membership, number=membership.periods_paid, change=change)
    credit = credits.balance(membership.customer_id, membership.currency)
    if agreements.held_by(membership) is not None:  # a gateway that charges by itself takes all of it
        credit = Money(0, membership.currency)
    return reckonings.of_cart(cart, credit)


def _overdue(membership: Membership, payment: Payment | None, reckoning: Reckoning, method: str) -> Iterator[Prospect]:
    """Its period is over and not paid: the tries that are left, then the end."""
    now = clock.now()
    for when in retries(payment) if method else []:
        if when > now:
            yield Prospect(when, Coming.RETRIED, reckoning, method)
    expires = agenda.ends_at(membership, payment)
    if expires is not None:
        yield Prospect(max(expires, now), Coming.EXPIRES)
        yield from _switched_off(expires)


def retries(payment: Payment | None) -> list[datetime]:
    """When the stored way to pay is still to be tried."""
    failed, following = agenda.first_failure(payment), agenda.next_retry(payment)
    if failed is None or following is None:
        return []
    days = network.settings().renewal_retry_days
    return [when for when in (failed + timedelta(days=one) for one in days) if when >= following]


def _switched_off(expires: datetime) -> Iterator[Prospect]:
    grace = network.settings().block_frontend_grace_period
    yield Prospect(expires + timedelta(days=grace), Coming.SITES_OFF)
