"""Who may use the API: keys, what they may do, how they are made and how they end."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import BASE, Caller, Callers, basic
from tests.conftest import Statements, TurnedClock
from webapp.blueprints.api.operations import OPERATIONS
from webapp.domain import api_keys
from webapp.domain.sessions import hashed
from webapp.extensions import db
from webapp.models import ApiKey, AuditEntry
from webapp.transactions import unit_of_work


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + "A" * 9000,
        basic("", ""),
        basic("nobody", "x"),
        basic("pz_ü\ud7ff", "ß"),
        "Bearer abc",
        "Digest username=x",
    ],
)
def test_without_a_good_key_nothing_is_told(client: FlaskClient, header: str | None) -> None:
    answer = client.get(f"{BASE}/settings", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert answer.json["code"] == "unauthorized"
    assert answer.json["data"] == {"status": 401, "params": {}}


def test_a_key_with_another_secret_is_refused(caller: Caller, callers: Callers) -> None:
    assert caller.get("/settings", Authorization=basic(caller.key, callers().secret)).status_code == 401
    assert caller.get("/settings", Authorization=basic(caller.key, "")).status_code == 401
    assert caller.get("/settings").status_code == 200


def test_a_key_is_no_parameter_of_an_address(client: FlaskClient, caller: Caller) -> None:
    """It would stand in logs."""
    query = f"api_key={caller.key}&api_secret={caller.secret}"
    assert client.get(f"{BASE}/settings?{query}").status_code == 401


def test_whoever_is_signed_in_is_nobody_here(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator())
    answer = client.get(f"{BASE}/settings")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_no_cookie_is_set_and_no_token_asked_for(app: Flask, caller: Caller) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = caller.patch("/settings", {"company_name": "Example"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_key_may_do_what_its_scopes_say_and_nothing_else(callers: Callers) -> None:
    reader, writer, other = callers("settings:read"), callers("settings:write"), callers("products:read")
    assert reader.get("/settings").status_code == 200
    assert writer.patch("/settings", {"company_name": "Example"}).status_code == 200
    for answer in (reader.patch("/settings", {}), writer.get("/settings"), other.get("/settings")):
        assert answer.status_code == 403
        assert answer.json["code"] == "missing_scope"
    assert "settings:write" in reader.patch("/settings", {}).json["message"]


def test_each_operation_needs_a_scope_that_a_key_can_have(app: Flask) -> None:
    assert len(OPERATIONS) > 1
    for one in OPERATIONS.values():
        assert one.scopes
        assert set(one.scopes) <= set(api_keys.SCOPES), one.name
        assert all(scope.endswith(":write") == one.writes for scope in one.scopes if scope.count(":") == 1), one.name


def test_a_revoked_key_is_refused_at_once_and_stays_for_the_log(caller: Caller) -> None:
    with unit_of_work("operator:1"):
        api_keys.revoke(caller.id)
        api_keys.revoke(caller.id)
    assert caller.get("/settings").status_code == 401
    noted = db.session.scalars(select(AuditEntry)).all()
    assert [(one.action, one.object_id, one.after) for one in noted] == [
        ("api-keys.revoke", caller.id, {"revoked": True})
    ]


def test_only_a_hash_of_the_secret_is_kept(app: Flask) -> None:
    with unit_of_work("test"):
        row, secret = api_keys.make("Shop", ["products:read"])
        assert row.secret_hash == hashed(secret)
        assert len(secret) >= 43  # 256 bits
    kept = db.session.scalars(select(AuditEntry)).one()
    assert secret not in str(kept.after)
    columns = [str(value) for value in db.session.execute(select(ApiKey.__table__)).one()]
    assert not [one for one in columns if secret in one]


def test_the_last_use_is_noted_once_a_minute(caller: Caller, clock: TurnedClock, statements: Statements) -> None:
    caller.get("/settings")
    first = db.session.scalars(select(ApiKey.used_at)).one()
    assert first == clock.now
    statements.clear()
    clock.tick(30)
    caller.get("/settings")
    assert not [one for one in statements if one.startswith(("UPDATE", "INSERT"))]
    clock.tick(31)
    caller.get("/settings")
    db.session.rollback()
    assert db.session.scalars(select(ApiKey.used_at)).one() == clock.now


def test_what_a_key_changes_is_in_the_audit_log_with_the_key(caller: Caller) -> None:
    caller.patch("/settings", {"company_name": "Example"})
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action) == (f"api-key:{caller.id}", "settings.change")
    assert entry.after == {"company_name": "Example"}


def test_the_command_makes_a_key_that_works_each_time(app: Flask, client: FlaskClient) -> None:
    run = app.test_cli_runner().invoke
    found = []
    for _ in range(2):
        done = run(args=["create-api-key", "Shop", "--scope", "settings:read", "--scope", "products:read"])
        assert done.exit_code == 0
        key, secret = (line.split(": ", 1)[1] for line in done.output.splitlines())
        assert done.output == f"key: {key}\nsecret: {secret}\n"
        found.append(client.get(f"{BASE}/settings", headers={"Authorization": basic(key, secret)}).status_code)
    assert found == [200, 200]
    assert db.session.scalars(select(ApiKey.scopes)).first() == ["products:read", "settings:read"]


@pytest.mark.parametrize("arguments", [["Shop"], ["Shop", "--scope", "nothing:read"], [" ", "--scope", "*"]])
def test_the_command_says_what_is_wrong(app: Flask, arguments: list[str]) -> None:
    done = app.test_cli_runner().invoke(args=["create-api-key", *arguments])
    assert done.exit_code != 0
    assert "secret:" not in done.output
    assert db.session.scalars(select(ApiKey)).all() == []
