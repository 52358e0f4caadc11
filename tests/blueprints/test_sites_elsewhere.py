"""A site that another system makes, on the pages of its owner and of the staff, and at the address that was ordered."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements, TurnedClock
from tests.fakes.hosting import SECRET, HostingFake
from tests.fakes.vendor import Silence, Status
from tests.flows.test_site_jobs import drain
from tests.flows.test_sites_by_webhook import use
from tests.looking import looking
from tests.pages import Browser
from webapp.domain import attention, network, site_jobs, sites
from webapp.extensions import db
from webapp.integrations.mailing import words
from webapp.models import Customer, Delivery, Event, Membership, Site, SiteChange, SiteChangeKind, SiteStatus
from webapp.provisioners import webhook
from webapp.settings import Settings
from webapp.transactions import unit_of_work
from webapp.vendors.answers import Limits

S = SiteStatus
THERE = "https://bakery.hosting.example/"


@pytest.fixture(autouse=True)
def noon(clock: TurnedClock) -> TurnedClock:
    clock.use("2027-01-01T12:00Z")
    return clock


@pytest.fixture
def agreement(app: Flask) -> Membership:
    made: Membership = factories.active_membership()
    return made


def site(agreement: Membership, **values: Any) -> Site:
    told = {"provisioner": "webhook", "reference": "ref-of-the-site-1", "made_as": "h-1", "address": THERE, "job": "k"}
    facts = {"title": "Ada's bakery", "slug": "bakery", "status": S.PUBLISHED, "published_at": factories.clock.now()}
    row = {"customer": agreement.customer, "membership": agreement, **facts, **told, **values}
    made: Site = factories.save(lambda: Site(**row))
    return made


def for_owner(client: FlaskClient, agreement: Membership) -> FlaskClient:
    owner = db.session.get_one(Customer, agreement.customer_id)
    signed: FlaskClient = factories.signed_in(client, owner)
    return signed


# -- at the address that was ordered ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", THERE),
        ("/about?lang=de", f"{THERE}about?lang=de"),
        ("/x//evil.example/", f"{THERE}x//evil.example/"),
        ("/a%0d%0aSet-Cookie:x", f"{THERE}a%0D%0ASet-Cookie%3Ax"),
    ],
)
def test_the_address_that_was_ordered_leads_there(
    client: FlaskClient, agreement: Membership, path: str, leads_to: str
) -> None:
    site(agreement)
    answer = client.get(path, base_url="http://bakery.localhost")
    assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
    assert "Set-Cookie" not in answer.headers
    assert client.post("/", base_url="http://bakery.localhost").status_code == 404


@pytest.mark.parametrize(("status", "code"), [(S.SUSPENDED, 402), (S.CREATING, 404), (S.ARCHIVED, 404)])
def test_it_leads_nowhere_while_the_site_is_not_shown(
    client: FlaskClient, agreement: Membership, status: SiteStatus, code: int
) -> None:
    site(agreement, status=status)
    assert client.get("/", base_url="http://bakery.localhost").status_code == code


# -- its owner -------------------------------------------------------------------------------------------------------
def test_its_owner_sees_where_it_is(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement)
    owner = for_owner(client, agreement)
    contract = owner.get(f"/account/memberships/{agreement.id}").text
    assert f'href="{THERE}"' in contract
    assert f"/account/sites/{made.id}" in contract
    page = owner.get(f"/account/sites/{made.id}").text
    assert f'href="{THERE}"' in page
    assert "You edit this site at its own address." in page
    assert "Add a page" not in page
    for path in ("pictures", "pages/1"):
        assert owner.get(f"/account/sites/{made.id}/{path}").status_code == 404


def test_its_owner_puts_it_away_and_brings_it_back(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement)
    owner = for_owner(client, agreement)
    assert "Archive “Ada" in owner.get(f"/account/sites/{made.id}/archiving").text
    owner.post(f"/account/sites/{made.id}/archiving")
    assert rows.fresh(made).status == S.ARCHIVED
    owner.post(f"/account/sites/{made.id}/restoring")
    assert rows.fresh(made).status == S.PUBLISHED
    told = [one.callback.rpartition(":")[2] for one in db.session.scalars(select(Delivery).order_by(Delivery.id))]
    assert [one for one in told if one in ("suspend", "resume")] == ["suspend", "resume"]


def test_nobody_puts_away_what_is_not_there(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement, status=S.CREATING)
    owner = for_owner(client, agreement)
    assert owner.get(f"/account/sites/{made.id}/archiving").status_code == 404
    assert owner.get(f"/account/sites/{made.id}").status_code == 404


def test_mails_and_events_name_its_address(app: Flask, agreement: Membership) -> None:
    made = site(agreement)
    assert words.site_address(made) == THERE
    with unit_of_work("test"):
        sites.suspend(sites.find(made.id), reason="test")
    assert db.session.scalars(select(Event)).one().data["address"] == THERE


# -- the staff -------------------------------------------------------------------------------------------------------
def test_the_staff_sees_who_makes_it_and_what_it_is_called_there(
    client: FlaskClient, agreement: Membership, statements: Statements
) -> None:
    made = site(agreement)
    factories.signed_in(client, factories.operator())
    statements.clear()
    root = looking(client)(f"/admin/sites/{made.id}")
    assert len(statements) <= 12
    said = facts(root)
    assert said["Address"] == THERE
    assert said["Made by"] == "Another hosting system, by webhook"
    assert said["Called there"].startswith("h-1")
    assert said["Our name for it"].startswith("ref-of-the-site-1")


def test_while_it_is_worked_on_the_staff_asks_at_once(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement, status=S.CREATING, published_at=None, address="", waits_since=factories.clock.now())
    with unit_of_work("test"):
        site_jobs.request(db.session.get_one(Site, made.id))
    [job] = db.session.scalars(select(Delivery)).all()
    with unit_of_work("test") as session:
        session.get_one(Delivery, job.id).next_at += timedelta(minutes=10)
    factories.signed_in(client, factories.operator())
    root = looking(client)(f"/admin/sites/{made.id}")
    said = facts(root)
    assert said["Being worked on since"] == "2027-01-01 12:00 UTC"
    assert said["Next try"] == "2027-01-01 12:10 UTC"
    assert rows.link(root, "2027-01-01 12:10 UTC") == f"/admin/deliveries/{job.id}"
    assert "Ask now" in root.text
    assert client.post(f"/admin/sites/{made.id}/provisioning").status_code == 303
    assert [one.next_at for one in db.session.scalars(select(Delivery))] == [factories.clock.now()]


def test_what_was_not_done_there_is_told_again_by_a_button(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement, status=S.SUSPENDED, problem="the hosting system: locked")
    factories.signed_in(client, factories.operator())
    page = client.get(f"/admin/sites/{made.id}").text
    assert "Where it is made, it is not as it should be" in page
    assert "The hosting system says: locked" in page
    assert client.post(f"/admin/sites/{made.id}/provisioning").status_code == 303
    [job] = db.session.scalars(select(Delivery)).all()
    assert job.callback == "webapp.flows.provisioning:suspend"


def test_nothing_is_asked_where_all_is_well(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement)
    factories.signed_in(client, factories.operator())
    assert "Ask now" not in client.get(f"/admin/sites/{made.id}").text
    assert client.post(f"/admin/sites/{made.id}/provisioning").status_code == 409


def test_needs_attention_says_it_after_an_hour_of_work_and_at_once_when_it_failed(
    client: FlaskClient, agreement: Membership, noon: TurnedClock
) -> None:
    made = site(agreement, status=S.CREATING, published_at=None, address="", waits_since=factories.clock.now())
    operator = factories.operator()

    def open_now() -> list[str]:
        return [one.reason for one in attention.look(db.session(), operator, at_most=9, only="sites")]

    noon.tick(minutes=30)
    assert open_now() == []
    noon.tick(minutes=31)
    assert open_now() == ["it is being worked on"]
    factories.signed_in(client, operator)
    assert "It is being worked on." in client.get("/admin/attention").text
    with unit_of_work("test") as session:
        found = session.get_one(Site, made.id)
        site_jobs.end(found, problem="no end within 24 hours")
        found.move_to(S.FAILED, reason="test")
    assert open_now() == ["no end within 24 hours"]
    assert "It had not ended after 24 hours." in client.get("/admin/attention").text


# -- the settings ----------------------------------------------------------------------------------------------------
@pytest.fixture
def hosting(app: Flask) -> Iterator[HostingFake]:
    """In the environment of this network."""
    before: Settings = app.extensions["settings"]
    with HostingFake() as fake:
        env = {"PROVISIONER_URL": f"{fake.url}/sites", "OUTBOUND_ALLOW_PRIVATE": "loopback"}
        app.extensions["settings"] = replace(before, env=env)
        use(env)
        yield fake
    app.extensions["settings"] = before
    use({})


def test_the_button_says_whether_the_hosting_system_answers(
    client: FlaskClient, hosting: HostingFake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    factories.signed_in(client, factories.operator())
    monkeypatch.setattr(webhook, "QUICK", Limits(connect=0.3, read=0.3, total=0.3))

    def tried() -> str:
        return client.post("/admin/settings/connections/provisioner").text

    assert "Enter its address and secret and save first." in tried()
    for secret, answers in (
        ("whsec_" + base64.b64encode(b"y" * 32).decode(), ["It does not know this secret."]),
        (SECRET, ["It knows the secret, and answers as it should."]),
    ):
        with unit_of_work("test"):
            network.change({"provisioner_secret": secret})
        page = tried()
        assert [one in page for one in answers] == [True]
        assert secret not in page + caplog.text
    hosting.next(Silence(), Status(200, body=b"<html>"), Status(500), Status(404))
    assert "It did not answer in time." in tried()
    assert "It did not answer in time." in tried()
    assert "It did not answer in time." in tried()
    assert "It does not answer as it should." in tried()
    assert hosting.jobs == []


def test_the_page_says_where_notices_go(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator())
    assert "http://localhost/webhooks/provisioner" in client.get("/admin/settings/sites").text
    assert "/webhooks/provisioner" not in client.get("/admin/settings/company").text


def test_from_the_settings_to_the_site(app: Flask, browser: Browser, hosting: HostingFake) -> None:
    factories.signed_in(browser.client, factories.operator())
    page = browser.get("/admin/settings/sites")
    page = browser.submit(rows.form_of(page, "/settings/sites"), provisioner="webhook", provisioner_secret=SECRET)
    assert "Changes saved." in page.text
    agreement = factories.active_membership()
    told = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    made = factories.save(lambda: Site(slug="bakery", **told))
    browser.client.post(f"/admin/sites/{made.id}/provisioning")
    drain(app)
    assert (rows.fresh(made).status, rows.fresh(made).address) == (S.PUBLISHED, THERE)


# -- another address, another owner ----------------------------------------------------------------------------------
def can(**what: bool) -> None:
    with unit_of_work("test"):
        network.change({f"provisioner_{name}": on for name, on in what.items()})


def change(made: Site, **facts: Any) -> SiteChange:
    told = {"site_id": made.id, "kind": SiteChangeKind.RENAME, "slug": "cakes", **facts}
    row: SiteChange = factories.save(lambda: SiteChange(**told))
    return row


def test_what_it_cannot_do_is_not_offered(client: FlaskClient, agreement: Membership) -> None:
    made = site(agreement)
    owner = for_owner(client, agreement)
    page = owner.get(f"/account/sites/{made.id}").text
    assert "Change the address" not in page
    assert "Give this site away" not in page
    for path in ("address", "transfer"):
        assert owner.get(f"/account/sites/{made.id}/{path}").status_code == 404
        assert owner.post(f"/account/sites/{made.id}/{path}", data={"site_url": "cakes"}).status_code in (404, 409, 422)
    assert db.session.scalars(select(SiteChange)).all() == []


def test_its_owner_asks_for_another_address_and_sees_how_it_goes(client: FlaskClient, agreement: Membership) -> None:
    can(renames=True)
    made = site(agreement)
    owner = for_owner(client, agreement)
    assert "Change the address" in owner.get(f"/account/sites/{made.id}").text
    form = owner.get(f"/account/sites/{made.id}/address").text
    assert "The old address stays until the new one is there." in form
    assert ".localhost</" not in form
    owner.post(f"/account/sites/{made.id}/address", data={"site_url": "cakes"})
    answer = owner.get(f"/account/sites/{made.id}").text
    assert "The new address is being set up" in answer
    assert "Change the address" not in answer
    assert THERE in answer
    assert owner.post(f"/account/sites/{made.id}/address", data={"site_url": "pies"}).status_code in (404, 409)


@pytest.mark.parametrize(
    ("code", "sentence"), [("name_taken", "The address cakes is taken there."), ("other", "did not do it")]
)
def test_a_refusal_is_told_to_its_owner_and_to_the_staff(
    client: FlaskClient, agreement: Membership, code: str, sentence: str
) -> None:
    can(renames=True)
    made = site(agreement)
    change(made, status="refused", code=code, problem="the hosting system: we keep cakes")
    page = for_owner(client, agreement).get(f"/account/sites/{made.id}").text
    assert sentence in page
    assert "we keep cakes" not in page
    assert "Change the address" in page
    factories.signed_in(client, factories.operator())
    said = facts(looking(client)(f"/admin/sites/{made.id}"))
    assert said["Another address"].split() == ["cakes", "declined", *"The hosting system says: we keep cakes".split()]


def test_the_staff_asks_for_both(client: FlaskClient, agreement: Membership, statements: Statements) -> None:
    can(renames=True, transfers=True)
    made, to = site(agreement), factories.active_membership(plan=factories.product("other", limits={"sites": 1}))
    factories.signed_in(client, factories.operator())
    statements.clear()
    page = client.get(f"/admin/sites/{made.id}").text
    assert len(statements) <= 12
    assert "Change the address" in page
    assert "Give to another customer" in page
    version = rows.fresh(made).version
    told = {"membership": str(to.id), "sure": "1", "version": str(version)}
    client.post(f"/admin/sites/{made.id}/transfer", data=told)
    answer = client.get(f"/admin/sites/{made.id}").text
    assert "The site stays as it is until that says yes." in answer
    assert rows.fresh(made).customer_id == agreement.customer_id
    assert client.post(f"/admin/sites/{made.id}/address", data={"site_url": "cakes"}).status_code == 409
    [asked] = db.session.scalars(select(SiteChange)).all()
    assert (asked.kind, asked.membership_id, asked.status) == ("transfer", to.id, "waiting")
