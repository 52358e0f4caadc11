"""Owners are told by mail what becomes of their domains: each thing once, and only while it is so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import TurnedClock
from webapp.domain import domain_checks, domain_names, sites
from webapp.domain.dns_verdicts import Verdict
from webapp.integrations.mailing import domains
from webapp.models import Delivery, DomainName, DomainStatus, Mail, Site, SiteStatus
from webapp.transactions import unit_of_work

GONE, WAITS = Verdict("elsewhere", "192.0.2.9"), Verdict(token_problem="no-proof")


@pytest.fixture(params=["en", "de"])
def domain(db: Session, clock: TurnedClock, request: pytest.FixtureRequest) -> int:
    clock.use("2027-01-31T10:00Z")
    membership = factories.active_membership(customer=factories.customer(locale=request.param))
    facts = {"customer": membership.customer, "membership": membership, "title": "Bakery"}
    site = factories.save(lambda: Site(slug="bakery", status=SiteStatus.PUBLISHED, **facts))
    with unit_of_work("test"):
        return domain_names.add(sites.locked(site.id), "bücher.example.com", ours=(), main=True).id


def record(number: int, verdict: Verdict) -> DomainName:
    with unit_of_work("worker"):
        domain_checks.record(number, verdict)
    return domain_names.find(number)


def asked(db: Session) -> list[str]:
    """What workers are to write."""
    db.rollback()
    callbacks = db.scalars(select(Delivery.callback).order_by(Delivery.id))
    return [one.rpartition(":")[2] for one in callbacks if "mailing.domains" in one]


def written(db: Session) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in db.scalars(select(Mail).order_by(Mail.id))]


def test_that_it_leads_here_is_told_once(db: Session, domain: int) -> None:
    found = record(domain, Verdict())
    assert asked(db) == ["tell_of_domain"]
    assert domains.tell_of_domain(found) == "domain_ready written"
    assert domains.tell_of_domain(domain_names.find(domain)) == "domain_ready was written already"
    [(kind, text)] = written(db)
    assert kind == "domain_ready"
    assert "bücher.example.com" in text
    assert "http://xn--bcher-kva.example.com/" in text


def test_that_it_leads_here_no_more_is_told_after_a_day(db: Session, domain: int, clock: TurnedClock) -> None:
    record(domain, Verdict())
    clock.now += timedelta(days=1)
    record(domain, GONE)
    for _hour in range(23):
        clock.now += timedelta(hours=1)
        record(domain, GONE)
    assert asked(db) == ["tell_of_domain"]
    for _look in range(4):
        clock.now += timedelta(hours=12)
        found = record(domain, GONE)
    assert asked(db) == ["tell_of_domain", "tell_of_failing"]
    assert domains.tell_of_failing(found) == "domain_failing written"
    assert f"/account/sites/{found.site_id}/domains/{domain}" in written(db)[0][1]
    assert "nothing was written" in domains.tell_of_failing(record(domain, Verdict()))


def test_that_it_was_given_up_is_told(db: Session, domain: int, clock: TurnedClock) -> None:
    record(domain, WAITS)
    clock.now += timedelta(days=7)
    found = record(domain, WAITS)
    assert (found.status, asked(db)) == (DomainStatus.GIVEN_UP, ["tell_of_giving_up"])
    assert domains.tell_of_giving_up(found) == "domain_given_up written"
    with unit_of_work("test"):
        domain_names.check_again(domain_names.find(domain))
    assert "nothing was written" in domains.tell_of_giving_up(domain_names.find(domain))
