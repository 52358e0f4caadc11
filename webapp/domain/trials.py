"""A trial that turns out to be somebody's second one, once it has begun: then it was none.

That is known late where the card is kept after the order, and where something beside the trial was paid for first.
Nothing is charged: what the order costs without a trial is asked for, and the buyer pays it or leaves it.
"""

from __future__ import annotations

from webapp import clock
from webapp.domain import agreements, memberships, renewals, sites, trial_claims
from webapp.models import Membership, MembershipStatus, Payment, PaymentKind
from webapp.paying import Credential

S = MembershipStatus
REFUSED = "trial_refused"


def check_person(membership: Membership) -> None:
    """It has begun: unless this person had a trial meanwhile, it is theirs. Its row must be locked."""
    if not trial_claims.claim(membership):
        _refuse(membership, reason="this person had a trial before")


def check_card(payment: Payment, credential: Credential) -> None:
    """The card of an order is kept: it may have had a trial before. The rows of both must be locked.

    Only the card that an order begins with counts: whoever changes it later gains nothing by it.
    """
    membership = payment.membership
    if membership is None or payment.kind != PaymentKind.FIRST:
        return
    in_trial = membership.status == S.TRIALING and membership.trial_ends_at is not None
    if in_trial and not trial_claims.claim_card(membership, credential.fingerprint):
        _refuse(membership, reason="a trial was had with this card before")


def is_refused(membership: Membership) -> bool:
    """Whether it had no trial and has not been paid since: nothing else ends that never began."""
    return membership.status == S.EXPIRED and membership.activated_at is None


def asked_instead(payment: Payment) -> Payment | None:
    """What is asked for since the trial that this payment was for was none; None for every other payment."""
    membership = payment.membership
    if membership is None or payment.kind != PaymentKind.FIRST or not is_refused(membership):
        return None
    return next(iter(memberships.open_payments(membership)), None)


def _refuse(membership: Membership, *, reason: str) -> None:
    """As if it had been ordered without one: not served before it is paid, and asked for with the link by mail."""
    trial_claims.release(membership)  # an order of theirs with a card of their own may have one
    agreements.end(membership, reason=reason)
    membership.credential, membership.auto_renew = None, False  # nobody has agreed that it is charged now
    membership.trial_ends_at = membership.activated_at = None
    if membership.cancel_at is not None:  # they do not want it to go on
        memberships.end(membership, reason=reason)
        return
    membership.expires_at = clock.now()
    memberships.move(membership, S.EXPIRED, reason=reason, change=REFUSED)
    membership.due_at = None
    sites.stop_serving(membership, reason=reason)
    membership.announced = membership.periods_paid + 1
    renewals.ask_for(membership)
