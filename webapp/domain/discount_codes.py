"""What an operator does with discount codes: make, change, copy, switch off; and what of it cannot be.

Sales and memberships keep the code as it was when they used it, so nothing here changes what anybody agreed to pay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.currencies import in_use
from webapp.domain import audit
from webapp.domain.product_problems import CYCLES_AT_MOST, HIGHEST
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import DiscountCode, DiscountType, Product, Redemption, Renewals
from webapp.money import Money
from webapp.periods import Period

CODE = re.compile(r"[A-Z0-9_-]{2,20}")
LONGEST = 20
USES_AT_MOST = 100_000_000


@dataclass(frozen=True, slots=True)
class Worth:
    """What is taken off: so many per cent, or minor units of the code's currency."""

    type: DiscountType = DiscountType.PERCENTAGE
    value: Decimal = Decimal(0)

    @property
    def is_amount(self) -> bool:
        return self.type == DiscountType.ABSOLUTE


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of a code that an operator says. Empty `allowed_products` (slugs) and `allowed_periods`: all."""

    code: str
    name: str = ""
    description: str = ""
    worth: Worth = Worth()
    setup_fee: Worth = Worth()
    currency: str = ""
    apply_to_renewals: Renewals = Renewals.NEVER
    renewals_limit: int = 0
    max_uses: int = 0
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    allowed_products: tuple[str, ...] = ()
    allowed_periods: tuple[str, ...] = ()

    @property
    def has_amount(self) -> bool:
        return any(one.is_amount and one.value for one in (self.worth, self.setup_fee))


# -- what cannot be ----------------------------------------------------------------------------------------------
def problems(facts: Facts, code: DiscountCode | None = None) -> Iterator[Invalid]:
    """What keeps these facts from being kept, each with the field that it stands beside."""
    yield from _of_code(facts.code, code)
    yield from _of_worth(facts.worth, "value")
    yield from _of_worth(facts.setup_fee, "setup_fee_value")
    if not facts.worth.value and not facts.setup_fee.value:
        yield Invalid(_("Enter what the code takes off, here or from the set-up fee."), field="value")
    if facts.has_amount and facts.currency not in in_use():
        yield Invalid(_("Choose a currency."), field="currency")
    if facts.apply_to_renewals == Renewals.FIRST and not 1 <= facts.renewals_limit <= CYCLES_AT_MOST:
        text = _("Enter a whole number from %(least)s to %(most)s.", least=1, most=CYCLES_AT_MOST)
        yield Invalid(text, field="renewals_limit")
    if not 0 <= facts.max_uses <= USES_AT_MOST:
        yield Invalid(_("Enter a smaller number, or nothing."), field="max_uses")
    if facts.starts_at is not None and facts.expires_at is not None and facts.expires_at <= facts.starts_at:
        yield Invalid(_("Choose an end after the beginning."), field="expires_at")
    yield from _of_places(facts)


def _of_code(text: str, code: DiscountCode | None) -> Iterator[Invalid]:
    if not CODE.fullmatch(text) or not text.strip("-_"):
        yield Invalid(_("Use 2 to 20 letters, digits, hyphens and underscores."), field="code")
        return
    plain = func.replace(DiscountCode.code, "-", "")
    same = select(DiscountCode.id).where(plain == text.replace("-", ""))
    if db.session.scalar(same.where(DiscountCode.id != (code.id if code is not None else 0)).limit(1)) is not None:
        yield Invalid(_("There is such a code already. Hyphens make no difference."), field="code")


def _of_worth(worth: Worth, field: str) -> Iterator[Invalid]:
    if worth.is_amount and not (0 <= worth.value <= HIGHEST and worth.value == int(worth.value)):
        yield Invalid(_("Enter an amount from zero upwards."), field=field)
    elif not worth.is_amount and not 0 <= worth.value <= 100:
        yield Invalid(_("Enter a percentage from 0 to 100."), field=field)


def _of_places(facts: Facts) -> Iterator[Invalid]:
    known = set(db.session.scalars(select(Product.slug).where(Product.slug.in_(facts.allowed_products))))
    if set(facts.allowed_products) - known:
        yield Invalid(_("Choose from the list."), field="allowed_products")
    if not all(_is_period(one) for one in facts.allowed_periods):
        yield Invalid(_("Choose from the list."), field="allowed_periods")


def _is_period(text: str) -> bool:
    try:
        return str(Period.parse(text)) == text
    except ValueError:
        return False


def check(facts: Facts, code: DiscountCode | None = None) -> None:
    """Raises the first of the problems."""
    for problem in problems(facts, code):
        raise problem


# -- writing -----------------------------------------------------------------------------------------------------
def create(facts: Facts, *, active: bool) -> DiscountCode:
    """A new code. Raises Invalid."""
    check(facts)
    code = DiscountCode(active=active)
    _write(code, facts)
    db.session.add(code)
    _flush()
    audit.note(code, "discount-codes.create", before={}, after=described(code))
    return code


def change(code: DiscountCode, facts: Facts, *, seen: int) -> None:
    """Keep what was said of it. `seen`: the version that was looked at. Raises Invalid, Conflict."""
    if code.version != seen:
        raise Conflict()
    check(facts, code)
    before = described(code)
    _write(code, facts)
    code.version += 1
    _flush()
    after = described(code)
    changed = [name for name, value in after.items() if before[name] != value]
    if changed:
        note = {name: before[name] for name in changed}, {name: after[name] for name in changed}
        audit.note(code, "discount-codes.change", before=note[0], after=note[1])


def _flush() -> None:
    """Somebody may have taken the code since it was looked for. Raises Invalid."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Invalid(_("There is such a code already. Hyphens make no difference."), field="code") from error


