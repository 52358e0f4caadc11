"""For machines that watch: alive, and ready to work."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.blueprints import access
from webapp.blueprints.errors import settings
from webapp.domain import site_pages
from webapp.extensions import csrf, db, queue

bp = Blueprint("ops", __name__)
bp.before_request(access.public)
csrf.exempt(bp)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers; nothing else is asked."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database, Redis and a worker can be reached; 503 names the one that cannot."""
    checks = {"database": _database(), "redis": _redis(), "worker": _worker()}
    return jsonify(checks), 200 if all(checks.values()) else 503


@bp.get("/tls/ask")
def ask_about_tls() -> ResponseReturnValue:
    """For a server that fetches certificates when they are asked for, `?domain=`: 200 for a host of ours, else 404.

    Caddy asks so: https://caddyserver.com/docs/automatic-https#on-demand-tls
    """
    host, own = request.args.get("domain", "").lower().rstrip("."), settings()
    network = {own.network_domain, (urlsplit(own.base_url).hostname or "").lower()}
    good = host in network or site_pages.is_certified(host[:254], f".{own.network_domain}")
    return Response(status=200 if good else 404, mimetype="text/plain")


def _database() -> bool:
    try:
        return db.session.execute(text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        return False


def _redis() -> bool:
    try:
        return queue.url is not None and bool(queue.bell.ping())
    except (RedisError, OSError):
        return False


def _worker() -> bool:
    try:
        beat = queue.bell.get("parzelle:worker:beat") if queue.url else None
    except (RedisError, OSError):
        return False
    return beat is not None and time.time() - int(beat) < 90
