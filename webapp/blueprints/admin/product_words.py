"""How the facts of a product are called where operators read them: in its form, its history, and beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import LazyString, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.blueprints import limit_words
from webapp.currencies import currencies as names_of_currencies
from webapp.formatting import money, per_period, period
from webapp.models import PricingType, ProductType, PwywRecurring
from webapp.money import Money
from webapp.periods import Period, Unit
from webapp.provisioners import is_ready, provisioners

Choices = list[tuple[str, str]]

TYPES: dict[str, LazyString] = {
    ProductType.PLAN: _l("Plan"),
    ProductType.PACKAGE: _l("Package"),
    ProductType.SERVICE: _l("Service"),
}
PRICING_TYPES: dict[str, LazyString] = {
    PricingType.PAID: _l("Paid"),
    PricingType.FREE: _l("Free"),
    PricingType.PAY_WHAT_YOU_WANT: _l("Buyers name the amount"),
    PricingType.CONTACT_US: _l("On request"),
}
RECURRING_MODES: dict[str, LazyString] = {
    PwywRecurring.CUSTOMER_CHOICE: _l("As the buyer chooses"),
    PwywRecurring.FORCE_RECURRING: _l("Again each period"),
    PwywRecurring.FORCE_ONE_TIME: _l("Once"),
}
UNITS: dict[str, LazyString] = {
    Unit.DAY: _l("days"),
    Unit.WEEK: _l("weeks"),
    Unit.MONTH: _l("months"),
    Unit.YEAR: _l("years"),
}
# By the names in domain/products.py's `described`.
FIELDS: dict[str, LazyString] = {
    "name": _l("Name"),
    "slug": _l("Name in addresses"),
    "description": _l("Short text"),
    "type": _l("Type"),
    "pricing_type": _l("Pricing"),
    "amount": _l("Price"),
    "period": _l("Charged every"),
    "variations": _l("Prices for other periods"),
    "setup_fee": _l("Set-up fee"),
    "currency_prices": _l("Prices in other currencies"),
    "pwyw_minimum": _l("Lowest amount"),
    "pwyw_suggested": _l("Suggested amount"),
    "pwyw_maximum": _l("Highest amount"),
    "pwyw_recurring_mode": _l("Amounts of the buyer are charged"),
    "contact_us_label": _l("Words on the button"),
    "contact_us_link": _l("Where the button leads"),
    "billing_cycles": _l("Number of payments"),
    "stays_for_life": _l("Kept for life after the last payment"),
    "trial": _l("Free trial"),
    "feature_list": _l("Features"),
    "taxable": _l("Taxed"),
    "tax_category": _l("Tax category"),
    "product_group": _l("Group"),
    "provisioner": _l("Sites are made by"),
    "limits": _l("Limits"),
    "flags": _l("Further features"),
    "site_templates": _l("Templates"),
    "available_addons": _l("Offered with it"),
    "image": _l("Picture"),
    "list_order": _l("Place in lists"),
    "active": _l("On sale"),
    "place": _l("Place in lists"),
}


def makers(chosen: str = "") -> Choices:
    """Who can make the sites of a plan; `chosen` too, whether it can or not."""
    known = provisioners.all()
    able = {name: str(one.title) for name, one in known.items() if name == chosen or is_ready(one)}
    if chosen and chosen not in able:
        able[chosen] = chosen
    return [("", _("As the settings say")), *able.items()]


def types() -> Choices:
    return [(value, str(word)) for value, word in TYPES.items()]


def pricing_types() -> Choices:
    return [(value, str(word)) for value, word in PRICING_TYPES.items()]


def units() -> Choices:
    return [(value, str(word)) for value, word in UNITS.items()]


def ways_to_charge() -> Choices:
    return [("again", _("Again each period")), ("once", _("Once"))]


def recurring_modes() -> Choices:
    return [(value, str(word)) for value, word in RECURRING_MODES.items()]


def ways_to_end() -> Choices:
    return [("expires", _("It ends with the last period that was paid")), ("stays", _("It is kept for life"))]


def currencies() -> Choices:
    return [("", _("Choose a currency")), *names_of_currencies(str(get_locale() or "en")).items()]


def contact_us() -> str:
    return _("Contact us")


def standing(active: bool) -> tuple[str, str]:
    """Word and tone, as the macro `badge` takes them."""
    return (_("on sale"), "success") if active else (_("off sale"), "neutral")


def label(name: str) -> str:
    return str(FIELDS.get(name, name))


def value(name: str, kept: Any) -> str:
    """What is kept of a fact, for a person."""
    if kept in ("", None, [], {}):
        return "–"
    return SHOWN.get(name, _plain)(kept)


def _plain(kept: Any) -> str:
    if isinstance(kept, bool):
        return _("yes") if kept else _("no")
    return ", ".join(map(str, kept)) if isinstance(kept, list) else str(kept)


def _money(kept: str) -> str:
    return money(Money.parse(*kept.split(" ", 1)))


def _period(kept: str) -> str:
    return period(Period.parse(kept)) if kept != "once" else _("once")


def _prices(kept: list[str]) -> str:
    """Each is `<what for>: <amount>`."""
    return ", ".join(f"{_money(price)} {_what_for(name)}" for name, price in (one.split(": ", 1) for one in kept))


def _what_for(name: str) -> str:
    if name == "setup_fee":
        return _("for the set-up")
    return per_period(Period.parse(name)) if name != "once" else _("once")


def _cycles(kept: int) -> str:
    return ngettext("%(num)d payment", "%(num)d payments", kept) if kept else _("no limit")


SHOWN: dict[str, Callable[[Any], str]] = {
    "type": lambda kept: str(TYPES.get(kept, kept)),
    "pricing_type": lambda kept: str(PRICING_TYPES.get(kept, kept)),
    "amount": _money,
    "setup_fee": _money,
    "pwyw_minimum": _money,
    "pwyw_suggested": _money,
    "pwyw_maximum": _money,
    "pwyw_recurring_mode": lambda kept: str(RECURRING_MODES.get(kept, kept)),
    "period": _period,
    "trial": _period,
    "variations": _prices,
    "currency_prices": _prices,
    "billing_cycles": _cycles,
    "provisioner": lambda kept: dict(makers(kept))[kept],
    "limits": limit_words.all_said,
}
