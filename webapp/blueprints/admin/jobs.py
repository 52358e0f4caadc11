"""Jobs on many rows: how far they have come, what became of the rows that were left, and the files of exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from flask import Flask, Response, flash, g, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.blueprints.access import may, needs
from webapp.blueprints.admin import filters, lists, searches
from webapp.blueprints.admin.arguments import page_of
from webapp.blueprints.admin.base import LAYOUT, actor, bp, has_job_news
from webapp.blueprints.admin.bulk_words import UNDO, WORDS, outcome_of, progress_of, title_of
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import newest
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import audit, bulk
from webapp.domain.bulk_actions import EXPORT, capability_of
from webapp.domain.staff import Capability
from webapp.errors import Conflict, Gone
from webapp.extensions import application, db
from webapp.models import BulkItem, BulkJob, BulkOutcome, BulkStatus, Role
from webapp.transactions import unit_of_work

LEFT_AT_MOST = 200
NEWS_AT_MOST = 3


def search(text: str) -> ColumnElement[bool]:
    """By number, or by the beginning of what was done."""
    return searches.any_of(
        BulkJob.id,
        select(BulkJob.id).where(searches.begins_with(BulkJob.action, text.lower())),
        *searches.by_number(BulkJob.id, text),
    )


def own() -> Sequence[ColumnElement[bool]]:
    return [] if current_user.role == Role.OWNER else [BulkJob.user_id == current_user.id]


JOBS = Listing(
    endpoint="admin.list_jobs",
    model=BulkJob,
    title=_l("Jobs"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("What is done")),
        Column(_l("Status")),
        Column(_l("Progress")),
        Column(_l("Who")),
        Column(_l("Created")),
    ),
    search=search,
    sorts={"id": BulkJob.id},
    filters=(filters.by_status(BulkJob.status, BulkStatus),),
    options=(joinedload(BulkJob.user),),
    scope=own,
)
list_view = View("admin/jobs.html", block="list")
job_view = View("admin/job.html", block="job")


@bp.get("/jobs")
@needs(Capability.JOBS_VIEW)
def list_jobs() -> ResponseReturnValue:
    return lists.show(JOBS, list_view, title_of=title_of, progress_of=progress_of)


@bp.get("/jobs/<int:job_id>")
@needs(Capability.JOBS_VIEW)
def show_job(job_id: int) -> ResponseReturnValue:
    job = bulk.find(job_id, current_user, options=[joinedload(BulkJob.user)])
    if job.is_finished and job.seen_at is None and job.user_id == current_user.id:
        with unit_of_work(actor()):
            job.seen_at = clock.now()
    return show(job)


def show(job: BulkJob) -> Response:
    left = newest(BulkItem, BulkItem.job_id == job.id, BulkItem.outcome.is_not(None), at_most=LEFT_AT_MOST)
    failures = [(one.name, one.reason) for one in left.rows if one.outcome == BulkOutcome.FAILED]
    return job_view.show(
        job=job,
        title=title_of(job),
        outcome=outcome_of(job, failures[0] if failures else None),
        progress=progress_of(job),
        left=left,
        failures=failures,
        page_of=page_of,
        has_file=job.action == EXPORT and bulk.file_is_there(job),
        is_export=job.action == EXPORT,
        kept_until=(job.finished_at or clock.now()) + bulk.FILES_KEPT,
        undo=undo_of(job),
    )


def undo_of(job: BulkJob) -> str | None:
    """What takes it back, as a button says it."""
    back = UNDO.get(job.action)
    if back is None or not job.is_finished or not job.done or not may(capability_of(back)):
        return None
    return WORDS[back].do(job.done)


@bp.get("/jobs/<int:job_id>/file")
@needs(Capability.EXPORTS_MAKE)
def show_file(job_id: int) -> ResponseReturnValue:
    """The export itself, a part at a time: it may be larger than a process wants to hold."""
    job = bulk.find(job_id, current_user)
    if job.action != EXPORT or not job.is_finished:
        raise Conflict(_("This file is not written yet."))
    if not bulk.file_is_there(job):
        raise Gone(_("This file was kept for a week. Make the export again."))
    name = f"{job.noun.replace('_', '-')}-{job.created_at:%Y-%m-%d}-{job.id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(written(application(), job.id), mimetype="text/csv", headers=headers)


def written(app: Flask, job_id: int) -> Iterator[bytes]:
    """Nothing is held open while a slow reader takes a part."""
    for number in count():
        with app.app_context():
            part = bulk.part(job_id, number)
        if part is None:
            return
        yield part.encode()


@bp.post("/jobs/<int:job_id>/stop")
@needs(Capability.JOBS_START)
def create_stop(job_id: int) -> ResponseReturnValue:
    with unit_of_work(actor()):
        job = bulk.stop(job_id, current_user)
        audit.note(job, "jobs.stop", before={"status": "waiting"}, after={"status": str(job.status)})
    flash(_("The job is stopped. What is done stays done."), "success")
    return go_to(url_for("admin.show_job", job_id=job_id))


@bp.post("/jobs/<int:job_id>/undo")
@needs(Capability.JOBS_START)
def create_undo(job_id: int) -> ResponseReturnValue:
    """A job that takes back what this one did, row by row."""
    job = bulk.find(job_id, current_user)
    if undo_of(job) is None:
        raise Conflict(_("This cannot be taken back here."))
    with unit_of_work(actor()):
        made = bulk.begin(
            current_user,
            UNDO[job.action],
            bulk.Chosen(job.noun, done_by(job), job.done),
            locale=str(get_locale() or "en"),
            options={},
        )
        made_id = made.id
    return go_to(url_for("admin.show_job", job_id=made_id))


def done_by(job: BulkJob) -> Select[Any]:
    rows = select(BulkItem.object_id).where(BulkItem.job_id == job.id, BulkItem.id <= job.cursor)
    return rows.where(BulkItem.outcome.is_(None)).order_by(BulkItem.id)


@bp.context_processor
def job_news() -> dict[str, Any]:
    """Whoever asked for a job is told on the next page that it has ended."""
    if g.get("layout") != LAYOUT or is_fragment_request() or not has_job_news():
        return {}
    ended = db.session.scalars(bulk.unseen(current_user).limit(NEWS_AT_MOST)).all()
    return {"job_news": [(outcome_of(one), url_for("admin.show_job", job_id=one.id)) for one in ended]}
