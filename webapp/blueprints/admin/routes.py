"""The network admin: what happened, and what an operator can do about it."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints import access
from webapp.blueprints.views import go_to

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(access.operators_only)


@bp.get("/")
def dashboard() -> ResponseReturnValue:
    return go_to(url_for("admin.list_customers"))
