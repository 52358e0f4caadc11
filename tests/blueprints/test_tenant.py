"""Sites answer on their own hosts, and the network's pages never do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from webapp.blueprints.tenant.kept_pages import KeptPages, Key
from webapp.domain import colours, site_renaming, sites
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
