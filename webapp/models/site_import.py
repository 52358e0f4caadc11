"""An export that waits to be put into a site."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes

if TYPE_CHECKING:
    from webapp.models.site import Site


class ImportStatus(StrEnum):
    """`running`: a worker has it in hand, or had when it was killed; then it is begun anew."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


S = ImportStatus
# Word for word the condition of the partial index, and of queries that it answers.
OPEN = "status IN ('waiting', 'running')"


class SiteImport(HasId, HasTimes, HasStatus[ImportStatus], Model):
    """`content` is the file as it came, gone as soon as it is in the site or refused."""

    __tablename__ = "site_imports"
    __table_args__ = (
        Index("uq_site_imports_open", "site_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_site_imports_created", "created_at", "id"),
    )
    MOVES = {
        S.WAITING: frozenset({S.RUNNING, S.FAILED}),
        S.RUNNING: frozenset({S.DONE, S.FAILED}),
        S.DONE: frozenset(),
        S.FAILED: frozenset(),
    }

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    actor: Mapped[str] = mapped_column(String(80))  # who sent it, in whose name it is put there
    by_staff: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(8), default="en")  # of the sentence that says why it failed
    size: Mapped[int]  # of the file, in bytes
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.WAITING)
    problem: Mapped[str] = mapped_column(String(300), default="")
    finished_at: Mapped[datetime | None]

    site: Mapped[Site] = relationship()

    @property
    def is_finished(self) -> bool:
        return self.status in (ImportStatus.DONE, ImportStatus.FAILED)
