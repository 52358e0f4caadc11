"""Mails in a worker's hand: taken one at a time with a lease, and marked with what became of the try."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, TextClause, func, select, text, update
from sqlalchemy.orm import Session

from webapp import clock
from webapp.extensions import db, dialect_name
from webapp.models import Mail, MailStatus
from webapp.models.mail import PENDING

# Seconds to wait after the n-th failure; together a little over two days.
BACKOFF = (30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
ATTEMPTS_AT_MOST = len(BACKOFF) + 1
LEASE = timedelta(minutes=5)
ERROR_AT_MOST = 300


class Held(NamedTuple):
    """One mail in a worker's hand, as plain values; `lease` proves that the worker still holds it."""

    id: int
    lease: str
    attempts_made: int
    to_address: str
    locale: str
    subject: str
    text: str
    html: str
    secrets: str
    message_id: str
    created_at: datetime


def _due() -> tuple[ColumnElement[bool] | TextClause, ...]:
    """Word for word the condition of the index: with a bound value no database knows that it may use it."""
    return text(f"mails.{PENDING}"), Mail.next_at <= clock.now()


def count_due() -> int:
    return db.session.scalar(select(func.count()).select_from(Mail).where(*_due())) or 0


def claim(session: Session) -> Held | None:
    """Take the mail that has waited longest, for five minutes; of two workers only one gets it."""
    first = select(Mail.id).where(*_due()).order_by(Mail.next_at, Mail.id).limit(1)
    if dialect_name() == "postgresql":
        first = first.with_for_update(skip_locked=True)
    taken = session.execute(
        update(Mail)
        .where(Mail.id == first.scalar_subquery(), *_due())
        .values(lease=str(uuid.uuid4()), next_at=clock.now() + LEASE, attempts_made=Mail.attempts_made + 1)
        .returning(*(getattr(Mail, name) for name in Held._fields))
        .execution_options(synchronize_session=False)
    ).first()
    return None if taken is None else Held._make(taken)


def keep_due(session: Session) -> int:
    """There is no mail server: what is due is only to be read here; how many."""
    kept = update(Mail).where(*_due()).values(status=MailStatus.KEPT, lease=None)
    result = session.execute(kept.execution_options(synchronize_session=False))
    return int(getattr(result, "rowcount", 0))


def settle(session: Session, held: Held, outcome: MailStatus, error: str = "") -> MailStatus | None:
    """Note what became of a try; PENDING means that it shall be tried again. None when it is no longer ours."""
    mail = session.get(Mail, held.id, with_for_update=True, populate_existing=True)
    if mail is None or mail.lease != held.lease or mail.status != MailStatus.PENDING:
        return None
    mail.lease, mail.last_error = None, error[:ERROR_AT_MOST]
    if outcome is MailStatus.PENDING and held.attempts_made >= ATTEMPTS_AT_MOST:
        outcome = MailStatus.DEAD
    if outcome is MailStatus.PENDING:
        mail.next_at = clock.now() + delay(held.attempts_made)
        return outcome
    mail.move_to(outcome, reason=error or f"try {held.attempts_made}")
    if outcome is MailStatus.SENT:
        mail.sent_at, mail.secrets = clock.now(), ""
    return outcome


def delay(attempts_made: int) -> timedelta:
    """How long to wait after the n-th failure, with jitter."""
    base = BACKOFF[min(max(attempts_made, 1), len(BACKOFF)) - 1]
    return timedelta(seconds=base * random.uniform(0.8, 1.2))
