"""Can it be read? Contrast as WCAG 2.2 reckons it, and the nearest colour that has enough.

The accent is the colour of buttons, on which text stands, and of links, which are text themselves: so it needs 4.5 : 1
against every background that the stylesheet has, and the text on it needs the same.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

ENOUGH = 4.5
STEPS = 400
SOFT = 0.07  # how much of the accent the stylesheet mixes into a surface


@dataclass(frozen=True, slots=True)
class Scheme:
    """The backgrounds of `static/app.css` and the text on an accent, in light and dark."""

    backgrounds: tuple[str, ...]
    ink: str


LIGHT = Scheme(("#ffffff", "#f5f6f4", "#edefec"), ink="#ffffff")
DARK = Scheme(("#181d1b", "#101412", "#212725"), ink="#101412")


def channels(colour: str) -> tuple[float, float, float]:
    """`#14664a` as three parts of one."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def hexed(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(one * 255):02x}" for one in (red, green, blue))


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, part: float) -> str:
    """`part` of the first in the second, as CSS mixes in sRGB."""
    pairs = zip(channels(colour), channels(other), strict=True)
    red, green, blue = (a * part + b * (1 - part) for a, b in pairs)
    return hexed(red, green, blue)


def weakest(accent: str, scheme: Scheme) -> float:
    """Its lowest contrast, with anything that it stands on or that stands on it."""
    soft = mixed(accent, scheme.backgrounds[0], SOFT)
    return min(contrast(accent, one) for one in (*scheme.backgrounds, soft, scheme.ink))


def is_readable(accent: str, scheme: Scheme) -> bool:
    return weakest(accent, scheme) >= ENOUGH


def nearest(accent: str, scheme: Scheme) -> str:
    """The same hue as it is, or as little lighter or darker as makes it readable."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels(accent))
    distances = (sign * step / STEPS for step in range(STEPS + 1) for sign in (1, -1))
    tried = (lightness + distance for distance in distances)
    shades = (hexed(*colorsys.hls_to_rgb(hue, one, saturation)) for one in tried if 0 <= one <= 1)
    return next(one for one in (accent, *shades) if is_readable(one, scheme))
