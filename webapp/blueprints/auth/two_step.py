"""Setting up a code after the password. Until a first code is given nothing is kept."""

from __future__ import annotations

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp import encryption
from webapp.blueprints import qr
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import SetUpForm, refuse
from webapp.blueprints.auth.security import actor, bp, is_required, proof_first
from webapp.blueprints.views import View, go_to
from webapp.domain import customers, network, sessions, two_step
from webapp.errors import Conflict
from webapp.transactions import unit_of_work

set_up_view = View("auth/two_step.html")
codes_view = View("auth/recovery_codes.html")


@bp.get("/two-step")
def set_up_two_step() -> ResponseReturnValue:
    if current_user.two_step_at is not None:
        return go_to(url_for(".show"))
    return proof_first() or show(SetUpForm(), two_step.new_secret())


def show(form: SetUpForm, secret: str, *, status: int = 200) -> ResponseReturnValue:
    """The secret travels with the form, readable only to us and bound to this person."""
    form.setup.data = encryption.encrypt(f"{current_user.id}:{secret}")
    form.code.data = ""
    address = two_step.provisioning_address(secret, account=current_user.email, network=network.settings().name)
    return set_up_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        secret=secret,
        picture=qr.of_address(address),
        required=is_required(),
    )


def secret_of(form: SetUpForm) -> str:
    """The one that was shown to this person, or a new one."""
    owner, _colon, secret = (encryption.decrypt(form.setup.data or "") or "").partition(":")
    return secret if owner == str(current_user.id) and secret else two_step.new_secret()


@bp.post("/two-step")
def turn_on_two_step() -> ResponseReturnValue:
    """With the app's first code, so that nobody is shut out by a picture that did not scan."""
    if current_user.two_step_at is not None:
        raise Conflict()
    if (first := proof_first()) is not None:
        return first
    form = SetUpForm()
    secret, user_id = secret_of(form), current_user.id
    if not form.validate():
        return show(form, secret, status=422)
    with unit_of_work(actor()):
        codes = two_step.turn_on(customers.find_user(user_id), secret, form.code.data or "", signing.here())
    if codes is None:
        refuse(form.code, _("This code does not fit. Enter the newest one that the app shows."))
        return show(form, secret, status=422)
    return codes_view.show(codes=codes)


@bp.post("/two-step/codes")
def renew_codes() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    if current_user.two_step_at is None:
        raise Conflict()
    user_id = current_user.id
    with unit_of_work(actor()):
        codes = two_step.new_recovery_codes(user_id)
        sessions.note(user_id, "recovery_codes", signing.here())
    return codes_view.show(codes=codes)


@bp.post("/two-step/off")
def turn_off_two_step() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    if is_required():
        raise Conflict(_("This network asks its staff for two-step sign-in. It cannot be turned off."))
    user_id = current_user.id
    with unit_of_work(actor()):
        two_step.turn_off(customers.find_user(user_id), signing.here())
    flash(_("Two-step sign-in is off."), "success")
    return go_to(url_for(".show"))
