"""A customer's own domain: added with what to enter where, shown as it stands, made the main address, removed."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import domain_checks, domain_names, network, sites
from webapp.domain.dns_verdicts import DnsProblem, Verdict
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import DomainName, DomainStatus, Membership, Site, SiteStatus
from webapp.transactions import unit_of_work


@pytest.fixture
def bakery(agreement: Membership) -> Site:
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    site = factories.save(lambda: Site(slug="bakery", **facts))
    provisioning.provision(site)
    db.session.rollback()
    return db.session.get_one(Site, site.id)


def add(browser: Browser, site: Site, name: str, **more: str) -> Any:
    address = f"/account/sites/{site.id}/domains"
    return browser.client.post(address, data={**browser.get(address).fields, "domain": name, **more})


def only() -> DomainName:
    db.session.rollback()
    return db.session.query(DomainName).order_by(DomainName.id).one()


def record(verdict: Verdict) -> DomainName:
    number = only().id
    with unit_of_work("worker"):
        domain_checks.record(number, verdict)
    return only()


def post(browser: Browser, address: str, **data: str) -> Any:
    return browser.client.post(address, data=data)


def test_a_domain_is_added_with_the_records_it_needs(browser: Browser, look: Look, bakery: Site) -> None:
    with unit_of_work("test"):
        network.change({"network_ips": "203.0.113.7\n2001:db8::7"})
    answer = add(browser, bakery, "Bücher.example.com")
    assert answer.status_code == 303
    domain = only()
    assert (domain.name, domain.becomes_main) == ("xn--bcher-kva.example.com", True)
    page = look(answer.location)
    text = page.text
    assert "bücher.example.com" in text
    copied = [one.attrs["data-copy"] for one in page.all("button") if "data-copy" in one.attrs]
    assert [domain.token_name, domain.token] == copied[:2]
    assert copied[2:4] == ["xn--bcher-kva.example.com", "bakery.localhost"]
    assert "203.0.113.7" in copied
    assert "being checked" in text


def test_at_the_top_of_a_domain_addresses_are_named_first(browser: Browser, look: Look, bakery: Site) -> None:
    assert add(browser, bakery, "example.com").status_code == 303
    url = f"/account/sites/{bakery.id}/domains/{only().id}"
    assert "most providers do not allow CNAME" in look(url).text
    with unit_of_work("test"):
        network.change({"network_ips": "203.0.113.7"})
    page = look(url)
    copied = [one.attrs["data-copy"] for one in page.all("button") if "data-copy" in one.attrs]
    assert copied[2:] == ["example.com", "203.0.113.7"]
    assert "ALIAS" in page.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Enter a domain"), ("https://example.com", "before the name"), ("x.localhost", "network's own")],
)
def test_what_cannot_be_one_is_said_beside_the_field(browser: Browser, bakery: Site, typed: str, sentence: str) -> None:
    answer = add(browser, bakery, typed)
    assert answer.status_code == 422
    assert sentence in answer.text.replace("&#39;", "'")
    assert 'aria-invalid="true"' in answer.text
    assert db.session.query(DomainName).all() == []


@pytest.mark.parametrize("problem", list(DnsProblem))
def test_whatever_was_seen_is_said_in_words(browser: Browser, look: Look, bakery: Site, problem: DnsProblem) -> None:
    add(browser, bakery, "www.example.com")
    proof = {"token_problem": problem} if "proof" in problem else {"problem": problem, "found": "192.0.2.9"}
    domain = record(Verdict(**proof))
    text = look(f"/account/sites/{bakery.id}/domains/{domain.id}").text
    told = text[text.index("What we see") : text.index("Check again")]
    assert problem not in ("no-proof", "wrong-proof") or "TXT record" in told
    assert "%(found)s" not in told
    assert len(told) > 60
    look(f"/account/sites/{bakery.id}/domains")


def test_the_way_of_a_domain_from_asked_for_to_removed(browser: Browser, look: Look, bakery: Site) -> None:
    add(browser, bakery, "www.example.com", becomes_main="y")
    base = f"/account/sites/{bakery.id}/domains"
    domain = record(Verdict())
    assert domain.is_main
    shown = look(f"{base}/{domain.id}").text
    assert "active" in shown
    assert "main address" in shown
    assert "http://www.example.com/" in look(base).text
    assert "http://www.example.com/" in look(f"/account/sites/{bakery.id}").text
    assert post(browser, f"/account/sites/{bakery.id}/main-address").status_code == 303
    assert not only().is_main
    assert post(browser, f"/account/sites/{bakery.id}/main-address", domain_id=str(domain.id)).status_code == 303
    assert only().is_main
    record(Verdict("elsewhere", "192.0.2.9"))
    assert "192.0.2.9" in look(f"{base}/{domain.id}").text
    assert post(browser, f"{base}/{domain.id}/check").status_code == 303
    assert only().asked_at is not None
    look(f"{base}/{domain.id}/removal")
    assert post(browser, f"{base}/{domain.id}/removal").status_code == 303
    db.session.rollback()
    assert db.session.query(DomainName).all() == []
    assert sites.find(bakery.id).main_domain == ""


def test_one_that_does_not_lead_here_is_not_the_main_address(browser: Browser, bakery: Site) -> None:
    add(browser, bakery, "www.example.com")
    answer = post(browser, f"/account/sites/{bakery.id}/main-address", domain_id=str(only().id))
    assert "does not lead here yet" in browser.get(answer.location).text
    assert sites.find(bakery.id).main_domain == ""
    for nonsense in ("999999999", "-1", "x", "9" * 30):
        status = post(browser, f"/account/sites/{bakery.id}/main-address", domain_id=nonsense).status_code
        assert status in (303, 404)


def test_a_site_that_another_system_shows_offers_none_and_says_so(browser: Browser, look: Look, bakery: Site) -> None:
    with unit_of_work("test"):
        sites.find(bakery.id).provisioner = "webhook"
    assert "A domain of your own cannot be added here" in look(f"/account/sites/{bakery.id}").text
    assert browser.client.get(f"/account/sites/{bakery.id}/domains").status_code == 404


def test_nobody_sees_or_changes_anothers(client: FlaskClient, bakery: Site) -> None:
    other = factories.active_membership()
    facts = {"customer": other.customer, "membership": other, "status": SiteStatus.PUBLISHED}
    site = factories.save(lambda: Site(slug="other", title="Other", **facts))
    with unit_of_work("test"):
        theirs = domain_names.add(sites.locked(bakery.id), "example.com", ours=()).id
    mine = factories.signed_in(client, other.customer)
    for address in (f"/account/sites/{site.id}/domains/{theirs}", f"/account/sites/{bakery.id}/domains/{theirs}"):
        assert mine.get(address).status_code == 404
        assert mine.get(f"{address}/removal").status_code == 404
        assert mine.post(f"{address}/removal").status_code == 404
        assert mine.post(f"{address}/check").status_code == 404
    assert mine.get(f"/account/sites/{bakery.id}/domains").status_code == 404
    assert mine.post(f"/account/sites/{bakery.id}/main-address").status_code == 404


def test_what_is_seen_is_shown_as_soon_as_it_is(browser: Browser, bakery: Site) -> None:
    add(browser, bakery, "www.example.com")
    address = f"/account/sites/{bakery.id}/domains/{only().id}"
    htmx = {"HX-Request": "true"}
    waiting = browser.client.get(address, headers=htmx).text
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    record(Verdict("elsewhere", "192.0.2.9", token_problem="no-proof"))
    seen = browser.client.get(address, headers=htmx).text
    assert "hx-trigger" not in seen
    assert "192.0.2.9" in seen
    assert "The TXT record is not there yet." in seen


def test_a_plan_says_how_many_and_one_given_up_needs_room_again(
    browser: Browser, look: Look, bakery: Site, agreement: Membership
) -> None:
    base = f"/account/sites/{bakery.id}/domains"
    assert "What you use" not in look(base).text
    with unit_of_work("test") as session:
        session.get_one(type(agreement.plan), agreement.plan_id).limits = {"custom_domains": 1}
    assert add(browser, bakery, "one.example.com").status_code == 303
    domain = only()
    assert "Own domains 1 of 1" in look(base).text
    refused = add(browser, bakery, "two.example.com")
    assert (refused.status_code, "Your plan includes 1 domain." in refused.text) == (422, True)
    with unit_of_work("test"):
        domain_names.find(domain.id).move_to(DomainStatus.GIVEN_UP, reason="test")
    assert add(browser, bakery, "two.example.com").status_code == 303
    answer = post(browser, f"{base}/{domain.id}/check")
    assert "Your plan includes 1 domain." in browser.get(answer.location).text
    db.session.rollback()
    assert domain_names.find(domain.id).status == DomainStatus.GIVEN_UP
