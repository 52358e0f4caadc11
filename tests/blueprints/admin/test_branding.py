"""The logo: uploaded, shown on every page, served so that nothing in it can run, taken away again."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.blueprints.admin.test_settings import last_entry, saved
from tests.conftest import Statements
from tests.domain.test_logos import picture, svg
from tests.looking import Look
from tests.templates.conftest import parse
from webapp.domain import pictures
from webapp.extensions import db
from webapp.models import BrandFile

PATH = "/admin/settings/look/logo"


def upload(client: FlaskClient, content: bytes, name: str = "logo.png", kind: str = "image/png") -> Any:
    head = f'--x\r\nContent-Disposition: form-data; name="logo"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    body = head.encode() + content + b"\r\n--x--\r\n"
    return client.post(PATH, data=body, content_type="multipart/form-data; boundary=x")


def test_an_uploaded_logo_is_on_every_page_and_kept_in_the_log(signed_in: FlaskClient, look: Look, app: Flask) -> None:
    assert upload(signed_in, picture("PNG")).status_code == 303
    address = saved().logo_url
    for root in (look("/admin/settings/look"), look("/admin/customers"), parse(app.test_client().get("/").text)):
        image = next(one for one in root.all("img") if "brand__logo" in one.attrs["class"])
        assert (image.attrs["src"], image.attrs["width"], image.attrs["height"]) == (address, "120", "36")
    assert parse(app.test_client().get("/").text).one("img").attrs["alt"] == "Parzelle"
    assert (last_entry().action, last_entry().after) == ("settings.logo", {"logo": saved().logo})
    assert "Logo changed" in look("/admin/settings/look").text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (svg("<rect width='9' height='9'/>"), "image/svg+xml"),
    ],
)
def test_it_is_served_as_what_it_is_for_good_and_nothing_in_it_runs(
    signed_in: FlaskClient, client: FlaskClient, content: bytes, kind: str
) -> None:
    """Neither its name nor what the browser says of it matters."""
    assert upload(signed_in, content, "page.html", "text/html").status_code == 303
    answer = client.get(saved().logo_url)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers


def test_another_logo_takes_its_place_and_the_same_one_again_is_the_same(signed_in: FlaskClient) -> None:
    upload(signed_in, picture("PNG"))
    first = saved().logo_url
    upload(signed_in, picture("PNG"))
    assert saved().logo_url == first
    upload(signed_in, picture("JPEG"))
    assert signed_in.get(first).status_code == 404
    assert len(db.session.scalars(select(BrandFile)).all()) == 1
    assert signed_in.post(PATH, data={"remove": "1"}).status_code == 303
    assert (saved().logo_url, db.session.scalars(select(BrandFile)).all()) == ("", [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file."),
        (b"<html>", "Choose a picture in the format PNG, JPEG, WebP or SVG."),
        (b"<svg", "This SVG cannot be read."),
        (svg("<script>alert(1)</script>"), "This SVG contains “script”, which a picture must not."),
        (b"\x00" * 1_000_001, "This file is larger than 1 MB."),
    ],
)
def test_a_file_that_cannot_be_a_logo_is_refused_beside_its_field(
    signed_in: FlaskClient, content: bytes, said: str
) -> None:
    answer = upload(signed_in, content)
    root = parse(answer.text)
    assert answer.status_code == 422
    assert said in root.by_id("logo-error").text
    assert root.by_id("error-summary").one("a").attrs["href"] == "#logo"
    assert saved().logo == ""


def test_what_is_far_too_large_is_refused_before_it_is_read(signed_in: FlaskClient) -> None:
    class Unread(BytesIO):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("it was read")

    sent = {"input_stream": Unread(), "content_type": "multipart/form-data; boundary=x"}
    answer = signed_in.post(PATH, **sent, environ_overrides={"CONTENT_LENGTH": str(50 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "A file may have 1 MB at most" in answer.text


def test_a_page_with_a_logo_costs_no_statement_more(
    signed_in: FlaskClient, client: FlaskClient, statements: Statements
) -> None:
    client.get("/")
    statements.clear()
    client.get("/")
    without = len(statements)
    upload(signed_in, picture("PNG"))
    client.get("/")
    statements.clear()
    client.get("/")
    assert len(statements) == without


def test_a_logo_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/brand/logo/nothing.png").status_code == 404
    assert client.get("/brand/logo/..%2f..%2fetc").status_code == 404


def test_every_kind_that_is_kept_has_a_content_type() -> None:
    assert {*pictures.FORMATS.values(), "svg"} == set(pictures.CONTENT_TYPES)
