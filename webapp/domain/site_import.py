"""A site's export, read and checked before any of it goes into a site (site_filling.py).

The file comes from anybody: what a ZIP itself may try, site_zip.py refuses. Texts are Markdown as if they had been
typed; a picture that this network did not make is drawn anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from flask_babel import gettext as _

from webapp import encryption
from webapp.domain import built_in_templates, pictures, site_designs, site_editing, site_pictures, site_text
from webapp.domain.site_export import FORMAT, MANIFEST, PICTURES, sealed
from webapp.domain.site_zip import BYTES_AT_MOST, ENTRIES_AT_MOST, Archive, opened, wrong
from webapp.errors import Invalid
from webapp.languages import languages

PICTURE_BYTES_AT_MOST = BYTES_AT_MOST - 10_000_000  # of all pictures, as they are kept
MANIFEST_AT_MOST = 1_000_000
PICTURES_AT_MOST = 1000
DRAWN_AT_MOST, DRAWN_BYTES_AT_MOST = 40, 20_000_000  # of pictures that are drawn anew, while somebody waits
PAGE_FILE = re.compile(r"pages/[a-z0-9][a-z0-9_-]{0,99}\.md")
PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,70}\.(?:png|jpg|webp|svg)")


@dataclass(frozen=True, slots=True)
class PackedPage:
    slug: str  # empty: the front page
    title: str
    body: str
    in_menu: bool
    published: bool


@dataclass(frozen=True, slots=True)
class PackedPicture:
    """`content` reads it: several hundred are not held in memory at once."""

    name: str
    label: str
    width: int
    height: int
    size: int
    content: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Package:
    """What an export holds, checked. Good for as long as its file is open."""

    title: str
    design: str
    accent: str
    logo: str
    locale: str
    pages: tuple[PackedPage, ...]
    pictures: tuple[PackedPicture, ...]


# -- reading ---------------------------------------------------------------------------------------------------------
def read(file: IO[bytes]) -> Package:
    """What somebody chose as an export. Raises Invalid for the field `file`, with what is wrong, in words."""
    with opened(file) as archive:
        return _read(archive)


def _read(archive: Archive) -> Package:
    facts = _manifest(archive)
    told = Facts(facts, MANIFEST)
    if facts.get("format") != FORMAT:
        raise wrong(_("This export is of another version, or of another program."))
    shown = _pictures(archive, facts)
    names = {old: picture.name for old, picture in shown.items()}
    design, accent, locale = told.text("design", 40), told.text("accent", 7), told.text("language", 10)
    if accent and not site_designs.COLOUR.fullmatch(accent):
        accent = ""
    return Package(
        title=told.title("title", 200),
        design=design if design in site_designs.TITLES else next(iter(site_designs.TITLES)),
        accent=accent,
        logo=names.get(told.text("logo", 80), ""),
        locale=locale if locale in languages() else built_in_templates.FALLBACK,
        pages=_pages(archive, facts, names),
        pictures=tuple({one.name: one for one in shown.values()}.values()),
    )


def _manifest(archive: Archive) -> dict[str, Any]:
    text = archive.read(MANIFEST, MANIFEST_AT_MOST).decode("utf-8-sig")
    try:
        facts = json.loads(text)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(facts, dict):
        raise ValueError("no object")
    return facts


class Facts:
    """An object of `site.json`. Raises Invalid for what is not as it should be, with where that is."""

    def __init__(self, facts: Any, where: str) -> None:
        if not isinstance(facts, dict):
            raise wrong(_("Something is wrong with %(where)s.", where=where))
        self.facts, self.where = facts, where

    def text(self, name: str, at_most: int) -> str:
        value = self.facts.get(name, "")
        if not isinstance(value, str) or len(value) > at_most or "\0" in value or not _is_unicode(value):
            raise wrong(_("Something is wrong with %(where)s.", where=f"{self.where}: {name}"))
        return value

    def title(self, name: str, at_most: int) -> str:
        value = " ".join(self.text(name, at_most).split())
        if not value:
            raise wrong(_("Something is wrong with %(where)s.", where=f"{self.where}: {name}"))
        return value

    def yes(self, name: str) -> bool:
        return self.facts.get(name, True) is not False

    def number(self, name: str) -> int:
        value = self.facts.get(name, 0)
        if type(value) is not int or not 0 <= value <= PICTURE_BYTES_AT_MOST:
            raise wrong(_("Something is wrong with %(where)s.", where=f"{self.where}: {name}"))
        return value


def _is_unicode(text: str) -> bool:
    """Not halves of a character, which no database takes."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _list(facts: dict[str, Any], name: str, at_most: int) -> list[Any]:
    found = facts.get(name, [])
    if not isinstance(found, list):
        raise wrong(_("Something is wrong with %(where)s.", where=f"{MANIFEST}: {name}"))
    if len(found) > at_most:
        raise wrong(_("There are too many files in it."))
    return found


