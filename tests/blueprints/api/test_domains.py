"""Customers' own domains by the API: the same as on the account's pages, with the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.api.conftest import Caller, Callers, params
from tests.blueprints.api.test_sites import domain, made
from tests.conftest import Statements
from webapp.domain import network
from webapp.models import AuditEntry, DomainName, DomainStatus, Event, SiteStatus
from webapp.transactions import unit_of_work

D = DomainStatus
ROOM = {"limits": {"custom_domains": 2}}


def site(slug: str = "bakery", **facts: Any) -> Any:
    plan = factories.product(f"plan-{slug}", **ROOM)
    return made(slug, factories.active_membership(plan=plan), **facts)


def events(db: Session) -> list[str]:
    return [one.type for one in db.scalars(select(Event).where(Event.object_type == "domain_names").order_by(Event.id))]


def test_a_domain_is_added_and_says_which_records_it_needs(caller: Caller, db: Session) -> None:
    with unit_of_work("test"):
        network.change({"network_ips": "203.0.113.10 2001:db8::10"})
    row = site()
    answer = caller.post("/domains", {"site_id": row.id, "domain": " WWW.Bücherei.de "})
    assert answer.status_code == 201, answer.text
    told = answer.json
    assert answer.headers["Location"] == f"/api/v2/domains/{told['id']}"
    assert (told["domain"], told["site_id"], told["customer_id"]) == ("www.xn--bcherei-n2a.de", row.id, row.customer_id)
    assert (told["status"], told["primary"], told["becomes_primary"]) == ("waiting", False, True)
    assert (told["checking"], told["date_checked"], told["problem"]) == (True, None, "")
    kept = db.get_one(DomainName, told["id"])
    assert told["records"] == [
        {"kind": "TXT", "name": f"_parzelle-challenge.{kept.name}", "value": kept.token},
        {"kind": "CNAME", "name": kept.name, "value": "bakery.localhost"},
        {"kind": "A", "name": kept.name, "value": "203.0.113.10"},
        {"kind": "AAAA", "name": kept.name, "value": "2001:db8::10"},
    ]
    assert caller.get(f"/domains/{told['id']}").json == told
    assert events(db) == ["domain.created"]
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "domains.add")).one()
    assert entry.after == {"domain": kept.name, "site_id": row.id}
    plain = caller.post("/domains", {"site_id": row.id, "domain": "b.de", "primary": False}).json
    assert plain["becomes_primary"] is False


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"domain": "https://bakery.de"}, "domain"),
        ({"domain": "www.localhost"}, "domain"),
        ({"domain": ""}, "domain"),
        ({"domain": "bakery.de", "site_id": 10**9}, "site_id"),
        ({"domain": "bakery.de", "primary": "yes"}, "primary"),
    ],
)
def test_what_cannot_be_one_is_refused_by_its_field(caller: Caller, body: dict[str, Any], name: str) -> None:
    answer = caller.post("/domains", {"site_id": site().id, **body})
    assert answer.status_code == 422
    assert set(params(answer)) == {name}


def test_it_is_refused_as_on_the_pages(caller: Caller, db: Session) -> None:
    row, other = site(), site("flowers")
    taken = domain(other, "flowers.de")
    refused = caller.post("/domains", {"site_id": row.id, "domain": taken.name})
    assert (refused.status_code, refused.json["code"]) == (422, "domain_taken")
    for name in ("a.de", "b.de"):
        assert caller.post("/domains", {"site_id": row.id, "domain": name}).status_code == 201
    again = caller.post("/domains", {"site_id": row.id, "domain": "A.de"})
    assert (again.status_code, again.json["code"]) == (422, "domain_listed")
    full = caller.post("/domains", {"site_id": row.id, "domain": "c.de"})
    assert (full.status_code, full.json["code"]) == (422, "limit_reached")
    for status in (SiteStatus.FAILED, SiteStatus.ARCHIVED):
        unmade = site(f"un-{status}", status=status)
        refused = caller.post("/domains", {"site_id": unmade.id, "domain": "d.de"})
        assert (refused.status_code, refused.json["code"]) == (409, "no_domains")
    assert len(events(db)) == 2


def test_an_order_sent_twice_adds_one(caller: Caller, db: Session) -> None:
    row = site()
    for _time in range(2):
        answer = caller.post("/domains", {"site_id": row.id, "domain": "a.de"}, Idempotency_Key="add-1")
        assert answer.status_code == 201
    assert len(db.scalars(select(DomainName)).all()) == 1


def test_the_main_address_is_changed_and_given_back(caller: Caller, db: Session) -> None:
    row = site()
    path = f"/domains/{domain(row, 'bakery.de').id}"
    waiting = domain(row, "www.bakery.de", D.WAITING)
    refused = caller.patch(f"/domains/{waiting.id}", {"primary": True})
    assert (refused.status_code, refused.json["code"]) == (409, "domain_not_ready")
    etag = caller.get(path).headers["ETag"]
    answer = caller.patch(path, {"primary": True}, If_Match=etag)
    assert answer.json["primary"] is True
    assert caller.get("/sites/bakery").json["url"] == "http://bakery.de/"
    assert caller.patch(path, {"primary": False}, If_Match=etag).status_code == 412
    assert caller.patch(path, {"primary": True}).status_code == 200
    assert events(db) == ["domain.primary_changed"]
    assert caller.patch(f"/domains/{waiting.id}", {"primary": False}).json["primary"] is False
    assert caller.get(path).json["primary"] is True
    assert caller.patch(path, {"primary": False}).json["primary"] is False
    assert caller.get("/sites/bakery").json["url"] == "http://bakery.localhost/"


def test_its_records_are_looked_at_again(caller: Caller, db: Session) -> None:
    row = site()
    given_up = domain(row, "bakery.de", D.GIVEN_UP, problem="no-records")
    answer = caller.post(f"/domains/{given_up.id}/checks", None)
    assert (answer.status_code, answer.json["status"], answer.json["checking"]) == (202, "waiting", True)
    for name in ("a.de", "b.de"):
        domain(row, name)
    late = domain(row, "c.de", D.GIVEN_UP)
    full = caller.post(f"/domains/{late.id}/checks", None)
    assert (full.status_code, full.json["code"]) == (422, "limit_reached")
    assert db.get_one(DomainName, late.id).status == D.GIVEN_UP


def test_removing_it_gives_its_site_back_the_address_here(caller: Caller, db: Session) -> None:
    row = site(main_domain="bakery.de")
    path = f"/domains/{domain(row, 'bakery.de').id}"
    assert caller.delete(path, If_Match='"other"').status_code == 412
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == caller.delete(path).status_code == 404
    assert caller.get("/sites/bakery").json["url"] == "http://bakery.localhost/"
    assert events(db) == ["domain.primary_changed", "domain.removed"]


def test_domains_are_listed_filtered_and_cost_the_same(caller: Caller, statements: Statements) -> None:
    rows = [site(f"shop-{number:02}", main_domain=f"a{number:02}.de") for number in range(8)]
    for number, row in enumerate(rows):
        domain(row, f"a{number:02}.de")
    other = domain(rows[0], "xn--bcher-kva.de", D.WAITING)

    def names(query: str) -> list[str]:
        return [one["domain"] for one in caller.get(f"/domains?orderby=domain&order=asc&{query}").json["data"]]

    assert len(names("")) == 9
    assert names("status=waiting") == [other.name]
    assert names(f"site_id={rows[0].id}") == ["a00.de", other.name]
    assert names(f"customer_id={rows[1].customer_id}") == ["a01.de"]
    assert names("domain=Bücher.de") == names("search=bücher.de") == names("primary=false") == [other.name]
    assert len(names("primary=true")) == 8
    cursor = caller.get("/domains?orderby=domain&order=asc&per_page=2").json["next_cursor"]
    assert names(f"per_page=2&cursor={cursor}") == ["a02.de", "a03.de"]
    counts = []
    for size in (2, 8):
        statements.clear()
        caller.get(f"/domains?per_page={size}&status=active")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
    assert set(params(caller.get("/domains?site_id=x&primary=maybe"))) == {"site_id", "primary"}


def test_only_who_may_reads_and_changes_them(callers: Callers) -> None:
    row = domain(site(), "bakery.de")
    reader = callers("domains:read")
    assert reader.get(f"/domains/{row.id}").status_code == 200
    for method, path, body in (
        ("POST", "/domains", {"site_id": row.site_id, "domain": "a.de"}),
        ("PATCH", f"/domains/{row.id}", {"primary": True}),
        ("POST", f"/domains/{row.id}/checks", None),
        ("DELETE", f"/domains/{row.id}", None),
    ):
        assert reader(method, path, body).json["message"] == "This key lacks the scope domains:write."
    assert callers("sites:read").get("/domains").status_code == 403
