"""Cookies: the choice on each page while none was made, and the settings behind it (§ 25 TDDDG)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.cookies import choice
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import customers, network
from webapp.extensions import csrf
from webapp.transactions import unit_of_work

bp = Blueprint("cookies", __name__)
bp.before_request(access.public)
settings_view = View("cookies/settings.html")


@bp.get("/cookies")
def show_settings() -> ResponseReturnValue:
    """Which there are, what for, and the choice: as easily taken back as given."""
    return settings_view.show(optional=choice.is_optional_used(network.settings()), asks_consent=False)


# Its form stands on pages that are written once for all readers, and whoever has no session must not get one by it.
# So it takes no token, and looks where the request comes from instead.
@csrf.exempt
@bp.post("/cookies")
def choose() -> ResponseReturnValue:
    """`all` or `none`, by the buttons of each page; from the settings what is ticked there."""
    if not comes_from_here():
        abort(400)
    wanted = request.form.get("choice") == "all" or bool(request.form.get("statistics"))
    if not wanted:
        take_back()
    response = answer()
    choice.keep(response, choice.STATISTICS if wanted else choice.NOTHING)
    return response


def answer() -> Response:
    if is_fragment_request():
        return make_response(render_template("cookies/_chosen.html"))
    if request.form.get("from") == "settings":
        flash(_("Changes saved."), "success")
        return go_to(url_for(".show_settings"))
    return go_to(access.page_before())


def comes_from_here() -> bool:
    """Browsers say so by one header or the other; what is no browser harms nobody but itself."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def take_back() -> None:
    """Who is signed in and consented with an order is not counted any more from now on."""
    own = current_user.customer if current_user.is_authenticated else None
    if own is None or own.analytics_consent_at is None:
        return
    customer_id = own.id
    with unit_of_work(f"customer:{customer_id}"):
        customers.withdraw_statistics(customers.find(customer_id))
