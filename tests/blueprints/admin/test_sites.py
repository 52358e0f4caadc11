"""Sites as operators see them, and having one made that was not."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.pages import Page
from webapp.domain import domain_names, sites
from webapp.extensions import db
from webapp.models import Delivery, MembershipStatus, Site, SitePage, SiteStatus
from webapp.transactions import unit_of_work


def site(slug: str = "bakery", **values: Any) -> Site:
    agreement = values.pop("membership", None) or factories.active_membership()
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Ada's bakery", **values}
    return factories.save(lambda: Site(slug=slug, **facts))


def test_the_list_shows_where_they_are_and_how_they_stand(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    made = site(status=SiteStatus.FAILED, problem="no space left")
    (row,) = look("/admin/sites").one("tbody").all("tr")
    assert rows.cells(row) == [
        "bakery",
        "Ada's bakery",
        f"Ada Person {made.customer.email}",
        "failed no space left",
        "2027-01-31 10:00 UTC",
    ]
    assert rows.link(row, "bakery") == f"/admin/sites/{made.id}"


@pytest.mark.parametrize("text", ["bak", "BAKERY", "bakery.localhost"])
def test_a_site_is_found_by_the_beginning_of_its_address(look: Look, text: str) -> None:
    site()
    site("flowers")
    assert rows.names(look(f"/admin/sites?search={text}")) == ["bakery"]


def test_a_site_is_found_by_a_domain_of_its_owners(look: Look) -> None:
    made = site(status=SiteStatus.PUBLISHED)
    site("flowers")
    with unit_of_work("test"):
        domain_names.add(sites.locked(made.id), "www.example.com", ours=())
    assert rows.names(look("/admin/sites?search=WWW.example.com")) == ["bakery"]


def test_a_page_of_sites_costs_the_same_for_one_and_for_many(look: Look, statements: Statements) -> None:
    rows.many(60, lambda number: site(f"site-{number}"))
    statements.clear()
    look("/admin/sites")
    assert len(statements) <= 12


def test_a_site_has_everything_on_one_page(look: Look, statements: Statements) -> None:
    made = site(status=SiteStatus.PUBLISHED)
    statements.clear()
    root = look(f"/admin/sites/{made.id}")
    assert len(statements) <= 12
    said = facts(root)
    assert said["Address"] == "http://bakery.localhost/"
    assert said["Membership"] == "Premium active"
    assert not rows.has_link(root, "Set up now")
    assert "The site is not there yet" not in root.text


@pytest.mark.parametrize("status", [SiteStatus.REQUESTED, SiteStatus.CREATING, SiteStatus.FAILED])
def test_a_site_that_is_not_there_is_asked_for_again(signed_in: FlaskClient, status: SiteStatus) -> None:
    made = site(status=status)
    assert "Set up now" in signed_in.get(f"/admin/sites/{made.id}").text
    assert signed_in.post(f"/admin/sites/{made.id}/provisioning").status_code == 303
    db.session.rollback()
    (job,) = db.session.query(Delivery).all()
    assert (job.callback, job.ordering_key) == ("webapp.flows.provisioning:provision", f"site:{made.id}")


@pytest.mark.parametrize(
    ("status", "membership"),
    [(SiteStatus.PUBLISHED, MembershipStatus.ACTIVE), (SiteStatus.REQUESTED, MembershipStatus.PENDING)],
)
def test_nothing_is_made_that_is_there_or_that_nobody_pays_for(
    signed_in: FlaskClient, status: SiteStatus, membership: MembershipStatus
) -> None:
    made = site(status=status, membership=factories.membership(status=membership))
    answer = signed_in.post(f"/admin/sites/{made.id}/provisioning")
    assert answer.status_code == 409
    assert "This site is made already, or its membership is not served." in answer.text
    assert db.session.query(Delivery).count() == 0


# -- another address -------------------------------------------------------------------------------------------------
def test_a_site_is_given_another_address(look: Look, signed_in: FlaskClient) -> None:
    made = site(status=SiteStatus.PUBLISHED)
    at = f"/admin/sites/{made.id}/address"
    assert at in [one.attrs.get("href") for one in look(f"/admin/sites/{made.id}").all("a")]
    fields = Page(signed_in.get(at).text).forms[-1]["fields"]
    refused = signed_in.post(at, data={**fields, "site_url": "admin"})
    assert (refused.status_code, "This address is taken. Try admin-2." in refused.text) == (422, True)
    assert signed_in.post(at, data={**fields, "site_url": "Bread"}).status_code == 303
    assert "Site given another address" in look(f"/admin/sites/{made.id}").text
    assert "Address: bakery → bread" in look("/admin/audit").text
    assert "bakery.localhost leads here until" in " ".join(look(at).text.split())
    late = signed_in.post(at, data={**fields, "site_url": "cakes"})
    assert (late.status_code, "was changed in the meantime" in late.text) == (409, True)


def test_a_site_that_is_made_elsewhere_keeps_its_address(look: Look, signed_in: FlaskClient) -> None:
    made = site(status=SiteStatus.PUBLISHED, provisioner="webhook", reference="abc")
    at = f"/admin/sites/{made.id}/address"
    assert at not in [one.attrs.get("href") for one in look(f"/admin/sites/{made.id}").all("a")]
    fields = Page(signed_in.get(at).text).forms[-1]["fields"]
    assert signed_in.post(at, data={**fields, "site_url": "bread"}).status_code == 409


# -- another customer ------------------------------------------------------------------------------------------------
def test_a_site_is_given_to_another_customer_once_both_were_looked_at(look: Look, signed_in: FlaskClient) -> None:
    made = site(status=SiteStatus.PUBLISHED)
    to = factories.active_membership(customer=factories.customer(display_name="Grace Hopper"))
    before, at = made.customer_id, f"/admin/sites/{made.id}/transfer"
    assert at in [one.attrs.get("href") for one in look(f"/admin/sites/{made.id}").all("a")]
    fields = Page(signed_in.get(at).text).forms[-1]["fields"]
    for number in ("", "x", "0", "9" * 40, "²"):
        refused = signed_in.post(at, data={**fields, "membership": number})
        assert refused.status_code == 422, number
    shown = Page(signed_in.post(at, data={**fields, "membership": f" {to.id} "}).text)
    assert "Ada Person" in shown.text
    assert "Grace Hopper" in shown.text
    assert signed_in.post(at, data=shown.forms[-1]["fields"]).status_code == 303
    assert facts(look(f"/admin/sites/{made.id}"))["Customer"].startswith("Grace Hopper")
    log = look("/admin/audit").text
    assert f"Customer: {before} → {to.customer_id}" in log
    again = signed_in.post(at, data=shown.forms[-1]["fields"])
    assert (again.status_code, "was changed in the meantime" in again.text) == (409, True)


def test_a_site_is_not_given_where_there_is_no_room(signed_in: FlaskClient) -> None:
    made, full = site(status=SiteStatus.PUBLISHED), site("full", status=SiteStatus.PUBLISHED)
    at = f"/admin/sites/{made.id}/transfer"
    fields = Page(signed_in.get(at).text).forms[-1]["fields"]
    refused = signed_in.post(at, data={**fields, "membership": f"{full.membership_id}", "sure": "1"})
    assert (refused.status_code, "allows 1 site" in refused.text) == (409, True)


# -- its content as a file, and a further one ------------------------------------------------------------------------
def test_a_site_is_exported_and_filled_with_an_export(look: Look, signed_in: FlaskClient) -> None:
    made = site(status=SiteStatus.PUBLISHED, design="business")
    factories.save(lambda: SitePage(site_id=made.id, title="Home", body="Bread"))
    links = [one.attrs.get("href") for one in look(f"/admin/sites/{made.id}").all("a")]
    assert {f"/admin/sites/{made.id}/export.zip", f"/admin/sites/{made.id}/import"} <= set(links)
    data = signed_in.get(f"/admin/sites/{made.id}/export.zip").data
    with unit_of_work("test") as session:
        session.scalars(select(SitePage)).one().body = "Cakes"
    at = f"/admin/sites/{made.id}/import"
    fields = {
        name: one for name, one in Page(signed_in.get(at).text).forms[-1]["fields"].items() if name == "csrf_token"
    }
    for values, status in (({}, 422), ({"file": (BytesIO(data), "x.zip")}, 422), ({"sure": "y"}, 422)):
        assert signed_in.post(at, data={**fields, **values}).status_code == status
    done = signed_in.post(at, data={**fields, "sure": "y", "file": (BytesIO(data), "x.zip")})
    assert done.status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(SitePage.body)).all() == ["Bread"]
    assert "Site replaced by an export" in look("/admin/audit").text


def test_a_site_is_added_to_a_membership_that_has_room(look: Look, signed_in: FlaskClient) -> None:
    agreement = factories.active_membership()
    at, to = f"/admin/memberships/{agreement.id}/sites/new", f"/admin/memberships/{agreement.id}/sites"
    assert at in [one.attrs.get("href") for one in look(f"/admin/memberships/{agreement.id}").all("a")]
    fields = Page(signed_in.get(at).text).forms[-1]["fields"]
    wrong = signed_in.post(to, data={**fields, "site_title": "", "site_url": "bakery"})
    assert (wrong.status_code, "Enter a name for your site." in wrong.text) == (422, True)
    done = signed_in.post(to, data={**fields, "site_title": "Bakery", "site_url": "bakery"})
    assert facts(look(done.location))["Address"] == "http://bakery.localhost/"
    full = signed_in.post(to, data={**fields, "site_title": "Cakes", "site_url": "cakes"})
    assert (full.status_code, "allows 1 site, and it has as many" in full.text) == (409, True)
    assert "Site added" in look("/admin/audit").text
