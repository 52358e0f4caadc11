"""A look at a page of a customer's site, in a frame in which nothing runs. Its links lead to looks at other pages."""

from __future__ import annotations

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.account.base import bp
from webapp.blueprints.account.sites import PageForm, own_site
from webapp.blueprints.site_rendering import POLICY, file_of, render
from webapp.domain import site_editing, site_pages
from webapp.domain.site_pages import Asked, Found, MenuEntry
from webapp.errors import NotFound
from webapp.models import Site, SitePage


@bp.post("/sites/<int:site_id>/pages/<int:page_id>/preview")
def preview_page(site_id: int, page_id: int) -> ResponseReturnValue:
    """The page as it would be, in the design of its site; nothing is kept."""
    site = own_site(site_id)
    page, wish = site_editing.page_of(site, page_id), PageForm().wish()
    return framed(site, page, wish.title or page.title, wish.body)


@bp.get("/sites/<int:site_id>/preview/", defaults={"slug": ""})
@bp.get("/sites/<int:site_id>/preview/<slug>")
def preview_saved_page(site_id: int, slug: str) -> ResponseReturnValue:
    """Another page as it is kept, where a link of the frame leads; a draft too, for its owner."""
    site = own_site(site_id)
    page = next((one for one in site.pages if one.slug == slug), None)
    if page is None:
        raise NotFound()
    return framed(site, page, page.title, page.body)


def framed(site: Site, page: SitePage, title: str, body: str) -> Response:
    menu = tuple(MenuEntry(one.title, one.slug, one is page) for one in site.pages if one.published and one.in_menu)
    found = Found(*(getattr(site, name) for name in Found._fields))
    files = url_for(".show_site_file", site_id=site.id, name="x").removesuffix("/x")
    front = url_for(".preview_saved_page", site_id=site.id)
    html = render(found, Asked(title, page.slug, body, menu), site_pages.sizes(site.id), files=files, links=front)
    response = Response(html)
    response.headers["Content-Security-Policy"] = POLICY.format("'self'")
    response.headers["Content-Language"] = site.locale or "en"
    return response


@bp.get("/sites/<int:site_id>/files/<name>")
def show_site_file(site_id: int, name: str) -> ResponseReturnValue:
    """A picture or the stylesheet, for the preview."""
    return file_of(own_site(site_id).id, name) or abort(404)
