"""How long an order keeps its address and its code for a buyer who has not paid, and how it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import and_, bindparam, select

from webapp import clock
from webapp.domain import discounts, memberships, network, payments, receivables, transfers
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import MembershipStatus, Payment, PaymentStatus, Sale

UNSETTLED = and_(Sale.settled_at.is_(None), Sale.abandoned_at.is_(None))
HELD_TOO_LONG = select(Sale).where(UNSETTLED, Sale.hold_until <= bindparam("now")).order_by(Sale.hold_until)


def held_until() -> datetime:
    """Until its gateway says that the money comes by another way, and when (`transfers.wait`)."""
    return clock.now() + timedelta(minutes=network.settings().hold_minutes)


def keep_open(payment: Payment, gateway: str) -> None:
    """The buyer goes on with an order from its payment page. Raises Invalid when its code went to somebody else."""
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()
    if sale is not None and sale.settled_at is None and sale.abandoned_at is None:
        hold(sale, payment, gateway)


def hold(sale: Sale, payment: Payment, gateway: str) -> None:
    """The buyer is at it again: keep the address and the code a while longer. Who looks at how to transfer it changes
    nothing."""
    if payment.gateway == gateway and transfers.awaited(payment) is not None:
        return
    sale.hold_until = held_until()
    discounts.extend(payment, sale.hold_until)


def give_up(sale: Sale, *, reason: str) -> None:
    """An unsettled sale ends: its address and code are free again, its payment is void. Settled ones stay.

    Its checkout id is free too, so that the same form can place a changed order.
    """
    if sale.settled_at is not None:
        raise Conflict(_("This order is complete."), code="already_paid")
    if sale.abandoned_at is not None:
        sale.checkout_id = f"{sale.checkout_id[:40]}~{sale.id}"
        db.session.flush()
        return
    sale.abandoned_at = clock.now()
    sale.checkout_id = f"{sale.checkout_id[:40]}~{sale.id}"
    running = payments.open_try(sale.payment)
    if running is not None:
        payments.abandon_try(running, reason=reason)
    if sale.membership.status == MembershipStatus.PENDING:
        memberships.end(sale.membership, reason=reason)
    elif sale.payment.status == PaymentStatus.PENDING:
        receivables.void(sale.payment, reason=reason)
    db.session.flush()


def give_up_due(limit: int = 200) -> int:
    """End the sales whose hold is over and that nobody is paying right now; how many that were."""
    due = db.session.scalars(HELD_TOO_LONG.limit(limit), {"now": clock.now()}).all()
    return sum(_give_up_late(sale) for sale in due)


def _give_up_late(sale: Sale) -> bool:
    """Unless its buyer went on with it in this moment."""
    payments.locked(sale.payment_id)
    query = select(Sale).where(Sale.id == sale.id, UNSETTLED, Sale.hold_until <= clock.now()).with_for_update()
    late = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if late is not None:
        _give_up_and_tell(late, reason="not paid in time")
    return late is not None


def void(payment: Payment, *, reason: str) -> None:
    """Nobody shall pay this any more; an order that begins with it is given up. Its row must be locked."""
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id, UNSETTLED)).one_or_none()
    if sale is None:
        receivables.void(payment, reason=reason)
    else:
        _give_up_and_tell(sale, reason=reason)


def _give_up_and_tell(sale: Sale, *, reason: str) -> None:
    """Whoever was to transfer the money has left the page long ago."""
    awaited = transfers.awaited(sale.payment) is not None
    give_up(sale, reason=reason)
    if awaited:
        transfers.write("tell_of_giving_up", sale.payment)
