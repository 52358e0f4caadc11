"""The switch in the footer: a plain link for each language, which leads back to the page it was on.

Where that was is told by the browser (Referer): a page that is kept for all its readers cannot name its own address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from webapp.blueprints import access
from webapp.blueprints.language import choice
from webapp.blueprints.views import go_to
from webapp.languages import languages

bp = Blueprint("language", __name__)
bp.before_request(access.public)


@bp.get("/language/<code>")
def choose(code: str) -> ResponseReturnValue:
    if code not in languages():
        abort(404)
    choice.use(code)
    response: Response = go_to(way_back())
    response.headers["Cache-Control"] = "no-store"
    return response


def way_back() -> str:
    """The page before this one, if it is ours and can be looked at; else the start page."""
    came_from = urlsplit(request.referrer or "")
    path = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    if came_from.netloc != request.host or not can_be_shown(came_from.path):
        return "/"
    return access.safe_next(path, "/")


def can_be_shown(path: str) -> bool:
    """False for an address that only takes forms, and for this switch itself."""
    try:
        endpoint, _arguments = current_app.url_map.bind(request.host).match(path, method="GET")
    except HTTPException:
        return False
    return bool(endpoint != "language.choose")
