"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from flask import Blueprint, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, logout_user

from webapp.blueprints import access
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import CodeForm, SignInForm
from webapp.blueprints.auth.forms import refuse as refuse_field
from webapp.blueprints.auth.signing import begin_session
from webapp.blueprints.views import View, go_to, was_refused
from webapp.domain import acting, passkeys, sessions
from webapp.extensions import limiter
from webapp.models import User
from webapp.transactions import unit_of_work

__all__ = ["begin_session", "bp"]

bp = Blueprint("auth", __name__)
bp.before_request(access.public)
sign_in_view = View("auth/login.html")
code_view = View("auth/code.html")


def start_page(user: User) -> str:
    """Where somebody arrives who did not want to go anywhere else: their rooms, if they have any."""
    if user.is_operator:
        return url_for("admin.dashboard")
    return url_for("account.overview") if user.customer is not None else url_for("checkout.front")


@bp.get("/login")
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return go_to(access.safe_next(request.args.get("next"), start_page(current_user)))
    return sign_in_view.show(form=SignInForm(next=request.args.get("next", "")), errors=[])


@bp.post("/login")
@limiter.limit("20 per minute", deduct_when=was_refused)
def create_session() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return refuse(form, form.problems())
    user, wait = signing.try_password(form.email_address.data or "", form.password.data or "")
    if wait:
        return refuse(form, [("email_address", too_many(wait))], status=429)
    if user is None:
        sentence = _("E-mail address and password do not match. Check both, or reset your password.")
        return refuse(form, [("email_address", sentence)])
    onward = access.safe_next(form.next.data, start_page(user))
    if user.two_step_at is not None:
        signing.wait_for_code(user, onward)
        return go_to(url_for(".ask_code"))
    signing.enter(user)
    return go_to(onward)


@bp.get("/login/code")
def ask_code() -> ResponseReturnValue:
    found = signing.waiting()
    if found is None:
        return go_to(url_for(".sign_in"))
    return show_code(found[0], CodeForm())


def show_code(user: User, form: CodeForm, *, status: int = 200) -> ResponseReturnValue:
    """What was typed goes: the next code is another one."""
    form.code.data = ""
    return code_view.show(status=status, form=form, errors=form.problems(), has_passkeys=bool(passkeys.of(user.id)))


@bp.post("/login/code")
@limiter.limit("20 per minute", deduct_when=was_refused)
def take_code() -> ResponseReturnValue:
    """The second step. Its tries are counted for those who know the password, so no stranger delays the owner."""
    found, form = signing.waiting(), CodeForm()
    if found is None:
        flash(_("You were inactive for a while. Sign in again."), "info")
        return go_to(url_for(".sign_in"))
    if not form.validate():
        return show_code(found[0], form, status=422)
    user, onward = found
    wait = signing.try_code(user, form.code.data or "")
    if wait is None:
        return go_to(onward)
    unfit = _("This code does not fit, or was used already. Enter the newest one from your app, or a recovery code.")
    refuse_field(form.code, too_many(wait) if wait else unfit)
    return show_code(user, form, status=429 if wait else 422)


def refuse(form: SignInForm, errors: list[tuple[str, str]], *, status: int = 422) -> ResponseReturnValue:
    """The same words for an unknown address and a wrong password; the address stays, the password goes."""
    return sign_in_view.show(status=status, form=form, errors=errors)


def too_many(wait: timedelta) -> str:
    """Says nothing about whether there is such an account."""
    seconds = ceil(wait.total_seconds())
    if seconds <= 90:
        return ngettext(
            "Too many tries. Wait one second, or reset your password.",
            "Too many tries. Wait %(num)d seconds, or reset your password.",
            seconds,
        )
    return ngettext(
        "Too many tries. Wait one minute, or reset your password.",
        "Too many tries. Wait %(num)d minutes, or reset your password.",
        ceil(seconds / 60),
    )


@bp.post("/logout")
def end_session() -> ResponseReturnValue:
    """Out of this browser; a copy of its cookie is worth nothing afterwards."""
    if current_user.is_authenticated:
        own = signing.this_session()
        session_id, user_id = own.id, own.user_id
        with unit_of_work(f"user:{user_id}"):
            acting.end(session_id, acting.SIGNED_OUT)
            sessions.end(session_id, user_id)
    logout_user()
    session.clear()
    flash(_("You are signed out."), "success")
    return go_to(url_for("checkout.front"))
