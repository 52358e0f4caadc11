"""A new password by a link: for who forgot theirs, and for staff who were invited and have none yet."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import NewPasswordForm
from webapp.blueprints.auth.routes import bp
from webapp.blueprints.errors import lead_on
from webapp.blueprints.views import View, go_to, was_refused
from webapp.domain import credentials, passwords
from webapp.errors import Gone
from webapp.extensions import limiter
from webapp.models import OneTimeLink
from webapp.transactions import unit_of_work

new_password_view = View("auth/new_password.html")


@bp.get("/password/<token>")
def show_new_password(token: str) -> ResponseReturnValue:
    """Looking at it does not use it up: programs that check mail look as well."""
    return show(good_link(token), NewPasswordForm())


@bp.post("/password/<token>")
@limiter.limit("20 per minute", deduct_when=was_refused)
def set_new_password(token: str) -> ResponseReturnValue:
    """Ends every session of the account; whoever it is then signs in as always, second step included."""
    link, form = good_link(token), NewPasswordForm()
    if not form.validate():
        return show(link, form, status=422)
    hashed = passwords.hash_password(form.new_password.data or "")
    with unit_of_work("one-time link"):
        credentials.follow_link(token, hashed, signing.here())
    flash(_("Your new password is saved. Sign in with it."), "success")
    return go_to(url_for(".sign_in"))


def good_link(token: str) -> OneTimeLink:
    lead_on(url_for(".ask_for_reset"), _("Ask for a new link"))
    link = credentials.link_for_password(token)
    if link is None:
        raise Gone()
    return link


def show(link: OneTimeLink, form: NewPasswordForm, *, status: int = 200) -> Response:
    """Kept by no cache and told to no other page: the address is a key."""
    answer = new_password_view.show(status=status, form=form, errors=form.problems(), email=link.user.email)
    answer.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return answer
