"""The customers' sites, each on its own host: `<slug>.<NETWORK_DOMAIN>`.

A request for such a host never reaches the network's own pages, and a site's page sets and reads no cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.blueprints import access
from webapp.extensions import db
from webapp.models import Site, SiteStatus
from webapp.settings import Settings

bp = Blueprint("tenant", __name__)
bp.before_request(access.public)

SHOWN = {SiteStatus.PUBLISHED: 200, SiteStatus.SUSPENDED: 402}


def init_app(app: Flask, settings: Settings) -> None:
    suffix, own = f".{settings.network_domain}", (urlsplit(settings.base_url).hostname or "").lower()

    @app.before_request
    def serve_site() -> ResponseReturnValue | None:
        """A site's host is answered here, whatever the path; any other host is the network's."""
        host = request.host.partition(":")[0].lower().rstrip(".")
        if not host.endswith(suffix) or host == own:
            return None
        g.tenant = True
        return show_site(host.removesuffix(suffix))


def show_site(slug: str) -> Response:
    """Its front page; 402 while its membership is not served, 404 for what is not there."""
    query = select(Site).where(Site.slug == slug, Site.keeps_address())
    site = db.session.scalars(query).one_or_none()
    code = SHOWN.get(site.status, 404) if site is not None else 404
    if code == 200 and request.path != "/":
        code = 404
    response = make_response(render_template("tenant/site.html", site=site, status=code), code)
    response.headers["Cache-Control"] = "no-cache"
    return response
