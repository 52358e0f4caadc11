"""How each gateway is offered: whether and in which order, under which words, and to whom.

Order and switches are one list (`active_gateways`), which holds none as long as all are offered as they are registered;
the rest are options of each gateway, kept beside the settings and read with them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from webapp import currencies
from webapp.countries import countries
from webapp.domain import audit, network
from webapp.errors import Conflict, Invalid
from webapp.models import Setting

LONGEST = {"titles": 80, "descriptions": 200}


@dataclass(frozen=True, slots=True)
class Options:
    """`titles`, `descriptions`: by language, in place of the gateway's own. No country, no currency: all of them."""

    titles: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    countries: Sequence[str] = ()
    currencies: Sequence[str] = ()

    def fits(self, currency: str, country: str) -> bool:
        """Whether it is offered to a buyer there; one who has not said where they are is not turned away."""
        there = not self.countries or not country or country in self.countries
        return there and (not self.currencies or currency in self.currencies)


def of(gateway: str) -> Options:
    kept = network.settings().gateways.get(gateway, {})
    lists = {name: tuple(kept.get(name, ())) for name in ("countries", "currencies")}
    return Options(kept.get("titles", {}), kept.get("descriptions", {}), **lists)


def words(gateway: str, title: Any, description: Any) -> tuple[str, str]:
    """What a buyer reads of it, in their language: the operator's words, else its own."""
    options, language = of(gateway), str(get_locale() or "en")[:2]
    return options.titles.get(language) or str(title), options.descriptions.get(language) or str(description or "")


def state(gateway: str) -> str:
    """A fingerprint of the options, to notice that somebody else changed them."""
    return hashlib.sha256(json.dumps(asdict(of(gateway)), sort_keys=True).encode()).hexdigest()[:16]


def change(gateway: str, options: Options, *, seen: str) -> bool:
    """Keep new options; whether that changed anything. Raises Invalid, and Conflict when they were changed since `seen`
    was their `state`."""
    network.lock()
    before = of(gateway)
    if state(gateway) != seen:
        raise Conflict()
    options = _checked(options)
    if options == before:
        return False
    network.keep(f"{network.OF_GATEWAY}{gateway}", asdict(options))
    old, new = asdict(before), asdict(options)
    differs = [name for name in new if old[name] != new[name]]
    audit.note(
        Setting,
        "gateways.change",
        before={"gateway": gateway, **{name: old[name] for name in differs}},
        after={"gateway": gateway, **{name: new[name] for name in differs}},
    )
    return True


def _checked(options: Options) -> Options:
    for name, longest in LONGEST.items():
        for language, text in getattr(options, name).items():
            if len(text) > longest:
                message = _("Use at most %(number)s characters.", number=longest)
                raise Invalid(message, field=f"{name.removesuffix('s')}_{language}")
    if not set(options.countries) <= set(countries("en")):
        raise Invalid(_("Choose from the list."), field="countries")
    if not set(options.currencies) <= currencies.in_use():
        raise Invalid(_("Choose from the list."), field="currencies")
    kept = {name: {one: text for one, text in getattr(options, name).items() if text} for name in LONGEST}
    return Options(**kept, countries=tuple(sorted(options.countries)), currencies=tuple(sorted(options.currencies)))


# -- order and switches ----------------------------------------------------------------------------------------------
def in_order(registered: Collection[str]) -> tuple[list[str], list[str]]:
    """Those that are on, in the order in which they are offered; and those that are off."""
    active = network.settings().active_gateways
    on = [one for one in active if one in registered] if active else list(registered)
    return on, [one for one in registered if one not in on]


def move(gateway: str, by: int, registered: Collection[str]) -> bool:
    """Up (-1) or down (1) in the order; whether there was room. Raises Invalid for one that is off."""
    network.lock()
    on, _off = in_order(registered)
    if gateway not in on:
        raise Invalid(_("This way to pay is off."))
    at = on.index(gateway)
    if not 0 <= at + by < len(on):
        return False
    on[at], on[at + by] = on[at + by], on[at]
    _set_order(on)
    return True


def switch(gateway: str, registered: Collection[str], *, on: bool) -> bool:
    """Offer it, as the last one, or do not; whether that changed anything. Raises Invalid: one of them is offered."""
    network.lock()
    now, _off = in_order(registered)
    if (gateway in now) == on:
        return False
    if not on and len(now) == 1:
        raise Invalid(_("Keep at least one way to pay, or nothing can be sold."))
    _set_order([*now, gateway] if on else [one for one in now if one != gateway])
    return True


def _set_order(order: list[str]) -> None:
    before = network.settings().active_gateways
    network.change({"active_gateways": order})
    audit.note(Setting, "settings.change", before={"active_gateways": before}, after={"active_gateways": order})
