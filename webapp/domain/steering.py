"""What the staff does to a membership by hand, where the table of states allows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import agenda, lifecycle, outbox, reactivations, renewals
from webapp.errors import Conflict
from webapp.models import Membership, MembershipStatus, Payment

S = MembershipStatus


class Step(StrEnum):
    """`charge` asks a gateway, so it is a flow's (flows/charging.py); the others are `take`n here."""

    CHARGE = "charge"
    EXTEND = "extend"
    HOLD = "hold"
    RESUME = "resume"
    EXPIRE = "expire"
    REACTIVATE = "reactivate"


def possible(membership: Membership, payment: Payment | None) -> Sequence[Step]:
    """The steps that can be taken now; `payment`: what was asked for its next period."""
    ends, owes = membership.expires_at, _owes(membership)
    can = {
        Step.CHARGE: lifecycle.can_be_charged_now(membership, payment),
        Step.EXTEND: membership.is_served and ends is not None and membership.cancel_at is None,
        Step.HOLD: membership.status in (S.ACTIVE, S.TRIALING),
        Step.RESUME: membership.status == S.ON_HOLD and membership.anchor is not None and not owes,
        Step.EXPIRE: membership.is_served,
        Step.REACTIVATE: reactivations.is_possible(membership, by_staff=True),
    }
    return [step for step, is_possible in can.items() if is_possible]


def _owes(membership: Membership) -> bool:
    return membership.expires_at is not None and membership.expires_at <= clock.now()


def take(membership: Membership, payment: Payment | None, step: Step, *, days: int = 0, reason: str = "") -> None:
    """Raises Conflict when the membership does not allow the step (any more)."""
    if step not in possible(membership, payment):
        raise Conflict(_("As the membership stands now, this cannot be done."), code="not_possible")
    why = reason or "by hand"
    if step == Step.EXTEND:
        extend(membership, days)
    elif step == Step.HOLD:
        renewals.hold(membership, reason=why)
        agenda.plan(membership, payment)
    elif step == Step.RESUME:
        renewals.resume(membership, reason=why)
        agenda.plan(membership, payment)
    elif step == Step.EXPIRE:
        renewals.expire(membership, payment, reason=why)
    else:
        reactivations.ask(membership, by_staff=True)


def extend(membership: Membership, days: int) -> None:
    """Days for nothing: the period, or the trial, ends so much later, and the next ones are counted from there."""
    ends = membership.expires_at
    if ends is None or days < 1:
        raise Conflict(code="not_possible")
    membership.expires_at = later = ends + timedelta(days=days)
    if membership.anchor is None:
        membership.trial_ends_at = later
    else:
        membership.anchor, membership.periods_before = later, membership.periods_paid
    outbox.record("membership.updated", membership, change="extended")
    agenda.plan(membership)
