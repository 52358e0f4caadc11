"""The switch in the footer: a plain link for each language, which leads back to the page it was on.

Where that was is told by the browser (Referer): a page that is kept for all its readers cannot name its own address.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

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
    response: Response = go_to(access.page_before())
    response.headers["Cache-Control"] = "no-store"
    return response
