"""Codes that make a cart cheaper: which lines they fit, what they take off, and how often they may be used."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select, update

from webapp import clock
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import DiscountCode, DiscountType, LineType, Payment, Redemption, RedemptionStatus
from webapp.money import Money, split
from webapp.periods import Period

log = logging.getLogger(__name__)


class Line(Protocol):
    """What a discount looks at in a line of a cart."""

    @property
    def type(self) -> LineType: ...
    @property
    def slug(self) -> str: ...
    @property
    def period(self) -> Period | None: ...
    @property
    def subtotal(self) -> Money: ...


def normalise(text: str) -> str:
    """Codes are typed in any case, with spaces and dashes that nobody means: `summer 10` is `SUMMER10`."""
    return "".join(text.split()).upper()


def find(text: str) -> DiscountCode | None:
    """The code as typed; spaces and dashes do not matter."""
    wanted = normalise(text)
    plain = func.replace(DiscountCode.code, "-", "")
    query = select(DiscountCode).where(or_(DiscountCode.code == wanted, plain == wanted.replace("-", "")))
    found = db.session.scalars(query.limit(2)).all()
    return next((code for code in found if code.code == wanted), found[0] if found else None)


def check(code: DiscountCode | None, currency: str) -> DiscountCode:
    """Raises Invalid, with the sentence that stands beside the field, when the code cannot be used now."""
    now = clock.now()
    if code is None or not code.active:
        raise Invalid(_("This code does not exist. Check the spelling."), code="discount_code", field="discount_code")
    if code.starts_at is not None and now < code.starts_at:
        raise Invalid(_("This code is not valid yet."), code="discount_code", field="discount_code")
    if not code.runs_at(now):
        raise Invalid(_("This code has expired."), code="discount_code", field="discount_code")
    if code.type == DiscountType.ABSOLUTE and code.currency not in (None, currency):
        raise Invalid(_("This code is for another currency."), code="discount_code", field="discount_code")
    return code


def fits(code: DiscountCode, line: Line) -> bool:
    """Whether the code takes something off this line."""
    if line.subtotal.minor <= 0:
        return False
    if line.type == LineType.FEE:
        return code.setup_fee_value > 0 and code.allows(line.slug, line.period)
    return line.type == LineType.PRODUCT and code.value > 0 and code.allows(line.slug, line.period)


def taken_off(code: DiscountCode, lines: Sequence[Line]) -> list[Money]:
    """What the code takes off each line: never more than the line, never from a credit.

    A percentage counts line by line; an absolute value once for all lines it fits, split by their subtotals.
    """
    products = _share(code.type, code.value, [line for line in lines if line.type == LineType.PRODUCT], code)
    fees = _share(
        code.setup_fee_type, code.setup_fee_value, [line for line in lines if line.type == LineType.FEE], code
    )
    off = {id(line): amount for line, amount in (*products, *fees)}
    return [off.get(id(line), Money(0, line.subtotal.currency)) for line in lines]


def _share(kind: DiscountType, value: Decimal, lines: list[Line], code: DiscountCode) -> list[tuple[Line, Money]]:
    eligible = [line for line in lines if fits(code, line)]
    if not eligible:
        return []
    if kind == DiscountType.PERCENTAGE:
        return [(line, min(line.subtotal.percent(value), line.subtotal)) for line in eligible]
    whole = sum(line.subtotal.minor for line in eligible)
    parts = split(min(int(value), whole), [line.subtotal.minor for line in eligible])
    return [(line, Money(part, line.subtotal.currency)) for line, part in zip(eligible, parts, strict=True)]


# -- uses --------------------------------------------------------------------------------------------------------
def uses_left(code: DiscountCode, *, besides: int | None = None) -> bool:
    """Whether somebody may still begin to use it: what is counted and what open sales hold is below its limit.

    `besides`: the payment of a sale whose own hold does not count.
    """
    if code.max_uses == 0:
        return True
    held = db.session.scalar(
        select(func.count()).where(
            Redemption.discount_code_id == code.id,
            Redemption.status == RedemptionStatus.HELD,
            Redemption.held_until > clock.now(),
            Redemption.payment_id != (besides or 0),
        )
    )
    return code.uses + (held or 0) < code.max_uses


def check_use(code_id: int, *, besides: int | None = None) -> None:
    """Raises Invalid unless a use is left; the code's row stays locked, so that nobody else takes it before us."""
    query = select(DiscountCode).where(DiscountCode.id == code_id).with_for_update()
    locked = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if not uses_left(locked, besides=besides):
        raise Invalid(_("This code has been used up."), code="discount_code", field="discount_code")


def hold(code: DiscountCode, payment: Payment, until: datetime) -> None:
    """Keep one use for this sale. Raises Invalid when the last one has just gone. Locks the code's row."""
    check_use(code.id)
    db.session.flush()
    db.session.add(Redemption(discount_code_id=code.id, payment_id=payment.id, held_until=until))


def count_use(payment: Payment) -> None:
    """The sale is settled: its use counts from now on, even when its hold had ended before."""
    if not payment.discount_code:
        return
    redemption = db.session.scalars(select(Redemption).where(Redemption.payment_id == payment.id)).one_or_none()
    if redemption is None or redemption.status == RedemptionStatus.COUNTED:
        return
    redemption.status = RedemptionStatus.COUNTED
    counted = (
        update(DiscountCode).where(DiscountCode.id == redemption.discount_code_id).values(uses=DiscountCode.uses + 1)
    )
    limits = DiscountCode.code, DiscountCode.uses, DiscountCode.max_uses
    code, uses, most = db.session.execute(counted.returning(*limits)).one()
    if 0 < most < uses:  # money that came after its hold was over wins
        log.warning("discount.used_too_often", extra={"code": code, "uses": uses, "max_uses": most})


def release(payment: Payment) -> None:
    """The sale will not be paid: its use is free again."""
    db.session.execute(
        update(Redemption)
        .where(and_(Redemption.payment_id == payment.id, Redemption.status == RedemptionStatus.HELD))
        .values(status=RedemptionStatus.RELEASED)
    )


def extend(payment: Payment, by: timedelta) -> None:
    """The buyer is still at it (or the transfer takes days): hold the use longer.

    Raises Invalid when the hold was over, and somebody else has taken the last use meanwhile.
    """
    mine = (Redemption.payment_id == payment.id, Redemption.status == RedemptionStatus.HELD)
    held = db.session.scalars(select(Redemption).where(*mine)).one_or_none()
    if held is None:
        return
    if held.held_until <= clock.now():
        check_use(held.discount_code_id, besides=payment.id)
    held.held_until = clock.now() + by
