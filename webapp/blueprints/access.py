"""Who may see what. Each blueprint names its guard in one `before_request`; a test lists any without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from webapp.blueprints.views import go_to
from webapp.domain import acting, network, staff
from webapp.domain.staff import Capability
from webapp.errors import DomainError
from webapp.extensions import login
from webapp.models import Customer

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
    if current_customer() is None:
        abort(403)
    return None


def signed_in_only() -> BaseResponse | None:
    """Whoever is signed in, customer or operator."""
    return None if current_user.is_authenticated else to_sign_in()


def to_sign_in() -> Response:
    """The sign-in page, with the way back; after a form, to the page that it was on."""
    path = request.full_path.rstrip("?") if request.method == "GET" else page_before()
    return go_to(url_for("auth.sign_in", next=path))


def page_before() -> str:
    """The page that led here, as the browser tells, if it is ours and can be looked at; else the start page."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host or not can_be_shown(came_from.path):
        return "/"
    return safe_next(f"{came_from.path}?{came_from.query}".rstrip("?"), "/")


def can_be_shown(path: str) -> bool:
    """False for an address that only takes forms, and for the switch of the language."""
    try:
        endpoint, _arguments = current_app.url_map.bind(request.host).match(path, method="GET")
    except HTTPException:
        return False
    return bool(endpoint != "language.choose")


def safe_next(target: str | None, default: str) -> str:
    """A path on this host, or `default`: a link must not lead a person who just signed in elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target:
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def init_app(app: Flask) -> None:
    login.unauthorized_handler(to_sign_in)
    app.jinja_env.globals["may"] = may


# In the cookie of a browser in which one of the staff acts as a customer. It only says where to look: the session's row
# knows whom, and for how long.
ACTING = "acting"


def acted_as() -> Customer | None:
    """The customer as whom one of the staff acts in this browser. Costs nothing for everybody else."""
    if not session.get(ACTING) or not current_user.is_authenticated:
        return None
    if "acted_as" not in g:
        g.acted_as = acting.customer_of(g.user_session) if g.get("user_session") else None
    found: Customer | None = g.acted_as
    return found


def current_customer() -> Customer | None:
    """Whose account it is: the signed-in person's, or that of whom they act as."""
    if not current_user.is_authenticated:
        return None
    found: Customer | None = acted_as() or current_user.customer
    return found


def customer_id() -> int | None:
    """The number of whose account it is, if anybody's."""
    found = current_customer()
    return found.id if found is not None else None


def not_acting() -> None:
    """What is a person's own business is out of reach for who acts as them. Raises NotWhileActing."""
    if acted_as() is not None:
        raise NotWhileActing()


def no_order_while_acting() -> None:
    """Whoever acts as a customer may look at an order, and places and pays none in their name."""
    if request.method == "POST":
        not_acting()


class NotWhileActing(DomainError):
    code = "acting"
    status = 403
    sentence = _l("You are acting as a customer. This is for the customer alone; end acting to go on as yourself.")
