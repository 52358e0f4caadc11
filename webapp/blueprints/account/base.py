"""What all pages of the account share: the blueprint, its guard, whose pages they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.blueprints import access
from webapp.blueprints.account import frame
from webapp.domain import acting, customers
from webapp.models import Customer
from webapp.transactions import unit_of_work

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(access.customers_only)
bp.context_processor(frame.context)

HIGHEST_ID = 2**63 - 1
PER_PAGE = 25


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


def paged(rows_of: Callable[..., Sequence[Any]]) -> dict[str, Any]:
    """A page of the customer's own rows, the newest first: what the lists' templates take.

    `rows_of(customer_id, before=, limit=)`: rows older than the id `before`, which `?before=` names, or the newest.
    """
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    rows = rows_of(customer().id, before=before, limit=PER_PAGE + 1)
    here = str(request.endpoint)
    return {
        "rows": rows[:PER_PAGE],
        "older_url": url_for(here, before=rows[PER_PAGE - 1].id) if len(rows) > PER_PAGE else None,
        "newer_url": url_for(here) if before else None,
    }


@contextmanager
def changing() -> Iterator[Session]:
    """A unit of work of the customer's. What one of the staff changes in their place is in the audit log, with it."""
    acted_as = access.acted_as()
    customer_id, what = acted_as.id if acted_as else None, (request.endpoint or "").rpartition(".")[2]
    with unit_of_work(actor()) as session:
        yield session
        if customer_id is not None:
            acting.note_change(customers.find(customer_id), what)
