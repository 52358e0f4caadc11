"""What is written to people: each mail as it was worded, and the operator's own wording of a message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, beginning
from webapp.models.people import Customer, User


class MailStatus(StrEnum):
    """`kept`: there is no mail server, so it is only to be read here. `failed`: refused for good. `dead`: given up."""

    PENDING = "pending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"
    DEAD = "dead"


PENDING = "status = 'pending'"
WAITING = text(PENDING)
AGAIN = frozenset({MailStatus.PENDING})


class Mail(HasId, HasStatus[MailStatus], Model):
    """One message to one person, its words frozen when it was recorded. Message-ID and Date are the same in all tries.

    `secrets` holds, encrypted, what the words only name (a link that works once), until the mail is sent.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_due", "next_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_mails_status", "status", "id"),
        Index("ix_mails_kind", "kind", "id"),
        Index("ix_mails_customer", "customer_id", "id"),
        Index("ix_mails_user", "user_id", "id"),
        Index("ix_mails_to", "to_address", "id"),
        beginning("mails", "to_address"),
    )
    MOVES = {
        MailStatus.PENDING: frozenset({MailStatus.SENT, MailStatus.KEPT, MailStatus.FAILED, MailStatus.DEAD}),
        MailStatus.KEPT: AGAIN,
        MailStatus.FAILED: AGAIN,
        MailStatus.DEAD: AGAIN,
        MailStatus.SENT: frozenset(),
    }

    kind: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(8))
    to_address: Mapped[str] = mapped_column(String(254))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    secrets: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    once: Mapped[str | None] = mapped_column(String(120), unique=True)
    problem: Mapped[str] = mapped_column(String(300), default="")  # why the operator's own wording was not used
    status: Mapped[MailStatus] = mapped_column(default=MailStatus.PENDING)
    attempts_made: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())  # with a lease: when that runs out
    lease: Mapped[str | None] = mapped_column(String(36))
    last_error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    sent_at: Mapped[datetime | None]

    customer: Mapped[Customer | None] = relationship()
    user: Mapped[User | None] = relationship()


class MailText(HasId, Model):
    """How the operator words one kind of message in one language, instead of our file."""

    __tablename__ = "mail_texts"
    __table_args__ = (UniqueConstraint("kind", "locale"),)

    kind: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    based_on: Mapped[str] = mapped_column(String(64), default="")  # a hash of our text when it was saved; "": not known
    version: Mapped[int] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), onupdate=lambda: clock.now())

    __mapper_args__ = {"version_id_col": version}
