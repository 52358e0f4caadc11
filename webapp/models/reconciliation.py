"""Comparisons with the gateways: when, how much was looked at, what was mended, and what could not be asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId


class Reconciliation(HasId, Model):
    """One run. `ended_at` is empty while it goes on, and stays so when its process was killed.

    `lines`: the differences and failures, each as flows/reconciling.py has them; no more than it keeps.
    `read_until`: by account, since when the next run has to ask what was taken and given back.
    """

    __tablename__ = "reconciliations"

    begun_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)
    ended_at: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(String(64))
    looked_at: Mapped[int] = mapped_column(default=0)
    repaired: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")  # the first of what failed
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    read_until: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
