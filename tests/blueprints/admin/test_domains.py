"""Customers' own domains as operators see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.blueprints.admin import rows
from tests.blueprints.admin.test_attention import open_now, steps
from tests.blueprints.admin.test_customers import facts
from tests.blueprints.admin.test_sites import site
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from webapp.domain import domain_checks, domain_names, sites
from webapp.domain.attention_sources import SOURCES
from webapp.domain.dns_verdicts import Verdict
from webapp.extensions import db
from webapp.models import DomainName, Site, SiteStatus, User
from webapp.transactions import unit_of_work

GONE = Verdict("elsewhere", "192.0.2.9")


def add(to: Site, name: str, *verdicts: Verdict) -> int:
    with unit_of_work("test"):
        number = domain_names.add(sites.locked(to.id), name, ours=(), main=True).id
    for verdict in verdicts:
        with unit_of_work("worker"):
            domain_checks.record(number, verdict)
    return number


@pytest.fixture
def bakery(signed_in: FlaskClient) -> Site:
    return site(status=SiteStatus.PUBLISHED)


def test_they_are_listed_found_and_narrowed(look: Look, bakery: Site, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    add(bakery, "bücher.example.com", Verdict())
    clock.use("2027-01-31T10:01Z")
    add(bakery, "brot.example.com", GONE)
    (first, second) = look("/admin/domains").one("tbody").all("tr")
    told = "The domain leads to another server: 192.0.2.9. Replace these records."
    assert rows.cells(first) == [
        "brot.example.com",
        "Ada's bakery",
        "Ada Person",
        f"waiting for its records {told}",
        "2027-01-31 10:01 UTC",
    ]
    assert rows.cells(second)[1:4:2] == ["Ada's bakery main address", "active"]
    assert rows.names(look("/admin/domains?search=BÜCHER.example.com")) == ["bücher.example.com"]
    assert rows.names(look("/admin/domains?search=xn--bcher")) == ["bücher.example.com"]
    assert rows.names(look("/admin/domains?status=active")) == ["bücher.example.com"]
    assert rows.names(look(f"/admin/domains?site={bakery.id}&sort=name")) == ["brot.example.com", "bücher.example.com"]
    assert rows.names(look("/admin/domains?site=99")) == []


def test_a_page_of_them_costs_the_same_for_one_and_for_many(look: Look, bakery: Site, statements: Statements) -> None:
    rows.many(60, lambda n: site(f"site-{n}", status=SiteStatus.PUBLISHED))
    for one in db.session.scalars(select(Site).order_by(Site.id)).all():
        add(one, f"www.{one.slug}.example.com")
    statements.clear()
    look("/admin/domains")
    assert len(statements) <= 12


def test_one_has_everything_on_its_page(look: Look, bakery: Site, statements: Statements) -> None:
    number = add(bakery, "bücher.example.com", Verdict(proxied=True), GONE)
    statements.clear()
    root = look(f"/admin/domains/{number}")
    assert len(statements) <= 12
    said = facts(root)
    assert said["Address"] == "http://xn--bcher-kva.example.com/"
    assert said["Main address"] == "yes"
    assert said["It leads here"].startswith("The domain leads to another server")
    assert "it leads to another server" in root.text
    assert "bücher.example.com" in facts(look(f"/admin/sites/{bakery.id}"))["Domains"]


def test_its_records_are_looked_at_now(signed_in: FlaskClient, bakery: Site, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    number = add(bakery, "example.com", Verdict())
    assert domain_checks.due() == []
    assert signed_in.post(f"/admin/domains/{number}/check").status_code == 303
    assert domain_checks.due() == [number]


def test_one_is_removed_after_a_question_and_the_log_keeps_it(
    look: Look, signed_in: FlaskClient, bakery: Site, operator: User
) -> None:
    number = add(bakery, "example.com", Verdict())
    look(f"/admin/domains/{number}/removal")
    answer = signed_in.post(f"/admin/domains/{number}/removal")
    assert answer.location == f"/admin/sites/{bakery.id}"
    assert db.session.scalars(select(DomainName)).all() == []
    assert "Domain: example.com → –" in look(f"/admin/sites/{bakery.id}").text
    assert signed_in.post(f"/admin/domains/{number}/removal").status_code == 404
    assert signed_in.post(f"/admin/domains/{number}/check").status_code == 404


def test_one_that_leads_here_no_more_needs_somebody_after_two_days(
    app: Flask, look: Look, bakery: Site, operator: User, clock: TurnedClock
) -> None:
    clock.use("2027-01-31T10:00Z")
    number = add(bakery, "bücher.example.com", Verdict(), GONE)
    add(bakery, "waits.example.com", GONE)
    assert open_now() == {}
    clock.now += timedelta(days=3)
    assert open_now() == {"domains": 1}
    page = look("/admin/attention")
    assert rows.link(page, "bücher.example.com") == f"/admin/domains/{number}"
    plan = steps(SOURCES["domains"].query(operator))
    assert "ix_domain_names_status" in " ".join(plan), plan
