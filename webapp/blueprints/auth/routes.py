"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from webapp.blueprints import access
from webapp.blueprints.auth.forms import SignInForm
from webapp.blueprints.language import choice
from webapp.blueprints.views import View, go_to, was_refused
from webapp.domain import customers
from webapp.extensions import limiter
from webapp.models import User
from webapp.transactions import unit_of_work

bp = Blueprint("auth", __name__)
bp.before_request(access.public)
sign_in_view = View("auth/login.html")


def begin_session(user: User) -> None:
    """A new session for this person; what an earlier one held is gone, but for the language."""
    locale = choice.of_session(user)
    session.clear()
    if locale is not None:
        choice.use(locale)
    login_user(user)
    session.permanent = True


def start_page(user: User) -> str:
    return url_for("admin.dashboard") if user.is_operator else url_for("checkout.front")


@bp.get("/login")
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return go_to(access.safe_next(request.args.get("next"), start_page(current_user)))
    return sign_in_view.show(form=SignInForm(next=request.args.get("next", "")), errors=[])


@bp.post("/login")
@limiter.limit("20 per minute", deduct_when=was_refused)
def create_session() -> ResponseReturnValue:
    form = SignInForm()
    user = customers.sign_in(form.email_address.data or "", form.password.data or "") if form.validate() else None
    if user is None:
        return refuse(form)
    user_id = user.id
    with unit_of_work("sign-in"):
        customers.note_sign_in(user_id)
    user = customers.find_user(user_id)
    begin_session(user)
    return go_to(access.safe_next(form.next.data, start_page(user)))


def refuse(form: SignInForm) -> ResponseReturnValue:
    """The same words for an unknown address and a wrong password; the address stays, the password goes."""
    errors = [(field.id, message) for field in form for message in field.errors]
    sentence = _("E-mail address and password do not match. Check both, or reset your password.")
    return sign_in_view.show(status=422, form=form, errors=errors or [("email_address", sentence)])


@bp.post("/logout")
def end_session() -> ResponseReturnValue:
    if current_user.is_authenticated:
        user_id = current_user.id
        with unit_of_work("sign-out"):
            customers.end_sessions(user_id)
    logout_user()
    session.clear()
    flash(_("You are signed out."), "success")
    return go_to(url_for("checkout.front"))
