"""A mail a day with what needs a person, for those of the staff who want it; nothing open, no mail."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain import attention, mails
from webapp.domain.attention_sources import SOURCES
from webapp.domain.security_notices import locale_of
from webapp.models import AttentionDigest, User

KIND = "attention_digest"
HOURS = range(24)


def of(session: Session, user_id: int) -> AttentionDigest | None:
    """What this person wants; None: no mail."""
    return session.scalars(select(AttentionDigest).where(AttentionDigest.user_id == user_id)).one_or_none()


def choose(session: Session, user_id: int, hour: int | None) -> None:
    """From this hour on (UTC), or not at all. An hour that is over begins tomorrow. Raises ValueError for no hour."""
    if hour is not None and hour not in HOURS:
        raise ValueError("no hour of the day")
    wish = of(session, user_id)
    if hour is None:
        if wish is not None:
            session.delete(wish)
        return
    now = clock.now()
    dealt_with = now.date() if now.hour >= hour else now.date() - timedelta(days=1)
    if wish is None:
        session.add(AttentionDigest(user_id=user_id, hour=hour, sent_on=dealt_with))
    elif wish.hour != hour:
        wish.hour, wish.sent_on = hour, max(wish.sent_on, dealt_with)


def send_due(session: Session, limit: int = 50) -> int:
    """Write to those whose hour has come and who had none today; how many were dealt with. Oldest first."""
    now = clock.now()
    today = now.date()
    query = (
        select(AttentionDigest)
        .where(AttentionDigest.hour <= now.hour, AttentionDigest.sent_on < today)
        .order_by(AttentionDigest.hour, AttentionDigest.sent_on)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = session.scalars(query).all()
    for wish in due:
        wish.sent_on = today
        _tell(session, wish.user, today)
    return len(due)


def _tell(session: Session, user: User, today: date) -> None:
    open_now = attention.counts(session, user) if user.is_operator and user.disabled_at is None else {}
    if not open_now:
        return
    locale = locale_of(user)
    with force_locale(locale):
        lines = [f"{SOURCES[name].title}: {shown(number)}" for name, number in open_now.items()]
    mails.send(
        KIND,
        to=user.email,
        locale=locale,
        user_id=user.id,
        once=f"{KIND}-{user.id}-{today}",
        values={"name": user.name, "list": "\n".join(lines), "link": mails.url("/admin/attention")},
    )


def shown(number: int) -> str:
    """As it is counted: no further than is useful."""
    at_most = attention.COUNTED_AT_MOST
    return f"{at_most}+" if number > at_most else str(number)
