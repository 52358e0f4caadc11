"""A site's page and its files: for visitors on its own host, and for its owner before a change is saved."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, current_app, make_response
from flask_babel import force_locale

from webapp.domain import pictures, site_designs, site_pages, site_text
from webapp.domain.site_pages import Asked, Found
from webapp.domain.site_text import Shown
from webapp.errors import NotFound

HERE = "/"
FOR_GOOD = "public, max-age=31536000, immutable"

# No script, no frame, no form, nothing from elsewhere. `{frames}`: who may show it within a page of theirs.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {}"


def render(site: Found, page: Asked, sizes: Mapping[str, tuple[int, int]], *, files: str, links: str = HERE) -> str:
    """`files`: the address under which its stylesheet and pictures are. `links`: of its front page.

    On a host of the network's, for a look at it, links out of the site lead nowhere.

    Without the context of the network's own pages: a site knows of no session, no settings and no person.
    """

    def picture(name: str) -> Shown | None:
        size = sizes.get(name)
        return None if size is None else Shown(f"{files}/{name}", *size)

    def link(address: str) -> str:
        return address if links == HERE else site_text.within(address, links)

    text = site_text.to_html(page.body, picture, link)
    template = current_app.jinja_env.get_template("sites/page.html")
    facts = {
        "body": text.html,
        "says_its_heading": text.begins_with_heading,
        "stylesheet": f"{files}/{site_designs.stylesheet_name(site.design, site.accent)}",
        "logo": picture(site.logo) if site.logo else None,
        "links": links,
    }
    with force_locale(site.locale or "en"):
        return template.render(site=site, page=page, **facts)


def file_of(site_id: int, name: str) -> Response | None:
    """A stylesheet or a picture, under a name that never means anything else; None for what is not there."""
    kind = name.rpartition(".")[2]
    content, content_type = _stylesheet(name) if kind == "css" else _picture(site_id, name, kind)
    if content is None:
        return None
    response = make_response(content, 200, {"Content-Type": content_type, "Cache-Control": FOR_GOOD})
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


def _stylesheet(name: str) -> tuple[bytes | None, str]:
    try:
        return site_designs.stylesheet(name).encode(), "text/css; charset=utf-8"
    except NotFound:
        return None, ""


def _picture(site_id: int, name: str, kind: str) -> tuple[bytes | None, str]:
    content_type = pictures.CONTENT_TYPES.get(kind, "")
    return site_pages.picture(site_id, name) if content_type else None, content_type
