"""Passkeys at the edge: options for the script, and the forms that it sends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import flash, jsonify, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp import clock
from webapp.blueprints import access
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import PasskeyForm
from webapp.blueprints.auth.routes import bp as auth
from webapp.blueprints.auth.routes import start_page
from webapp.blueprints.auth.security import actor, bp, proof_first
from webapp.blueprints.errors import settings_here
from webapp.blueprints.views import go_to, was_refused
from webapp.domain import customers, network, passkeys
from webapp.domain.passkeys import Challenge, Party
from webapp.errors import Invalid
from webapp.extensions import limiter
from webapp.transactions import unit_of_work

ASKED = "passkey"


def party() -> Party:
    address = urlsplit(settings_here().base_url)
    return Party(address.hostname or "", f"{address.scheme}://{address.netloc}", network.settings().name)


def ask(purpose: str, options: dict[str, Any]) -> ResponseReturnValue:
    """Remember what is to be signed, and for what."""
    session[ASKED] = {"for": purpose, "value": options["challenge"], "at": clock.now().timestamp()}
    return jsonify(options)


def asked(purpose: str) -> Challenge:
    """Raises Invalid when this browser was not asked, or for something else."""
    kept = session.pop(ASKED, None)
    if not kept or kept["for"] != purpose:
        raise passkeys.refused()
    return Challenge(kept["value"], kept["at"])


@auth.post("/login/passkey/options")
@limiter.limit("60 per minute")
def passkey_options() -> ResponseReturnValue:
    """Of the person whose password was right, when a second step is due; else the device finds the account."""
    found = signing.waiting()
    return ask("sign-in", passkeys.sign_in_options(party(), found[0].id if found else None))


@auth.post("/login/passkey")
@limiter.limit("20 per minute", deduct_when=was_refused)
def sign_in_with_passkey() -> ResponseReturnValue:
    """The device's lock is the second step already. No stranger's failures stand in its way."""
    form, found = PasskeyForm(), signing.waiting()
    only = found[0].id if found else None
    try:
        challenge = asked("sign-in")
        with unit_of_work("sign-in"):
            user_id = passkeys.accept(form.credential.data or "", challenge, party(), user_id=only).id
    except Invalid:
        flash(_("This passkey was not accepted. Try again, or use your password."), "error")
        return go_to(url_for("auth.ask_code" if found else "auth.sign_in"))
    user = customers.find_user(user_id)
    onward = found[1] if found else access.safe_next(form.next.data, start_page(user))
    signing.enter(user, counted=False)
    return go_to(onward)


@bp.post("/passkeys/options")
def new_passkey_options() -> ResponseReturnValue:
    if proof_first() is not None:
        return jsonify({"go_to": url_for(".show_proof", next=url_for(".show"))})
    return ask("register", passkeys.registration_options(customers.find_user(current_user.id), party()))


@bp.post("/passkeys")
def add_passkey() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    form, user_id, who = PasskeyForm(), current_user.id, actor()
    name = (form.name.data or "").strip()[:80] or signing.here().agent or _("Passkey")
    try:
        challenge = asked("register")
        with unit_of_work(who):
            user = customers.find_user(user_id)
            passkeys.add(user, form.credential.data or "", challenge, party(), name=name, where=signing.here())
    except Invalid:
        flash(_("The passkey was not added. Try again."), "error")
    else:
        flash(_("The passkey was added."), "success")
    return go_to(url_for(".show"))


@bp.post("/passkeys/<int:passkey_id>/remove")
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    user_id = current_user.id
    with unit_of_work(actor()):
        passkeys.remove(passkey_id, user_id, signing.here())
    flash(_("The passkey was removed."), "success")
    return go_to(url_for(".show"))
