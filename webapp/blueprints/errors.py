"""Refusals and failures as pages, as fragments, and in the API's error shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadHost, HTTPException

from webapp.blueprints.language.choice import is_for_programs
from webapp.blueprints.views import is_fragment_request
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.settings import Settings

log = logging.getLogger(__name__)
# What a program is told where a page says it at more length.
SENTENCES: dict[int, LazyString] = {
    400: _l("This request cannot be understood."),
    404: _l("There is nothing at this address."),
    405: _l("This address does not take this method."),
    413: _l("This is too much for one request."),
    415: _l("Send JSON, with Content-Type: application/json."),
    429: _l("These were too many requests. Wait a moment."),
    500: _l("Something went wrong here. It was recorded."),
}
PAGES = {400, 403, 404, 409, 410, 413, 422, 429, 500, 503}


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def settings_here() -> Settings:
    """The settings, with the address the buyer came by. On a developer's machine the network has several names, and a
    session begun under one is unknown under another; anywhere else the address is the configured one, if there is."""
    own = settings()
    asked = urlsplit(request.host_url)
    nearby = own.development and asked.hostname in LOOPBACK and asked.port == urlsplit(own.base_url).port
    if nearby or own.address_is_guessed:
        return replace(own, base_url=request.host_url.rstrip("/"))
    return own


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(StaleDataError, slower)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(BadHost, no_host)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, failed)


def refused(error: DomainError) -> Response:
    response = answer(error.status, error.code, error.message, error.params)
    response.headers.update(error.headers)
    return response


def slower(_error: StaleDataError) -> Response:
    return refused(Conflict())


def stale_form(_error: CSRFError) -> Response:
    message = _("You were inactive for a while. Submit again; your entries are still here.")
    return answer(400, "csrf", message)


def no_host(_error: BadHost) -> Response:
    """No page can be made: its links need a host."""
    return make_response("Bad Request", 400, {"Content-Type": "text/plain"})


def http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = answer(status, error.name.lower().replace(" ", "_"), "")
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value
    return response


def failed(error: Exception) -> Response:
    """A bug: logged once, with the reference that the page shows."""
    db.session.rollback()
    log.error("request.failed", exc_info=error, extra={"request": g.get("request_id"), "path": request.path})
    if current_app.config["TESTING"]:
        raise error
    return answer(500, "internal_error", "")


def answer(status: int, code: str, message: str, params: Mapping[str, str] | None = None) -> Response:
    if wants_json():
        data = {"status": status, "params": dict(params or {})}
        shape: dict[str, Any] = {"code": code, "message": str(message or SENTENCES.get(status, code)), "data": data}
        return make_response(jsonify(shape), status)
    if is_fragment_request():
        return make_response(message or str(status), status)
    page = status if status in PAGES else (500 if status >= 500 else 400)
    db.session.rollback()
    own = {"message": message, "reference": g.get("request_id")}
    context = {**own, "layout": layout(), "way_on": g.get("way_on")}
    return make_response(render_template(f"errors/{page}.html", **context), status)


def wants_json() -> bool:
    machine = is_for_programs(request.path) or request.path.startswith(("/webhooks/", "/hooks/"))
    return machine or request.accept_mimetypes.best == "application/json"


def lead_on(url: str, label: str) -> None:
    """Where the page of a refusal leads to, should this request be refused."""
    g.way_on = {"url": url, "label": label}


def layout() -> str:
    """Visitors' and customers', unless the request was let in where pages have another frame (`g.layout`)."""
    return str(g.get("layout", "base.html"))
