"""Links that are mailed or handed over: good once, for a while, and while nothing else about the person changes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update

from webapp import clock
from webapp.domain.sessions import hashed
from webapp.extensions import db
from webapp.models import LinkPurpose, OneTimeLink, User

LASTS = {
    LinkPurpose.RESET: timedelta(minutes=30),
    LinkPurpose.HANDED_OVER: timedelta(minutes=30),
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.VERIFY: timedelta(days=7),
    LinkPurpose.CHANGE_EMAIL: timedelta(days=1),
}


def fingerprint(user: User) -> str:
    """Changes with the password and the address, and with it dies every link that was made before."""
    return hashlib.sha256(f"{user.password_hash}\n{user.email_key}".encode()).hexdigest()


def make(user: User, purpose: LinkPurpose, *, email: str = "") -> str:
    """A new link's token; earlier links for the same purpose are worth nothing from now on."""
    drop(user.id, purpose)
    token = secrets.token_urlsafe(32)
    link = OneTimeLink(user_id=user.id, purpose=purpose, token_hash=hashed(token), fingerprint=fingerprint(user))
    link.email, link.expires_at = email, clock.now() + LASTS[purpose]
    db.session.add(link)
    return token


def drop(user_id: int, purpose: LinkPurpose) -> None:
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.purpose == purpose))


def look(token: str, *purposes: LinkPurpose) -> OneTimeLink | None:
    """The link, while it is good; looking does not use it up, since programs that read mail look too."""
    query = select(OneTimeLink).where(OneTimeLink.token_hash == hashed(token), OneTimeLink.purpose.in_(purposes))
    link = db.session.scalars(query).one_or_none()
    if link is None or link.used_at is not None or link.expires_at <= clock.now():
        return None
    good = link.fingerprint == fingerprint(link.user) and link.user.disabled_at is None
    return link if good else None


def use(token: str, *purposes: LinkPurpose) -> OneTimeLink | None:
    """The link, used up by this; of two who come at once the second gets None."""
    link = look(token, *purposes)
    if link is None:
        return None
    mark = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
    used = db.session.execute(mark.values(used_at=clock.now()).returning(OneTimeLink.id)).scalar_one_or_none()
    return link if used is not None else None


def pending(user_id: int, purpose: LinkPurpose) -> OneTimeLink | None:
    """The newest that still waits to be followed."""
    query = select(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.purpose == purpose)
    waiting = query.where(OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > clock.now())
    return db.session.scalars(waiting.order_by(OneTimeLink.id.desc()).limit(1)).one_or_none()


def sweep() -> int:
    """Drop what has been over for a day; how many."""
    over = delete(OneTimeLink).where(OneTimeLink.expires_at < clock.now() - timedelta(days=1))
    return int(getattr(db.session.execute(over), "rowcount", 0))
