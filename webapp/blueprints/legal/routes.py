"""The pages that the law asks for, as everybody reads them."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from markupsafe import Markup

from webapp.blueprints import access
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View
from webapp.domain import legal

bp = Blueprint("legal", __name__)
bp.before_request(access.public)
page_view = View("legal/page.html")


@bp.get("/legal/<legal_page>")
def show_page(legal_page: str) -> ResponseReturnValue:
    locale = str(get_locale() or "en")
    legal.find_page(legal_page, locale)
    own = legal.current(legal_page, locale)
    body = own.body if own is not None else legal.default(legal_page, locale)
    return page_view.show(title=legal.PAGES[legal_page], html=shown(body), since=own.created_at if own else None)


def shown(body: str) -> Markup:
    """As readers see it; the words make their own HTML, and bring none along."""
    return Markup(legal.html(body, settings().base_url))  # noqa: S704 - no HTML but that of its own Markdown
