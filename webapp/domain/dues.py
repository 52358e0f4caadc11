"""What a customer still owes, and why: for the banner on their pages and the problems of a membership."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.domain import agenda, transfers
from webapp.extensions import db
from webapp.models import (
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    Product,
    SiteStatus,
    TryStatus,
)

SHOWN_AT_MOST = 20
SWITCHED_OFF = (SiteStatus.PUBLISHED, SiteStatus.REQUESTED, SiteStatus.CREATING, SiteStatus.FAILED)


class Reason(StrEnum):
    """The class of the reason, never the bank's own words."""

    UNPAID = "unpaid"
    DECLINED = "declined"
    TRANSFER = "transfer"  # it was promised by bank transfer and has not arrived
    CHECKING = "checking"  # under way; nothing to do now


@dataclass(frozen=True, slots=True)
class Due:
    """One payment that is open. `until`: what it is for is switched off then, or its order becomes void."""

    payment: Payment
    why: Reason
    until: datetime | None
    sites: tuple[str, ...]

    @property
    def is_renewal(self) -> bool:
        return self.payment.kind == PaymentKind.RENEWAL

    @property
    def next_try_at(self) -> datetime | None:
        """When the stored way to pay is charged again, by itself."""
        return self.payment.retry_at

    @property
    def can_be_paid(self) -> bool:
        return self.why != Reason.CHECKING


def of_customer(customer_id: int) -> list[Due]:
    """Oldest first. What an ended membership left unpaid is nobody's debt."""
    shown = (
        selectinload(Payment.tries),
        joinedload(Payment.membership).joinedload(Membership.plan).lazyload(Product.variations),
        joinedload(Payment.membership).selectinload(Membership.sites),
    )
    query = (
        select(Payment)
        .join(Membership)
        .where(Payment.customer_id == customer_id)
        .where(Payment.status.in_((PaymentStatus.PENDING, PaymentStatus.FAILED)))
        .where(Membership.status != MembershipStatus.CANCELLED)
        .order_by(Payment.id)
        .limit(SHOWN_AT_MOST)
    )
    return [due_of(payment) for payment in db.session.scalars(query.options(*shown))]


def due_of(payment: Payment) -> Due:
    membership = payment.membership
    sites = [site.title for site in membership.sites if site.status in SWITCHED_OFF] if membership else []
    return Due(payment, why(payment), until(payment), tuple(sites))


def why(payment: Payment) -> Reason:
    last = payment.tries[-1] if payment.tries else None
    if last is None:
        return Reason.UNPAID
    if last.status == TryStatus.DECLINED:
        return Reason.DECLINED
    if transfers.told(last) is not None:
        return Reason.TRANSFER
    if last.status == TryStatus.NEEDS_ACTION:  # the buyer left the gateway's page
        return Reason.UNPAID
    return Reason.CHECKING


def until(payment: Payment) -> datetime | None:
    """A transfer has its own day; a renewal has the days of grace and the tries that are left."""
    membership = payment.membership
    if payment.due_at is not None or payment.kind != PaymentKind.RENEWAL or membership is None:
        return payment.due_at
    return agenda.ends_at(membership, payment) if membership.is_served else None
