"""The operator's own wording of the pages that the law asks for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId


class LegalText(HasId, Model):
    """One version of one page in one language. Never changed: what held when somebody ordered can be read later."""

    __tablename__ = "legal_texts"
    __table_args__ = (UniqueConstraint("page", "locale", "version"),)

    page: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
