"""Passkeys: added, used, removed; and everything that a browser may claim and that is refused."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.blueprints.auth.test_two_step import code, set_up
from tests.conftest import TurnedClock
from tests.fakes.authenticator import Authenticator
from webapp.models import Passkey, User

PAGE = "/account/security"


def add(client: FlaskClient, device: Authenticator, name: str = "my phone") -> None:
    options = client.post(f"{PAGE}/passkeys/options").json
    assert options is not None
    client.post(f"{PAGE}/passkeys", data={"name": name, "credential": device.create(options)})


def ask(client: FlaskClient) -> dict[str, Any]:
    options = client.post("/login/passkey/options").json
    assert options is not None
    return dict(options)


def use(client: FlaskClient, device: Authenticator, **more: str) -> bool:
    client.post("/login/passkey", data={"credential": device.get(ask(client)), **more})
    return client.get(PAGE).status_code == 200


@pytest.fixture
def phone(client: FlaskClient, ada: User, sign_in: SignIn) -> Authenticator:
    """Ada's, added already; she is signed out."""
    sign_in(client)
    device = Authenticator()
    add(client, device)
    client.post("/logout")
    return device


def test_it_is_added_by_name_used_without_one_and_removed(
    client: FlaskClient, ada: User, sign_in: SignIn, db: Session
) -> None:
    sign_in(client)
    phone, laptop = Authenticator(), Authenticator()
    add(client, phone)
    add(client, laptop, "my laptop")
    shown = client.get(PAGE).text
    assert "my phone" in shown
    assert "my laptop" in shown
    client.post("/logout")
    assert use(client, phone)
    first = db.query(Passkey).order_by(Passkey.id).first()
    assert first is not None
    client.post(f"{PAGE}/passkeys/{first.id}/remove")
    client.post("/logout")
    assert not use(client, phone)
    assert use(client, laptop)


def test_the_way_back_is_kept(client: FlaskClient, phone: Authenticator) -> None:
    data = {"credential": phone.get(ask(client)), "next": "/account/security/password"}
    assert client.post("/login/passkey", data=data).location == "/account/security/password"


def test_an_answer_works_once(client: FlaskClient, app: Flask, phone: Authenticator) -> None:
    options = ask(client)
    thief, kept, answer = app.test_client(), client.get_cookie("parzelle"), phone.get(options)
    assert kept is not None
    thief.set_cookie("parzelle", kept.value)
    client.post("/login/passkey", data={"credential": answer})
    thief.post("/login/passkey", data={"credential": answer})
    assert client.get(PAGE).status_code == 200
    assert thief.get(PAGE).status_code == 303


def test_an_answer_to_another_browser_is_refused(client: FlaskClient, app: Flask, phone: Authenticator) -> None:
    ask(client)
    answer = phone.get(ask(app.test_client()))
    client.post("/login/passkey", data={"credential": answer})
    assert client.get(PAGE).status_code == 303


@pytest.mark.parametrize(
    "lie", [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"flags": 1}, {"flags": 4}]
)
def test_another_page_or_an_unlocked_device_is_refused(
    client: FlaskClient, phone: Authenticator, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(phone, name, value)
    assert not use(client, phone)


def test_nothing_is_added_from_another_page(client: FlaskClient, ada: User, sign_in: SignIn, db: Session) -> None:
    sign_in(client)
    add(client, Authenticator(origin="https://evil.example"))
    assert db.query(Passkey).count() == 0


def test_a_copied_key_is_noticed_by_its_counter(client: FlaskClient, phone: Authenticator) -> None:
    copy = Authenticator(credential_id=phone.credential_id, key=phone.key)
    phone.count = 5
    assert use(client, phone)
    client.post("/logout")
    assert not use(client, copy)


def test_a_key_that_is_not_the_one_registered_is_refused(client: FlaskClient, phone: Authenticator) -> None:
    assert not use(client, Authenticator(credential_id=phone.credential_id))


@pytest.mark.parametrize("answer", ["", "null", "[]", "{", '{"id": 1}', '{"id": "x"}', '{"id": "x", "response": 3}'])
def test_nonsense_is_refused(client: FlaskClient, phone: Authenticator, answer: str) -> None:
    ask(client)
    assert client.post("/login/passkey", data={"credential": answer}).location == "/login"


def test_a_challenge_is_not_good_for_long(client: FlaskClient, phone: Authenticator, clock: TurnedClock) -> None:
    answer = phone.get(ask(client))
    clock.tick(minutes=11)
    client.post("/login/passkey", data={"credential": answer})
    assert client.get(PAGE).status_code == 303


def test_it_stands_in_for_the_code_but_only_the_persons_own(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    eve, hers = app.test_client(), Authenticator()
    factories.user(email="eve@example.com")
    sign_in(eve, "eve@example.com")
    add(eve, hers)
    sign_in(client)
    device = Authenticator()
    add(client, device)
    set_up(client)
    client.post("/logout")
    sign_in(client)
    assert "Use a passkey instead" in client.get("/login/code").text
    assert not use(client, hers)
    assert use(client, device)


def test_somebody_elses_is_neither_removed_nor_taken_over(
    client: FlaskClient, app: Flask, phone: Authenticator, sign_in: SignIn, db: Session
) -> None:
    factories.user(email="eve@example.com")
    sign_in(client, "eve@example.com")
    row = db.query(Passkey).one()
    assert client.post(f"{PAGE}/passkeys/{row.id}/remove").status_code == 404
    add(client, phone)
    assert db.query(Passkey).count() == 1


def test_adding_one_asks_for_the_password_after_ten_minutes(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    clock.tick(minutes=11)
    assert client.post(f"{PAGE}/passkeys/options").json == {"go_to": f"{PAGE}/proof?next={PAGE}"}


def test_a_code_still_works_beside_it(client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock) -> None:
    sign_in(client)
    add(client, Authenticator())
    secret, _codes = set_up(client)
    client.post("/logout")
    clock.tick(60)
    sign_in(client)
    assert client.post("/login/code", data={"code": code(secret)}).status_code == 303
