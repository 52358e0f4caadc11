"""How a template without a screenshot is shown where one is chosen: a page in outline, in its design and colour."""

from __future__ import annotations

import re

from webapp.domain import site_designs
from webapp.domain.built_in_templates import PREVIEW
from webapp.domain.colours import LIGHT, nearest
from webapp.errors import NotFound

NAME = re.compile("outline-([a-z]+)-([0-9a-f]{6})[.]svg")
LINES = {
    # Below the head of the page: x, y, width, height of what stands there, and whether it is a picture.
    "business": ((24, 132, 96, 60, 0), (132, 132, 96, 60, 0), (240, 132, 96, 60, 0), (24, 206, 312, 34, 1)),
    "portfolio": ((24, 112, 150, 60, 1), (186, 112, 150, 60, 1), (24, 182, 150, 58, 1), (186, 182, 150, 58, 1)),
    "event": ((24, 120, 312, 70, 1), (24, 202, 200, 8, 0), (24, 218, 240, 8, 0), (24, 234, 160, 6, 0)),
}


def name(design: str, accent: str) -> str:
    """`outline-business-1d5c87.svg`: it says all that is in it, so browsers keep it for good."""
    return f"outline-{design}-{site_designs.accent_of(design, accent).removeprefix('#')}.svg"


def draw(name: str) -> str:
    """What is in the file of this name. Raises NotFound for a name that nothing has."""
    found = NAME.fullmatch(name)
    if found is None or found[1] not in LINES:
        raise NotFound()
    width, height = PREVIEW
    accent = nearest(f"#{found[2]}", LIGHT)
    blocks = "".join(
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="3" fill="{accent if is_picture else "#d5d9dd"}"'
        f"{' fill-opacity=' + chr(34) + '0.35' + chr(34) if is_picture else ''}/>"
        for x, y, w, h, is_picture in LINES[found[1]]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        '<rect x="24" y="16" width="70" height="8" rx="3" fill="#59636b"/>'
        '<path d="M220 17h32v5h-32zM262 17h32v5h-32zM304 17h32v5h-32z" fill="#b4bbc1"/>'
        f'<rect x="24" y="48" width="210" height="18" rx="3" fill="{accent}"/>'
        '<path d="M24 78h240v6H24zM24 90h180v6H24z" fill="#b4bbc1"/>'
        f"{blocks}</svg>"
    )
