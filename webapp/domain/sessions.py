"""Who is signed in where. A cookie is worth something only while its row here says so."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.domain import security_notices
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import SecurityEvent, User, UserSession

# Both longer than 20 hours, so that nobody needs a warning (WCAG 2.2.1); what was typed is kept by the form anyway.
IDLE_AT_MOST = timedelta(days=14)
LIFE_AT_MOST = timedelta(days=90)
STAFF_IDLE_AT_MOST = timedelta(hours=24)
STAFF_LIFE_AT_MOST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
PROOF_LASTS = timedelta(minutes=10)
BROWSERS = ("Edg/Edge", "OPR/Opera", "Firefox/Firefox", "Chrome/Chrome", "Safari/Safari")
SYSTEMS = ("iPhone/iPhone", "iPad/iPad", "Android/Android", "Windows/Windows", "Mac OS/macOS", "Linux/Linux")

# Every page of somebody who is signed in asks this: built once, for that takes as long as its answer.
BY_TOKEN = (
    select(UserSession)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.ended_at.is_(None))
    .options(joinedload(UserSession.user).joinedload(User.customer))
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as far as it is kept: a shortened address and the browser in words."""

    address: str = ""
    agent: str = ""


def origin(address: str | None, agent: str | None) -> Origin:
    return Origin(shortened(address or ""), in_words(agent or ""))


def shortened(address: str) -> str:
    """Without its last part: IPv4 to 24 bits, IPv6 to 48."""
    try:
        bits = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)
    except ValueError:
        return ""


def in_words(agent: str) -> str:
    """ "Firefox, Linux": names only, no version that would tell one person from another."""
    known = [found for table in (BROWSERS, SYSTEMS) if (found := _first(table, agent))]
    return ", ".join(known)


def _first(table: tuple[str, ...], agent: str) -> str:
    pairs = (entry.split("/") for entry in table)
    return next((name for sign, name in pairs if re.search(rf"\b{sign}", agent)), "")


def hashed(token: str) -> str:
    """Tokens are long and random, so one fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(user_id: int, where: Origin) -> str:
    """A new session; returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    db.session.add(UserSession(user_id=user_id, token_hash=hashed(token), address=where.address, agent=where.agent))
    return token


def find_by_token(token: str) -> UserSession | None:
    """The session of this cookie with its person and customer, in one statement; None when it is over."""
    found = db.session.scalars(BY_TOKEN, {"token_hash": hashed(token)}).one_or_none()
    return found if found is not None and is_alive(found) else None


def is_alive(session: UserSession) -> bool:
    now, staff = clock.now(), session.user.is_operator
    idle, life = (STAFF_IDLE_AT_MOST, STAFF_LIFE_AT_MOST) if staff else (IDLE_AT_MOST, LIFE_AT_MOST)
    may_sign_in = session.ended_at is None and session.user.disabled_at is None
    return may_sign_in and now - session.seen_at <= idle and now - session.created_at <= life


def needs_mark(session: UserSession) -> bool:
    return clock.now() - session.seen_at > SEEN_EVERY


def mark_seen(session_id: int) -> None:
    db.session.execute(
        update(UserSession).where(UserSession.id == session_id, UserSession.ended_at.is_(None)),
        {"seen_at": clock.now()},
    )


def is_proved(session: UserSession) -> bool:
    """Whether the person has shown within ten minutes that it is them: asked before security settings change."""
    return clock.now() - session.proved_at <= PROOF_LASTS


def prove(session_id: int) -> None:
    session = db.session.get_one(UserSession, session_id)
    session.proved_at = clock.now()


def open_sessions(user_id: int) -> list[UserSession]:
    """Newest first, without those whose time is over."""
    query = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .options(joinedload(UserSession.user))
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        .limit(100)
    )
    return [session for session in db.session.scalars(query) if is_alive(session)]


def end(session_id: int, user_id: int) -> None:
    """Sign one browser out. Somebody else's session is not found."""
    session = db.session.get(UserSession, session_id)
    if session is None or session.user_id != user_id:
        raise NotFound()
    session.ended_at = session.ended_at or clock.now()


def end_all(user_id: int, *, but: int | None = None) -> None:
    """Sign this person out everywhere; `but` keeps one session."""
    ended = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but is not None:
        ended = ended.where(UserSession.id != but)
    db.session.execute(ended.values(ended_at=clock.now()))


def forget_all(user_id: int) -> None:
    """As `end_all`, and nothing of where they were signed in is kept."""
    db.session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def note(user_id: int, kind: str, where: Origin) -> None:
    """Keep one fact for the person's own history, and write to them if it is one that they must hear of."""
    db.session.add(SecurityEvent(user_id=user_id, kind=kind, address=where.address, agent=where.agent))
    security_notices.tell(user_id, kind, where.address, where.agent)


def history(user_id: int, limit: int = 30) -> list[SecurityEvent]:
    query = select(SecurityEvent).where(SecurityEvent.user_id == user_id).order_by(SecurityEvent.id.desc())
    return list(db.session.scalars(query.limit(limit)))


def sweep() -> int:
    """Drop sessions that nobody can use any more; how many."""
    over = delete(UserSession).where(UserSession.created_at < clock.now() - LIFE_AT_MOST)
    return int(getattr(db.session.execute(over), "rowcount", 0))
