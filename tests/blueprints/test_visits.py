"""Visits of sites are counted where nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import Statements, TurnedClock
from webapp.domain import visits
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.flows.watching import Watch
from webapp.models import Site, SiteStatus, SiteVisits
from webapp.transactions import unit_of_work

HOST = "http://bakery.localhost"


@pytest.fixture
def bakery(app: Flask) -> Iterator[Site]:
    agreement = factories.active_membership()
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    made = factories.save(lambda: Site(slug="bakery", **facts))
    provisioning.provision(made)
    db.session.rollback()
    visits.take()
    yield db.session.get_one(Site, made.id)
    visits.take()


def counted() -> dict[int, int]:
    db.session.rollback()
    return {one.month: one.visits for one in db.session.scalars(select(SiteVisits).order_by(SiteVisits.month))}


def test_pages_that_are_shown_are_counted_by_the_month(
    app: Flask, client: FlaskClient, bakery: Site, clock: TurnedClock
) -> None:
    clock.use("2027-01-31T23:59:58Z")
    watch = Watch(app)
    for _time in range(3):
        client.get("/", base_url=HOST)
    client.head("/", base_url=HOST)
    client.get("/nothing-here", base_url=HOST)
    client.get("/_site/nothing.webp", base_url=HOST)
    etag = client.get("/", base_url=HOST).headers["ETag"]
    assert client.get("/", base_url=HOST, headers={"If-None-Match": etag}).status_code == 304
    assert counted() == {}
    watch.write()
    assert counted() == {202701: 5}
    clock.use("2027-02-01T00:00:01Z")
    client.get("/", base_url=HOST)
    watch.write()
    watch.write()
    assert counted() == {202701: 5, 202702: 1}


def test_a_page_writes_nothing(client: FlaskClient, bakery: Site, statements: Statements) -> None:
    client.get("/", base_url=HOST)
    statements.clear()
    client.get("/", base_url=HOST)
    assert len(statements) <= 3
    assert not any(one.lstrip().upper().startswith(("INSERT", "UPDATE")) for one in statements)


def test_what_could_not_be_written_waits(
    app: Flask, client: FlaskClient, bakery: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/", base_url=HOST)
    with monkeypatch.context() as patch:
        patch.setattr(visits, "write", lambda *_args: 1 / 0)
        Watch(app).round()
    assert counted() == {}
    client.get("/", base_url=HOST)
    Watch(app).round()
    assert list(counted().values()) == [2]


def test_a_site_that_is_not_shown_is_not_visited(app: Flask, client: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test") as session:
        session.get_one(Site, bakery.id).status = SiteStatus.SUSPENDED
    client.get("/", base_url=HOST)
    assert not visits.take()
