"""How sites look: the designs, and the stylesheet that one makes of a design and a colour.

A stylesheet's name says what is in it, so browsers keep it for good.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.domain import built_in_templates
from webapp.domain.colours import DARK, LIGHT, nearest
from webapp.errors import NotFound
from webapp.settings import ROOT

FOLDER = ROOT / "webapp" / "static" / "sites"
TITLES: dict[str, LazyString] = {
    "business": _l("Business"),
    "portfolio": _l("Portfolio"),
    "event": _l("Event"),
}
COLOUR = re.compile("#[0-9a-f]{6}")
NAME = re.compile("([a-z]+)-([0-9a-f]{6})-[0-9a-f]{12}[.]css")


def accent_of(design: str, accent: str) -> str:
    """The owner's colour, or the design's own."""
    return accent or _own_accents().get(design, "#14664a")


@cache
def _own_accents() -> dict[str, str]:
    return {one.design: one.accent for one in built_in_templates.built_in().values()}


@cache
def stylesheet_name(design: str, accent: str) -> str:
    """`business-1d5c87-0123456789ab.css`."""
    colour = accent_of(design, accent).removeprefix("#")
    text = _stylesheet(design, f"#{colour}")
    return f"{design}-{colour}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"


def stylesheet(name: str) -> str:
    """What is in the file of this name. Raises NotFound for a name that nothing has."""
    found = NAME.fullmatch(name)
    if found is None or found[1] not in TITLES:
        raise NotFound()
    return _stylesheet(found[1], f"#{found[2]}")


@cache
def _sources(design: str) -> str:
    return "\n".join((FOLDER / f"{one}.css").read_text() for one in ("base", design))


def _stylesheet(design: str, colour: str) -> str:
    """The colour is made as readable as WCAG asks, on light pages and on dark ones."""
    light, dark = nearest(colour, LIGHT), nearest(colour, DARK)
    root = f":root {{ --accent: light-dark({light}, {dark}); --on-accent: light-dark({LIGHT.ink}, {DARK.ink}); }}"
    return f"{_sources(design)}\n{root}\n"
