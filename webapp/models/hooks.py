"""What hooks did, and which of their callbacks an operator has switched off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId


class HookFigure(HasId, Model):
    """Of one callback, or of a hook as such (`callback` is ""): all processes together, since `since`."""

    __tablename__ = "hook_figures"
    __table_args__ = (UniqueConstraint("hook", "callback", "priority"),)

    hook: Mapped[str] = mapped_column(String(80))
    callback: Mapped[str] = mapped_column(String(200), default="")
    priority: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    timed: Mapped[int] = mapped_column(default=0)  # of the calls
    microseconds: Mapped[int] = mapped_column(default=0)  # all timed calls together
    worst: Mapped[int] = mapped_column(default=0)  # microseconds
    errors: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_at: Mapped[datetime | None]
    since: Mapped[datetime] = mapped_column(default=lambda: clock.now())

    @property
    def mean(self) -> float | None:
        """Microseconds a call; None when none was timed."""
        return self.microseconds / self.timed if self.timed else None


class HookSwitch(HasId, Model):
    """An add-on or a callback that was switched off once; `off` says whether it still is."""

    __tablename__ = "hook_switches"

    subject: Mapped[str] = mapped_column(String(300), unique=True)
    off: Mapped[bool] = mapped_column(default=True)
