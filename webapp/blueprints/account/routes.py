"""The customer's own pages: what they have, what it costs, and when it is charged."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.views import View
from webapp.domain import memberships

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(access.customers_only)
overview_view = View("account/overview.html")


@bp.get("/")
def overview() -> ResponseReturnValue:
    return overview_view.show(memberships=memberships.of_customer(current_user.customer.id))
