"""API keys in the admin: seen by all staff, made and revoked by owners."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import BASE, basic
from tests.conftest import TurnedClock
from tests.looking import Look
from webapp.extensions import db
from webapp.models import ApiKey, Role


def made(client: FlaskClient, *scopes: str) -> tuple[str, str, str]:
    """Key, secret, and the page that shows them."""
    answer = client.post("/admin/api-keys", data={"name": "Shop", "scopes": list(scopes)})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    key, secret = re.findall(r'<span class="copyable"><code>([^<]+)</code>', answer.text)
    return key, secret, answer.text


def test_a_key_is_made_shown_once_and_works(signed_in: FlaskClient, look: Look) -> None:
    key, secret, _page = made(signed_in, "settings:read", "products:read")
    answer = signed_in.get(f"{BASE}/settings", headers={"Authorization": basic(key, secret)})
    assert answer.status_code == 200
    listed = signed_in.get("/admin/api-keys").text
    assert key in listed
    assert secret not in listed
    assert "Settings: read" in listed
    look("/admin/api-keys")
    look("/admin/api-keys/new")


def test_what_cannot_be_a_key_is_said_beside_its_field(signed_in: FlaskClient) -> None:
    for form, sentence in (
        ({"name": "", "scopes": "*"}, "Enter a name."),
        ({"name": "Shop"}, "Choose at least one thing that it may do."),
        ({"name": "Shop", "scopes": "all:write"}, "There is no scope all:write."),
        ({"name": "x" * 81, "scopes": "*"}, "Use at most 80 characters."),
    ):
        answer = signed_in.post("/admin/api-keys", data=form)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert db.session.scalars(select(ApiKey)).all() == []


def test_the_secret_is_in_no_cookie(signed_in: FlaskClient) -> None:
    _key, secret, _page = made(signed_in, "*")
    with signed_in.session_transaction() as session:
        assert secret not in str(dict(session))


def test_a_key_is_revoked_after_a_question(signed_in: FlaskClient, look: Look) -> None:
    key, secret, _page = made(signed_in, "*")
    row = db.session.scalars(select(ApiKey)).one()
    look(f"/admin/api-keys/{row.id}/end")
    assert signed_in.post(f"/admin/api-keys/{row.id}/end").status_code == 303
    answer = signed_in.get(f"{BASE}/settings", headers={"Authorization": basic(key, secret)})
    assert answer.status_code == 401
    assert "revoked" in signed_in.get("/admin/api-keys").text


def test_last_use_is_listed(signed_in: FlaskClient, clock: TurnedClock) -> None:
    key, secret, _page = made(signed_in, "*")
    assert "never" in signed_in.get("/admin/api-keys").text
    signed_in.get(f"{BASE}/settings", headers={"Authorization": basic(key, secret)})
    assert "never" not in signed_in.get("/admin/api-keys").text


def test_who_may_only_look_is_offered_nothing_else(app: Flask) -> None:
    row, _secret = factories.api_key()
    client = factories.signed_in(app.test_client(), factories.operator(role=Role.MANAGER))
    text = client.get("/admin/api-keys").text
    assert row.key in text
    assert "Make a key" not in text
    assert "Revoke" not in text
    assert client.post(f"/admin/api-keys/{row.id}/end").status_code == 403


def test_what_a_key_did_is_named_in_the_audit_log(signed_in: FlaskClient) -> None:
    key, secret, _page = made(signed_in, "*")
    signed_in.patch(f"{BASE}/settings", json={"company_name": "Example"}, headers={"Authorization": basic(key, secret)})
    number = db.session.scalars(select(ApiKey.id)).one()
    assert f"API key {number}" in signed_in.get("/admin/audit").text
