"""The address a person signs in with: confirming it, and changing it."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import EmailChangeForm, refuse
from webapp.blueprints.auth.resets import later
from webapp.blueprints.auth.routes import bp as auth
from webapp.blueprints.auth.routes import start_page
from webapp.blueprints.auth.security import actor, bp, proof_first
from webapp.blueprints.errors import lead_on
from webapp.blueprints.views import View, go_to, was_refused
from webapp.domain import customers, email_addresses, one_time_links, throttles
from webapp.errors import Conflict, Gone
from webapp.extensions import limiter
from webapp.transactions import unit_of_work

confirm_view = View("auth/confirm_email.html")
change_view = View("auth/email.html")


# --- By a link that was mailed


@auth.get("/confirm-email/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    """Looking at it confirms nothing: programs that check mail look as well."""
    lead_on(url_for("account.overview"), _("Go to your account"))
    link = one_time_links.look(token, *email_addresses.CONFIRMING)
    if link is None:
        raise Gone()
    answer = confirm_view.show(email=link.email or link.user.email)
    answer.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return answer


@auth.post("/confirm-email/<token>")
@limiter.limit("20 per minute", deduct_when=was_refused)
def confirm(token: str) -> ResponseReturnValue:
    """Whoever has the link reads that mailbox; they need not be signed in here."""
    lead_on(url_for("account.overview"), _("Go to your account"))
    with unit_of_work("one-time link"):
        user_id = email_addresses.follow(token, signing.here()).id
    user = customers.find_user(user_id)
    flash(_("Your e-mail address %(email)s is confirmed.", email=user.email), "success")
    if current_user.is_authenticated and current_user.id == user_id:
        return go_to(url_for("account.overview") if user.customer is not None else start_page(user))
    return go_to(url_for("auth.sign_in"))


@bp.post("/email/confirmation")
def resend_confirmation() -> ResponseReturnValue:
    """The link to confirm an address that was given at the sign-up, once more."""
    customer = current_user.customer
    if customer is None or customer.is_verified:
        raise Conflict()
    customer_id, email = customer.id, customer.email
    with unit_of_work(actor()):
        wait = throttles.attempt("mail", str(current_user.id))
        if not wait:
            email_addresses.request_confirmation(customers.find(customer_id))
    flash(later(wait) if wait else _("We sent a link to %(email)s.", email=email), "warning" if wait else "success")
    return go_to(url_for(".show"))


# --- Another one


@bp.get("/email")
def show_email() -> ResponseReturnValue:
    return proof_first() or show(EmailChangeForm(formdata=None))


def show(form: EmailChangeForm, *, status: int = 200) -> Response:
    return change_view.show(status=status, form=form, errors=form.problems())


@bp.post("/email")
def change_email() -> ResponseReturnValue:
    """Nothing is changed by it yet; the answer does not tell whether the address is another account's."""
    if (first := proof_first()) is not None:
        return first
    form = EmailChangeForm()
    if not form.validate():
        return show(form, status=422)
    email = str(form.email_address.data)
    if email == current_user.email:
        refuse(form.email_address, _("This is the address that you have."))
        return show(form, status=422)
    send_link(email)
    return go_to(url_for(".show"))


def send_link(email: str) -> None:
    """To the new address; says in a notice what was done."""
    user_id = current_user.id
    with unit_of_work(actor()):
        wait = throttles.attempt("mail", str(user_id))
        if not wait:
            email_addresses.begin_change(customers.find_user(user_id), email, signing.here())
    said = later(wait) if wait else _("We sent a link to %(email)s. It works for a day.", email=email)
    flash(said, "warning" if wait else "success")


@bp.post("/email/link")
def resend_email_change() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    pending = email_addresses.pending_change(current_user.id)
    if pending is None:
        raise Conflict()
    send_link(pending)
    return go_to(url_for(".show"))


@bp.post("/email/undo")
def undo_email_change() -> ResponseReturnValue:
    user_id, email = current_user.id, current_user.email
    with unit_of_work(actor()):
        email_addresses.undo_change(user_id, signing.here())
    flash(_("You keep %(email)s.", email=email), "success")
    return go_to(url_for(".show"))
