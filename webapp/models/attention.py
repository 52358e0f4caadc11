"""Who of the staff looks after what needs a person, and who wants to be told of it every day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId
from webapp.models.people import User


class AttentionMark(HasId, Model):
    """What the staff noted on one item: who takes care of it, or since when it is put aside.

    `source` and `object_id` name the item (domain/attention_sources.py). Its row goes when the item is no more.
    """

    __tablename__ = "attention_marks"
    __table_args__ = (UniqueConstraint("source", "object_id"),)

    source: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    taken_at: Mapped[datetime | None]
    aside_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()


class AttentionDigest(HasId, Model):
    """One of the staff wants a mail a day with what is open, from this hour (UTC) on."""

    __tablename__ = "attention_digests"
    __table_args__ = (Index("ix_attention_digests_due", "hour", "sent_on"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    hour: Mapped[int]
    sent_on: Mapped[date] = mapped_column(Date)  # the last day that is dealt with, whether there was something or not

    user: Mapped[User] = relationship()
