"""What was paid for time that is still to come: what a change of terms counts in, and adds nothing to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ScalarSelect, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from webapp.domain.cart_lines import CartLine
from webapp.extensions import db
from webapp.models import LineItem, LineTax, LineType, Membership, Payment, PaymentKind, RefundStatus
from webapp.models.payment import PAID
from webapp.money import Money

MICROSECOND = timedelta(microseconds=1)


def lines(membership: Membership, at: datetime) -> list[CartLine]:
    """One negative line for each recurring line that was paid beyond `at`, with the taxes of the line it gives back."""
    return [line for _payment, lines in by_payment(membership, at) for line in lines]


def by_payment(membership: Membership, at: datetime) -> list[tuple[Payment, list[CartLine]]]:
    """The same, and which payment each of them gives back a part of."""
    found = ((payment, [line for line in _of_payment(payment, at) if line.total]) for payment in _paid(membership, at))
    return [(payment, lines) for payment, lines in found if lines]


def _paid(membership: Membership, at: datetime) -> list[Payment]:
    if membership.anchor is None:
        return []
    whole = (selectinload(Payment.line_items).options(joinedload(LineItem.product)), selectinload(Payment.refunds))
    query = select(Payment).where(Payment.membership_id == membership.id, Payment.status.in_(PAID))
    still_counts = tuple_(Payment.covers_from, Payment.id) >= tuple_(
        func.coalesce(_begun_anew(membership, Payment.covers_from), Payment.covers_from),
        func.coalesce(_begun_anew(membership, Payment.id), Payment.id),
    )
    query = query.where(Payment.covers_until > at, still_counts)
    return list(db.session.scalars(query.order_by(Payment.id).options(*whole)))


def _begun_anew(membership: Membership, what: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    """Of the payment since which what was paid before counts no more: a change gave it back, or it was taken up again.

    A change begins a period, which has a number, or something for life; an extra begins nothing. Of two that begin at
    the same instant, the later one.
    """
    by_change = (Payment.kind == PaymentKind.CHANGE) & (
        Payment.period_number.is_not(None) | Payment.covers_until.is_(None)
    )
    query = select(what).where(
        Payment.membership_id == membership.id, Payment.status.in_(PAID), Payment.covers_from.is_not(None)
    )
    newest = query.where(by_change | (Payment.kind == PaymentKind.REACTIVATION))
    return newest.order_by(Payment.covers_from.desc(), Payment.id.desc()).limit(1).scalar_subquery()


def is_given_back(payment: Payment, membership: Membership) -> bool:
    """Whether the periods of its membership were begun anew after those that it paid for."""
    since, newest = _begun_anew(membership, Payment.covers_from), _begun_anew(membership, Payment.id)
    begun = db.session.execute(select(since, newest)).one()
    if begun[0] is None or payment.covers_from is None:
        return False
    return (payment.covers_from, payment.id) < tuple(begun)


def _of_payment(payment: Payment, at: datetime) -> Iterator[CartLine]:
    begins, ends = payment.covers_from, payment.covers_until
    if begins is None or ends is None or ends <= begins:
        return
    share = Fraction((ends - max(at, begins)) // MICROSECOND, (ends - begins) // MICROSECOND) * _really_paid(payment)
    for item in payment.line_items:
        if item.recurring and item.type == LineType.PRODUCT:
            yield _given_back(item, share, inclusive=payment.is_tax_inclusive)


def _really_paid(payment: Payment) -> Fraction:
    """Of what its recurring lines come to. A sign-up credit counts against fees first; what was refunded
    (or is on its way back) is not paid.

    What an earlier change gave back for unused time was paid once, so it takes nothing away.
    """
    recurring = sum(one.total_minor for one in payment.line_items if one.recurring)
    others = [one for one in payment.line_items if not one.recurring and one.type != LineType.PRORATION]
    given = sum(one.total_minor for one in others if one.type != LineType.ADJUSTMENT or one.total_minor < 0)
    refunded = sum(one.amount_minor for one in payment.refunds if one.status != RefundStatus.FAILED)
    if recurring <= 0:
        return Fraction(0)
    value = payment.total_minor - sum(one.total_minor for one in payment.line_items if one.type == LineType.PRORATION)
    kept = Fraction(max(0, value - refunded), value) if refunded else Fraction(1)
    return kept * Fraction(max(0, recurring + min(0, given)), recurring)


def _given_back(item: LineItem, share: Fraction, *, inclusive: bool) -> CartLine:
    taxes = tuple(LineTax(one.title, one.rate, -_part(one.amount, share), one.rate_id) for one in item.tax_parts)
    net = Money(item.subtotal_minor - item.discount_minor, item.currency)
    title = _("Unused time of %(product)s", product=item.title)
    slug = item.product.slug if item.product is not None else ""
    zero = Money(0, item.currency)
    line = CartLine(LineType.PRORATION, title, item.product_id, slug, 1, -_part(net, share), zero, taxes)
    line.inclusive, line.tax_category = inclusive, item.tax_category
    return line


def _part(amount: Money, share: Fraction) -> Money:
    return amount.times(*share.as_integer_ratio())
