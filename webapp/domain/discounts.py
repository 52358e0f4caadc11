"""Codes that make a cart cheaper: which lines they fit, what they take off, and how often they may be used."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update

from webapp import clock
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import DiscountCode, DiscountType, LineType, Payment, Redemption, RedemptionStatus, Renewals
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


def _held(code_id: Any) -> Select[int]:
    """How many uses of a code open sales hold, but for that of the payment `besides`."""
    return select(func.count(Redemption.id)).where(
        Redemption.discount_code_id == code_id,
        Redemption.status == RedemptionStatus.HELD,
        Redemption.held_until > bindparam("now", type_=Redemption.held_until.type),
        Redemption.payment_id != bindparam("besides"),
    )


# Asked for each cart with a code, and built once, for that takes longer than their answer.
HELD = _held(bindparam("code_id"))
WITH_HELD = (
    select(DiscountCode, _held(DiscountCode.id).correlate(DiscountCode).scalar_subquery())
    .where(or_(DiscountCode.code == bindparam("code"), func.replace(DiscountCode.code, "-", "") == bindparam("plain")))
    .limit(2)
)


def find(text: str) -> DiscountCode | None:
    """The code as typed; spaces and dashes do not matter."""
    found = look_up(text)
    return found[0] if found is not None else None


def look_up(text: str, *, besides: int | None = None) -> tuple[DiscountCode, int] | None:
    """The code as typed, and how many of its uses open sales hold, in one statement. `besides`: see `uses_left`."""
    wanted = normalise(text)
    values = {"code": wanted, "plain": wanted.replace("-", ""), "now": clock.now(), "besides": besides or 0}
    found = [(code, held) for code, held in db.session.execute(WITH_HELD, values)]
    return next((one for one in found if one[0].code == wanted), found[0] if found else None)


def check(code: DiscountCode | None, currency: str) -> DiscountCode:
    """Raises Invalid, with the sentence that stands beside the field, when the code cannot be used now."""
    now = clock.now()
    if code is None or not code.active:
        raise Invalid(_("This code does not exist. Check the spelling."), code="discount_code", field="discount_code")
    if code.starts_at is not None and now < code.starts_at:
        raise Invalid(_("This code is not valid yet."), code="discount_code", field="discount_code")
    if not code.runs_at(now):
        raise Invalid(_("This code has expired."), code="discount_code", field="discount_code")
    absolute = [
        value
        for kind, value in ((code.type, code.value), (code.setup_fee_type, code.setup_fee_value))
        if kind == DiscountType.ABSOLUTE
    ]
    if any(absolute) and code.currency not in (None, currency):
        raise Invalid(_("This code is for another currency."), code="discount_code", field="discount_code")
    return code


def usable(text: str, currency: str, *, besides: int | None = None) -> DiscountCode:
    """The code as typed, when it may be used now. Raises Invalid. `besides`: the payment of the sale that has it."""
    found = look_up(text, besides=besides)
    code = check(found[0] if found is not None else None, currency)
    if found is not None and not is_left(code, found[1]):
        raise Invalid(_("This code has been used up."), code="discount_code", field="discount_code")
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


# -- renewals ----------------------------------------------------------------------------------------------------
def renews(code: DiscountCode, number: int) -> bool:
    """Whether the code still takes something off the `number`-th renewal, counted from 1."""
    if code.apply_to_renewals == Renewals.FIRST:
        return number <= code.renewals_limit
    return code.apply_to_renewals == Renewals.ALWAYS


def remembered(code: DiscountCode) -> dict[str, object]:
    """The code as it is now, as plain JSON, for a membership to keep: what is changed later is none of its business."""
    decimals = {name: format(getattr(code, name), "f") for name in ("value", "setup_fee_value")}
    words = {name: str(getattr(code, name)) for name in ("type", "setup_fee_type", "apply_to_renewals")}
    plain = {name: getattr(code, name) for name in ("code", "currency", "renewals_limit")}
    lists = {name: list(getattr(code, name)) for name in ("allowed_products", "allowed_periods")}
    return {**plain, **words, **decimals, **lists}


def recalled(kept: Mapping[str, Any]) -> DiscountCode:
    """The code as it was, in no session. What an older record does not say is as it is for a plain code."""
    decimals = {name: Decimal(str(kept.get(name, 0))) for name in ("value", "setup_fee_value")}
    return DiscountCode(
        code=kept["code"],
        type=DiscountType(kept.get("type", DiscountType.PERCENTAGE)),
        setup_fee_type=DiscountType(kept.get("setup_fee_type", DiscountType.PERCENTAGE)),
        apply_to_renewals=Renewals(kept.get("apply_to_renewals", Renewals.NEVER)),
        renewals_limit=kept.get("renewals_limit", 0),
        currency=kept.get("currency"),
        allowed_products=list(kept.get("allowed_products", ())),
        allowed_periods=list(kept.get("allowed_periods", ())),
        **decimals,
    )


def begun_after(kept: Mapping[str, Any] | None) -> int:
    """How many paid periods there were when a membership got the code: its renewals are counted from there."""
    return int((kept or {}).get("periods_before", 0))


# -- uses --------------------------------------------------------------------------------------------------------
def uses_left(code: DiscountCode, *, besides: int | None = None) -> bool:
    """Whether somebody may still begin to use it: what is counted and what open sales hold is below its limit.

    `besides`: the payment of a sale whose own hold does not count.
    """
    return code.max_uses == 0 or is_left(code, held(code, besides=besides))


def held(code: DiscountCode, *, besides: int | None = None) -> int:
    """How many of its uses open sales hold now."""
    values = {"code_id": code.id, "now": clock.now(), "besides": besides or 0}
    return db.session.scalar(HELD, values) or 0


def is_left(code: DiscountCode, held: int) -> bool:
    """Whether it may be used once more while open sales hold so many of its uses."""
    return code.max_uses == 0 or code.uses + held < code.max_uses


def check_use(code_id: int, *, besides: int | None = None) -> None:
    """Raises Invalid unless a use is left; the code's row stays locked, so that nobody else takes it before us."""
    query = select(DiscountCode).where(DiscountCode.id == code_id).with_for_update()
    locked = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if not uses_left(locked, besides=besides):
        raise Invalid(_("This code has been used up."), code="discount_code", field="discount_code")


