"""Sites answer on their own hosts, and the network's pages never do."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from webapp.blueprints.tenant.kept_pages import KeptPages, Key
from webapp.domain import colours, domain_checks, domain_names, site_archive, site_renaming, sites
from webapp.domain.dns_verdicts import Verdict
from webapp.flows import provisioning
from webapp.models import Site, SitePage, SiteStatus
from webapp.transactions import unit_of_work


def make(status: SiteStatus, slug: str = "bakery") -> None:
    membership = factories.active_membership()
    with unit_of_work() as session:
        session.add(
            Site(customer=membership.customer, membership=membership, slug=slug, title="<b>Bakery</b>", status=status)
        )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SiteStatus.PUBLISHED, 200),
        (SiteStatus.SUSPENDED, 402),
        (SiteStatus.REQUESTED, 404),
        (SiteStatus.ARCHIVED, 404),
    ],
)
def test_a_site_is_shown_as_its_status_allows(client: FlaskClient, status: SiteStatus, code: int) -> None:
    make(status)
    answer = client.get("/", base_url="http://Bakery.localhost:8000")
    assert answer.status_code == code
    assert "&lt;b&gt;Bakery" in answer.text if code == 200 else "Bakery" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/admin/", "/login", "/register", "/account/", "/healthz", "/static/app.css"])
def test_a_sites_host_serves_nothing_of_the_network(client: FlaskClient, path: str) -> None:
    make(SiteStatus.PUBLISHED)
    assert client.get(path, base_url="http://bakery.localhost").status_code == 404


def test_the_networks_own_host_is_the_network(client: FlaskClient) -> None:
    assert client.get("/healthz", base_url="http://localhost").json == {"status": "ok"}
    assert client.get("/healthz", base_url="http://127.0.0.1:9000").json == {"status": "ok"}


def test_a_nul_in_an_address_is_refused(client: FlaskClient) -> None:
    assert client.get("/thank-you/%00").status_code == 404


# -- pages -----------------------------------------------------------------------------------------------------------
HOST = "http://bakery.localhost"


@pytest.fixture
def bakery(app: Flask) -> Site:
    membership = factories.active_membership()
    facts = {"customer": membership.customer, "membership": membership, "title": "Bakery"}
    site = factories.save(lambda: Site(slug="bakery", **facts))
    provisioning.provision(site)
    return site


def change(site: Site, slug: str, **values: Any) -> None:
    with unit_of_work("test") as session:
        page = session.scalars(select(SitePage).filter_by(site_id=site.id, slug=slug)).one()
        for name, value in values.items():
            setattr(page, name, value)
        session.get_one(Site, site.id).note_change()


def test_a_page_costs_three_statements_and_the_next_time_one(
    client: FlaskClient, bakery: Site, statements: Any
) -> None:
    statements.clear()
    assert client.get("/about", base_url=HOST).status_code == 200
    assert len(statements) <= 3
    statements.clear()
    assert client.get("/about", base_url=HOST).status_code == 200
    assert len(statements) == 1


def test_what_was_changed_is_shown_at_once(client: FlaskClient, bakery: Site) -> None:
    before = client.get("/about", base_url=HOST)
    change(bakery, "about", body="# Anew\n\nFresh *bread*.")
    after = client.get("/about", base_url=HOST, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "Fresh <em>bread</em>" in after.text) == (200, True)
    again = client.get("/about", base_url=HOST, headers={"If-None-Match": after.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_draft_answers_to_nobody(client: FlaskClient, bakery: Site) -> None:
    change(bakery, "about", published=False)
    assert client.get("/about", base_url=HOST).status_code == 404
    assert 'href="/about"' not in client.get("/", base_url=HOST).text


def test_a_page_outside_the_menu_answers_all_the_same(client: FlaskClient, bakery: Site) -> None:
    change(bakery, "about", in_menu=False)
    assert client.get("/about", base_url=HOST).status_code == 200
    assert 'href="/about"' not in client.get("/services", base_url=HOST).text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/about/",
        "/About",
        "/../admin/",
        "/%2e%2e/admin/",
        "/_site/",
        "/_site/../app.css",
        "/_site/business-1d5c87-000000000000.css.bak",
        "/_site/nothing-1d5c87-0123456789ab.css",
        "/_site/0123456789abcdef0123456789abcdef01234567.svg",
        "/_site/0123456789abcdef.exe",
        "/static/app.css",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, bakery: Site, path: str) -> None:
    assert client.get(path, base_url=HOST).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_site_takes_nothing(client: FlaskClient, bakery: Site, method: str) -> None:
    assert getattr(client, method)("/about", base_url=HOST, data={"x": "y"}).status_code == 404


def test_a_page_runs_nothing_and_is_framed_by_nobody(client: FlaskClient, bakery: Site) -> None:
    answer = client.get("/", base_url=HOST)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_files_are_kept_for_good_and_run_nothing(client: FlaskClient, bakery: Site) -> None:
    page = client.get("/", base_url=HOST).text
    for address in re.findall(r'"(/_site/[^"]+)"', page):
        answer = client.get(address, base_url=HOST)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_another_sites_picture_is_not_there(client: FlaskClient, bakery: Site) -> None:
    [address] = re.findall(r'"(/_site/[^"]+svg)"', client.get("/", base_url=HOST).text)
    make(SiteStatus.PUBLISHED, "other")
    assert client.get(address, base_url="http://other.localhost").status_code == 404


def test_a_blocked_site_shows_nothing_of_what_was_kept(client: FlaskClient, bakery: Site) -> None:
    assert client.get("/", base_url=HOST).status_code == 200
    with unit_of_work("test"):
        sites.suspend(sites.find(bakery.id), reason="test")
    assert client.get("/", base_url=HOST).status_code == 402
    assert client.get("/about", base_url=HOST).status_code == 402
    with unit_of_work("test"):
        sites.resume(sites.find(bakery.id))
    assert client.get("/about", base_url=HOST).status_code == 200


def test_a_colour_is_made_readable(client: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test"):
        site = sites.find(bakery.id)
        site.accent = "#ffff00"
        site.note_change()
    [address] = re.findall(r'"(/_site/business-ffff00-[^"]+css)"', client.get("/", base_url=HOST).text)
    light, dark = re.findall(r"--accent: light-dark\((#\w+), (#\w+)\)", client.get(address, base_url=HOST).text)[0]
    assert colours.is_readable(light, colours.LIGHT)
    assert colours.is_readable(dark, colours.DARK)


def test_no_more_is_kept_than_fits() -> None:
    kept = KeptPages(bytes_at_most=100)
    for number in range(50):
        kept.keep(Key(number, 1, ""), b"x" * 30)
    assert kept.size <= 100
    assert kept.get(Key(0, 1, "")) is None
    assert kept.get(Key(49, 1, "")) is not None
    kept.keep(Key(49, 1, ""), b"y" * 10)
    assert kept.get(Key(49, 1, "")) == b"y" * 10
    kept.keep(Key(50, 1, ""), b"x" * 1000)
    assert kept.size == 0


# -- another address -------------------------------------------------------------------------------------------------
def rename(site: Site, slug: str) -> None:
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), slug)


def test_the_old_address_leads_to_the_same_page_of_the_new_one(
    client: FlaskClient, bakery: Site, statements: Any
) -> None:
    assert client.get("/about", base_url=HOST).status_code == 200
    rename(bakery, "bread")
    statements.clear()
    answer = client.get("/über?x=1&y=%2F..", base_url="http://BAKERY.localhost")
    assert len(statements) <= 3
    assert (answer.status_code, answer.headers["Cache-Control"]) == (301, "no-cache")
    assert answer.location == "http://bread.localhost/%C3%BCber?x=1&y=%2F.."
    assert "Set-Cookie" not in answer.headers
    assert client.get("/about", base_url="http://bread.localhost").status_code == 200
    assert client.post("/about", base_url=HOST).status_code == 404


def test_no_name_of_a_site_leads_round_in_a_circle(client: FlaskClient, bakery: Site) -> None:
    for slug in ("bread", "cakes", "bakery", "bread"):
        rename(bakery, slug)
    for slug in ("bakery", "cakes", "bread"):
        answer = client.get("/about", base_url=f"http://{slug}.localhost")
        if answer.status_code == 301:
            answer = client.get("/about", base_url=answer.location.removesuffix("/about"))
        assert answer.status_code == 200, slug


def test_an_old_address_leads_on_while_the_site_is_switched_off(client: FlaskClient, bakery: Site) -> None:
    rename(bakery, "bread")
    with unit_of_work("test"):
        sites.suspend(sites.locked(bakery.id), reason="test")
    assert client.get("/", base_url=HOST).location == "http://bread.localhost/"
    assert client.get("/", base_url="http://bread.localhost").status_code == 402


# -- domains of customers' own ---------------------------------------------------------------------------------------
OURS = ("localhost",)


def map_domain(site: Site, name: str, *, main: bool = False) -> int:
    with unit_of_work("test"):
        domain_id = domain_names.add(sites.locked(site.id), name, ours=OURS, main=main).id
        domain_checks.record(domain_id, Verdict())
    return domain_id


def main_address(site: Site, domain_id: int | None) -> None:
    with unit_of_work("test"):
        domain_names.make_main(sites.locked(site.id), domain_names.find(domain_id) if domain_id else None)


def follow(client: FlaskClient, url: str) -> tuple[list[str], int]:
    """The addresses that one is led to, and how the last of them answers."""
    hops: list[str] = []
    for _hop in range(4):
        parts = urlsplit(url)
        answer = client.get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        if answer.status_code not in (301, 302):
            return hops, answer.status_code
        url = answer.location
        hops.append(url)
    raise AssertionError(f"led round in a circle: {hops}")


SPELLINGS = ("{}", "{}:8000", "{}.", "{}.:8000")
LAYOUTS = {
    "the address here": (None, "bakery.localhost"),
    "a domain": ("example.com", "example.com"),
    "its www": ("www.example.com", "www.example.com"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_address_leads_to_the_main_one_and_that_leads_nowhere(
    client: FlaskClient, bakery: Site, layout: str, spelling: str
) -> None:
    main, host = LAYOUTS[layout]
    known = {name: map_domain(bakery, name) for name in ("example.com", "www.example.com")}
    rename(bakery, "bread")
    rename(bakery, "bakery")
    main_address(bakery, known.get(main or ""))
    for asked in ("bakery.localhost", "bread.localhost", "example.com", "www.example.com"):
        for case in (asked, asked.upper()):
            hops, status = follow(client, f"http://{spelling.format(case)}/about?a=1&b=%2F")
            assert status == 200
            assert hops == ([] if asked == host else [f"http://{host}/about?a=1&b=%2F"]), case


@pytest.mark.parametrize("main", [None, "example.com"])
def test_a_site_that_is_not_served_says_so_under_every_name(
    client: FlaskClient, bakery: Site, main: str | None
) -> None:
    domain_id = map_domain(bakery, "example.com")
    main_address(bakery, domain_id if main else None)
    hosts = ("bakery.localhost", "example.com")
    with unit_of_work("test"):
        sites.suspend(sites.locked(bakery.id), reason="test")
    assert [follow(client, f"http://{one}/about") for one in hosts] == [([], 402), ([], 402)]
    with unit_of_work("test"):
        site_archive.archive(sites.locked(bakery.id), reason="test")
    assert [follow(client, f"http://{one}/about") for one in hosts] == [([], 404), ([], 404)]
    with unit_of_work("test"):
        site_archive.restore(sites.locked(bakery.id), reason="test")
        sites.resume(sites.locked(bakery.id)) if sites.find(bakery.id).status == SiteStatus.SUSPENDED else None
    assert [follow(client, f"http://{one}/about")[1] for one in hosts] == [200, 200]


def test_a_domain_that_waits_or_was_removed_is_not_answered(client: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test"):
        domain_names.add(sites.locked(bakery.id), "example.org", ours=OURS)
    assert client.get("/about", base_url="http://example.org").status_code == 404
    removed = map_domain(bakery, "example.com", main=True)
    assert client.get("/about", base_url="http://example.com").status_code == 200
    with unit_of_work("test"):
        sites.locked(bakery.id)
        domain_names.remove(domain_names.find(removed))
    assert client.get("/about", base_url="http://example.com").status_code == 404
    assert client.get("/about", base_url="http://bakery.localhost").status_code == 200


def test_one_that_fails_is_answered_all_the_same(client: FlaskClient, bakery: Site) -> None:
    domain_id = map_domain(bakery, "example.com", main=True)
    with unit_of_work("test"):
        domain_checks.record(domain_id, Verdict("elsewhere", "192.0.2.1"))
    assert client.get("/about", base_url="http://example.com").status_code == 200


def test_a_page_by_its_domain_costs_as_many_statements(client: FlaskClient, bakery: Site, statements: Any) -> None:
    map_domain(bakery, "example.com", main=True)
    for most in (3, 1):
        statements.clear()
        assert client.get("/about", base_url="http://example.com").status_code == 200
        assert len(statements) <= most
    statements.clear()
    assert client.get("/about", base_url=HOST).status_code == 301
    assert len(statements) == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "bakery.localhost.evil.example", "xlocalhost.example", "example.com:99", "a..b", "-.-"]
)
@pytest.mark.parametrize("path", ["/", "/login", "/admin/", "/register", "/api/v2/products", "/nowhere"])
def test_a_host_that_nobody_knows_is_404(client: FlaskClient, bakery: Site, host: str, path: str) -> None:
    factories.free_product()
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 404)
    assert "Set-Cookie" not in answer.headers
    assert "password" not in answer.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
@example("[::1]:8000")
@example("example.com:99999999")
@example(".localhost")
@example("..")
def test_whatever_a_host_says_it_is_answered(client: FlaskClient, bakery: Site, host: str) -> None:
    answer = client.get("/about", headers={"Host": host})
    assert answer.status_code in (400, 404)


def test_machines_that_watch_know_us_by_any_name(client: FlaskClient) -> None:
    assert client.get("/healthz", base_url="http://web.internal.example:8000").status_code == 200
    assert client.get("/login", base_url="http://10.1.2.3:8000").status_code == 200
    assert client.get("/login", base_url="http://web:8000").status_code == 200
    assert client.get("/login", base_url="http://web.svc.cluster.local:8000").status_code == 200


# -- certificates ----------------------------------------------------------------------------------------------------
def certified(client: FlaskClient, host: str) -> bool:
    answer = client.get("/tls/ask", query_string={"domain": host}, base_url="http://web:8000")
    assert (answer.status_code, answer.data) in ((200, b""), (404, b""))
    return answer.status_code == 200


def test_a_certificate_is_for_hosts_that_are_answered(client: FlaskClient, bakery: Site, statements: Any) -> None:
    make(SiteStatus.SUSPENDED, "closed")
    make(SiteStatus.ARCHIVED, "away")
    domain_id = map_domain(bakery, "example.com")
    with unit_of_work("test"):
        domain_names.add(sites.locked(bakery.id), "waits.example.com", ours=OURS)
    rename(bakery, "bread")
    good = ("localhost", "bread.localhost", "bakery.localhost", "closed.localhost", "Example.COM", "example.com.")
    for host in good:
        statements.clear()
        assert certified(client, host), host
        assert len(statements) <= 1
    bad = ("waits.example.com", "away.localhost", "nobody.localhost", "a.b.localhost", "evil.example", "", "x" * 5000)
    for host in (*bad, "127.0.0.1", "*.localhost", "example.com:443", "https://example.com"):
        statements.clear()
        assert not certified(client, host), host
        assert len(statements) <= 1
    with unit_of_work("test"):
        sites.locked(bakery.id)
        domain_names.remove(domain_names.find(domain_id))
    assert not certified(client, "example.com")
