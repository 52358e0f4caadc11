"""The agreement: how it begins, renews, and ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp import clock, new_rows
from webapp.domain import (
    agenda,
    agreements,
    carts,
    discounts,
    outbox,
    payment_methods,
    pending_changes,
    receivables,
    sites,
)
from webapp.domain.cart_lines import CartLine
from webapp.domain.carts import Cart
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import (
    Customer,
    LineType,
    Membership,
    MembershipItem,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Product,
    Try,
    TryStatus,
)
from webapp.paying import Credential

S = MembershipStatus
UNANSWERED = (TryStatus.STARTED, TryStatus.UNKNOWN)
OPEN_PAYMENT = (PaymentStatus.PENDING, PaymentStatus.FAILED)
EVENT_OF = {
    S.ACTIVE: "membership.activated",
    S.TRIALING: "membership.trial_started",
    S.ON_HOLD: "membership.on_hold",
    S.EXPIRED: "membership.expired",
    S.CANCELLED: "membership.cancelled",
}


def find(membership_id: int, *, customer_id: int | None = None) -> Membership:
    """Somebody else's is not found. Raises NotFound."""
    membership = db.session.get(Membership, membership_id)
    if membership is None or (customer_id is not None and membership.customer_id != customer_id):
        raise NotFound()
    return membership


def of_customer(customer_id: int) -> list[Membership]:
    """Newest first, with what a page about them shows."""
    shown = (Membership.plan, Membership.credential, Membership.sites)
    query = select(Membership).where(Membership.customer_id == customer_id).order_by(Membership.id.desc())
    return list(db.session.scalars(query.options(*(selectinload(one) for one in shown))))


def in_full(membership_id: int, *, customer_id: int) -> Membership:
    """One of this customer's, with all that its page shows. Somebody else's is not found. Raises NotFound."""
    shown = (
        joinedload(Membership.plan).lazyload(Product.variations),
        joinedload(Membership.credential),
        selectinload(Membership.items).joinedload(MembershipItem.product).lazyload(Product.variations),
        selectinload(Membership.sites),
    )
    query = select(Membership).where(Membership.id == membership_id, Membership.customer_id == customer_id)
    membership = db.session.scalars(query.options(*shown)).one_or_none()
    if membership is None:
        raise NotFound()
    return membership


def find_by_reference(reference: str) -> Membership:
    """By its public name, as other systems know it. Raises NotFound."""
    membership = db.session.scalars(select(Membership).where(Membership.reference == reference)).one_or_none()
    if membership is None:
        raise NotFound()
    return membership


def create(customer: Customer, cart: Cart, gateway: str) -> Membership:
    """What a cart with a plan agrees on, not yet paid. Fires wu_membership_post_create."""
    plan, period = cart.plan, cart.period
    if plan is None or period is None:
        raise ValueError("a membership needs a plan")
    membership = Membership(
        currency=cart.currency,
        price_minor=cart.recurring_total.minor,
        net_price_minor=carts.recurring_net(cart).minor,
        duration=period.count,
        duration_unit=period.unit,
        recurring=any(line.recurring for line in cart.line_items),
        billing_cycles=plan.billing_cycles,
        stays_for_life=plan.stays_for_life,
        gateway=gateway,
        trial_ends_at=cart.trial_ends_at,
        discount=discounts.remembered(cart.discount) if cart.discount is not None else None,
        items=[_item(line) for line in cart.line_items if _is_kept(line)],
    )
    new_rows.refer(membership, customer=customer, plan=plan)
    new_rows.keep(membership, *membership.items)
    if "memberships" in vars(customer):
        db.session.expire(customer, ["memberships"])
    outbox.record("membership.created", membership)
    do_action("wu_membership_post_create", membership)
    return membership


def _item(line: CartLine) -> MembershipItem:
    return MembershipItem(
        product_id=line.product_id,
        type=line.type,
        quantity=line.quantity,
        unit_price_minor=line.unit_price.minor,
        recurring=line.recurring,
    )


def _is_kept(line: CartLine) -> bool:
    """Products; of the fees only one that waits for the trial's end."""
    return line.product_id is not None and (line.type == LineType.PRODUCT or line.later)


def move(membership: Membership, status: MembershipStatus, *, reason: str, **more: str) -> None:
    """One step of its status, with the hook and the event that go with it; `more`: what the event says beside."""
    old = membership.move_to(status, reason=reason)
    outbox.record(EVENT_OF[status], membership, **more)
    do_action(f"wu_membership_status_to_{status}", membership, str(old))


def begin(membership: Membership, payment: Payment | None, *, reason: str) -> None:
    """The sale is settled: the trial starts, or the first paid period does."""
    now = clock.now()
    membership.activated_at = membership.activated_at or now
    if membership.trial_ends_at is not None:  # also when it is over by now: then a period is asked for at once
        membership.expires_at = membership.trial_ends_at
        move(membership, S.TRIALING, reason=reason)
    else:
        _start_period(membership, now)
        if payment is not None:
            payment.covers_from, payment.covers_until = now, membership.expires_at
        move(membership, S.ACTIVE, reason=reason)
    agenda.plan(membership)
    sites.request_for(membership)


