"""Who may see what. Each blueprint names its guard in one `before_request`; a test lists any without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.blueprints.views import go_to
from webapp.domain import network, staff
from webapp.domain.staff import Capability
from webapp.extensions import login

View = TypeVar("View", bound=Callable[..., Any])


def public() -> None:
    """Anybody."""


def operators_only() -> BaseResponse | None:
    """Operators; others are asked to sign in, or told that it is not theirs."""
    if not current_user.is_authenticated:
        return to_sign_in()
    if not current_user.is_operator:
        abort(403)
    return None


def needs(capability: Capability) -> Callable[[View], View]:
    """Say what a view asks of who opens it; `able_only` holds it, before the view is called."""

    def mark(view: View) -> View:
        vars(view)["needs"] = capability
        return view

    return mark


def need_of(view: Callable[..., Any]) -> Capability | None:
    """What `needs` said of it."""
    return vars(view).get("needs")


def able_only() -> None:
    """Staff whose role has what the view needs. A view that does not say so is nobody's."""
    view = current_app.view_functions[request.endpoint] if request.endpoint else None
    if view is not None and not may(need_of(view) or ""):
        abort(403)


def may(capability: str) -> bool:
    """Whether the signed-in person may do this; templates ask it to leave out what would be refused."""
    known = capability in set(Capability)
    return known and bool(current_user.is_authenticated) and staff.may(current_user, Capability(capability))


def two_step_first() -> BaseResponse | None:
    """Where the network asks it of its staff, nothing is done before a second step is set up."""
    if current_user.two_step_at is None and network.settings().staff_two_step:
        return go_to(url_for("security.set_up_two_step"))
    return None


def customers_only() -> BaseResponse | None:
    """Whoever buys here; others are asked to sign in, or told that it is not theirs."""
    if not current_user.is_authenticated:
        return to_sign_in()
    if current_user.customer is None:
        abort(403)
    return None


def signed_in_only() -> BaseResponse | None:
    """Whoever is signed in, customer or operator."""
    return None if current_user.is_authenticated else to_sign_in()


def to_sign_in() -> Response:
    """The sign-in page, with the way back."""
    path = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return go_to(url_for("auth.sign_in", next=path))


def safe_next(target: str | None, default: str) -> str:
    """A path on this host, or `default`: a link must not lead a person who just signed in elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target:
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def init_app(app: Flask) -> None:
    login.unauthorized_handler(to_sign_in)
    app.jinja_env.globals["may"] = may


def customer_id() -> int | None:
    """The signed-in person's customer, if they are one."""
    if not current_user.is_authenticated or current_user.customer is None:
        return None
    found: int = current_user.customer.id
    return found
