"""Work on many rows that one of the staff asked for: the job, the rows it is about, and what an export wrote."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId
from webapp.models.people import User


class BulkStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"


class BulkOutcome(StrEnum):
    """Why a row was left as it is. Rows that were changed need no word: they are counted."""

    SKIPPED = "skipped"
    FAILED = "failed"


UNFINISHED = "status = 'waiting'"
WAITING = text(UNFINISHED)


class BulkJob(HasId, Model):
    """One action on the rows that were chosen, or their export. A worker takes it a slice at a time.

    `cursor` is the last of its items that was dealt with: whatever kills the worker, another goes on from there.
    """

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        Index("ix_bulk_jobs_due", "next_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_bulk_jobs_user", "user_id", "id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(40))
    noun: Mapped[str] = mapped_column(String(32))  # the table of its rows
    status: Mapped[BulkStatus] = mapped_column(default=BulkStatus.WAITING)
    locale: Mapped[str] = mapped_column(String(8), default="en")
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")  # why it stopped by itself
    lease: Mapped[str | None] = mapped_column(String(36))
    next_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())  # with a lease: when that runs out
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    seen_at: Mapped[datetime | None]  # when who asked for it looked at its end

    user: Mapped[User] = relationship()

    @property
    def handled(self) -> int:
        return self.done + self.skipped + self.failed

    @property
    def is_finished(self) -> bool:
        return self.status != BulkStatus.WAITING


class BulkItem(HasId, Model):
    """One row that a job is about, in the order of the list it was chosen from."""

    __tablename__ = "bulk_items"
    __table_args__ = (Index("ix_bulk_items_job", "job_id", "id"),)

    job_id: Mapped[int] = mapped_column(ForeignKey("bulk_jobs.id", ondelete="CASCADE"))
    object_id: Mapped[int]
    outcome: Mapped[BulkOutcome | None]
    name: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")


class ExportPart(HasId, Model):
    """A stretch of an export's file. In the database, so that any instance can hand it out."""

    __tablename__ = "export_parts"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    job_id: Mapped[int] = mapped_column(ForeignKey("bulk_jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
