"""What all pages of the account share: the blueprint, its guard, whose pages they are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.account import frame
from webapp.domain import acting, customers
from webapp.models import Customer
from webapp.transactions import unit_of_work

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
    found = access.current_customer()
    assert found is not None  # the guard has let nobody else in
    return found


def actor() -> str:
    """Who changes something, as the rows' history keeps it."""
    acted_as = access.acted_as()
    return acting.actor(current_user, acted_as) if acted_as else f"customer:{customer().id}"


@bp.after_request
def note_acting(response: Response) -> Response:
    """What one of the staff changes as the customer is in the audit log, whatever it is."""
    acted_as = access.acted_as()
    if acted_as is not None and request.method == "POST" and response.status_code in (200, 204, 303):
        customer_id, what = acted_as.id, (request.endpoint or "").rpartition(".")[2]
        with unit_of_work(actor()):
            acting.note_change(customers.find(customer_id), what)
    return response
