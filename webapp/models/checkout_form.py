"""The operator's own order forms, and what visitors have typed into one so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes


class OrderForm(HasId, HasTimes, Model):
    """`live` is what buyers are shown; `draft` what is being worked at. Both are definitions as JSON.

    A form that was never published has no `live`. See domain/form_definitions.py for what is in them.
    """

    __tablename__ = "checkout_forms"

    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True)
    live: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class CheckoutDraft(HasId, HasTimes, Model):
    """What a visitor has typed into a form, for them to find it again; never a password. Known by a hash of its key."""

    __tablename__ = "checkout_drafts"
    __table_args__ = (UniqueConstraint("key_hash", "form"),)

    key_hash: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(60))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    email_key: Mapped[str] = mapped_column(String(254), default="", index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
