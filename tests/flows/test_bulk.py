"""Jobs on many rows: each row by itself, whatever becomes of the others, of the worker, and of who asked for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import TurnedClock
from webapp import hooks
from webapp.domain import bulk
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.flows import bulk as flow
from webapp.flows import relaying
from webapp.models import (
    AuditEntry,
    BulkItem,
    BulkJob,
    BulkStatus,
    Delivery,
    ExportPart,
    Membership,
    Move,
    Payment,
    Role,
    Site,
    SiteStatus,
    User,
)
from webapp.transactions import unit_of_work


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.operator(name="Olga Peters")


def begin(user: User, action: str, model: Any, *, count: int | None = None, locale: str = "en", **options: Any) -> int:
    wanted = select(model.id).order_by(model.id)
    number = db.session.scalar(select(func.count()).select_from(model)) if count is None else count
    db.session.rollback()
    with unit_of_work(f"operator:{user.id}"):
        chosen = bulk.Chosen(model.__tablename__, wanted, number or 0)
        return bulk.begin(user, action, chosen, locale=locale, options=options).id


def job_of(job_id: int) -> BulkJob:
    db.session.rollback()
    return db.session.get_one(BulkJob, job_id, populate_existing=True)


def left(job_id: int) -> list[tuple[str, str, str]]:
    """What was not done: outcome, name, reason."""
    query = select(BulkItem).where(BulkItem.job_id == job_id, BulkItem.outcome.is_not(None)).order_by(BulkItem.id)
    return [(str(one.outcome), one.name, one.reason) for one in db.session.scalars(query)]


def counts(job_id: int) -> tuple[int, int, int]:
    job = job_of(job_id)
    return job.done, job.skipped, job.failed


def take() -> bulk.Held:
    with unit_of_work("worker") as session:
        held = bulk.claim(session)
    assert held is not None
    return held


def test_every_row_is_changed_as_one_alone_would_be_and_the_audit_log_says_so(owner: User) -> None:
    dead = rows.dead(3)
    job = begin(owner, "deliveries.retry", Delivery)

    assert flow.work_off() == 1
    assert [rows.fresh(one).status for one in dead] == ["pending"] * 3
    assert (job_of(job).status, counts(job)) == (BulkStatus.DONE, (3, 0, 0))
    begun, *kept = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert (begun.action, begun.after) == (
        "jobs.start",
        {"action": "deliveries.retry", "rows": "deliveries", "count": 3},
    )
    assert [(one.actor, one.action, one.object_id) for one in kept] == [
        (f"operator:{owner.id}", "deliveries.retry", one.id) for one in dead
    ]


def test_a_row_that_changed_meanwhile_is_skipped_with_the_reason(owner: User) -> None:
    first, second = rows.many(2, lambda _: factories.payment(membership=factories.active_membership()))
    job = begin(owner, "payments.confirm", Payment)
    with unit_of_work("test") as session:
        session.get_one(Payment, first.id).move_to("completed", reason="a gateway was quicker")

    flow.work_off()
    assert counts(job) == (1, 1, 0)
    assert left(job) == [("skipped", first.order_number, "This payment is completed already.")]
    assert rows.fresh(second).status == "completed"


def test_a_row_that_is_gone_is_skipped(owner: User) -> None:
    rows.dead(2)
    job = begin(owner, "deliveries.retry", Delivery)
    with unit_of_work("test") as session:
        session.delete(session.scalars(select(Delivery).limit(1)).one())
    flow.work_off()
    assert counts(job) == (1, 1, 0)
    assert left(job)[0][2] == "It is no longer there."


def test_a_refusal_fails_one_row_leaves_nothing_of_it_behind_and_stops_no_other(owner: User) -> None:
    kept, ended = rows.many(2, lambda _: factories.active_membership())

    @hooks.add_action("wu_membership_pre_cancel")
    def refuse(membership: Membership) -> None:
        membership.gateway = "half done"
        if membership.id == kept.id:
            raise hooks.Reject("This one is under contract.")

    job = begin(owner, "memberships.cancel", Membership, reason="The offer ends.")
    flow.work_off()
    assert counts(job) == (1, 0, 1)
    assert left(job) == [("failed", str(kept.id), "This one is under contract.")]
    assert (rows.fresh(kept).status, kept.gateway, kept.cancellation_reason) == ("active", "", "")
    assert rows.fresh(ended).cancellation_reason == "The offer ends."
    actors = set(db.session.scalars(select(Move.actor).where(Move.new == "cancelled")))
    assert actors == {f"operator:{owner.id}"}


def test_a_bug_fails_one_row_with_a_reference_and_tells_no_secret(owner: User) -> None:
    rows.many(2, lambda _: factories.active_membership())
    job = begin(owner, "memberships.cancel", Membership)

    def break_once(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("UPDATE memberships"):
            event.remove(db.engine, "before_cursor_execute", break_once)
            raise ValueError("secret detail")

    event.listen(db.engine, "before_cursor_execute", break_once)
    flow.work_off()
    assert counts(job) == (1, 0, 1)
    [(_outcome, _name, reason)] = left(job)
    assert reason.startswith(f"Something failed on our side; reference {job}-")
    assert "secret" not in reason


def test_a_database_that_is_away_is_no_rows_fault(owner: User, clock: TurnedClock) -> None:
    rows.dead(2)
    job = begin(owner, "deliveries.retry", Delivery)

    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("UPDATE deliveries"):
            raise OperationalError(statement, None, Exception("gone"))

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        with pytest.raises(OperationalError):
            flow.work_off()
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)
    assert counts(job) == (0, 0, 0)
    clock.tick(61)
    flow.work_off()
    assert counts(job) == (2, 0, 0)


# -- workers ---------------------------------------------------------------------------------------------------------
def test_another_worker_goes_on_where_a_lost_one_was(owner: User, clock: TurnedClock) -> None:
    """As after SIGKILL: what was committed stands, and no row is taken twice."""
    dead = rows.dead(5)
    job = begin(owner, "deliveries.retry", Delivery)
    held = take()
    assert flow.step(held)
    assert flow.step(held)

    flow.work_off()  # its lease still holds
    assert counts(job) == (2, 0, 0)
    clock.tick(61)
    flow.work_off()
    assert counts(job) == (5, 0, 0)
    assert not flow.step(held)  # the lost one comes back, and finds that it is no longer its own
    audited = select(AuditEntry.object_id).where(AuditEntry.action == "deliveries.retry").order_by(AuditEntry.id)
    assert db.session.scalars(audited).all() == [one.id for one in dead]


def test_jobs_take_turns(owner: User) -> None:
    rows.dead(4)
    first, second = begin(owner, "deliveries.retry", Delivery), begin(owner, "export", Delivery)
    held = take()
    flow.work_on(held, seconds=0)
    assert counts(first) == (1, 0, 0)
    assert take().id == second


def test_a_worker_that_is_told_to_stop_gives_its_job_back(owner: User) -> None:
    rows.dead(3)
    job = begin(owner, "deliveries.retry", Delivery)
    held = take()
    relaying.stopping.set()
    flow.work_on(held)
    assert counts(job) == (1, 0, 0)
    relaying.stopping.clear()
    flow.work_off()
    assert counts(job) == (3, 0, 0)


def test_who_asked_can_stop_it_and_what_is_done_stays(owner: User) -> None:
    rows.dead(3)
    job = begin(owner, "deliveries.retry", Delivery)
    held = take()
    flow.step(held)
    with unit_of_work("test"):
        bulk.stop(job, owner)
    assert not flow.step(held)
    assert (job_of(job).status, counts(job)) == (BulkStatus.STOPPED, (1, 0, 0))
    with pytest.raises(Conflict), unit_of_work("test"):
        bulk.stop(job, owner)


def test_it_stops_when_who_asked_may_no_longer_do_this(owner: User) -> None:
    payment = factories.payment(membership=factories.active_membership())
    job = begin(owner, "payments.confirm", Payment)
    with unit_of_work("test") as session:
        session.get_one(User, owner.id).role = Role.SUPPORT
    flow.work_off()
    assert (job_of(job).status, job_of(job).problem) == (
        BulkStatus.STOPPED,
        "Who asked for it may no longer do this.",
    )
    assert rows.fresh(payment).status == "pending"


# -- what is chosen --------------------------------------------------------------------------------------------------
def test_rows_that_are_no_longer_as_many_begin_nothing(owner: User) -> None:
    rows.dead(3)
    with pytest.raises(Conflict):
        begin(owner, "deliveries.retry", Delivery, count=2)
    assert db.session.scalars(select(BulkJob)).all() == []


def test_too_many_rows_begin_nothing(owner: User) -> None:
    with pytest.raises(Invalid, match="At most"):
        begin(owner, "deliveries.retry", Delivery, count=bulk.AT_MOST + 1)


def test_a_job_is_its_owners_and_everybody_elses_secret(owner: User) -> None:
    rows.dead(1)
    support = factories.operator(role=Role.SUPPORT)
    job = begin(support, "deliveries.retry", Delivery)
    assert bulk.find(job, support).id == bulk.find(job, owner).id == job
    with pytest.raises(NotFound):
        bulk.find(job, factories.operator(role=Role.MANAGER))


# -- sites -----------------------------------------------------------------------------------------------------------
def test_sites_are_suspended_and_resumed_and_others_are_told(owner: User) -> None:
    membership = factories.active_membership()
    facts = {"customer": membership.customer, "membership": membership, "title": "A site"}
    up = factories.save(lambda: Site(slug="up", status=SiteStatus.PUBLISHED, **facts))
    factories.save(lambda: Site(slug="made", status=SiteStatus.CREATING, **facts))
    told: list[str] = []
    hooks.add_action("wu_event", lambda kind, _data: told.append(kind))

    job = begin(owner, "sites.suspend", Site)
    flow.work_off()
    assert counts(job) == (1, 1, 0)
    assert left(job) == [("skipped", "made", "Only a published site can be suspended.")]
    assert (rows.fresh(up).status, told) == ("suspended", ["site.suspended"])
    begin(owner, "sites.resume", Site)
    flow.work_off()
    assert (rows.fresh(up).status, up.held_at, told[-1]) == ("published", None, "site.reactivated")


# -- exports ---------------------------------------------------------------------------------------------------------
def file_of(job_id: int) -> str:
    db.session.rollback()
    query = select(ExportPart.text).where(ExportPart.job_id == job_id).order_by(ExportPart.number)
    return "".join(db.session.scalars(query))


def test_an_export_is_written_in_parts_and_keeps_its_order(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "ROWS_A_PART", 2)
    rows.many(5, lambda index: factories.customer(display_name=f"Person {index}"))
    job = begin(owner, "export", factories.Customer)
    flow.work_off()
    assert db.session.scalar(select(func.count()).select_from(ExportPart)) == 3
    lines = file_of(job).split("\r\n")
    assert lines[0].startswith("Number,Reference,Name,Company,E-mail address")
    assert [one.split(",")[2] for one in lines[1:-1]] == [f"Person {index}" for index in range(5)]
    assert (lines[-1], counts(job)) == ("", (5, 0, 0))


def test_a_worker_that_is_lost_in_an_export_leaves_no_part_twice(
    owner: User, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "ROWS_A_PART", 2)
    rows.dead(5)
    job = begin(owner, "export", Delivery)
    flow.step(take())
    clock.tick(61)
    flow.work_off()
    assert len(file_of(job).splitlines()) == 6


def test_an_exports_header_speaks_the_language_of_who_asked(owner: User) -> None:
    factories.payment()
    job = begin(owner, "export", Payment, locale="de")
    flow.work_off()
    assert file_of(job).startswith("Bestellnummer,")


def test_files_are_forgotten_after_a_week_and_jobs_after_a_month(owner: User, clock: TurnedClock) -> None:
    rows.dead(1)
    job = begin(owner, "export", Delivery, bom=True)
    flow.work_off()
    assert file_of(job).startswith("\ufeffNumber")
    assert bulk.file_is_there(job_of(job))
    clock.tick(days=7, seconds=1)
    with unit_of_work("clock"):
        assert bulk.sweep() == 0
    assert not bulk.file_is_there(job_of(job))
    assert file_of(job) == ""
    clock.tick(days=30)
    with unit_of_work("clock"):
        assert bulk.sweep() == 1
    assert db.session.scalars(select(BulkItem)).all() == []


def test_a_lease_is_long_enough_for_the_longest_step() -> None:
    assert timedelta(seconds=10 * flow.SLICE_SECONDS) <= bulk.LEASE
