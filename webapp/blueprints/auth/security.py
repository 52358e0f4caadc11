"""How I sign in, for whoever is signed in: password, browsers, and what happened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.account import frame as account_frame
from webapp.blueprints.admin.base import navigation
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import ChangePasswordForm, PasskeyForm, ProofForm, refuse
from webapp.blueprints.auth.routes import too_many
from webapp.blueprints.views import View, go_to
from webapp.domain import credentials, email_addresses, network, passkeys, passwords, sessions, throttles, two_step
from webapp.transactions import unit_of_work

bp = Blueprint("security", __name__, url_prefix="/account/security")
bp.before_request(access.signed_in_only)
bp.before_request(access.not_acting)

overview_view = View("auth/security.html")
password_view = View("auth/password.html")
proof_view = View("auth/proof.html")

EVENTS = {
    "sign_in": (_l("Signed in"), ""),
    "failures": (_l("Wrong passwords were tried before this sign-in"), "warning"),
    "two_step_on": (_l("Two-step sign-in turned on"), "success"),
    "two_step_off": (_l("Two-step sign-in turned off"), "warning"),
    "two_step_removed": (_l("Two-step sign-in removed by the staff"), "warning"),
    "recovery_code": (_l("Signed in with a recovery code"), "warning"),
    "recovery_codes": (_l("New recovery codes made"), ""),
    "passkey_added": (_l("Passkey added"), "success"),
    "passkey_removed": (_l("Passkey removed"), "warning"),
    "password_changed": (_l("Password changed"), "success"),
    "session_ended": (_l("A browser was signed out"), ""),
    "email_change_asked": (_l("A new e-mail address was asked for"), "warning"),
    "email_change_undone": (_l("The change of the e-mail address was undone"), ""),
    "email_changed": (_l("The e-mail address was changed"), "warning"),
    "sessions_ended": (_l("All other browsers were signed out"), ""),
}


@bp.before_request
def keep_the_frame() -> None:
    if current_user.is_authenticated and current_user.is_operator:
        g.layout = "base_admin.html"


@bp.context_processor
def frame() -> dict[str, Any]:
    """Operators keep their rooms around these pages, customers theirs."""
    if not current_user.is_authenticated:
        return {"frame": "base.html"}
    if not current_user.is_operator:
        return {"frame": "base_account.html", **account_frame.context()}
    return {"frame": "base_admin.html", "admin_nav": navigation(), "home_url": url_for("admin.dashboard")}


def actor() -> str:
    return f"{'operator' if current_user.is_operator else 'user'}:{current_user.id}"


def in_words(kind: str) -> tuple[str, str]:
    word, tone = EVENTS.get(kind, (kind, ""))
    return str(word), tone


@bp.get("")
def show() -> ResponseReturnValue:
    own = signing.this_session()
    entries = [
        {"when": event.at, "title": word, "tone": tone, "actor": ", ".join(filter(None, (event.agent, event.address)))}
        for event in sessions.history(own.user_id)
        for word, tone in [in_words(event.kind)]
    ]
    return overview_view.show(
        own=own,
        sessions=sessions.open_sessions(own.user_id),
        history=entries,
        codes_left=two_step.codes_left(own.user_id) if current_user.two_step_at else 0,
        required=is_required(),
        passkeys=passkeys.of(own.user_id),
        name_form=PasskeyForm(formdata=None),
        pending_email=email_addresses.pending_change(own.user_id),
    )


def is_required() -> bool:
    return current_user.is_operator and network.settings().staff_two_step


def proof_first(back: str = "") -> ResponseReturnValue | None:
    """Whoever sits at a browser that was left open must not change how people sign in. `back`: where a form was sent
    from, to send it again."""
    if sessions.is_proved(signing.this_session()):
        return None
    path = request.path if request.method == "GET" else back or url_for("security.show")
    return go_to(url_for("security.show_proof", next=path))


@bp.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one browser out. It notices with its next request."""
    user_id = current_user.id
    with unit_of_work(actor()):
        sessions.end(session_id, user_id)
        sessions.note(user_id, "session_ended", signing.here())
    flash(_("That browser is signed out."), "success")
    return go_to(url_for(".show"))


@bp.post("/sessions/end")
def end_other_sessions() -> ResponseReturnValue:
    own = signing.this_session()
    user_id, session_id = own.user_id, own.id
    with unit_of_work(actor()):
        sessions.end_all(user_id, but=session_id)
        sessions.note(user_id, "sessions_ended", signing.here())
    flash(_("All other browsers are signed out."), "success")
    return go_to(url_for(".show"))


@bp.get("/password")
def show_password() -> ResponseReturnValue:
    return password_view.show(form=ChangePasswordForm(), errors=[])


@bp.post("/password")
def change_password() -> ResponseReturnValue:
    """Every other browser is signed out by it."""
    form, status = ChangePasswordForm(), 422
    if form.validate():
        status = check_own_password(form)
    if form.problems():
        return password_view.show(status=status, form=form, errors=form.problems())
    own = signing.this_session()
    user_id, session_id, hashed = own.user_id, own.id, passwords.hash_password(form.new_password.data or "")
    with unit_of_work(actor()):
        credentials.change_password(user_id, hashed, signing.here(), keep=session_id)
    flash(_("Changes saved."), "success")
    return go_to(url_for(".show"))


def check_own_password(form: Any) -> int:
    """Whether `form.password` is theirs; a session that was left open must not be a place to guess."""
    user_id, stored = current_user.id, current_user.password_hash
    with unit_of_work(actor()):
        wait = throttles.attempt("proof", str(user_id))
    if wait:
        refuse(form.password, too_many(wait))
        return 429
    if not passwords.verify(stored, form.password.data or ""):
        refuse(form.password, _("This is not your password. Check it, or reset your password."))
        return 422
    with unit_of_work(actor()):
        throttles.succeed("proof", str(user_id))
    return 200


@bp.get("/proof")
def show_proof() -> ResponseReturnValue:
    return proof_view.show(form=ProofForm(next=request.args.get("next", "")), errors=[])


@bp.post("/proof")
def prove() -> ResponseReturnValue:
    """It is still you: good for ten minutes."""
    form, status = ProofForm(), 422
    if form.validate():
        status = check_own_password(form)
    if form.problems():
        return proof_view.show(status=status, form=form, errors=form.problems())
    session_id = signing.this_session().id
    with unit_of_work(actor()):
        sessions.prove(session_id)
    return go_to(access.safe_next(form.next.data, url_for(".show")))
