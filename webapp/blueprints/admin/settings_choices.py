"""What the settings of the network may be chosen from, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.countries import countries
from webapp.currencies import currencies
from webapp.gateways import gateways
from webapp.gateways.free import FreeGateway
from webapp.provisioners import provisioners

CONSUMER_LAWS: dict[str, LazyString] = {
    "eu": _l("European Union: withdrawal, cancellation button, gross prices"),
    "none": _l("None of these rules"),
}


def language() -> str:
    return str(get_locale() or "en")


def all_countries() -> Mapping[str, str]:
    return countries(language())


def own_country() -> Mapping[str, str]:
    return {"": _("the country that is chosen at first in the order form"), **all_countries()}


def all_currencies() -> Mapping[str, str]:
    return currencies(language())


def figures_currency() -> Mapping[str, str]:
    return {"": _("the currency above"), **all_currencies()}


def time_zones() -> Mapping[str, str]:
    return {one: one.replace("_", " ") for one in sorted(available_timezones())}


def consumer_laws() -> Mapping[str, str]:
    return {value: str(word) for value, word in CONSUMER_LAWS.items()}


def ways_to_pay() -> Mapping[str, str]:
    """Those that are registered; what is free needs none."""
    return {name: str(one.title) for name, one in gateways.all().items() if name != FreeGateway.id}


def makers_of_sites() -> Mapping[str, str]:
    return {name: str(one.title) for name, one in provisioners.all().items()}
