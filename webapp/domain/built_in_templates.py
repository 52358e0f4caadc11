"""The templates that came with it: those in `webapp/site_templates/`, a folder each.

`template.toml` says its design and colour, and its title, description and category by language.
`<language>/<n>-<slug>.md` are its pages, in order: a line `title: …`, then Markdown. `index` is the front page.
`pictures/` are the pictures that they show. Placeholders such as `{{ site_title }}` are filled when a site is made
(placeholders.py). `preview.webp` is how it looks, for those who choose; `python -m tools.template_pictures` takes it
anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webapp.domain import pictures, product_facts, site_text
from webapp.domain.pictures import Picture
from webapp.settings import ROOT

FOLDER = ROOT / "webapp" / "site_templates"
DEFAULT = "business"
FALLBACK = "en"
LARGEST = (1600, 1600)  # a picture's sides, in pixels
PREVIEW = (360, 240)


@dataclass(frozen=True, slots=True)
class TemplatePage:
    slug: str  # empty: the front page
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a template says of itself where one is chosen: title, description and category by language."""

    slug: str
    design: str
    accent: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    categories: Mapping[str, str]

    def title(self, locale: str) -> str:
        return said(self.titles, locale) or self.slug

    def description(self, locale: str) -> str:
        return said(self.descriptions, locale)

    def category(self, locale: str) -> str:
        """Templates of one category stand together; empty: none."""
        return said(self.categories, locale)

    @property
    def category_key(self) -> str:
        """What order forms know its category by: the same in every language."""
        words = said(self.categories, FALLBACK)
        return product_facts.slug_from(words) or words


def said(words: Mapping[str, str], locale: str) -> str:
    """In this language, else in English, else in any."""
    return words.get(locale) or words.get(FALLBACK) or next((one for one in words.values() if one), "")


@dataclass(frozen=True, slots=True)
class BuiltIn(Described):
    """`pages` by language, each with its own addresses."""

    pages: Mapping[str, tuple[TemplatePage, ...]]
    examples: Mapping[str, str]  # by language: what a site made of it may be called
    pictures: Mapping[str, Picture]  # by the name that the pages use
    preview: Picture

    def filled(self, locale: str, values: Mapping[str, str]) -> list[TemplatePage]:
        """Its pages as a site begins with them, with the names under which pictures are kept."""
        names = {f"]({name})": f"]({picture.name})" for name, picture in self.pictures.items()}
        pages = []
        for page in self.pages[locale]:
            body = site_text.filled(page.body, values)
            for own, kept in names.items():
                body = body.replace(own, kept)
            pages.append(TemplatePage(page.slug, site_text.filled_words(page.title, values)[:120], body))
        return pages

    def language(self, locale: str) -> str:
        """The language in which a site for a reader of `locale` begins."""
        return locale if locale in self.pages else FALLBACK


@cache
def built_in() -> Mapping[str, BuiltIn]:
    """By slug, in the order of their names but for the one that is taken by default, the first."""
    folders = sorted(one.parent for one in FOLDER.glob("*/template.toml"))
    return {one.name: _read(one) for one in sorted(folders, key=lambda folder: folder.name != DEFAULT)}


def _read(folder: Path) -> BuiltIn:
    facts = tomllib.loads((folder / "template.toml").read_text())
    languages = sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name != "pictures")
    return BuiltIn(
        slug=folder.name,
        design=facts["design"],
        categories=facts["category"],
        accent=facts["accent"],
        titles=facts["title"],
        descriptions=facts["description"],
        pages={one: tuple(_page(file) for file in sorted((folder / one).glob("*.md"))) for one in languages},
        examples=facts["example"],
        preview=_preview(folder / "preview.webp"),
        pictures={one.name: _picture(one) for one in sorted((folder / "pictures").glob("*.*"))},
    )


def _page(file: Path) -> TemplatePage:
    head, _, body = file.read_text().partition("\n")
    slug = file.stem.partition("-")[2]
    return TemplatePage("" if slug == "index" else slug, head.removeprefix("title:").strip(), body.strip() + "\n")


def _picture(file: Path) -> Picture:
    return pictures.read(file.read_bytes(), LARGEST, file.name)


def _preview(file: Path) -> Picture:
    """As it is: every form with a choice of templates shows it."""
    width, height = PREVIEW
    return Picture(file.read_bytes() if file.exists() else b"", "webp", width, height)
