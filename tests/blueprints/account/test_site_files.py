"""A customer takes a site along as a file, and brings one back; and adds a further site to a contract."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.looking import Look
from tests.pages import Page
from webapp.domain import site_imports, site_zip
from webapp.extensions import db
from webapp.flows import provisioning, relaying
from webapp.models import Membership, Product, Site, SitePage, SiteStatus
from webapp.transactions import unit_of_work


@pytest.fixture
def bakery(agreement: Membership) -> Site:
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    site = factories.save(lambda: Site(slug="bakery", **facts))
    provisioning.provision(site)
    db.session.rollback()
    return db.session.get_one(Site, site.id)


def fields(client: FlaskClient, at: str) -> dict[str, Any]:
    forms = Page(client.get(at).text).forms
    found: dict[str, Any] = max(forms, key=lambda one: len(one["fields"]))["fields"]
    return found


def send(client: FlaskClient, at: str, to: str, data: bytes | None, **values: str) -> Any:
    known = {name: value for name, value in fields(client, at).items() if value is not None and name != "file"}
    sent = {"file": (io.BytesIO(data), "export.zip")} if data is not None else {}
    return client.post(to, data={**known, **values, **sent}, content_type="multipart/form-data")


def body(site: Site, slug: str = "") -> str:
    db.session.rollback()
    return db.session.scalars(select(SitePage.body).filter_by(site_id=site.id, slug=slug)).one()


def edit(site: Site, text: str) -> None:
    with unit_of_work("test") as session:
        session.scalars(select(SitePage).filter_by(site_id=site.id, slug="")).one().body = text


def test_what_was_exported_is_imported_once_it_is_confirmed(
    look: Look, signed_in: FlaskClient, client: FlaskClient, bakery: Site
) -> None:
    edit(bakery, "Bread of today")
    download = signed_in.get(f"/account/sites/{bakery.id}/export.zip")
    assert download.mimetype == "application/zip"
    assert download.headers["Cache-Control"] == "no-store"
    assert "filename=bakery-" in download.headers["Content-Disposition"]
    edit(bakery, "Bread of tomorrow")
    at = f"/account/sites/{bakery.id}/import"
    assert at in [one.attrs.get("href") for one in look(f"/account/sites/{bakery.id}").all("a")]
    assert "Replace what the site shows (4 pages, " in " ".join(look(at).text.split())
    unsure = send(signed_in, at, at, download.data)
    assert (unsure.status_code, "Confirm that the pages" in unsure.text) == (422, True)
    assert body(bakery) == "Bread of tomorrow"
    assert client.get("/", base_url="http://bakery.localhost").status_code == 200
    done = send(signed_in, at, at, download.data, sure="y")
    assert (done.status_code, body(bakery)) == (303, "Bread of today")
    assert "Bread of today" in client.get("/", base_url="http://bakery.localhost").text


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (None, 422, "Choose a file."),
        (b"", 422, "This file cannot be read."),
        (b"GIF89a", 422, "This file cannot be read."),
        (b"x" * 3000, 413, "This file is larger than"),
    ],
)
def test_what_is_no_export_is_said_beside_the_field(
    signed_in: FlaskClient,
    bakery: Site,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes | None,
    status: int,
    sentence: str,
) -> None:
    monkeypatch.setattr(site_zip, "BYTES_AT_MOST", 2000)
    monkeypatch.setattr("webapp.blueprints.site_files.ROOM_FOR_FIELDS", 900)
    before, at = body(bakery), f"/account/sites/{bakery.id}/import"
    answer = send(signed_in, at, at, data, sure="y")
    assert (answer.status_code, body(bakery)) == (status, before)
    assert sentence in answer.text.partition('id="file-error">')[2].partition("</p>")[0]


def test_a_form_without_its_token_imports_nothing(
    app: Flask, signed_in: FlaskClient, bakery: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = signed_in.get(f"/account/sites/{bakery.id}/export.zip").data
    edit(bakery, "Now")
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    at = f"/account/sites/{bakery.id}/import"
    answer = send(signed_in, at, at, data, sure="y", csrf_token="")
    assert (answer.status_code, "You were inactive" in answer.text, body(bakery)) == (422, True, "Now")


def test_an_archived_site_can_still_be_taken_along(look: Look, signed_in: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test") as session:
        session.get_one(Site, bakery.id).status = SiteStatus.ARCHIVED
    at = f"/account/sites/{bakery.id}/export.zip"
    assert at in [one.attrs.get("href") for one in look(f"/account/sites/{bakery.id}").all("a")]
    with zipfile.ZipFile(io.BytesIO(signed_in.get(at).data)) as archive:
        assert "site.json" in archive.namelist()
    with unit_of_work("test") as session:
        session.get_one(Site, bakery.id).status = SiteStatus.DELETED
    assert signed_in.get(at).status_code == 404


# -- a further one ---------------------------------------------------------------------------------------------------
def allow(agreement: Membership, number: int) -> None:
    with unit_of_work("test") as session:
        session.get_one(Product, agreement.plan_id).limits = {"sites": number}


def test_a_site_is_added_while_there_is_room(
    look: Look, signed_in: FlaskClient, bakery: Site, agreement: Membership
) -> None:
    contract, at = f"/account/memberships/{agreement.id}", f"/account/memberships/{agreement.id}/sites/new"
    to = f"/account/memberships/{agreement.id}/sites"
    assert at not in [one.attrs.get("href") for one in look(contract).all("a")]
    full = look(at)
    assert "There is no room for another site" in full.text
    assert f"{contract}/change" in [one.attrs.get("href") for one in full.all("a")]
    allow(agreement, 3)
    assert at in [one.attrs.get("href") for one in look(contract).all("a")]
    wrong = send(signed_in, at, to, None, site_title="", site_url="flowers")
    assert (wrong.status_code, "Enter a name for your site." in wrong.text) == (422, True)
    taken = send(signed_in, at, to, None, site_title="Flowers", site_url="bakery")
    assert (taken.status_code, "This address is taken. Try bakery-2." in taken.text) == (422, True)
    done = send(signed_in, at, to, None, site_title="Flowers", site_url="Flowers", template_id="event")
    assert done.status_code == 303
    exported = signed_in.get(f"/account/sites/{bakery.id}/export.zip").data
    copied = send(signed_in, at, to, exported, site_title="Copy", site_url="copy-one")
    assert copied.status_code == 303
    said = look(contract).text
    assert [name in said for name in ("Bakery", "Flowers", "Copy")] == [True] * 3
    late = signed_in.post(to, data={**fields(signed_in, contract), "site_title": "x", "site_url": "four-four"})
    assert late.status_code in (409, 422)


def test_with_a_broken_file_no_site_is_added(signed_in: FlaskClient, agreement: Membership, bakery: Site) -> None:
    allow(agreement, 3)
    at, to = f"/account/memberships/{agreement.id}/sites/new", f"/account/memberships/{agreement.id}/sites"
    answer = send(signed_in, at, to, b"PK nothing", site_title="Copy", site_url="copy-one")
    assert answer.status_code == 422
    assert "This file cannot be read." in answer.text.partition('id="file-error">')[2]
    assert 'value="copy-one"' in answer.text
    assert db.session.scalars(select(Site.slug)).all() == ["bakery"]


def test_the_last_room_that_went_meanwhile_is_said(signed_in: FlaskClient, agreement: Membership, bakery: Site) -> None:
    allow(agreement, 2)
    at, to = f"/account/memberships/{agreement.id}/sites/new", f"/account/memberships/{agreement.id}/sites"
    known = {name: value for name, value in fields(signed_in, at).items() if name != "file"}
    allow(agreement, 1)
    answer = signed_in.post(to, data={**known, "site_title": "Late", "site_url": "late-one"})
    assert (answer.status_code, "allows 1 site, and it has as many" in answer.text) == (409, True)


def test_a_large_one_is_put_there_by_a_worker_and_its_page_says_how_far_it_is(
    app: Flask, signed_in: FlaskClient, bakery: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(bakery, "Bread of today")
    data = signed_in.get(f"/account/sites/{bakery.id}/export.zip").data
    edit(bakery, "Bread of tomorrow")
    monkeypatch.setattr(site_imports, "DIRECT_BYTES", 100)
    at = f"/account/sites/{bakery.id}/import"
    assert "This file cannot be read." in send(signed_in, at, at, b"x" * 200, sure="y").text
    assert send(signed_in, at, at, data).status_code == 422
    sent = send(signed_in, at, at, data, sure="y")
    assert (sent.status_code, sent.headers["Location"], body(bakery)) == (303, at, "Bread of tomorrow")
    waiting = signed_in.get(at)
    assert "The import is under way" in waiting.text
    assert 'hx-trigger="every 2s"' in waiting.text
    assert 'type="file"' not in waiting.text
    known = {"csrf_token": "", "sure": "y", "file": (io.BytesIO(data), "export.zip")}
    again = signed_in.post(at, data=known, content_type="multipart/form-data")
    assert (again.status_code, "An import of this site is under way." in again.text) == (409, True)
    db.session.rollback()
    relaying.drain(app, site_imports.HANDLER, lease=timedelta(minutes=1))
    assert body(bakery) == "Bread of today"
    block = signed_in.get(at, headers={"HX-Request": "true"}).text
    assert "The import is done" in block
    assert "<html" not in block
    assert "hx-trigger" not in block
    assert 'type="file"' in signed_in.get(at).text


def test_a_large_one_that_was_refused_says_why(
    app: Flask, signed_in: FlaskClient, bakery: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_imports, "DIRECT_BYTES", 100)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("holiday.txt", "x" * 300)
    before, at = body(bakery), f"/account/sites/{bakery.id}/import"
    assert send(signed_in, at, at, file.getvalue(), sure="y").status_code == 303
    db.session.rollback()
    relaying.drain(app, site_imports.HANDLER, lease=timedelta(minutes=1))
    page = signed_in.get(at).text
    assert "The import failed" in page
    assert body(bakery) == before
