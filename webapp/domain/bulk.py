"""Work on many rows at once: what was chosen, how far it has come, and what became of the rows that were left.

Here the rows of a job are made, claimed and counted; `flows/bulk.py` works them off, a unit of work for each.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from webapp import clock, unit
from webapp.domain import audit
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db, dialect_name, queue
from webapp.models import BulkItem, BulkJob, BulkOutcome, BulkStatus, ExportPart, Role, User
from webapp.models.bulk import UNFINISHED

# More than this is not begun: whoever wants it narrows the list, and sees what comes of the first part.
AT_MOST = 100_000
LEASE = timedelta(seconds=60)
FILES_KEPT = timedelta(days=7)
JOBS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a job is about. `rows` selects ids in their order; `count`: how many were agreed to."""

    noun: str
    rows: Select[Any]
    count: int

    def __post_init__(self) -> None:
        if self.count > AT_MOST:
            sentence = ngettext("At most %(num)d row at once.", "At most %(num)d rows at once.", AT_MOST)
            raise Invalid(sentence, code="too_many")


def unseen(user: Any) -> Select[Any]:
    """What they asked for and has ended meanwhile, the newest first."""
    own = BulkJob.user_id == user.id, BulkJob.finished_at.is_not(None), BulkJob.seen_at.is_(None)
    return select(BulkJob).where(*own).order_by(BulkJob.id.desc())


def begin(user: User, action: str, chosen: Chosen, *, locale: str, options: Mapping[str, Any]) -> BulkJob:
    """Note which rows are meant, and ring for a worker. Raises Conflict when they are no longer as many."""
    work = unit.current()
    job = BulkJob(
        user_id=user.id,
        action=action,
        noun=chosen.noun,
        locale=locale,
        options=dict(options),
        total=chosen.count,
    )
    work.session.add(job)
    work.session.flush()
    if _note_rows(work.session, job, chosen.rows) != chosen.count:
        raise Conflict(_("The number has changed in the meantime. Look at it again."))
    audit.note(job, "jobs.start", before={}, after={"action": action, "rows": chosen.noun, "count": chosen.count})
    ring(work)
    return job


def _note_rows(session: Session, job: BulkJob, rows: Select[Any]) -> int:
    (row_id,) = rows.selected_columns
    wanted = rows.with_only_columns(literal(job.id), row_id)
    session.execute(insert(BulkItem).from_select(["job_id", "object_id"], wanted))
    noted = select(func.count()).select_from(BulkItem).where(BulkItem.job_id == job.id)
    return session.scalar(noted) or 0


def ring(work: unit.Unit) -> None:
    work.after_commit(partial(queue.ring_soon, "bulk"), once="bulk")


# -- working off -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Held:
    """A job in a worker's hand; `lease` proves that the worker still holds it."""

    id: int
    lease: str
    user_id: int


def _due() -> tuple[ColumnElement[bool] | TextClause, ...]:
    """Word for word the condition of the index: with a bound value no database knows that it may use it."""
    return text(f"bulk_jobs.{UNFINISHED}"), BulkJob.next_at <= clock.now()


def count_due() -> int:
    return db.session.scalar(select(func.count()).select_from(BulkJob).where(*_due())) or 0


def claim(session: Session) -> Held | None:
    """Take the job that nobody has worked on for longest; if the worker is lost, it is due again after a minute."""
    first = select(BulkJob.id).where(*_due()).order_by(BulkJob.next_at, BulkJob.id).limit(1)
    if dialect_name() == "postgresql":
        first = first.with_for_update(skip_locked=True)
    lease = str(uuid.uuid4())
    taken = session.execute(
        update(BulkJob)
        .where(BulkJob.id == first.scalar_subquery(), *_due())
        .values(lease=lease, next_at=clock.now() + LEASE)
        .returning(BulkJob.id, BulkJob.user_id)
        .execution_options(synchronize_session=False)
    ).first()
    return None if taken is None else Held(taken.id, lease, taken.user_id)


def holding(session: Session, held: Held) -> BulkJob | None:
    """The job, for as long as this worker has it and nobody has stopped it; and it has it for a minute more."""
    job = session.get(BulkJob, held.id, with_for_update=True, populate_existing=True)
    if job is None or job.lease != held.lease or job.is_finished:
        return None
    job.next_at = clock.now() + LEASE
    return job


def give_back(session: Session, held: Held) -> None:
    """Another job may have its turn first."""
    job = holding(session, held)
    if job is not None:
        job.lease, job.next_at = None, clock.now()
        ring(unit.current())


def next_items(session: Session, job: BulkJob, at_most: int) -> list[BulkItem]:
    query = select(BulkItem).where(BulkItem.job_id == job.id, BulkItem.id > job.cursor)
    return list(session.scalars(query.order_by(BulkItem.id).limit(at_most)))


def count_done(job: BulkJob, items: list[BulkItem]) -> None:
    job.done += len(items)
    job.cursor = items[-1].id


def leave(job: BulkJob, item: BulkItem, outcome: BulkOutcome, *, name: str, reason: str) -> None:
    """The row stays as it was, and the job says why."""
    item.outcome, item.name, item.reason = outcome, name[:200], reason[:300]
    if outcome == BulkOutcome.SKIPPED:
        job.skipped += 1
    else:
        job.failed += 1
    job.cursor = item.id


def finish(job: BulkJob, status: BulkStatus = BulkStatus.DONE, *, problem: str = "") -> None:
    job.status, job.lease, job.finished_at = status, None, clock.now()
    job.problem = problem[:300]


# -- for those who asked ---------------------------------------------------------------------------------------------
def find(job_id: int, user: User, **how: Any) -> BulkJob:
    """One's own; owners see everybody's. Raises NotFound."""
    job = db.session.get(BulkJob, job_id, **how)
    if job is None or (job.user_id != user.id and user.role != Role.OWNER):
        raise NotFound()
    return job


def stop(job_id: int, user: User) -> BulkJob:
    """What is done stays done, the rest is left. Raises Conflict when it has ended."""
    job = find(job_id, user, with_for_update=True, populate_existing=True)
    if job.is_finished:
        raise Conflict(_("This job has ended already."))
    finish(job, BulkStatus.STOPPED)
    return job


def file_is_there(job: BulkJob) -> bool:
    ended = job.finished_at
    return job.status == BulkStatus.DONE and ended is not None and clock.now() < ended + FILES_KEPT


def part(job_id: int, number: int) -> str | None:
    """A stretch of an export's file; None beyond the last."""
    query = select(ExportPart.text).where(ExportPart.job_id == job_id, ExportPart.number == number)
    return db.session.scalar(query)


def sweep(limit: int = 100) -> int:
    """Forget files after a week and jobs after a month; how many jobs that were."""
    now = clock.now()
    expired = select(BulkJob.id).where(BulkJob.finished_at < now - FILES_KEPT)
    session = unit.current().session
    session.execute(delete(ExportPart).where(ExportPart.job_id.in_(expired)))
    old = select(BulkJob.id).where(BulkJob.finished_at < now - JOBS_KEPT).order_by(BulkJob.finished_at).limit(limit)
    ids = session.scalars(old).all()
    for kind in (BulkItem, ExportPart):
        session.execute(delete(kind).where(kind.job_id.in_(ids)))
    session.execute(delete(BulkJob).where(BulkJob.id.in_(ids)))
    return len(ids)
