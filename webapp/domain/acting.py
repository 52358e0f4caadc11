"""Acting as a customer: one of the staff sees the account as the customer does, for an hour at most.

It hangs on the session of the browser it was begun in, and ends with it. The operator stays who they are: what is done
is recorded as `operator:1 as customer:5`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from webapp import clock, unit
from webapp.domain import audit, staff
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import Customer, User, UserSession

LASTS = timedelta(hours=1)
ENDED, SIGNED_OUT, TIME_OVER = "ended", "signed out", "time is over"


def may_be_acted_as(customer: Customer) -> bool:
    """Never one of the staff, whose powers would come along, and nobody who is gone."""
    return not customer.user.is_operator and customer.deleted_at is None


def begin(session_id: int, customer: Customer, reason: str) -> None:
    """Raises Conflict for somebody whom nobody may act as. Whom one acted as before is left."""
    if not may_be_acted_as(customer):
        raise Conflict(code="not_a_customer")
    own = db.session.get_one(UserSession, session_id)
    if own.acting_as_id is not None:
        _end(own, ENDED)
    own.acting_as_id, own.acting_since = customer.id, clock.now()
    audit.note(customer, "acting.begin", before={}, after={"reason": reason})


def customer_of(own: UserSession) -> Customer | None:
    """Whom this session acts as right now."""
    if own.acting_as_id is None or not is_on(own):
        return None
    customer = db.session.get(Customer, own.acting_as_id, options=[joinedload(Customer.user)])
    return customer if customer is not None and may_be_acted_as(customer) else None


def is_on(own: UserSession) -> bool:
    since = own.acting_since
    able = staff.may(own.user, Capability.CUSTOMERS_ACT_AS)
    return own.ended_at is None and since is not None and clock.now() - since < LASTS and able


def actor(operator: User, customer: Customer) -> str:
    return f"operator:{operator.id} as customer:{customer.id}"


def end(session_id: int, why: str) -> None:
    """Nothing happens when it is over already."""
    own = db.session.get_one(UserSession, session_id)
    if own.acting_as_id is not None:
        _end(own, why)


def _end(own: UserSession, why: str) -> None:
    """The log names who acted, also where the clock ends it."""
    customer = db.session.get_one(Customer, own.acting_as_id)
    entry = audit.note(customer, "acting.end", before={}, after={"reason": why})
    entry.actor = f"operator:{own.user_id}"
    own.acting_as_id = own.acting_since = None


def note_change(customer: Customer, what: str) -> None:
    """Something was changed in the account: `what` is the route, for the log."""
    audit.note(customer, "acting.change", before={}, after={"what": what})


def sweep() -> int:
    """Note the end of those that nobody ended; how many."""
    over = or_(UserSession.acting_since <= clock.now() - LASTS, UserSession.ended_at.is_not(None))
    query = select(UserSession).where(UserSession.acting_as_id.is_not(None), over).limit(100)
    found = unit.current().session.scalars(query).all()
    for own in found:
        _end(own, SIGNED_OUT if own.ended_at is not None else TIME_OVER)
    return len(found)
