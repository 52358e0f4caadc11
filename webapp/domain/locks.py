"""In which order rows are locked, so that two who want the same ones wait for each other and never in a circle.

    membership -> its payments -> discount code -> credit balance -> trial claims

Whoever is about to change a payment locks the membership that it is for first, and then the payment; several of a kind
in the order of their ids. Tries, refunds, changes, lines and sales are never locked for themselves: they belong to the
payment or the membership that is. With the membership locked nobody else asks for money for it, so what is read of its
payments stays so. (SQLite has one writer at a time and needs none of this.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import Membership, Payment

Row = TypeVar("Row", Membership, Payment)


def membership(membership_id: int, *, customer_id: int | None = None) -> Membership:
    """As it is now, its row locked until the unit ends. Somebody else's is not found. Raises NotFound."""
    query = select(Membership).where(Membership.id == membership_id)
    if customer_id is not None:
        query = query.where(Membership.customer_id == customer_id)
    found = db.session.scalars(_for_update(query, Membership)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def payment(payment_id: int) -> Payment:
    """As it is now, locked until the unit ends, and so is the membership that it is for. Raises NotFound."""
    its_own = select(Membership).join(Payment).where(Payment.id == payment_id)
    db.session.scalars(_for_update(its_own, Membership)).one_or_none()
    found = db.session.scalars(_for_update(select(Payment).where(Payment.id == payment_id), Payment)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def payments(
    payment_ids: Sequence[int], *, whole: Sequence[ORMOption] = (), memberships: Sequence[ORMOption] = ()
) -> Sequence[Payment]:
    """Several at once, by their ids; `whole`, `memberships`: what is loaded with them."""
    theirs = select(Membership).where(
        Membership.id.in_(select(Payment.membership_id).where(Payment.id.in_(payment_ids)))
    )
    held = db.session.scalars(_for_update(theirs.order_by(Membership.id).options(*memberships), Membership))
    known = {one.id: one for one in held}
    query = select(Payment).where(Payment.id.in_(payment_ids)).order_by(Payment.id).options(*whole)
    found = db.session.scalars(_for_update(query, Payment)).all()
    for one in found:
        if one.membership_id is not None:  # or the session forgets it, and reads each again
            set_committed_value(one, "membership", known[one.membership_id])
    return found


def _for_update(query: Select[Row], model: type[Membership] | type[Payment]) -> Select[Row]:
    return query.with_for_update(of=model).execution_options(populate_existing=True)
