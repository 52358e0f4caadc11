"""A large export is put into its site by a worker: once, whatever dies or comes twice, and its file is left nowhere."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import TurnedClock
from tests.domain.test_site_import import add_picture, exported, made, picture
from tests.flows.test_site_jobs import Killed
from webapp.domain import site_imports, site_keeping, site_switching, sites
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.flows import importing, relaying
from webapp.models import Delivery, ImportStatus, Site, SiteCopy, SiteImport
from webapp.transactions import unit_of_work

S = ImportStatus
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def noon(clock: TurnedClock) -> TurnedClock:
    clock.use("2027-01-01T12:00Z")
    return clock


def other_site() -> bytes:
    source = made("source")
    add_picture(source, picture())
    with unit_of_work("test") as session:
        session.get_one(Site, source.id).title = "From elsewhere"
    return exported(source)


def send(site: Site, content: bytes, **more: Any) -> int:
    with unit_of_work("test"):
        facts = {"actor": "customer:1", "locale": "en", **more}
        return site_imports.send(sites.locked(site.id), io.BytesIO(content), **facts).id


def drain(app: Flask) -> None:
    db.session.rollback()
    relaying.drain(app, site_imports.HANDLER, lease=timedelta(minutes=1))
    db.session.rollback()


def row(import_id: int) -> SiteImport:
    db.session.rollback()
    return db.session.get_one(SiteImport, import_id, populate_existing=True)


def title(site: Site) -> str:
    db.session.rollback()
    return db.session.get_one(Site, site.id, populate_existing=True).title


def test_it_waits_runs_and_is_done_and_its_file_is_gone(app: Flask) -> None:
    content, site = other_site(), made()
    number = send(site, content)
    assert (row(number).status, row(number).size, row(number).content) == (S.WAITING, len(content), content)
    assert title(site) == "Bakery"
    drain(app)
    assert (row(number).status, row(number).content, row(number).problem) == (S.DONE, None, "")
    assert title(site) == "From elsewhere"
    assert len(db.session.scalars(select(SiteCopy).where(SiteCopy.site_id == site.id)).all()) == 1


def test_what_comes_twice_is_put_there_once(app: Flask) -> None:
    content, site = other_site(), made()
    number = send(site, content)
    drain(app)
    assert importing.carry_out(db.session.get_one(Site, site.id), number) == "nothing to do"
    assert len(db.session.scalars(select(SiteCopy).where(SiteCopy.site_id == site.id)).all()) == 1


@pytest.mark.parametrize("before", [True, False])
def test_a_worker_that_is_killed_leaves_all_as_it_was_and_the_next_one_does_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, noon: TurnedClock, before: bool
) -> None:
    content, site = other_site(), made()
    number = send(site, content)
    real = site_switching.take_over

    def killed(*args: Any) -> None:
        if not before:
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(site_switching, "take_over", killed)
        with pytest.raises(Killed):
            importing.carry_out(db.session.get_one(Site, site.id), number)
    assert (row(number).status, title(site)) == (S.RUNNING, "Bakery")
    assert db.session.scalars(select(SiteCopy)).all() == []
    drain(app)
    assert (row(number).status, title(site)) == (S.DONE, "From elsewhere")


def test_what_is_refused_says_why_in_the_language_of_who_sent_it(app: Flask) -> None:
    site = made()
    number = send(site, b"no zip at all", locale="de")
    drain(app)
    found = row(number)
    assert (found.status, found.content, title(site)) == (S.FAILED, None, "Bakery")
    assert found.problem.startswith("Diese Datei ist nicht lesbar")
    [delivery] = db.session.scalars(select(Delivery).where(Delivery.handler == site_imports.HANDLER)).all()
    assert delivery.status == "done"


def test_a_plan_without_room_refuses_it(app: Flask) -> None:
    content, site = other_site(), made()
    with unit_of_work("test") as session:
        session.get_one(Site, site.id).overrides = {"limits": {"disk": 10}}
    number = send(site, content)
    drain(app)
    assert (row(number).status, title(site)) == (S.FAILED, "Bakery")
    assert row(number).problem


def test_a_site_has_one_at_a_time(app: Flask) -> None:
    content, site = other_site(), made()
    send(site, content)
    with pytest.raises(Conflict):
        send(site, content)
    drain(app)
    send(site, content)


def test_a_fault_of_ours_comes_again(app: Flask, monkeypatch: pytest.MonkeyPatch, noon: TurnedClock) -> None:
    content, site = other_site(), made()
    number = send(site, content)
    with monkeypatch.context() as patch:
        patch.setattr(site_imports, "put", lambda *_args: 1 / 0)
        drain(app)
    assert row(number).status == S.RUNNING
    noon.tick(minutes=5)
    drain(app)
    assert row(number).status == S.DONE


def test_files_that_nobody_works_on_do_not_fill_the_disk(app: Flask, noon: TurnedClock) -> None:
    content, site, other = other_site(), made(), made("other")
    lost, slow = send(site, content), send(other, content)
    with unit_of_work("test") as session:
        for one in session.scalars(select(Delivery).where(Delivery.ordering_key == f"import:{site.id}")):
            session.delete(one)

    def sweep() -> int:
        with unit_of_work("test"):
            return site_imports.sweep()

    assert sweep() == 0
    noon.tick(minutes=11)
    assert sweep() == 1
    assert (row(lost).status, row(lost).content, row(slow).status) == (S.FAILED, None, S.WAITING)
    noon.tick(days=1)
    assert sweep() == 1
    assert (row(slow).status, row(slow).content) == (S.FAILED, None)
    drain(app)
    assert title(other) == "Bakery"
    noon.tick(days=30)
    assert sweep() == 2
    db.session.rollback()
    assert db.session.scalars(select(SiteImport)).all() == []


def test_they_go_with_their_site(app: Flask) -> None:
    site = made()
    send(site, b"x")
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(site.id), reason="test")
    assert db.session.scalars(select(SiteImport)).all() == []
    drain(app)
