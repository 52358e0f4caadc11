"""Jobs on many rows, from the choice to the last row: a unit of work for each, so that none is ever half done.

A worker takes a job for a slice of time, then the next one has its turn: a small one never waits for a large one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webapp.domain import bulk, exports, staff
from webapp.domain.bulk import Held
from webapp.domain.bulk_actions import ACTIONS, EXPORT, Skip, capability_of, name_of
from webapp.errors import Conflict, DomainError
from webapp.flows.relaying import stopping
from webapp.models import BulkItem, BulkJob, BulkOutcome, BulkStatus, ExportPart
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)

SLICE_SECONDS = 2.0
ROWS_A_PART = 500


def work_off() -> int:
    """Give every job that is due its slice, again and again, until nothing is due; how many slices that were."""
    slices = 0
    while not stopping.is_set():
        with unit_of_work("worker") as session:
            held = bulk.claim(session)
        if held is None:
            break
        work_on(held)
        slices += 1
    return slices


def work_on(held: Held, seconds: float = SLICE_SECONDS) -> None:
    """For so long, or until it is done, stopped, or somebody else's."""
    until = time.monotonic() + seconds
    while step(held):
        if time.monotonic() >= until or stopping.is_set():
            with unit_of_work("worker") as session:
                bulk.give_back(session, held)
            return


def step(held: Held) -> bool:
    """One row, or one part of a file; False when there is nothing more to do here."""
    try:
        with _unit(held) as (session, job):
            if job is None or not _goes_on(job):
                return False
            items = bulk.next_items(session, job, ROWS_A_PART if job.action == EXPORT else 1)
            if not items:
                bulk.finish(job)
            elif job.action == EXPORT:
                _write_part(session, job, items)
            else:
                _change(session, job, items[0])
                bulk.count_done(job, items)
            return not job.is_finished
    except OperationalError:  # not the row's fault: when the lease has run out, another try is made
        raise
    except Exception as error:
        _leave(held, error)
        return True


@contextmanager
def _unit(held: Held) -> Iterator[tuple[Session, BulkJob | None]]:
    """A unit in the name, and in the language, of who asked for the job."""
    with unit_of_work(_actor(held)) as session:
        job = bulk.holding(session, held)
        with force_locale(job.locale if job is not None else "en"):
            yield session, job


def _actor(held: Held) -> str:
    return f"operator:{held.user_id}"


def _goes_on(job: BulkJob) -> bool:
    """Whether who asked for it still may."""
    if staff.may(job.user, capability_of(job.action)):
        return True
    bulk.finish(job, BulkStatus.STOPPED, problem=_("Who asked for it may no longer do this."))
    return False


def _change(session: Session, job: BulkJob, item: BulkItem) -> None:
    action = ACTIONS[job.action]
    row = session.get(action.model, item.object_id, populate_existing=True)
    if row is None:
        raise Skip(_("It is no longer there."))
    action.do(session, row, job)


def _leave(held: Held, error: Exception) -> None:
    """The row's unit has left nothing behind; note why. An export without one of its parts is none."""
    with _unit(held) as (session, job):
        if job is None:
            return
        [item] = bulk.next_items(session, job, 1)
        reason = _reason(job, item, error)
        if job.action == EXPORT:
            bulk.finish(job, BulkStatus.STOPPED, problem=reason)
            return
        outcome = BulkOutcome.SKIPPED if isinstance(error, Skip) else BulkOutcome.FAILED
        bulk.leave(job, item, outcome, name=_name(session, job, item), reason=reason)


def _name(session: Session, job: BulkJob, item: BulkItem) -> str:
    row = session.get(ACTIONS[job.action].model, item.object_id)
    return str(item.object_id) if row is None else name_of(row)


def _reason(job: BulkJob, item: BulkItem, error: Exception) -> str:
    if isinstance(error, Skip | DomainError):
        return error.message if isinstance(error, DomainError) else str(error)
    if isinstance(error, StaleDataError):
        return Conflict().message
    reference = f"{job.id}-{item.id}"
    log.error("bulk.row_failed", exc_info=error, extra={"job": job.id, "reference": reference})
    return _("Something failed on our side; reference %(reference)s.", reference=reference)


def _write_part(session: Session, job: BulkJob, items: list[BulkItem]) -> None:
    """The next rows of an export; those that are gone are counted as skipped."""
    sheet, number = exports.SHEETS[job.noun], int(job.options.get("parts", 0))
    text, there = sheet.rows(session, [one.object_id for one in items])
    if number == 0:
        text = (exports.BOM if job.options.get("bom") else "") + sheet.header() + text
    session.add(ExportPart(job_id=job.id, number=number, text=text))
    job.options = {**job.options, "parts": number + 1}
    bulk.count_done(job, items)
    job.done -= len(items) - there
    job.skipped += len(items) - there
