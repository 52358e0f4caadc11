"""Other terms for a membership: asked for, paid for or waited for, and then in force. What they cost: change_carts.py.

What costs something now takes effect when its payment is settled, and never before; what costs less begins at the end
of what is paid. The money of an offer that was withdrawn meanwhile is kept as credit, so nothing is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import (
    agenda,
    change_carts,
    credits,
    discounts,
    kept_money,
    locks,
    memberships,
    outbox,
    pending_changes,
    receivables,
    renewals,
    sites,
)
from webapp.domain.cart_lines import CartLine
from webapp.domain.change_carts import Offer
from webapp.domain.change_wishes import ChangeRequest
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import (
    Change,
    ChangeKind,
    ChangeStatus,
    CreditKind,
    LineType,
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
)

S = MembershipStatus
OFFER_HOLDS = timedelta(days=1)  # how long what is due can be paid: the unused time that it counts goes on passing


def ask(membership_id: int, request: ChangeRequest, *, at: datetime, key: str = "") -> Change:
    """Note other terms as they were shown at `at`; `key`: of the cart that was shown, "" where nobody looked.

    What is due is asked for (the change's payment; with nothing left to ask a gateway for, the caller settles it). What
    waited before is withdrawn. Raises Invalid for what cannot be had, Conflict when it costs something else by now.
    """
    membership = locks.membership(membership_id)
    memberships.check_not_charged(membership)
    made = change_carts.offer(membership, request, at)
    if made.cart.errors:
        problem = made.cart.errors[0]
        raise Invalid(problem.message, code=problem.code, field=problem.param)
    if key and made.cart.key != key:
        raise Conflict(_("The price has changed. Look at it again before you confirm."), code="price_changed")
    if made.cart.discount is not None:  # what waits and is replaced gives its use free
        waiting = pending_changes.of(membership)
        discounts.check_use(made.cart.discount.id, besides=waiting.payment_id if waiting is not None else None)
    withdraw(membership, reason="replaced by another change")
    change = _row(membership, made)
    db.session.add(change)
    if change.starts_at is None:
        _ask_for_money(change, membership, made)
    else:
        _schedule(change, membership)
    return change


def _row(membership: Membership, made: Offer) -> Change:
    cart, plan = made.cart, made.plan
    period = cart.period or membership.period
    return Change(
        membership=membership,
        kind=made.kind,
        plan=plan,
        currency=cart.currency,
        price_minor=cart.recurring_total.minor,
        net_price_minor=made.recurring_net.minor,
        duration=period.count,
        duration_unit=period.unit,
        recurring=made.recurring,
        billing_cycles=plan.billing_cycles,
        stays_for_life=plan.stays_for_life,
        items=[_item(line) for line in made.lines if line.type == LineType.PRODUCT],
        discount=_discount(made),
        surplus_minor=made.surplus.minor,
        counted=made.counted,
        starts_at=made.starts_at,
    )


def _discount(made: Offer) -> dict[str, Any] | None:
    """The code that was typed now, whose renewals are counted from now on; else the one there is, as it is."""
    mine, code = made.membership, made.cart.discount
    if code is None:
        return mine.discount
    before = max(0, mine.periods_paid - 1) if made.kind == ChangeKind.ADDON else mine.periods_paid
    return {**discounts.remembered(code), "periods_before": before}


def _item(line: CartLine) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "quantity": line.quantity,
        "unit_price": line.unit_price.minor,
        "recurring": line.recurring,
    }


def _ask_for_money(change: Change, membership: Membership, made: Offer) -> None:
    gateway = membership.credential.gateway if membership.credential is not None else membership.gateway
    payment = receivables.create(membership.customer, membership, made.cart, gateway, kind=PaymentKind.CHANGE)
    change.payment = payment
    change.lapses_at = clock.now() + OFFER_HOLDS
    if membership.status == S.ACTIVE and membership.expires_at is not None:
        change.lapses_at = min(change.lapses_at, membership.expires_at)
    membership.changes_at = change.lapses_at
    agenda.plan(membership)
    db.session.flush()  # it is found by its payment, perhaps at once
    if made.cart.discount is not None:
        discounts.hold(made.cart.discount, payment, change.lapses_at)


def _schedule(change: Change, membership: Membership) -> None:
    """It begins at the end of what is paid; at once where that is over."""
    _ask_anew(membership, reason="its terms change")
    membership.changes_at = change.starts_at
    if change.starts_at is not None and change.starts_at <= clock.now():
        db.session.flush()
        apply_scheduled(change, membership)
        membership.due_at = clock.now()  # what is owed since then has the new price
    else:
        agenda.plan(membership)
        outbox.record("membership.updated", membership, change="scheduled")


def _ask_anew(membership: Membership, *, reason: str, besides: Payment | None = None) -> None:
    """What was asked for the next period had another price."""
    for payment in memberships.open_payments(membership):
        if payment is not besides:
            receivables.void(payment, reason=reason)
    membership.announced = min(membership.announced, membership.periods_paid)


# -- withdrawing -----------------------------------------------------------------------------------------------------
def withdraw(membership: Membership, *, reason: str) -> None:
    """What waits shall not come. Without anything that waits, nothing happens. Raises Conflict once it is paid for."""
    change = pending_changes.of(membership)
    if change is None:
        return
    if change.starts_at is not None and change.starts_at == membership.anchor:
        raise Conflict(_("The next period is paid at the new price already."), code="already_paid")
    if change.payment is not None:  # what is owed for the next period has nothing to do with it
        renewals.drop_offer(membership, reason=reason)
    else:
        memberships.check_not_charged(membership)
        pending_changes.drop(membership, reason=reason)
        _ask_anew(membership, reason=reason)
    agenda.plan(membership)
    outbox.record("membership.updated", membership, change="withdrawn")


# -- taking effect ---------------------------------------------------------------------------------------------------
def look(membership: Membership) -> None:
    """Its time has come: what was waited for begins, what was not paid for is withdrawn."""
    change = pending_changes.of(membership)
    if change is None or membership.changes_at is None or membership.changes_at > clock.now():
        return
    if change.starts_at is not None:
        apply_scheduled(change, membership)
    elif change.payment is not None and any(one.is_open for one in change.payment.tries):
        membership.changes_at = being_paid_until(membership) or clock.now() + agenda.PATIENCE
    else:
        withdraw(membership, reason="not paid in time")


def being_paid_until(membership: Membership) -> datetime | None:
    """Until when nothing else is charged: somebody pays for other terms now, or nobody knows what became of a charge.

    Whoever began to pay so long ago is not at it any more; should the money come all the same, it is kept as credit.
    """
    change = pending_changes.of(membership)
    tries = change.payment.tries if change is not None and change.payment is not None else []
    attempt = next((one for one in tries if one.is_open), None)
    if attempt is None:
        return None
    until = (clock.now() if attempt.is_unanswered_charge else attempt.created_at) + agenda.PATIENCE
    return until if until > clock.now() else None


def is_charged(membership: Membership) -> bool:
    """Whether the stored way to pay is charged for other terms, and nobody knows yet what came of it."""
    change = pending_changes.of(membership)
    payment = change.payment if change is not None else None
    return payment is not None and any(one.is_unanswered_charge for one in payment.tries)


def settle(payment: Payment, membership: Membership, *, reason: str) -> str:
    """What was due for other terms is paid: they begin. What was done, in words."""
    change = db.session.scalars(select(Change).where(Change.payment_id == payment.id)).one_or_none()
    if change is None or change.status != ChangeStatus.PENDING or not membership.is_served:
        kept_money.keep(payment, reason="paid for a change that had been withdrawn")
        return "the change had been withdrawn: kept as credit"
    _ask_anew(membership, reason="its terms change", besides=payment)
    for counted, minor in change.counted.items():
        db.session.get_one(Payment, int(counted)).counted_minor += minor
    if change.surplus_minor:
        why = f"unused time, order {payment.order_number}"
        credits.add(payment.customer_id, change.surplus, CreditKind.SURPLUS, reason=why, payment=payment)
    old_status = membership.status
    begins_afresh = change.kind != ChangeKind.ADDON
    old_plan = _take_over(change, membership, afresh=begins_afresh)
    if begins_afresh:
        _begin(membership, payment)
    elif membership.status == S.ACTIVE:
        payment.covers_from, payment.covers_until = clock.now(), membership.expires_at
    if begins_afresh and old_status != S.ACTIVE:
        memberships.move(membership, S.ACTIVE, reason=reason)
        sites.request_for(membership)
    _tell(change, membership, old_plan, reason)
    return "completed"


def _begin(membership: Membership, payment: Payment) -> None:
    """A period from now, paid by this payment."""
    now = clock.now()
    membership.anchor, membership.periods_before = now, membership.periods_paid
    if membership.recurring:
        membership.periods_paid += 1
        payment.period_number = membership.periods_paid
        membership.expires_at = membership.end_of(membership.periods_paid)
    else:
        membership.expires_at = None
    payment.covers_from, payment.covers_until = now, membership.expires_at
    membership.trial_ends_at = min(membership.trial_ends_at, now) if membership.trial_ends_at else None


def apply_scheduled(change: Change, membership: Membership) -> None:
    """The paid time is over: the next period has other terms. It may be paid for already."""
    paid_early = membership.anchor == change.starts_at
    if change.discount and change.discount != membership.discount:
        discounts.count(str(change.discount["code"]))
    old_plan = _take_over(change, membership, afresh=True)
    if not membership.recurring:
        membership.expires_at = None
        if membership.status != S.ACTIVE:
            memberships.move(membership, S.ACTIVE, reason="nothing is charged any more")
    elif membership.anchor is not None and not paid_early:
        membership.anchor, membership.periods_before = change.starts_at, membership.periods_paid
    _tell(change, membership, old_plan, "the paid time is over")


def _take_over(change: Change, membership: Membership, *, afresh: bool) -> Any:
    """Plan, price, period and items as they were shown. The plan that it had."""
    old_plan = membership.plan
    goes_on = change.starts_at is not None and old_plan is change.plan and membership.period.same_length(change.period)
    membership.plan = change.plan
    membership.price_minor, membership.net_price_minor = change.price_minor, change.net_price_minor
    membership.recurring = change.recurring
    if afresh and not goes_on:  # limited cycles of the same plan and period are counted on
        membership.duration, membership.duration_unit = change.duration, change.duration_unit
        begun = membership.periods_before if membership.anchor == change.starts_at else membership.periods_paid
        membership.billing_cycles = begun + change.billing_cycles if change.billing_cycles else 0
        membership.stays_for_life = change.stays_for_life
    membership.discount = change.discount
    if not afresh:
        membership.items = [*pending_changes.items(change), *pending_changes.fees(membership)]
    elif change.starts_at is None:  # a fee that waited is paid with it
        membership.items = pending_changes.items(change)
    else:
        membership.items = pending_changes.items_at_its_start(change)
    membership.auto_renew = membership.recurring and membership.credential is not None
    return old_plan


def _tell(change: Change, membership: Membership, old_plan: Any, reason: str) -> None:
    change.move_to(ChangeStatus.APPLIED, reason=reason)
    membership.changes_at = None
    agenda.plan(membership)
    if old_plan is not membership.plan:
        outbox.record("membership.plan_changed", membership, old_plan=old_plan.slug)
        do_action("wu_membership_plan_changed", membership, old_plan)
    else:
        outbox.record("membership.updated", membership, change="terms")
