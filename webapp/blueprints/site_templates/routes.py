"""What a template looks like, page by page, for whoever chooses one: filled with an example, and nobody's site."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from flask import Blueprint, Response, make_response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from webapp.blueprints import access
from webapp.blueprints.site_rendering import FOR_GOOD, POLICY, render
from webapp.blueprints.views import go_to
from webapp.domain import pictures, site_designs, site_templates
from webapp.domain.site_pages import Asked, Found, MenuEntry
from webapp.domain.site_templates import SiteTemplate
from webapp.errors import NotFound
from webapp.models import SiteStatus

bp = Blueprint("site_templates", __name__, url_prefix="/site-templates")
bp.before_request(access.public)

ADDRESSES = {"en": "1 Sample Street, Sampleton", "de": "Musterweg 1, Musterstadt"}


class TemplateChoice(NamedTuple):
    """A template as the order form offers it."""

    slug: str
    title: str
    description: str
    picture: str  # its address
    url: str  # where one can look around in it


def choices() -> list[TemplateChoice]:
    """In the reader's language; asks no database."""
    return list(_choices(str(get_locale() or "en")))


@cache
def _choices(locale: str) -> tuple[TemplateChoice, ...]:
    return tuple(
        TemplateChoice(
            one.slug,
            one.title(locale),
            one.description(locale),
            url_for("site_templates.show_file", template=one.slug, name=one.preview.name),
            url_for("site_templates.show_page", template=one.slug),
        )
        for one in site_templates.offered().values()
    )


@bp.get("/<template>/", defaults={"page": ""})
@bp.get("/<template>/<page>")
def show_page(template: str, page: str) -> ResponseReturnValue:
    found = site_templates.find(template)
    locale = found.language(str(get_locale() or "en"))
    pages = found.filled(locale, example(found, locale))
    asked = next((one for one in pages if one.slug == page), None)
    if asked is None:
        return go_to(in_language(found, page, locale))
    menu = tuple(MenuEntry(one.title, one.slug, one is asked) for one in pages)
    site = Found(0, SiteStatus.PUBLISHED, found.examples[locale], found.design, "", "", locale, 0)
    sizes = {one.name: (round(one.width), round(one.height)) for one in found.pictures.values()}
    front = url_for(".show_page", template=template)
    shown = Asked(asked.title, asked.slug, asked.body, menu)
    response = make_response(render(site, shown, sizes, files=f"{front}files", links=front))
    response.headers["Content-Security-Policy"] = POLICY.format("'self'")
    response.headers["Content-Language"] = locale
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def in_language(template: SiteTemplate, page: str, locale: str) -> str:
    """Where the page is in this language that has this address in another. Raises NotFound."""
    for pages in template.pages.values():
        for here, elsewhere in zip(template.pages[locale], pages, strict=True):
            if elsewhere.slug == page:
                return url_for(".show_page", template=template.slug, page=here.slug)
    raise NotFound()


def example(template: SiteTemplate, locale: str) -> dict[str, str]:
    name = template.examples[locale]
    return {"site_title": name, "owner_name": name, "email": "hello@example.org", "address": ADDRESSES[locale]}


@bp.get("/<template>/files/<name>")
def show_file(template: str, name: str) -> Response:
    """Its stylesheet, its preview, or one of its pictures."""
    found = site_templates.find(template)
    kept = {one.name: one for one in (found.preview, *found.pictures.values())}
    if name in kept:
        content, content_type = kept[name].content, pictures.CONTENT_TYPES[kept[name].kind]
    else:
        content, content_type = site_designs.stylesheet(name).encode(), "text/css; charset=utf-8"
    response = make_response(content, 200, {"Content-Type": content_type, "Cache-Control": FOR_GOOD})
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response
