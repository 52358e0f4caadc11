"""What a visitor has chosen about cookies. Kept in a cookie, which the law lets us keep without asking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, current_app, has_request_context, request

from webapp.domain import checkout_forms, network
from webapp.integrations.analytics.base import analytics
from webapp.settings import Settings

STATISTICS, NOTHING, UNDECIDED = "statistics", "none", ""
NAME = "cookie_choice"
LASTS = timedelta(days=180)  # then it is asked for again


def chosen() -> str:
    """`statistics` or `none`; `` while nothing was chosen."""
    kept = request.cookies.get(NAME, "") if has_request_context() else ""
    return kept if kept in (STATISTICS, NOTHING) else UNDECIDED


def is_optional_used(settings: network.Network) -> bool:
    """Whether there is anything to choose: something that pages do not need. Costs no look into the database."""
    return settings.consumer_law == "eu" and (analytics.is_set_up() or checkout_forms.has_snippets(settings))


def state(optional: bool) -> dict[str, Any]:
    """What a page depends on: `consent`, what was chosen; `asks_consent`, whether it asks for a choice."""
    kept = chosen()
    return {"consent": kept, "asks_consent": kept == UNDECIDED and optional}


def keep(response: Response, choice: str) -> None:
    settings: Settings = current_app.extensions["settings"]
    options: dict[str, Any] = {"secure": settings.secure, "httponly": True, "samesite": "Lax"}
    response.set_cookie(NAME, choice, max_age=LASTS, **options)
