"""Where a site answers, as an address to follow."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from webapp.blueprints.errors import settings
from webapp.models import Site


def site_address(site: Site) -> str:
    """Where its provisioner says; else its main address, `http://my-site.example.org:8000/`."""
    return site.address or address_of(site.slug, site.main_domain)


def address_of(slug: str, main_domain: str = "") -> str:
    """Of a site that is shown here."""
    return address_at(main_domain or f"{slug}.{settings().network_domain}")


def address_at(host: str) -> str:
    """With the network's scheme and port."""
    network_url = urlsplit(settings().base_url)
    port = f":{network_url.port}" if network_url.port else ""
    return f"{network_url.scheme}://{host}{port}/"


def own_names() -> tuple[str, ...]:
    """What belongs to the network, with everything under it: no customer's domain."""
    return settings().network_domain, (urlsplit(settings().base_url).hostname or "").lower()


def init_app(app: Flask) -> None:
    app.jinja_env.filters["site_url"] = site_address
