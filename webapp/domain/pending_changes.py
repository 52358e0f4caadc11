"""Other terms that wait for a membership: for their payment, or for the end of what is paid. One at most."""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain import catalog
from webapp.extensions import db
from webapp.models import Change, ChangeStatus, LineType, Membership, MembershipItem


def of(membership: Membership) -> Change | None:
    """What waits. Costs nothing where nothing does."""
    if membership.changes_at is None:
        return None
    query = select(Change).where(Change.membership_id == membership.id, Change.status == ChangeStatus.PENDING)
    return db.session.scalars(query).one_or_none()


def scheduled(membership: Membership) -> Change | None:
    """What begins by itself at the end of what is paid, so that the next period has its price."""
    change = of(membership)
    return change if change is not None and change.starts_at is not None else None


def items(change: Change) -> list[MembershipItem]:
    """As the membership will have them; new, and in no session."""
    found = {one.id: one for one in catalog.find_by_ids([one["product_id"] for one in change.items])}
    return [
        MembershipItem(
            product=found[one["product_id"]],
            product_id=one["product_id"],
            quantity=one["quantity"],
            unit_price_minor=one["unit_price"],
            recurring=one["recurring"],
        )
        for one in change.items
    ]


def items_at_its_start(change: Change) -> list[MembershipItem]:
    """The same, with the fees that wait and whose products stay: they are charged with the first period, too."""
    new = items(change)
    stay = {one.product_id for one in new}
    return [*new, *(one for one in fees(change.membership) if one.product_id in stay)]


def fees(membership: Membership) -> list[MembershipItem]:
    """Those that wait for the end of a trial; none once a period is paid."""
    if membership.periods_paid:
        return []
    return [one for one in membership.items if one.type != LineType.PRODUCT]


def drop(membership: Membership, *, reason: str) -> Change | None:
    """It shall not come. What was asked for it is for the caller to void."""
    change = of(membership)
    if change is not None:
        change.move_to(ChangeStatus.WITHDRAWN, reason=reason)
        membership.changes_at = None
        db.session.flush()  # there is room for one
    return change
