"""What a person signs in with: a password, changed by themself or by a link; and whose the rest of it is."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from webapp.domain import customers, email_addresses, one_time_links, passkeys, sessions, two_step
from webapp.domain.sessions import Origin
from webapp.errors import Conflict, Gone
from webapp.extensions import db
from webapp.models import EmailVerification, LinkPurpose, OneTimeLink, User

BY_LINK = (LinkPurpose.RESET, LinkPurpose.INVITATION, LinkPurpose.HANDED_OVER)


def set_password(user: User, password_hash: str, where: Origin, *, keep: int | None = None) -> None:
    """A new password: every link made before dies, and every session but `keep` ends."""
    user.password_hash = password_hash
    sessions.end_all(user.id, but=keep)
    sessions.note(user.id, "password_changed", where)


def follow_link(token: str, password_hash: str, where: Origin) -> User:
    """Set the password by a link. Raises Gone when it is not, or no longer, good."""
    link = one_time_links.use(token, *BY_LINK)
    if link is None:
        raise Gone()
    set_password(link.user, password_hash, where)
    if link.purpose is not LinkPurpose.HANDED_OVER:  # whoever has a mailed one reads what is sent to the address
        take_over(link.user, where)
    return link.user


def take_over(user: User, where: Origin) -> None:
    """The account is theirs whose address it is. What was set up before anybody had proven that goes: whoever signed up
    with another's address must neither stay in by a passkey nor lock its owner out by a second step."""
    for passkey in passkeys.of(user.id):
        if not was_proven(user, passkey.created_at):
            passkeys.remove(passkey.id, user.id, where)
    if user.two_step_at is not None and not was_proven(user, user.two_step_at):
        two_step.turn_off(user, where)
    email_addresses.confirm(user)


def was_proven(user: User, at: datetime) -> bool:
    """Whether it was known at that time that the address is a customer's own; that of staff always is."""
    if user.customer is None:
        return True
    since = user.customer.email_verified_at
    return user.customer.email_verification == EmailVerification.VERIFIED and (since is None or since <= at)


def remove_two_step(user: User, where: Origin) -> None:
    """For who has lost the app and the codes: the password is enough until they set it up anew. They are signed out
    everywhere, and told. Raises Conflict when there is none (any more)."""
    db.session.refresh(user, with_for_update=True)
    if user.two_step_at is None:
        raise Conflict(_("There is no two-step sign-in to remove."))
    two_step.forget(user.id)
    user.two_step_at = None
    sessions.end_all(user.id)
    sessions.note(user.id, "two_step_removed", where)


def link_for_password(token: str) -> OneTimeLink | None:
    return one_time_links.look(token, *BY_LINK)


def change_password(user_id: int, password_hash: str, where: Origin, *, keep: int) -> None:
    set_password(customers.find_user(user_id), password_hash, where, keep=keep)
