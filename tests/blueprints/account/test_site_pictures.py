"""Pictures of a site: what is taken, what is refused and why, and that nothing that is shown can be taken away."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from tests.blueprints.account.test_sites import HOST, bakery, edit, token_of
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import entitlements, site_pictures
from webapp.extensions import db
from webapp.models import Site, SitePicture
from webapp.transactions import unit_of_work

__all__ = ["bakery"]


def drawn(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind)
    return file.getvalue()


def upload(browser: Browser, site: Site, data: bytes, name: str = "cake.png", token: str | None = None) -> Any:
    fields = {"csrf_token": token or token_of(browser, site), "picture": (io.BytesIO(data), name)}
    return browser.client.post(f"/account/sites/{site.id}/pictures", data=fields, content_type="multipart/form-data")


def own(site: Site, label: str) -> SitePicture:
    db.session.rollback()
    return db.session.scalars(select(SitePicture).filter_by(site_id=site.id, label=label)).one()


def post(browser: Browser, site: Site, path: str, **values: Any) -> Any:
    return browser.client.post(
        f"/account/sites/{site.id}/{path}", data={"csrf_token": token_of(browser, site), **values}
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_uploaded_put_on_a_page_and_shown(
    browser: Browser, look: Look, client: FlaskClient, bakery: Site, kind: str
) -> None:
    assert upload(browser, bakery, drawn(kind), f"cake.{kind.lower()}").status_code == 303
    picture = own(bakery, f"cake.{kind.lower()}")
    look(f"/account/sites/{bakery.id}/pictures")
    assert f"![]({picture.name})" in browser.get(f"/account/sites/{bakery.id}/pictures").html
    edit(browser, bakery, "about", body=f"![Cake]({picture.name})")
    shown = client.get("/about", base_url=HOST).text
    assert f'src="/_site/{picture.name}" alt="Cake" width="40" height="30"' in shown
    assert client.get(f"/_site/{picture.name}", base_url=HOST).status_code == 200


def test_the_same_picture_is_kept_once(browser: Browser, bakery: Site) -> None:
    for name in ("one.png", "two.png"):
        upload(browser, bakery, drawn(), name)
    own(bakery, "one.png")
    db.session.rollback()
    assert db.session.scalars(select(SitePicture).filter_by(site_id=bakery.id, label="two.png")).all() == []


def test_a_drawing_keeps_no_script(browser: Browser, bakery: Site) -> None:
    text = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><script>x()</script><path d="M0 0h1"/></svg>'
    answer = upload(browser, bakery, text.encode(), "x.svg")
    if answer.status_code == 303:
        assert b"script" not in own(bakery, "x.svg").content
    else:
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Choose a file."),
        (b"MZ\x90\x00 not a picture", "Choose a picture in the format PNG, JPEG, WebP or SVG."),
        (drawn()[:60], "Choose a picture in the format PNG, JPEG, WebP or SVG."),
        (drawn(size=(6000, 3000)), "This picture has too many pixels."),
    ],
)
def test_what_is_no_picture_is_refused_beside_the_field(browser: Browser, bakery: Site, data: bytes, said: str) -> None:
    answer = upload(browser, bakery, data)
    assert answer.status_code == 422
    assert f'id="picture-error">{said}' in answer.text


def test_fifty_megabytes_are_refused_beside_the_field(browser: Browser, bakery: Site) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    answer = browser.client.post(
        f"/account/sites/{bakery.id}/pictures",
        data=head + bytes(50_000_000) + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert 'id="picture-error">This file is larger than 10 MB.' in answer.text


def test_a_full_disk_takes_no_more(browser: Browser, bakery: Site) -> None:
    with unit_of_work("test"):
        entitlements.override(bakery, {"disk": site_pictures.used(bakery)}, {}, reason="")
    answer = upload(browser, bakery, drawn())
    assert answer.status_code == 422
    assert "Delete some that no page shows." in answer.text


def test_an_upload_without_its_token_keeps_nothing(app: Any, browser: Browser, bakery: Site) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = upload(browser, bakery, drawn(), token="wrong")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 422
    db.session.rollback()
    assert db.session.scalars(select(SitePicture).filter_by(label="cake.png")).all() == []


def test_a_logo_is_shown_until_there_is_none(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    upload(browser, bakery, drawn())
    picture = own(bakery, "cake.png")
    post(browser, bakery, "logo", picture_id=picture.id)
    assert f'<img src="/_site/{picture.name}" alt="Bakery"' in client.get("/", base_url=HOST).text
    post(browser, bakery, "logo", picture_id="")
    assert picture.name not in client.get("/", base_url=HOST).text
    assert post(browser, bakery, "logo", picture_id=10**9).status_code == 404


def test_what_is_shown_stays_and_what_is_not_can_go(browser: Browser, bakery: Site) -> None:
    upload(browser, bakery, drawn())
    picture = own(bakery, "cake.png")
    picture_id = picture.id
    edit(browser, bakery, "about", body=f"![Cake]({picture.name})")
    post(browser, bakery, f"pictures/{picture_id}/deletion")
    assert own(bakery, "cake.png").id == picture_id
    edit(browser, bakery, "about", body="No cake.")
    asked = browser.get(f"/account/sites/{bakery.id}/pictures/{picture_id}/deletion")
    assert "Delete “cake.png”?" in asked.text
    post(browser, bakery, f"pictures/{picture_id}/deletion")
    db.session.rollback()
    assert db.session.get(SitePicture, picture_id) is None
