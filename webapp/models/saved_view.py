"""How one of the staff wants to look at a list."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes
from webapp.models.people import User


class SavedView(HasId, HasTimes, Model):
    """A list's filters, sort and columns under a name: `query` is what its address has after the question mark."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("ix_saved_views_noun", "noun", "owner_id"),)

    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    noun: Mapped[str] = mapped_column(String(40))  # of the list, as its address has it: `inbound-events`
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    shared: Mapped[bool] = mapped_column(default=False)
    is_default: Mapped[bool] = mapped_column(default=False)  # its owner's list begins with it

    owner: Mapped[User] = relationship()
