"""Refusals and failures as pages, as fragments, and in the API's error shape."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadHost, HTTPException

from webapp.blueprints.views import is_fragment_request
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.settings import Settings

log = logging.getLogger(__name__)
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
    return answer(error.status, error.code, error.message)


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


def answer(status: int, code: str, message: str) -> Response:
    if wants_json():
        shape: dict[str, Any] = {"code": code, "message": message or code, "data": {"status": status, "params": {}}}
        return make_response(jsonify(shape), status)
    if is_fragment_request():
        return make_response(message or str(status), status)
    page = status if status in PAGES else (500 if status >= 500 else 400)
    db.session.rollback()
    context = {"message": message, "reference": g.get("request_id"), "layout": layout()}
    return make_response(render_template(f"errors/{page}.html", **context), status)


def wants_json() -> bool:
    machine = request.path.startswith(("/api/", "/webhooks/", "/hooks/"))
    return machine or request.accept_mimetypes.best == "application/json"


def layout() -> str:
    """Visitors' and customers', unless the request was let in where pages have another frame (`g.layout`)."""
    return str(g.get("layout", "base.html"))
