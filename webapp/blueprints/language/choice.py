"""Which language a page is in: what was chosen in this browser, else what it asks for, else the network's.

A choice made here stays in the session, and goes on through signing in; without one, signing in brings what the person
has chosen for good (domain.languages). So a page is in the right language without a look into the database.
"""

from __future__ import annotations

from flask import Response, has_request_context, request, session
from flask_babel import get_locale
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain import network
from webapp.languages import languages
from webapp.models import User

KEY = "locale"


def choose_locale() -> str:
    """Outside of a request the source language: what is written there says itself whom it is for."""
    if not has_request_context():
        return "en"
    offered = languages()
    if is_for_programs(request.path):
        return request.accept_languages.best_match(offered, default="en")
    chosen = session.get(KEY)
    if chosen in offered:
        return str(chosen)
    return request.accept_languages.best_match(offered) or usual()


def is_for_programs(path: str) -> bool:
    """The API, but for the pages about it: it knows no browser, sets no cookie and reads none."""
    return path.startswith("/api/") and not path.startswith("/api/docs")


def usual() -> str:
    """For a browser that asks for no language that we speak; also for the page that says the database is away."""
    try:
        locale = network.settings().default_locale
    except SQLAlchemyError:
        return "en"
    return locale if locale in languages() else "en"


def use(code: str) -> None:
    """From now on in this browser."""
    session[KEY] = code


def of_session(user: User) -> str | None:
    """For a session that begins: what was chosen in this browser before, else by this person."""
    chosen = session.get(KEY) or user.locale
    return chosen if chosen in languages() else None


def note_language(response: Response) -> None:
    """For caches and readers of a page: what it is in, and what that depends on beside the cookie.

    A page that says so itself is in one language for everybody.
    """
    if response.mimetype == "text/html" and "Content-Language" not in response.headers:
        response.headers["Content-Language"] = str(get_locale() or "en")
        response.vary.add("Accept-Language")
