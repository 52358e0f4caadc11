"""Who has had a trial."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId


class KnownBy(StrEnum):
    CUSTOMER = "customer"
    MAILBOX = "mailbox"
    CARD = "card"


class TrialClaim(HasId, Model):
    """A trial that somebody had, and one thing by which they are known again; unique, so that one of two gets it.

    `key` is a digest: it is recognised, and names nobody. So it stays when an account is deleted, or deleting it would
    be the way to the next trial.
    """

    __tablename__ = "trial_claims"
    __table_args__ = (Index("uq_trial_claims_key", "known_by", "key", unique=True),)

    known_by: Mapped[KnownBy]
    key: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
