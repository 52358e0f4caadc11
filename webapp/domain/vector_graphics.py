"""SVG that others drew, made harmless: it is written anew from the elements and attributes that a picture needs.

What a drawing program notes for itself is left out. What would act or fetch (scripts, handlers, links, pictures from
elsewhere) is refused with a word, since a logo that had it would not look the same without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from flask_babel import gettext as _

from webapp.errors import Invalid

Element = ElementTree.Element
SVG, XLINK, XML = (
    "{http://www.w3.org/2000/svg}",
    "{http://www.w3.org/1999/xlink}",
    "{http://www.w3.org/XML/1998/namespace}",
)
ELEMENTS_AT_MOST, DEEPEST, LARGEST = 5000, 48, 100_000.0
ELEMENTS = frozenset(
    """
    svg g defs title desc path rect circle ellipse line polyline polygon text tspan linearGradient
    radialGradient stop clipPath mask pattern symbol use style switch filter feBlend feColorMatrix
    feComposite feDropShadow feFlood feGaussianBlur feMerge feMergeNode feOffset
    """.split()
)
ACTING = frozenset(
    """
    script foreignObject iframe image feImage a animate animateMotion animateTransform set handler
    """.split()
)
ATTRIBUTES = frozenset(
    """
    id class style transform viewBox preserveAspectRatio version width height x y x1 y1 x2 y2 cx cy
    r rx ry fx fy d points pathLength dx dy rotate textLength lengthAdjust offset gradientUnits
    gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits patternUnits
    patternContentUnits patternTransform href type fill fill-opacity fill-rule stroke
    stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit
    stroke-opacity stroke-width color opacity display visibility overflow clip-path clip-rule mask
    mask-type filter stop-color stop-opacity paint-order shape-rendering text-rendering
    vector-effect mix-blend-mode isolation font-family font-size font-style font-weight font-stretch
    font-variant letter-spacing word-spacing text-anchor dominant-baseline text-decoration
    filterUnits primitiveUnits in in2 result mode values operator k1 k2 k3 k4 stdDeviation
    flood-color flood-opacity color-interpolation color-interpolation-filters
    """.split()
)
FUNCTIONS = frozenset(
    """
    rgb rgba hsl hsla hwb lab lch oklab oklch matrix translate translatex translatey scale scalex
    scaley rotate skewx skewy calc var min max url
    """.split()
)
FUNCTION = re.compile(r"([\w-]+)\s*\(")
URL = re.compile(r"url\s*\(", re.IGNORECASE)
HERE = re.compile(r"url\(\s*['\"]?#[\w.:-]+['\"]?\s*\)", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(px)?\s*")

ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", XLINK[1:-1])


def cleaned(data: bytes) -> tuple[bytes, float, float]:
    """The picture as we keep it, with its width and height. Raises Invalid, in words for who chose the file."""
    root = parsed(data)
    width, height = size_of(root)
    kept = _copy(root)
    _check_uses(kept)
    return ElementTree.tostring(kept, encoding="utf-8"), width, height


def parsed(data: bytes) -> Element:
    """No entity is looked up, and nothing outside is read."""
    try:
        root: Element = fromstring(data)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        raise Invalid(_("This SVG cannot be read. Export it again as plain SVG.")) from None
    if root.tag != f"{SVG}svg":
        raise Invalid(_("This is not an SVG picture."))
    if _is_too_much(root):
        raise Invalid(_("This SVG is too detailed for a picture. Simplify it, or use PNG."))
    return root


def _is_too_much(root: Element) -> bool:
    """Level by level, so that depth is no danger to us."""
    level, depth, count = [root], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEEPEST or count > ELEMENTS_AT_MOST:
            return True
        level = [child for one in level for child in one]
    return False


def size_of(root: Element) -> tuple[float, float]:
    """What `viewBox` says, else width and height in pixels."""
    box = root.get("viewBox", "").replace(",", " ").split()
    said = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [LENGTH.fullmatch(one) for one in said]
    sizes = [float(one[1]) for one in found if one is not None]
    if len(sizes) != 2 or not all(0 < one < LARGEST for one in sizes):
        raise Invalid(_("This SVG does not say how large it is. Export it with a viewBox."))
    return sizes[0], sizes[1]


def _copy(element: Element) -> Element:
    name = element.tag.removeprefix(SVG)
    kept = Element(element.tag, dict(_attributes(element)))
    kept.text, kept.tail = element.text, element.tail
    if name == "style":
        kept.text = _harmless(element.text or "")
    for child in element:
        if _is_wanted(child):
            kept.append(_copy(child))
    return kept


def _is_wanted(element: Element) -> bool:
    """What a program notes for itself has a namespace of its own. Raises Invalid for what acts."""
    local = str(element.tag).rpartition("}")[2]
    if local in ACTING:
        raise Invalid(_("This SVG contains “%(name)s”, which a picture must not. Export it as plain SVG.", name=local))
    return element.tag == SVG + local and local in ELEMENTS


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    for name, value in element.items():
        local = name.removeprefix(XLINK)
        if name.rpartition("}")[2].lower().startswith("on"):
            text = _("This SVG contains “%(name)s”, which a picture must not. Export it as plain SVG.", name=name)
            raise Invalid(text)
        if local == "href" and not re.fullmatch(r"#[\w.:-]+", value.strip()):
            raise Invalid(_("This SVG points to something outside of itself. Export it with everything in it."))
        if local in ATTRIBUTES or name == f"{XML}space":
            yield name, _harmless(value)


def _harmless(text: str) -> str:
    """CSS, or an attribute that is read like it, which fetches nothing. Raises Invalid."""
    plain = COMMENT.sub("", text)
    functions = {one.lower() for one in FUNCTION.findall(plain)}
    elsewhere = URL.search(HERE.sub("", plain))
    if not functions <= FUNCTIONS or elsewhere or any(sign in plain for sign in "@\\<"):
        raise Invalid(_("This SVG points to something outside of itself. Export it with everything in it."))
    return plain


def _check_uses(root: Element) -> None:
    """A copy of copies of copies would take a browser forever to draw."""
    named = {one.get("id"): one for one in root.iter()}
    for use in root.iter(f"{SVG}use"):
        target = named.get((use.get("href") or use.get(f"{XLINK}href") or "#").strip()[1:])
        if target is not None and next(target.iter(f"{SVG}use"), None) is not None:
            raise Invalid(_("This SVG is too detailed for a picture. Simplify it, or use PNG."))
