"""Visits of sites are counted where nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import Statements, TurnedClock
from webapp.domain import site_keeping, site_renaming, sites, visits
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


CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({"User-Agent": CHROME}, 1),
        ({"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"}, 1),
        ({"User-Agent": CHROME, "If-None-Match": '"another"'}, 1),
        ({"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, 0),
        ({"User-Agent": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)"}, 0),
        ({"User-Agent": "curl/8.9.1"}, 0),
        ({"User-Agent": "UptimeRobot/2.0"}, 0),
        ({"User-Agent": ""}, 0),
        ({"User-Agent": "a" * 100_000}, 1),
        ({"User-Agent": CHROME, "Sec-Purpose": "prefetch;prerender"}, 0),
        ({"User-Agent": CHROME, "Purpose": "prefetch"}, 0),
        ({"User-Agent": CHROME, "X-Moz": "prefetch"}, 0),
    ],
)
def test_who_says_to_be_no_visitor_is_not_counted(
    app: Flask, client: FlaskClient, bakery: Site, headers: dict[str, str], counts: int
) -> None:
    assert client.get("/", base_url=HOST, headers=headers).status_code == 200
    assert sum(visits.take().values()) == counts


def test_what_leads_on_or_is_not_there_is_no_visit(app: Flask, client: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(bakery.id), "cakes")
    assert client.get("/", base_url=HOST).status_code == 301
    assert client.get("/nothing", base_url="http://cakes.localhost").status_code == 404
    assert client.post("/", base_url="http://cakes.localhost").status_code == 404
    assert visits.take() == {}
    assert client.get("/", base_url="http://cakes.localhost").status_code == 200
    assert sum(visits.take().values()) == 1


def test_they_go_with_their_site(app: Flask, client: FlaskClient, bakery: Site) -> None:
    client.get("/", base_url=HOST)
    Watch(app).write()
    client.get("/", base_url=HOST)
    other = factories.save(lambda: SiteVisits(site_id=10**6, month=202701, visits=3))
    assert len(counted()) >= 1
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(bakery.id), reason="kept long enough")
    Watch(app).write()
    db.session.rollback()
    assert [one.site_id for one in db.session.scalars(select(SiteVisits))] == [other.site_id]
