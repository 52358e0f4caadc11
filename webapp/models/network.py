"""What belongs to the whole installation: its own settings, and which chores ran when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp import clock
from webapp.extensions import Model


class Setting(Model):
    """One setting that the operator changed; the others have the defaults of `domain/network.py`."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class BrandFile(Model):
    """A picture of the operator's, in the database since any number of processes serve it and none keeps a disk."""

    __tablename__ = "brand_files"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)  # a hash of what is in it, and its kind
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class ClockSlot(Model):
    """The last turn of a scheduled chore. Whoever moves it on runs the turn, so any number of clocks run it once."""

    __tablename__ = "clock_slots"

    chore: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[datetime]
    taken_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
