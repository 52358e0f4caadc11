"""Where a site answers, as an address to follow."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from webapp.blueprints.errors import settings
from webapp.models import Site


def site_address(site: Site) -> str:
    """Where its provisioner says; else `http://my-site.example.org:8000/`, of the network's scheme and port."""
    return site.address or address_of(site.slug)


def address_of(slug: str) -> str:
    """Of a site that is shown here."""
    network_url = urlsplit(settings().base_url)
    port = f":{network_url.port}" if network_url.port else ""
    return f"{network_url.scheme}://{slug}.{settings().network_domain}{port}/"


def init_app(app: Flask) -> None:
    app.jinja_env.filters["site_url"] = site_address
