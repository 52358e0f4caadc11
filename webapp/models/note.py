"""What the staff writes down about a row, for each other."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes
from webapp.models.people import Customer, User


class Note(HasId, HasTimes, Model):
    """Plain text about one row. It goes with the customer whose row it is: it may name them."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_object", "object_type", "object_id", "id"),)

    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    author: Mapped[User] = relationship()
    customer: Mapped[Customer] = relationship()

    @property
    def was_changed(self) -> bool:
        return self.version > 1
