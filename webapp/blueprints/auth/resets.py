"""A forgotten password: whoever asks is told the same in the same time, whether there is such an account or not."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from flask import request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from wtforms import ValidationError

from webapp.blueprints.auth.forms import ForgottenForm
from webapp.blueprints.auth.routes import bp
from webapp.blueprints.checkout.forms import check_email
from webapp.blueprints.errors import settings_here
from webapp.blueprints.views import View, go_to
from webapp.domain import email_addresses, throttles
from webapp.extensions import limiter
from webapp.transactions import unit_of_work

reset_view = View("auth/reset.html")
SENT_TO = "reset_sent_to"


@bp.get("/password")
def ask_for_reset() -> ResponseReturnValue:
    return reset_view.show(form=ForgottenForm(), errors=[], sent_to=session.pop(SENT_TO, None))


@bp.post("/password")
@limiter.limit("60 per hour")
def create_reset() -> ResponseReturnValue:
    """One row, for every address; a worker looks whose it is."""
    form = ForgottenForm()
    if not form.validate() or is_no_address(form):
        return refuse(form, form.problems())
    email = (form.email_address.data or "").strip()
    wait = ask(email)
    if wait:
        return refuse(form, [("email_address", later(wait))], status=429)
    session[SENT_TO] = email
    return go_to(url_for(".ask_for_reset"))


def ask(email: str) -> timedelta:
    """Note it, unless it was asked for too often; then how long to wait. Nothing tells whether it is an account's."""
    settings, locale = settings_here(), str(get_locale() or "en")
    with unit_of_work("reset"):
        where = throttles.attempt("mails", f"address:{request.remote_addr}")
        wait = where or throttles.attempt("reset", email.lower())
        if not wait:
            email_addresses.request_reset(email, locale=locale, base_url=settings.base_url)
    return wait


def later(wait: timedelta) -> str:
    """For whoever has asked for a mail again and again."""
    return ngettext(
        "You have asked for several links. Look into your mailbox, or wait one minute.",
        "You have asked for several links. Look into your mailbox, or wait %(num)d minutes.",
        ceil(wait.total_seconds() / 60),
    )


def is_no_address(form: ForgottenForm) -> bool:
    try:
        check_email((form.email_address.data or "").strip())
    except ValidationError as error:
        form.email_address.errors = [str(error)]
    return bool(form.email_address.errors)


def refuse(form: ForgottenForm, errors: list[tuple[str, str]], *, status: int = 422) -> ResponseReturnValue:
    return reset_view.show(status=status, form=form, errors=errors, sent_to=None)