def hold(code: DiscountCode, payment: Payment, until: datetime) -> None:
    """Keep one use for this payment, once `check_use` has locked the code: before any credit is, as in locks.py."""
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
    _count(DiscountCode.id == redemption.discount_code_id)


def count(code: str) -> None:
    """A use that nothing is paid for at once; of a code that is gone by now, none."""
    _count(DiscountCode.code == code)


def _count(which: ColumnElement[bool]) -> None:
    limits = DiscountCode.code, DiscountCode.uses, DiscountCode.max_uses
    counted = update(DiscountCode).where(which).values(uses=DiscountCode.uses + 1).returning(*limits)
    for code, uses, most in db.session.execute(counted):
        if 0 < most < uses:  # money that came after its hold was over wins
            log.warning("discount.used_too_often", extra={"code": code, "uses": uses, "max_uses": most})


def release(payment: Payment) -> None:
    """The sale will not be paid: its use is free again."""
    db.session.execute(
        update(Redemption)
        .where(and_(Redemption.payment_id == payment.id, Redemption.status == RedemptionStatus.HELD))
        .values(status=RedemptionStatus.RELEASED)
    )


def extend(payment: Payment, until: datetime) -> None:
    """The buyer is still at it (or the transfer takes days): hold the use longer.

    Raises Invalid when the hold was over, and somebody else has taken the last use meanwhile.
    """
    mine = (Redemption.payment_id == payment.id, Redemption.status == RedemptionStatus.HELD)
    held = db.session.scalars(select(Redemption).where(*mine)).one_or_none()
    if held is None:
        return
    if held.held_until <= clock.now():
        check_use(held.discount_code_id, besides=payment.id)
    held.held_until = until