def _start_period(membership: Membership, now: datetime) -> None:
    membership.anchor, membership.periods_before = now, 0
    membership.periods_paid = 1 if membership.recurring else 0
    membership.expires_at = membership.end_of(1) if membership.recurring else None


def keep_credential(
    membership: Membership, gateway: str, credential: Credential, terms: dict[str, Any] | None = None
) -> None:
    """Remember a way to charge again; the next renewal uses it. `terms`: what its gateway takes by itself."""
    known = membership.credential
    if known is None or (known.gateway, known.reference) != (gateway, credential.reference):
        payment_methods.leave_agreement(membership)
        kept = payment_methods.keep(membership.customer_id, gateway, credential)
        if terms is not None:
            kept.agreement = terms
        membership.credential = kept
    else:  # as a renewal mostly brings it
        payment_methods.note(known, credential)
    membership.auto_renew = membership.recurring


def cancel(membership: Membership, *, reason: str, at_once: bool = False) -> None:
    """Stop renewing: at the end of what is paid for, or now. Asking twice changes nothing.

    Raises Conflict when it has ended already, and hooks.Reject when an integrator's callback objects.
    """
    if membership.status in (S.CANCELLED, S.EXPIRED):
        raise Conflict(code="already_ended")
    if membership.cancel_at is not None and not at_once:
        return
    do_action("wu_membership_pre_cancel", membership)
    membership.cancellation_reason = reason[:300]
    if at_once or membership.status == S.PENDING or not can_wait(membership):
        end(membership, reason=reason)
    else:
        membership.cancel_at = membership.due_at = membership.expires_at
        agreements.keep_in_step(membership)
        _give_up_open(membership, reason)
        outbox.record("membership.cancel_scheduled", membership)
    do_action("wu_membership_post_cancel", membership)


def can_wait(membership: Membership) -> bool:
    """Whether there is a paid period whose end a cancellation can wait for."""
    ends = membership.expires_at
    return membership.is_served and membership.cancel_at is None and ends is not None and ends > clock.now()


def can_be_cancelled(membership: Membership) -> bool:
    return membership.status not in (S.CANCELLED, S.EXPIRED) and membership.cancel_at is None


def can_be_changed(membership: Membership) -> bool:
    """Whether other terms may be asked for: it is served, and nobody has asked to end it."""
    return membership.is_served and membership.cancel_at is None


def can_be_kept(membership: Membership) -> bool:
    """Whether it is still to end, so that this can be taken back."""
    return membership.is_served and membership.cancel_at is not None and membership.cancel_at > clock.now()


def undo_cancellation(membership: Membership) -> None:
    """It goes on as if nobody had asked. Raises Conflict when it has ended, or nobody has asked."""
    if not can_be_kept(membership):
        raise Conflict(code="not_ending")
    membership.cancel_at = None
    membership.cancellation_reason = ""
    membership.announced = membership.periods_paid  # what was asked for its next period is void
    agreements.keep_in_step(membership)
    agenda.plan(membership)
    outbox.record("membership.updated", membership, change="undone")


def note_reason(membership: Membership, reason: str) -> None:
    """Why the customer cancelled, told afterwards. Raises Conflict when it is not cancelled."""
    if membership.cancel_at is None:
        raise Conflict(code="not_ending")
    membership.cancellation_reason = reason[:300]
    outbox.record("membership.updated", membership)


def end(membership: Membership, *, reason: str) -> None:
    """It is over now: no more charges, its sites are no longer served, open payments are void."""
    membership.cancel_at = membership.cancelled_at = clock.now()
    membership.auto_renew = False
    agreements.end(membership, reason=reason)
    move(membership, S.CANCELLED, reason=reason)
    _give_up_open(membership, reason)
    sites.stop_serving(membership, reason=reason)


def _give_up_open(membership: Membership, reason: str) -> None:
    """What was asked for, and other terms that wait, shall not come."""
    pending_changes.drop(membership, reason=reason)
    for payment in open_payments(membership):
        receivables.void(payment, reason=reason)


def check_not_charged(membership: Membership) -> None:
    """Raises Conflict while nobody knows what became of a charge: what it is for must not be asked for anew."""
    query = select(Try.id).join(Payment).where(Payment.membership_id == membership.id)
    if db.session.scalar(query.where(Try.credential_reference.is_not(None), Try.status.in_(UNANSWERED)).limit(1)):
        raise Conflict(_("A payment is already under way."), code="try_open")


def open_payments(membership: Membership) -> list[Payment]:
    """What was asked for and has not come."""
    query = select(Payment).where(Payment.membership_id == membership.id, Payment.status.in_(OPEN_PAYMENT))
    return list(db.session.scalars(query.order_by(Payment.id))) if membership.id is not None else []
