"""Over the wire: text is compressed for whom reads it, files are kept while they do not change."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from tests import factories
from webapp.blueprints.wire import PADDING_AT_MOST, compressed

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
WIRE_AT_MOST = 60_000


def files_of(html: str) -> list[str]:
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    return [one for one in files if "icon" not in one] + re.findall(r'<img [^>]*src="(/[^"]+)"', html)


def weight(client: FlaskClient, path: str) -> int:
    """Of a page and everything that comes with it, at a first visit."""
    answer = client.get(path, headers=GZIP)
    assert answer.status_code == 200
    html = gzip.decompress(answer.data).decode()
    parts = {one: client.get(one, headers=GZIP, buffered=True).data for one in files_of(html)}
    assert len(parts) >= 4
    return len(answer.data) + sum(map(len, parts.values()))


@pytest.mark.ux("S3")
@pytest.mark.parametrize("path", ["/register", "/", "/login", "/legal/privacy"])
def test_a_whole_page_is_less_than_sixty_kilobytes(client: FlaskClient, path: str) -> None:
    for number in range(3):
        factories.product(f"plan-of-{number}", year=29900)
    assert weight(client, path) < WIRE_AT_MOST


@pytest.mark.parametrize("path", ["/account/", "/admin/", "/admin/customers"])
def test_so_is_one_for_who_is_signed_in(client: FlaskClient, path: str) -> None:
    for _ in range(50):
        member = factories.active_membership()
    factories.signed_in(client, member.customer if path == "/account/" else factories.operator())
    assert weight(client, path) < WIRE_AT_MOST


def test_it_is_the_same_page(client: FlaskClient) -> None:
    plain, small = client.get("/login"), client.get("/login", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert (small.headers["Content-Encoding"], int(small.headers["Content-Length"])) == ("gzip", len(small.data))
    assert "<h1>" in gzip.decompress(small.data).decode()
    assert all("Accept-Encoding" in one.vary for one in (plain, small))
    assert client.get("/login", headers={"Accept-Encoding": "gzip;q=0"}).headers.get("Content-Encoding") is None


def test_its_length_tells_nothing_exact(client: FlaskClient) -> None:
    body = b"a page of so many letters" * 100
    assert {len(compressed(body, 4, padding=one)) for one in range(PADDING_AT_MOST)} >= {
        len(compressed(body, 4)) + one + 1 for one in range(1, PADDING_AT_MOST)
    }
    assert gzip.decompress(compressed(body, 4, padding=7)) == body


def test_a_file_is_kept_under_an_address_that_names_its_content(client: FlaskClient) -> None:
    (sheet,) = {one for one in files_of(client.get("/login").text) if "app.css" in one}
    kept = client.get(sheet, headers=GZIP)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain = client.get("/static/app.css", buffered=True)
    assert gzip.decompress(kept.data) == plain.data == client.get(sheet, buffered=True).data
    assert "immutable" not in plain.headers["Cache-Control"]
    other = client.get("/static/app.css?v=000000000000", buffered=True)
    assert other.data == plain.data
    assert "immutable" not in other.headers["Cache-Control"]


def test_a_file_that_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    (sheet,) = {one for one in files_of(client.get("/login").text) if "app.css" in one}
    first = client.get(sheet, headers=GZIP)
    again = client.get(sheet, headers={**GZIP, "If-None-Match": first.headers["ETag"]}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/static/none.css", headers=GZIP).status_code == 404


def test_what_is_short_is_left_alone(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers
