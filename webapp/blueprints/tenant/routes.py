"""The customers' sites, each on its own host: `<slug>.<NETWORK_DOMAIN>`, or a domain of its customer's own.

A request for such a host never reaches the network's own pages, and a site's page sets and reads no cookie.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadHost

from webapp.blueprints import access
from webapp.blueprints.site_addresses import address_at, address_of
from webapp.blueprints.site_rendering import POLICY, file_of, render
from webapp.blueprints.tenant.kept_pages import KeptPages, Key
from webapp.blueprints.tenant.visitors import is_a_person
from webapp.domain import site_pages, visits
from webapp.domain.site_pages import Found
from webapp.models import SiteStatus
from webapp.settings import Settings

bp = Blueprint("tenant", __name__)
bp.before_request(access.public)

A_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}")
FILES = "/_site"
INSIDE = (".internal", ".lan", ".local")
FOR_MACHINES = ("/healthz", "/readyz", "/metrics", "/tls/ask")  # asked under whatever name they know us by
NOT_THERE, NOT_SERVED = 404, 402
ELSEWHERE, MOVED = 302, 301
KEPT = KeptPages()


def init_app(app: Flask, settings: Settings) -> None:
    suffix, own = f".{settings.network_domain}", (urlsplit(settings.base_url).hostname or "").lower()

    @app.before_request
    def serve_site() -> ResponseReturnValue | None:
        """A site's host is answered here, whatever the path; so is a host that nobody knows."""
        host = host_asked_for()
        if host == own or is_the_networks(host, settings):
            return None
        if not A_HOST.fullmatch(host):
            raise BadHost()
        if host.endswith(suffix):
            g.tenant = True
            slug = host.removesuffix(suffix)
            site = site_pages.by_slug(slug)
            return show_move(slug) if site is None else show_site(site, host, host)
        site = site_pages.by_domain(host)
        if site is None and (settings.address_is_guessed or request.path in FOR_MACHINES):
            return None
        g.tenant = True
        return refuse(NOT_THERE) if site is None else show_site(site, host, f"{site.slug}{suffix}")


def host_asked_for() -> str:
    """Without its port, its capitals and the dot that may end it: these name the same host."""
    return request.host.partition(":")[0].lower().rstrip(".")


def is_the_networks(host: str, settings: Settings) -> bool:
    """No domain of a customer's: the network's own, a name that is known inside a house only, or an address."""
    inside = "." not in host or host.endswith(INSIDE)
    return inside or host.replace(".", "").isdigit() or host.startswith("[") or host == settings.network_domain


def show_site(site: Found, host: str, here: str) -> Response:
    """What is asked for of a site; 402 while its membership is not served, 404 for what is not there.

    `here`: its host at the network. The one of its hosts that is not its main one leads to that, and it leads nowhere.
    """
    if site.status not in (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED):
        return refuse(NOT_THERE)
    if site.status == SiteStatus.SUSPENDED:
        return refuse(NOT_SERVED)
    if request.method not in ("GET", "HEAD"):
        return refuse(NOT_THERE)
    if site.address:
        return lead_on(site.address)
    main = site.main_domain or here
    if host != main:
        return lead_on(address_at(main), code=MOVED)
    if request.path.startswith(f"{FILES}/"):
        return show_file(site, request.path.removeprefix(f"{FILES}/"))
    return show_page(site, request.path.removeprefix("/"))


def show_move(slug: str) -> Response:
    """Nobody has this address now: a site that had it before is found, at the same page."""
    now = site_pages.moved_to(slug) if request.method in ("GET", "HEAD") else None
    return refuse(NOT_THERE) if now is None else lead_on(address_of(now.slug, now.main_domain), code=MOVED)


def lead_on(address: str, *, code: int = ELSEWHERE) -> Response:
    """To the same page at another address.

    Not kept by browsers, however permanent it is: once its owner takes the old address back, what one of them keeps
    would lead round in a circle.
    """
    asked = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    response = make_response(redirect(address.rstrip("/") + quote(request.path) + asked, code=code))
    response.data, response.mimetype = b"", "text/plain"  # nobody reads it, and no language has to be found for it
    response.headers["Cache-Control"] = "no-cache"
    return response


def show_page(site: Found, slug: str) -> Response:
    if not site.design:  # it was made before sites had pages
        return plain("tenant/site.html", 200 if not slug else NOT_THERE, site=site)
    key = Key(site.id, site.content_version, slug)
    body = KEPT.get(key)
    if body is None:
        page = site_pages.page(site.id, slug)
        if page is None:
            return refuse(NOT_THERE)
        body = render(site, page, site_pages.sizes(site.id), files=FILES).encode()
        KEPT.keep(key, body)
    if request.method == "GET" and is_a_person(request.headers):
        visits.note(site.id)
    response = make_response(body)
    response.content_type = "text/html; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"  # asked for anew, and answered in a few bytes while it is the same
    response.headers["Content-Security-Policy"] = POLICY.format("'none'")
    response.headers["Content-Language"] = site.locale or "en"
    response.set_etag(f"{site.id}-{site.content_version}")
    response.make_conditional(request)
    return response


def show_file(site: Found, name: str) -> Response:
    return file_of(site.id, name) or refuse(NOT_THERE)


def refuse(status: int) -> Response:
    return plain("tenant/site.html", status, site=None)


def plain(template: str, status: int, *, site: Found | None) -> Response:
    """A page of ours, not of the site's owner."""
    response = make_response(render_template(template, site=site, status=status), status)
    response.headers["Cache-Control"] = "no-cache"
    return response
