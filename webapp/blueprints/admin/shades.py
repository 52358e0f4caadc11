"""The operator's colours as they are typed: what they do to a light and a dark page."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.blueprints.admin.settings_form import SettingsForm
from webapp.domain import colours, network, network_rules
from webapp.domain.colours import DARK, LIGHT
from webapp.domain.network import Network
from webapp.domain.setting_kinds import Colour
from webapp.errors import Invalid

COLOUR = Colour()


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours as typed so far; `stylesheet` shows them inside an element `.shades`."""

    light: str
    dark: str
    stylesheet: str
    light_ratio: float
    dark_ratio: float


def shades(form: SettingsForm) -> Shades | None:
    """None while there is no colour, or none that can be read."""
    try:
        typed = {name: COLOUR.read([str(form[name].data or "")]) for name in ("accent", "accent_dark")}
    except Invalid:
        return None
    made = network_rules.completed(typed, network.settings())
    if not made["accent"]:
        return None
    light, dark = made["accent"], made["accent_dark"]
    address = Network(accent=light, accent_dark=dark).brand_css.replace("/brand/", "/brand/preview/")
    return Shades(light, dark, address, colours.weakest(light, LIGHT), colours.weakest(dark, DARK))
