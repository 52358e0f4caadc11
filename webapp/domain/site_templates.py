"""What a new site can begin with: the templates in `webapp/site_templates/`, a folder each.

`template.toml` says its design, colour, category, and its title and description by language. `<language>/<n>-<slug>.md`
are its pages, in order: a line `title: …`, then Markdown. `index` is the front page. `pictures/` are the pictures that
they show. Placeholders such as `{{ site_title }}` are filled when a site is made. `preview.webp` is how it looks, for
those who choose; `python -m tools.template_pictures` takes it anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask_babel import gettext as _

from webapp.domain import pictures, site_text
from webapp.domain.pictures import Picture
from webapp.errors import Invalid, NotFound
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
class SiteTemplate:
    """`titles` and `descriptions` by language; `pages` too, each language with its own addresses."""

    slug: str
    design: str
    category: str
    accent: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    pages: Mapping[str, tuple[TemplatePage, ...]]
    examples: Mapping[str, str]  # by language: what a site made of it may be called
    pictures: Mapping[str, Picture]  # by the name that the pages use
    preview: Picture

    def title(self, locale: str) -> str:
        return self.titles.get(locale, self.titles[FALLBACK])

    def description(self, locale: str) -> str:
        return self.descriptions.get(locale, self.descriptions[FALLBACK])

    def filled(self, locale: str, values: Mapping[str, str]) -> list[TemplatePage]:
        """Its pages as a site begins with them, with the names under which pictures are kept."""
        names = {f"]({name})": f"]({picture.name})" for name, picture in self.pictures.items()}
        pages = []
        for page in self.pages[locale]:
            body = site_text.filled(page.body, values)
            for own, kept in names.items():
                body = body.replace(own, kept)
            pages.append(TemplatePage(page.slug, site_text.filled(page.title, values)[:120], body))
        return pages

    def language(self, locale: str) -> str:
        """The language in which a site for a reader of `locale` begins."""
        return locale if locale in self.pages else FALLBACK


def check(slug: str) -> str:
    """A template that somebody chose; none is fine. Raises Invalid for what is not offered."""
    if slug and slug not in offered():
        raise Invalid(_("Choose one of the templates."), code="template_not_available", field="template_id")
    return slug


def find(slug: str) -> SiteTemplate:
    """Raises NotFound."""
    if slug not in offered():
        raise NotFound()
    return offered()[slug]


def find_or_default(slug: str) -> SiteTemplate:
    """Who has paid gets a site, also when their template was taken away meanwhile."""
    return offered().get(slug) or offered()[DEFAULT]


@cache
def offered() -> Mapping[str, SiteTemplate]:
    """Every template, by its slug, in the order of their names but for the one that is taken by default, the first."""
    folders = sorted(one.parent for one in FOLDER.glob("*/template.toml"))
    return {one.name: _read(one) for one in sorted(folders, key=lambda folder: folder.name != DEFAULT)}


def _read(folder: Path) -> SiteTemplate:
    facts = tomllib.loads((folder / "template.toml").read_text())
    languages = sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name != "pictures")
    return SiteTemplate(
        slug=folder.name,
        design=facts["design"],
        category=facts["category"],
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