# -- its pages -------------------------------------------------------------------------------------------------------
def _pages(archive: Archive, facts: dict[str, Any], names: dict[str, str]) -> tuple[PackedPage, ...]:
    listed = _list(facts, "pages", ENTRIES_AT_MOST)
    if len(listed) > site_editing.PAGES_AT_MOST:
        raise wrong(_("A site has %(number)s pages at most.", number=site_editing.PAGES_AT_MOST))
    pages = tuple(_page(archive, one, number, names) for number, one in enumerate(listed, start=1))
    slugs = [one.slug for one in pages]
    if slugs.count("") != 1:
        raise wrong(_("It needs exactly one front page, whose address is empty."))
    if len(set(slugs)) != len(slugs):
        raise wrong(_("Two pages in it have the same address."))
    return pages


def _page(archive: Archive, listed: Any, number: int, names: dict[str, str]) -> PackedPage:
    told = Facts(listed, f"pages {number}")
    file, slug = told.text("file", 120), told.text("address", site_editing.LONGEST_SLUG)
    if not PAGE_FILE.fullmatch(file) or (slug and not site_editing.SLUG.fullmatch(slug)):
        raise wrong(_("Something is wrong with %(where)s.", where=f"pages {number}"))
    body = archive.read(file, 4 * site_text.LONGEST).decode("utf-8-sig").replace("\r\n", "\n").replace("\0", "")
    body = renamed(body, names)
    if len(body) > site_text.LONGEST:
        raise wrong(_("The file %(name)s in it is too large.", name=file))
    return PackedPage(slug, told.title("title", 120), body, told.yes("in_menu"), told.yes("published") or not slug)


def renamed(body: str, names: dict[str, str]) -> str:
    """The text with each picture by the name under which it is kept here."""
    if all(old == new for old, new in names.items()):
        return body
    known = "|".join(map(re.escape, names))
    return re.sub(rf"\(({known})(?=[)\s])", lambda found: f"({names[found[1]]}", body)


# -- its pictures ----------------------------------------------------------------------------------------------------
def _pictures(archive: Archive, facts: dict[str, Any]) -> dict[str, PackedPicture]:
    """By the name that the pages use."""
    listed = _list(facts, "pictures", PICTURES_AT_MOST)
    told = [Facts(one, f"pictures {number}") for number, one in enumerate(listed, start=1)]
    names = [one.text("name", 80) for one in told]
    for name in names:
        if not PICTURE_NAME.fullmatch(name):
            raise wrong(_("Something is wrong with %(where)s.", where=name[:60] or "pictures"))
    ours = _is_sealed(facts)
    if not ours and len(told) > DRAWN_AT_MOST:
        raise wrong(_("There are too many pictures in it."))
    found: dict[str, PackedPicture] = {}
    size = 0
    for one, name in zip(told, names, strict=True):
        data = archive.read(PICTURES + name, site_pictures.BYTES_AT_MOST)
        size += len(data)
        if size > (PICTURE_BYTES_AT_MOST if ours else DRAWN_BYTES_AT_MOST):
            raise wrong(_("The pictures in it are too large together."))
        found[name] = _kept(archive, one, name, data) if ours else _drawn(one, name, data)
    return found


def _is_sealed(facts: dict[str, Any]) -> bool:
    """Whether this network wrote these names, sizes and hashes."""
    seal = facts.get("seal")
    with suppress(TypeError, ValueError, RecursionError):
        return isinstance(seal, str) and encryption.decrypt(seal) == sealed(facts.get("pictures"))
    return False


def _kept(archive: Archive, told: Facts, name: str, data: bytes) -> PackedPicture:
    """One of ours, byte by byte: its name says so."""
    if hashlib.sha256(data).hexdigest()[:40] != name.partition(".")[0]:
        raise wrong(_("The picture %(name)s was changed. Take the export as it was made.", name=name))
    return PackedPicture(
        name,
        told.text("label", 120),
        told.number("width"),
        told.number("height"),
        len(data),
        lambda: archive.read(PICTURES + name, site_pictures.BYTES_AT_MOST),
    )


def _drawn(told: Facts, name: str, data: bytes) -> PackedPicture:
    """Whatever it is called: what its bytes say counts."""
    try:
        picture = pictures.read(data, site_pictures.LARGEST, "file", at_most=site_pictures.BYTES_AT_MOST)
    except Invalid as problem:
        raise wrong(f"{name}: {problem.message}") from None
    label = " ".join(told.text("label", 120).split()) or name
    content = picture.content
    return PackedPicture(
        picture.name, label, round(picture.width), round(picture.height), len(content), lambda: content
    )
