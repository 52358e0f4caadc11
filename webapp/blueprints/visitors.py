"""Where a visitor seems to be, as a proxy that we trust says it, or a file: a guess, and evidence beside a tax.

It chooses the country that the order form begins with; what the buyer says decides.
"""

from __future__ import annotations

import re

from flask import request
from werkzeug.datastructures import Headers

from webapp import geoip
from webapp.blueprints.errors import settings as current_settings
from webapp.domain import network
from webapp.settings import Settings

CODE = re.compile(r"[A-Z]{2}", re.ASCII)
NOWHERE = frozenset({"XX", "T1", "ZZ"})  # what proxies say when they do not know, and of Tor


def country(headers: Headers, settings: Settings, address: str | None = None) -> str:
    """An ISO 3166 code: of the header that IP_COUNTRY_HEADER names, where a proxy is trusted, else of the file that
    GEOIP names; "" where neither says it."""
    name = settings.env.get("IP_COUNTRY_HEADER", "").strip()
    said = headers.get(name, "") if name and settings.trusted_proxies > 0 else ""
    return _code(said) or _code(geoip.country(settings.env.get("GEOIP", "").strip(), address))


def _code(said: str) -> str:
    code = said.strip().upper()
    return code if CODE.fullmatch(code) and code not in NOWHERE else ""


def here() -> str:
    """Of whoever sent this request."""
    return country(request.headers, current_settings(), request.remote_addr)


def first_country() -> str:
    """What the order form begins with: where the visitor seems to be, if anything is sold there."""
    known, guess = network.settings(), here()
    is_sold_to = bool(guess) and guess in (known.allowed_countries or [guess])
    return guess if is_sold_to else known.default_country
