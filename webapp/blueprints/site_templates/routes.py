"""What a template looks like, page by page, for whoever chooses one: filled with an example, and nobody's site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, make_response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.site_rendering import FOR_GOOD, POLICY, render
from webapp.blueprints.views import go_to
from webapp.domain import (
    own_templates,
    pictures,
    placeholders,
    site_designs,
    site_templates,
    site_text,
    template_drawings,
)
from webapp.domain.built_in_templates import BuiltIn
from webapp.domain.site_import import Package
from webapp.domain.site_pages import Asked, Found, MenuEntry
from webapp.domain.site_templates import Own
from webapp.errors import Invalid, NotFound
from webapp.models import Product, SiteStatus

bp = Blueprint("site_templates", __name__, url_prefix="/site-templates")
bp.before_request(access.public)


class TemplateChoice(NamedTuple):
    """A template as the order form offers it."""

    slug: str
    title: str
    description: str
    picture: str  # its address
    url: str  # where one can look around in it
    category: str = ""


def choices(plan: Product | None) -> list[TemplateChoice]:
    """What a site of this plan may begin as, in the reader's language; asks no database."""
    made = _choices(str(get_locale() or "en"))
    return [made[one.slug] for one in site_templates.allowed(plan)]


_made: tuple[object, dict[str, Mapping[str, TemplateChoice]]] = (None, {})


def _choices(locale: str) -> Mapping[str, TemplateChoice]:
    """Of all that there are, made once for as long as these are the same."""
    global _made
    known = site_templates.known()
    if _made[0] is not known:
        _made = known, {}
    by_locale = _made[1]
    if locale not in by_locale:
        by_locale[locale] = {slug: choice(one.template, locale) for slug, one in known.items()}
    return by_locale[locale]


def choice(one: BuiltIn | Own, locale: str) -> TemplateChoice:
    return TemplateChoice(
        one.slug,
        one.title(locale),
        one.description(locale),
        url_for("site_templates.show_file", template=one.slug, name=picture_of(one)),
        url_for("site_templates.show_page", template=one.slug),
        one.category(locale),
    )


def picture_of(one: BuiltIn | Own) -> str:
    """The name of its file."""
    if isinstance(one, Own):
        return one.preview or template_drawings.name(one.design, one.accent)
    return one.preview.name


@bp.get("/<template>/", defaults={"page": ""})
@bp.get("/<template>/<page>")
def show_page(template: str, page: str) -> ResponseReturnValue:
    """One that is switched off only the staff can look around in."""
    found = site_templates.find(template)
    if template not in site_templates.offered() and not (current_user.is_authenticated and current_user.is_operator):
        raise NotFound()
    look = look_of(found)
    asked = next((one for one in look.pages if one.slug == page), None)
    if asked is None:
        if isinstance(found, Own):
            raise NotFound()
        return go_to(in_language(found, page, look.locale))
    menu = tuple(MenuEntry(one.title, one.slug, one is asked) for one in look.pages if one.in_menu)
    example = placeholders.EXAMPLES.get(look.locale, placeholders.EXAMPLES["en"])["site_title"]
    site = Found(0, SiteStatus.PUBLISHED, example, found.design, look.accent, "", look.locale, 0)
    front = url_for(".show_page", template=template)
    shown = Asked(asked.title, asked.slug, asked.body, menu)
    response = make_response(render(site, shown, look.sizes, files=f"{front}files", links=front))
    response.headers["Content-Security-Policy"] = POLICY.format("'self'")
    response.headers["Content-Language"] = look.locale
    response.headers["X-Robots-Tag"] = "noindex"
    return response


class LookPage(NamedTuple):
    slug: str
    title: str
    body: str
    in_menu: bool = True


class Look(NamedTuple):
    """A template as a site would be made of it, for somebody who is an example."""

    locale: str
    accent: str
    pages: list[LookPage]
    sizes: dict[str, tuple[int, int]]  # of its pictures, by name


def look_of(found: BuiltIn | Own) -> Look:
    """Raises NotFound for what cannot be looked at any more."""
    if isinstance(found, Own):
        held = package_of(found)
        texts = [one for page in held.pages for one in (page.title, page.body)]
        names = {name for text in texts for name in site_text.placeholders_in(text)}
        values = placeholders.example(held.locale, names)
        pages = [
            LookPage(
                one.slug, site_text.filled_words(one.title, values), site_text.filled(one.body, values), one.in_menu
            )
            for one in held.pages
            if one.published
        ]
        return Look(held.locale, held.accent, pages, {one.name: (one.width, one.height) for one in held.pictures})
    locale = found.language(str(get_locale() or "en"))
    values = {
        **placeholders.example(locale),
        "site_title": found.examples[locale],
        "owner_name": found.examples[locale],
    }
    sizes = {one.name: (round(one.width), round(one.height)) for one in found.pictures.values()}
    return Look(locale, "", [LookPage(one.slug, one.title, one.body) for one in found.filled(locale, values)], sizes)


def package_of(found: Own) -> Package:
    """Raises NotFound, also for what can be read no more: whoever chooses a template can do nothing about that."""
    try:
        return own_templates.package(found)
    except Invalid:
        raise NotFound() from None


def in_language(template: BuiltIn, page: str, locale: str) -> str:
    """Where the page is in this language that has this address in another. Raises NotFound."""
    for pages in template.pages.values():
        for here, elsewhere in zip(template.pages[locale], pages, strict=True):
            if elsewhere.slug == page:
                return url_for(".show_page", template=template.slug, page=here.slug)
    raise NotFound()


@bp.get("/<template>/files/<name>")
def show_file(template: str, name: str) -> Response:
    """Its stylesheet, its preview, or one of its pictures."""
    content, content_type = file_of(site_templates.find(template), name)
    response = make_response(content, 200, {"Content-Type": content_type, "Cache-Control": FOR_GOOD})
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


def file_of(found: BuiltIn | Own, name: str) -> tuple[bytes, str]:
    """What is in it, and its content type. Raises NotFound."""
    kind = name.rpartition(".")[2]
    if kind == "css":
        return site_designs.stylesheet(name).encode(), "text/css; charset=utf-8"
    content_type = pictures.CONTENT_TYPES.get(kind, "")
    if isinstance(found, Own):
        if name == found.preview:
            return own_templates.screenshot(found), content_type
        if name.startswith("outline-"):
            return template_drawings.draw(name).encode(), content_type
        kept = next((one.content for one in package_of(found).pictures if one.name == name), None)
    else:
        shown = (found.preview, *found.pictures.values())
        kept = next((partial(bytes, one.content) for one in shown if one.name == name), None)
    if kept is None:
        raise NotFound()
    return kept(), content_type