def preview(facts: Facts) -> DiscountCode:
    """The code that these facts would make; it is in no session."""
    code = DiscountCode()
    _write(code, facts)
    return code


def _write(code: DiscountCode, facts: Facts) -> None:
    """What does not count is empty: a currency without an amount, a number of renewals without a limit."""
    code.code, code.name, code.description = facts.code, facts.name, facts.description
    code.type, code.value = facts.worth.type, facts.worth.value
    code.setup_fee_type, code.setup_fee_value = facts.setup_fee.type, facts.setup_fee.value
    code.currency = facts.currency if facts.has_amount else None
    code.apply_to_renewals = facts.apply_to_renewals
    code.renewals_limit = facts.renewals_limit if facts.apply_to_renewals == Renewals.FIRST else 0
    code.max_uses = facts.max_uses
    code.starts_at, code.expires_at = facts.starts_at, facts.expires_at
    code.allowed_products = list(facts.allowed_products)
    code.allowed_periods = list(facts.allowed_periods)


def facts_of(code: DiscountCode) -> Facts:
    return Facts(
        code=code.code,
        name=code.name,
        description=code.description,
        worth=Worth(code.type, code.value),
        setup_fee=Worth(code.setup_fee_type, code.setup_fee_value),
        currency=code.currency or "",
        apply_to_renewals=code.apply_to_renewals,
        renewals_limit=code.renewals_limit,
        max_uses=code.max_uses,
        starts_at=code.starts_at,
        expires_at=code.expires_at,
        allowed_products=tuple(code.allowed_products),
        allowed_periods=tuple(code.allowed_periods),
    )


def described(code: DiscountCode) -> dict[str, Any]:
    """Its facts as the audit log keeps them."""
    return {
        "code": code.code,
        "name": code.name,
        "description": code.description,
        "value": _worth(code.type, code.value, code.currency),
        "setup_fee_value": _worth(code.setup_fee_type, code.setup_fee_value, code.currency),
        "apply_to_renewals": str(code.apply_to_renewals),
        "renewals_limit": code.renewals_limit,
        "max_uses": code.max_uses,
        "starts_at": clock.rfc3339(code.starts_at) if code.starts_at else "",
        "expires_at": clock.rfc3339(code.expires_at) if code.expires_at else "",
        "allowed_products": list(code.allowed_products),
        "allowed_periods": list(code.allowed_periods),
    }


def _worth(kind: DiscountType, value: Decimal, currency: str | None) -> str:
    """`10%`, `5.00 EUR`; nothing for nothing."""
    if not value:
        return ""
    if kind == DiscountType.ABSOLUTE and currency:
        return str(Money(int(value), currency))
    return f"{value.normalize():f}%"


def duplicate(code: DiscountCode) -> DiscountCode:
    """A copy under a code of its own, switched off until somebody looked at it."""
    copy = DiscountCode(active=False)
    _write(copy, facts_of(code))
    copy.code = free_code(code.code)
    db.session.add(copy)
    db.session.flush()
    audit.note(copy, "discount-codes.duplicate", before={"of": code.code}, after=described(copy))
    return copy


def free_code(wanted: str) -> str:
    """The first code like this one that there is not: `SUMMER2`."""
    base = wanted[: LONGEST - 4].rstrip("-_")
    plain = func.replace(DiscountCode.code, "-", "")
    used = set(db.session.scalars(select(plain).where(plain.startswith(base.replace("-", ""), autoescape=True))))
    candidates = (f"{base}{number}" for number in range(2, len(used) + 3))
    return next(one for one in candidates if one.replace("-", "") not in used)


def switch(code: DiscountCode, *, on: bool) -> None:
    """What is off takes nothing off new orders; who has used it keeps what was agreed."""
    if code.active == on:
        return
    code.active = on
    code.version += 1
    action = "discount-codes.activate" if on else "discount-codes.deactivate"
    audit.note(code, action, before={"active": not on}, after={"active": on})


def delete(code: DiscountCode) -> None:
    """Raises Conflict for one that was ever used: it is part of what happened."""
    used = select(Redemption.id).where(Redemption.discount_code_id == code.id).exists()
    if code.uses or db.session.scalar(select(used)):
        raise Conflict(_("This code was used, so it can only be switched off."))
    audit.note(code, "discount-codes.delete", before=described(code), after={})
    db.session.delete(code)
    db.session.flush()


# -- finding -----------------------------------------------------------------------------------------------------
def locked(code_id: int) -> DiscountCode:
    """The code, which nobody else changes until this unit ends. Raises NotFound."""
    query = select(DiscountCode).where(DiscountCode.id == code_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return found


def periods_sold(products: Sequence[Product]) -> list[Period]:
    """The periods that any of these products is sold for, the shortest first."""
    seen: list[Period] = []
    for product in products:
        if product.recurring and not product.is_free:
            seen += [one for one in product.prices() if not any(one.same_length(other) for other in seen)]
    return sorted(seen, key=lambda one: one.days)
