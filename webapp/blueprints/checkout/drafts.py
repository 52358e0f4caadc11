"""What a visitor has typed is kept on the server; their browser has only its random key, and only once they typed."""

from __future__ import annotations

import secrets
from typing import Any

from flask import after_this_request, current_app, request

from webapp.blueprints import access
from webapp.blueprints.checkout import named_prices
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.domain import checkout_drafts
from webapp.settings import Settings
from webapp.transactions import unit_of_work

NAME = "checkout_draft"


def key() -> str:
    """Empty for a visitor of whom nothing is kept."""
    found = request.cookies.get(NAME, "")
    return found if 20 <= len(found) <= 64 else ""


def kept(form: str) -> dict[str, Any]:
    return checkout_drafts.find(key(), form, access.customer_id()) if key() else {}


def keep(form: CheckoutForm) -> None:
    """As the form was sent, with what it does not know as fields of its own."""
    own = key() or secrets.token_urlsafe(24)
    amounts = {name: value for name, value in request.form.items() if named_prices.is_given({name: value})}
    with unit_of_work("checkout"):
        checkout_drafts.keep(own, form.shape.slug, {**amounts, **form.remembered()}, access.customer_id())
    settings: Settings = current_app.extensions["settings"]
    age = checkout_drafts.KEPT

    @after_this_request
    def remember(response: Any) -> Any:
        response.set_cookie(NAME, own, max_age=age, httponly=True, samesite="Lax", secure=settings.secure)
        return response


def forget() -> None:
    """The order is placed."""
    own = key()
    if not own:
        return
    with unit_of_work("checkout"):
        checkout_drafts.forget(own)

    @after_this_request
    def drop(response: Any) -> Any:
        response.delete_cookie(NAME)
        return response
