"""What a person signs in with: a password, changed by themself or by a link that was mailed."""

from __future__ import annotations

from webapp.domain import customers, email_addresses, one_time_links, passkeys, sessions
from webapp.domain.sessions import Origin
from webapp.errors import Gone
from webapp.models import EmailVerification, LinkPurpose, OneTimeLink, User

BY_LINK = (LinkPurpose.RESET, LinkPurpose.INVITATION)


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
    if is_unproved(link.user):
        passkeys.remove_all(link.user_id, where)
    email_addresses.confirm(link.user)  # whoever has the link reads what is sent there
    return link.user


def is_unproved(user: User) -> bool:
    """A customer of whom nobody knows whether the address was ever theirs: whoever signed up with it may have been
    somebody else, and must not stay in by a passkey when its owner takes the account over."""
    return user.customer is not None and user.customer.email_verification != EmailVerification.VERIFIED


def link_for_password(token: str) -> OneTimeLink | None:
    return one_time_links.look(token, *BY_LINK)


def change_password(user_id: int, password_hash: str, where: Origin, *, keep: int) -> None:
    set_password(customers.find_user(user_id), password_hash, where, keep=keep)
