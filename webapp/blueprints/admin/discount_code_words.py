"""How the facts of a discount code are called where operators read them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp import clock
from webapp.blueprints.admin.product_words import Choices
from webapp.blueprints.checkout.cards import every
from webapp.formatting import money
from webapp.models import DiscountCode, DiscountType, Renewals
from webapp.money import Money
from webapp.periods import Period

TYPES: dict[str, LazyString] = {DiscountType.PERCENTAGE: _l("Per cent"), DiscountType.ABSOLUTE: _l("An amount")}
RENEWALS: dict[str, LazyString] = {
    Renewals.NEVER: _l("The first payment only"),
    Renewals.FIRST: _l("The first payment and some renewals"),
    Renewals.ALWAYS: _l("Every payment"),
}
# By the names in domain/discount_codes.py's `described`.
FIELDS: dict[str, LazyString] = {
    "code": _l("Code"),
    "name": _l("Name"),
    "description": _l("What it is for"),
    "value": _l("Takes off"),
    "setup_fee_value": _l("Takes off the set-up fee"),
    "apply_to_renewals": _l("Counts for"),
    "renewals_limit": _l("Number of renewals"),
    "max_uses": _l("Uses at most"),
    "starts_at": _l("Valid from"),
    "expires_at": _l("Valid until"),
    "allowed_products": _l("Products"),
    "allowed_periods": _l("Billing periods"),
    "active": _l("Switched on"),
}


def types() -> Choices:
    return [(value, str(word)) for value, word in TYPES.items()]


def renewals() -> Choices:
    return [(value, str(word)) for value, word in RENEWALS.items()]


def worth(kind: DiscountType, value: Decimal, currency: str | None) -> str:
    """`10%`, `€5.00`; nothing where it takes nothing off."""
    if not value:
        return ""
    if kind == DiscountType.ABSOLUTE:
        return money(Money(int(value), currency)) if currency else str(int(value))
    return _("%(rate)s%%", rate=f"{value.normalize():f}")


def worths(code: DiscountCode) -> str:
    """What it takes off, of prices and of set-up fees, in a line."""
    price = worth(code.type, code.value, code.currency)
    fee = worth(code.setup_fee_type, code.setup_fee_value, code.currency)
    said = [price] if price else []
    return ", ".join([*said, *([_("%(amount)s of the set-up fee", amount=fee)] if fee else [])])


def standing(code: DiscountCode) -> tuple[str, str]:
    """Word and tone, as the macro `badge` takes them; open sales that hold a use are not counted here."""
    now = clock.now()
    if not code.active:
        return _("switched off"), "neutral"
    if code.expires_at is not None and code.expires_at < now:
        return _("over"), "neutral"
    if code.max_uses and code.uses >= code.max_uses:
        return _("used up"), "neutral"
    if code.starts_at is not None and code.starts_at > now:
        return _("not yet valid"), "pending"
    return _("valid"), "success"


def counting(code: DiscountCode) -> str:
    """For which payments it counts."""
    if code.apply_to_renewals == Renewals.FIRST:
        number = code.renewals_limit
        return ngettext("The first payment and %(num)d renewal", "The first payment and %(num)d renewals", number)
    return str(RENEWALS[code.apply_to_renewals])


def label(name: str) -> str:
    return str(FIELDS.get(name, name))


def value(name: str, kept: Any) -> str:
    """What is kept of a fact, for a person."""
    if kept in ("", None, [], 0):
        return "–"
    return SHOWN.get(name, _plain)(kept)


def _plain(kept: Any) -> str:
    if isinstance(kept, bool):
        return _("yes") if kept else _("no")
    return ", ".join(map(str, kept)) if isinstance(kept, list) else str(kept)


def _worth(kept: str) -> str:
    return kept if kept.endswith("%") else money(Money.parse(*kept.split(" ", 1)))


SHOWN: dict[str, Callable[[Any], str]] = {
    "value": _worth,
    "setup_fee_value": _worth,
    "apply_to_renewals": lambda kept: str(RENEWALS.get(kept, kept)),
    "allowed_periods": lambda kept: ", ".join(every(Period.parse(one)) for one in kept),
}
