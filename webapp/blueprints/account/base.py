"""What all pages of the account share: the blueprint, its guard, whose pages they are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.account import frame
from webapp.models import Customer

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(access.customers_only)
bp.context_processor(frame.context)

HIGHEST_ID = 2**63 - 1


@bp.url_value_preprocessor
def no_row_beyond(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no column can hold names no row; the database would not even compare it."""
    if any(isinstance(value, int) and value > HIGHEST_ID for value in (values or {}).values()):
        abort(404)


def customer() -> Customer:
    """Whose pages these are."""
    found: Customer = current_user.customer
    return found


def actor() -> str:
    """Who changes something, as the rows' history keeps it."""
    return f"customer:{current_user.customer.id}"
