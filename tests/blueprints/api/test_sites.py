"""Sites by the API, to read."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.blueprints.api.conftest import Caller, Callers, params
from tests.conftest import Statements
from webapp import clock
from webapp.models import DomainName, DomainStatus, Membership, Site, SiteStatus


def made(slug: str, membership: Membership | None = None, **facts: Any) -> Site:
    agreement = membership or factories.active_membership()
    values = {"status": SiteStatus.PUBLISHED, "title": slug.title(), **facts}
    row: Site = factories.save(
        lambda: Site(slug=slug, membership_id=agreement.id, customer_id=agreement.customer_id, **values)
    )
    return row


def domain(site: Site, name: str, status: DomainStatus = DomainStatus.ACTIVE, **facts: Any) -> DomainName:
    row: DomainName = factories.save(lambda: DomainName(site_id=site.id, name=name, status=status, **facts))
    return row


def test_a_site_is_told_with_where_it_is_and_how_it_stands(caller: Caller) -> None:
    row = made("bakery", template="business", locale="de", provisioner="built-in", reference="r" * 32)
    found = caller.get(f"/sites/{row.id}").json
    assert (found["slug"], found["url"], found["title"]) == ("bakery", "http://bakery.localhost/", "Bakery")
    assert (found["customer_id"], found["membership_id"]) == (row.customer_id, row.membership_id)
    assert (found["status"], found["blocked"], found["problem"]) == ("published", False, "")
    assert (found["template_id"], found["locale"], found["provisioner"]) == ("business", "de", "built-in")
    assert (found["domains"], found["date_published"], found["date_deletion"]) == ([], None, None)
    assert found["date_created"].endswith("Z")
    for name in ("bakery", "BAKERY", "r" * 32):
        assert caller.get(f"/sites/{name}").json == found


def test_its_domains_are_told_the_oldest_first(caller: Caller) -> None:
    row = made("bakery", main_domain="www.bakery.example", held_at=clock.now(), status=SiteStatus.SUSPENDED)
    domain(row, "www.bakery.example", secure_at=clock.now())
    domain(row, "bakery.example", DomainStatus.WAITING)
    found = caller.get(f"/sites/{row.id}").json
    assert [(one["domain"], one["status"], one["primary"], one["secure"]) for one in found["domains"]] == [
        ("www.bakery.example", "active", True, True),
        ("bakery.example", "waiting", False, False),
    ]
    assert (found["url"], found["status"], found["blocked"]) == ("http://www.bakery.example/", "suspended", True)


def test_another_system_says_where_its_sites_are(caller: Caller) -> None:
    row = made("bakery", provisioner="webhook", address="https://host7.example/bakery/")
    assert caller.get(f"/sites/{row.id}").json["url"] == "https://host7.example/bakery/"


def test_an_address_finds_the_site_that_has_it_now(caller: Caller) -> None:
    gone = made("bakery", status=SiteStatus.ARCHIVED)
    assert caller.get("/sites/bakery").status_code == 404
    now = made("bakery")
    assert caller.get("/sites/bakery").json["id"] == now.id
    assert caller.get(f"/sites/{gone.id}").json["url"] is None
    digits = made(str(gone.id).rjust(3, "7"))
    assert caller.get(f"/sites/{digits.slug}").json["id"] == digits.id


def test_the_tag_changes_with_its_domains(caller: Caller) -> None:
    row = made("bakery")
    etag = caller.get("/sites/bakery").headers["ETag"]
    assert caller.get("/sites/bakery", If_None_Match=etag).status_code == 304
    domain(row, "bakery.example")
    assert caller.get("/sites/bakery", If_None_Match=etag).status_code == 200


def test_sites_are_listed_filtered_and_cost_the_same(caller: Caller, statements: Statements) -> None:
    agreement = factories.active_membership()
    rows = [made(f"shop-{number:02}", agreement) for number in range(12)]
    for number, row in enumerate(rows):
        domain(row, f"shop-{number}.example")
    other = made("bakery", status=SiteStatus.FAILED, problem="The template is gone.")
    domain(other, "shop-3.example", DomainStatus.WAITING)

    def ids(query: str) -> list[int]:
        return [one["id"] for one in caller.get(f"/sites?{query}").json["data"]]

    assert len(ids("")) == 13
    assert ids("status=failed") == [other.id]
    assert ids(f"membership_id={other.membership_id}") == [other.id]
    assert len(ids(f"customer_id={agreement.customer_id}")) == 12
    assert ids("domain=Shop-3.example") == [rows[3].id]
    assert ids("domain=nothing.example") == []
    assert ids("search=bak") == ids("search=bakery.localhost") == [other.id]
    assert ids("orderby=slug&order=asc&per_page=2") == [other.id, rows[0].id]
    cursor = caller.get("/sites?orderby=slug&order=asc&per_page=2").json["next_cursor"]
    assert ids(f"orderby=slug&order=asc&per_page=2&cursor={cursor}") == [rows[1].id, rows[2].id]
    counts = []
    for size in (2, 12):
        statements.clear()
        caller.get(f"/sites?per_page={size}&status=published")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_only_who_may_reads_them(callers: Callers) -> None:
    made("bakery")
    assert callers("sites:read").get("/sites/bakery").status_code == 200
    for path in ("/sites", "/sites/bakery"):
        assert callers("memberships:read").get(path).json["message"] == "This key lacks the scope sites:read."


@pytest.mark.parametrize("name", ["0", "nothing", "9" * 30, "x" * 200, "b%C3%A4ckerei", "%00", "bakery%00"])
def test_what_is_not_there_is_not_found(caller: Caller, name: str) -> None:
    made("bakery")
    assert caller.get(f"/sites/{name}").status_code == 404


def test_they_are_changed_by_nobody(caller: Caller) -> None:
    row = made("bakery")
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        assert caller(method, f"/sites/{row.id}", {}).status_code == 405
    assert caller.post("/sites", {}).status_code == 405
    assert set(params(caller.get("/sites?customer_id=nobody&membership_id=-1"))) == {"customer_id", "membership_id"}
