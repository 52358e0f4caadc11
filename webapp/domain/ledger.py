"""The ledger of recurring revenue: what it holds, and the same reckoned afresh from the memberships.

Movements are written with the changes they come from (models/figures.py). What was changed past the models, as by an
import in SQL, is found by `repair`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.models import Membership, MembershipStatus, MrrMovement
from webapp.models.figures import MOVEMENT, kind_of
from webapp.periods import MONTHS

S = MembershipStatus
TIMES = case({unit: times for unit, (times, _parts) in MONTHS.items()}, value=Membership.duration_unit)
PARTS = case({unit: parts for unit, (_times, parts) in MONTHS.items()}, value=Membership.duration_unit)
LENGTH = PARTS * Membership.duration
FOR_LIFE = and_(
    Membership.billing_cycles > 0,
    Membership.billing_cycles <= Membership.periods_paid,
    Membership.expires_at.is_(None),
)
COUNTS = and_(
    Membership.recurring,
    or_(Membership.status == S.ACTIVE, and_(Membership.status == S.ON_HOLD, Membership.anchor.is_not(None))),
    ~FOR_LIFE,
)
# As `Membership.monthly` reckons it, in whole numbers, halves rounded up.
A_MONTH = (2 * Membership.net_price_minor * TIMES + LENGTH) // (2 * LENGTH)
MONTHLY: ColumnElement[int] = case((COUNTS, A_MONTH), else_=0)
HELD = (
    select(
        MrrMovement.membership_id,
        cast(func.sum(MrrMovement.amount_minor), BigInteger).label("held"),
        func.count().label("number"),
    )
    .group_by(MrrMovement.membership_id)
    .subquery()
)


def held(session: Session) -> dict[str, int]:
    """The monthly recurring revenue by currency, as the ledger has it."""
    total = cast(func.sum(MrrMovement.amount_minor), BigInteger)
    query = select(MrrMovement.currency, total).group_by(MrrMovement.currency).having(total != 0)
    return dict(iter(session.execute(query)))


def afresh(session: Session) -> dict[str, int]:
    """The same, reckoned from all memberships."""
    total = cast(func.sum(MONTHLY), BigInteger)
    query = select(Membership.currency, total).group_by(Membership.currency).having(total != 0)
    return dict(iter(session.execute(query)))


def repair(session: Session) -> int:
    """Write what the ledger lacks; how many movements that were. Twice does nothing more."""
    before = func.coalesce(HELD.c.held, 0)
    number = func.coalesce(HELD.c.number, 0)
    missing = (
        select(
            Membership.id,
            Membership.currency,
            kind_of(number, before, MONTHLY),
            MONTHLY - before,
            literal(clock.now(), MrrMovement.at.type),
        )
        .outerjoin(HELD, HELD.c.membership_id == Membership.id)
        .where(before != MONTHLY)
    )
    number_missing = session.scalar(select(func.count()).select_from(missing.subquery())) or 0
    session.execute(insert(MrrMovement).from_select(MOVEMENT, missing))
    return number_missing
