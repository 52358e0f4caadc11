"""The operator's own look, for every page: its colours as a small stylesheet, and the pictures.

The addresses name what is behind them and never mean anything else, so browsers keep the answers for good.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, make_response

from webapp.blueprints import access
from webapp.domain import pictures
from webapp.domain.colours import DARK, LIGHT

bp = Blueprint("brand", __name__, url_prefix="/brand")
bp.before_request(access.public)

FOR_GOOD = "public, max-age=31536000, immutable"
PAIR = re.compile("([0-9a-f]{6})-([0-9a-f]{6})")
# The two that static/app.css derives are said again: they were reckoned for the whole page with its own accent.
RULE = """@layer tokens {{
  {selector} {{
    --accent: light-dark(#{light}, #{dark});
    --on-accent: light-dark({on_light}, {on_dark});
    --accent-strong: color-mix(in srgb, var(--accent), light-dark(#000, #fff) 18%);
    --accent-soft: color-mix(in srgb, var(--accent) 7%, var(--surface));
  }}
}}
"""


@bp.get("/<colours>.css")
def stylesheet(colours: str) -> Response:
    """`14664a-62c79d`: on light pages, on dark ones."""
    return rules(":root", colours)


@bp.get("/preview/<colours>.css")
def preview(colours: str) -> Response:
    """The same for one part of a page, where an operator chooses them."""
    return rules(".shades", colours)


def rules(selector: str, colours: str) -> Response:
    pair = PAIR.fullmatch(colours)
    if pair is None:
        abort(404)
    light, dark = pair.groups()
    text = RULE.format(selector=selector, light=light, dark=dark, on_light=LIGHT.ink, on_dark=DARK.ink)
    return kept_for_good(make_response(text, 200, {"Content-Type": "text/css; charset=utf-8"}))


def kept_for_good(response: Response) -> Response:
    response.headers["Cache-Control"] = FOR_GOOD
    return response


@bp.get("/logo/<name>")
def logo(name: str) -> Response:
    return shown(name)


@bp.get("/picture/<name>")
def picture(name: str) -> Response:
    """Of a product."""
    return shown(name)


def shown(name: str) -> Response:
    """Opened by itself it is a page of its own, in which nothing may run."""
    content, content_type = pictures.find(name)
    response = make_response(content, 200, {"Content-Type": content_type})
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return kept_for_good(response)
