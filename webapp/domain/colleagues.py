"""The staff as people: inviting them, what role they have, taking their access away.

Nobody changes their own role or access, and who changes another's is an owner at that moment. So one owner is always
left, and nobody raises themself.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import audit, credentials, customers, mails, one_time_links, sessions
from webapp.domain.security_notices import locale_of
from webapp.domain.sessions import Origin
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import STAFF, LinkPurpose, Role, User

SHOWN_AT_MOST = 500


# -- looking ---------------------------------------------------------------------------------------------------------
def everyone() -> list[User]:
    """Those who may sign in first, by name."""
    query = select(User).where(User.role.in_(STAFF)).order_by(User.disabled_at.is_not(None), User.name, User.id)
    return list(db.session.scalars(query.limit(SHOWN_AT_MOST)))


def find(user_id: int) -> User:
    """Raises NotFound for who is none of the staff."""
    user = db.session.get(User, user_id)
    if user is None or user.role not in STAFF:
        raise NotFound()
    return user


def is_invited(user: User) -> bool:
    """They have not been here yet."""
    return user.last_login_at is None


# -- inviting --------------------------------------------------------------------------------------------------------
def invite(email: str, *, name: str, role: Role, by: int) -> tuple[User, str]:
    """A new colleague, and the path by which they choose a password, once. Raises Invalid, Conflict."""
    inviter = _owner(by)
    if role not in STAFF:
        raise Invalid(_("Choose a role."), field="role")
    if customers.user_by_email(email) is not None:
        raise _taken()
    try:
        user = customers.create_user(email, secrets.token_urlsafe(32), name, role)
    except Invalid:  # somebody signed up with it in this very moment
        raise _taken() from None
    user.locale = inviter.locale
    path = _write_invitation(user, inviter)
    audit.note(user, "staff.invite", before={}, after=described(user))
    return user, path


def _taken() -> Invalid:
    return Invalid(_("There is an account with this e-mail address already. Use another one."), field="email")


def invite_again(user_id: int, *, by: int) -> str:
    """A new link; the one before is worth nothing. Raises Conflict for who has been here."""
    inviter, user = _owner(by), _locked(user_id)
    if not is_invited(user) or user.disabled_at is not None:
        raise Conflict(_("This invitation is no longer open."))
    path = _write_invitation(user, inviter)
    audit.note(user, "staff.invite-again", before={}, after={"email": user.email})
    return path


def _write_invitation(user: User, inviter: User) -> str:
    path = f"/password/{one_time_links.make(user, LinkPurpose.INVITATION)}"
    values = {"name": user.name, "inviter": inviter.name or inviter.email, "link": mails.url(path)}
    mails.send("staff_invitation", to=user.email, locale=locale_of(user), user_id=user.id, values=values)
    return path


# -- changing --------------------------------------------------------------------------------------------------------
def change(user_id: int, *, name: str, role: Role, by: int) -> None:
    """Another name, or another role. Raises Invalid, Conflict, NotFound."""
    _owner(by)
    user = _locked(user_id)
    if role not in STAFF:
        raise Invalid(_("Choose a role."), field="role")
    if user.id == by and role != user.role:
        raise Conflict(_("Nobody changes their own role. Another owner can."))
    before = described(user)
    user.name, user.role = name, role
    _note(user, "staff.change", before)


def disable(user_id: int, *, by: int) -> None:
    """They are signed out, and no way in works any more. Nothing they did is lost."""
    _owner(by)
    user = _locked(user_id)
    if user.id == by:
        raise Conflict(_("Nobody takes away their own access. Another owner can."))
    if user.disabled_at is not None:
        return
    before = described(user)
    user.disabled_at = clock.now()
    sessions.end_all(user.id)
    for purpose in LinkPurpose:
        one_time_links.drop(user.id, purpose)
    _note(user, "staff.disable", before)


def enable(user_id: int, *, by: int) -> None:
    _owner(by)
    user = _locked(user_id)
    before = described(user)
    user.disabled_at = None
    _note(user, "staff.enable", before)


def end_sessions(user_id: int, *, by: int, where: Origin) -> None:
    """Signed out of every browser; they sign in again as always."""
    _owner(by)
    user = _locked(user_id)
    count = len(sessions.open_sessions(user.id))
    sessions.end_all(user.id)
    sessions.note(user.id, "sessions_ended", where)
    audit.note(user, "staff.end-sessions", before={"sessions": count}, after={"sessions": 0})


def remove_two_step(user_id: int, *, by: int, where: Origin) -> None:
    """Raises Conflict when there is none, and for one's own."""
    _owner(by)
    user = _locked(user_id)
    if user.id == by:
        raise Conflict(_("Turn off your own two-step sign-in under Security."))
    credentials.remove_two_step(user, where)
    audit.note(user, "staff.remove-two-step", before={"two_step": True}, after={"two_step": False})


def described(user: User) -> dict[str, Any]:
    """As the audit log keeps it."""
    disabled = user.disabled_at is not None
    return {"name": user.name, "email": user.email, "role": str(user.role), "disabled": disabled}


def _note(user: User, action: str, before: dict[str, Any]) -> None:
    after = described(user)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        old, new = {name: before[name] for name in changed}, {name: after[name] for name in changed}
        audit.note(user, action, before=old, after=new)


def _owner(by: int) -> User:
    """Who acts, if they are an owner now; nobody changes the owners until this unit ends."""
    query = select(User).where(User.role == Role.OWNER, User.disabled_at.is_(None)).order_by(User.id)
    locked = db.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    found = next((one for one in locked if one.id == by), None)
    if found is None:
        raise Conflict(_("You are no longer an owner."))
    return found


def _locked(user_id: int) -> User:
    """Nobody else changes them until this unit ends. Raises NotFound for who is none of the staff."""
    query = select(User).where(User.id == user_id, User.role.in_(STAFF)).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return found
