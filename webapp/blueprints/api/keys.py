"""The guard of the API: a key by HTTP Basic, what it may do, and how often. No cookie is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Flask, current_app, g, request
from flask_babel import gettext as _

from webapp.blueprints.api import limits
from webapp.blueprints.api.refusals import MissingScope, Unauthorized
from webapp.domain import api_keys
from webapp.models import ApiKey
from webapp.transactions import unit_of_work

KEY = re.compile(r"[!-~]{1,40}")  # what can be one; a database takes not every sign


def key_holders_only() -> None:
    """Whoever shows a key that is good and may do this. Raises Unauthorized, MissingScope, TooManyRequests."""
    limits.count_address()
    key = authenticated()
    limits.count_key(key.id)
    g.api_key_id, g.api_key_scopes, g.actor = key.id, tuple(key.scopes), api_keys.actor(key)
    need(scopes_of(current_app, request.endpoint))
    if not api_keys.is_noted(key):
        with unit_of_work(g.actor):
            api_keys.note_use(g.api_key_id)


def need(*each: Sequence[str]) -> None:
    """The key of this request has one scope of each of these groups. Raises MissingScope, naming what is missing."""
    for wanted in each:
        if not api_keys.may(g.api_key_scopes, wanted):
            raise MissingScope(_("This key lacks the scope %(scope)s.", scope=wanted[0]))


def scopes_of(app: Flask, endpoint: str | None) -> tuple[str, ...]:
    """Of which a key needs one."""
    view = app.view_functions[endpoint] if endpoint else None
    scopes: tuple[str, ...] = vars(view)["scopes"] if view is not None else ()
    return scopes


def authenticated() -> ApiKey:
    """The key of this request. Raises Unauthorized, TooManyRequests."""
    shown = request.authorization
    if shown is None or shown.type != "basic" or not KEY.fullmatch(shown.username or ""):
        raise Unauthorized()
    key = api_keys.known(shown.username or "", shown.password or "")
    if key is None:
        limits.count_wrong_key()
        raise Unauthorized(_("This API key or its secret is not valid."))
    return key
