"""Sites answer on their own hosts, and the network's pages never do."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests import factories
from webapp.models import Site, SiteStatus
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
