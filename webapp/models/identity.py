"""How a person proves who they are: sessions, links sent by mail, failed tries, and the history of all that."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId
from webapp.models.people import User

ACTING = text("acting_as_id IS NOT NULL")


class UserSession(HasId, Model):
    """One browser that is signed in. Its cookie holds a token; here is only the token's hash."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_acting", "acting_since", sqlite_where=ACTING, postgresql_where=ACTING),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    seen_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    proved_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())  # password or passkey was last shown
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45), default="")  # shortened: the network, not the person
    agent: Mapped[str] = mapped_column(String(120), default="")
    acting_as_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    acting_since: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class LinkPurpose(StrEnum):
    RESET = "reset"
    HANDED_OVER = "handed_over"  # the same, but it did not go through the mailbox
    INVITATION = "invitation"
    VERIFY = "verify"
    CHANGE_EMAIL = "change_email"


class OneTimeLink(HasId, Model):
    """A link that was mailed, or handed over. It dies with its use, its time, or a new password or address:
    `fingerprint`."""

    __tablename__ = "one_time_links"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254), default="")  # the new one, where the link is about one
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class ResetRequest(HasId, Model):
    """Somebody asked to reset the password of this address, known or not; a chore looks it up and mails."""

    __tablename__ = "reset_requests"

    email_key: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8))
    base_url: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)


class Throttle(HasId, Model):
    """Failed tries that count together: of one account, one address, one browser. `key` tells no names."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)


class SecurityEvent(HasId, Model):
    """Something about how a person signs in, for their own eyes."""

    __tablename__ = "security_events"
    __table_args__ = (Index("ix_security_events_user", "user_id", "id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(120), default="")


class TotpSecret(HasId, Model):
    """What an authenticator app and we share; encrypted. A step of time is accepted once."""

    __tablename__ = "totp_secrets"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(String(300))
    last_step: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class RecoveryCode(HasId, Model):
    """One of ten that stand in for a lost app, each once."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(HasId, Model):
    """A key pair of which a person's device or password manager keeps the secret half."""

    __tablename__ = "passkeys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)  # both in URL-safe base64
    public_key: Mapped[str] = mapped_column(String(4000))
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class SpentChallenge(HasId, Model):
    """What a passkey has signed once, so that the answer is worth nothing a second time."""

    __tablename__ = "spent_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)
