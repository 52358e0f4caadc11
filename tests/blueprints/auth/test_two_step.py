"""A code after the password: set up, asked for, used once, replaced by a recovery code."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import TurnedClock
from tests.pages import Page
from tests.templates.conftest import parse
from webapp import clock as product_clock
from webapp.domain import network
from webapp.models import TotpSecret, User
from webapp.transactions import unit_of_work

PAGE = "/account/security"


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(product_clock.now().timestamp()) + 30 * steps)


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """Secret and recovery codes."""
    shown = Page(client.get(f"{PAGE}/two-step").text)
    found = re.search(r"Key: ([A-Z2-7]{32})", shown.text)
    assert found is not None
    secret = found[1]
    form = next(form for form in shown.forms if form["action"] == f"{PAGE}/two-step")
    answer = client.post(form["action"], data={**form["fields"], "code": code(secret)})
    assert answer.status_code == 200
    return secret, re.findall(r"<code>([a-z0-9-]{19})</code>", answer.text)


@pytest.fixture
def protected(client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock) -> tuple[str, list[str]]:
    sign_in(client)
    kept = set_up(client)
    client.post("/logout")
    clock.tick(60)
    return kept


Kept = tuple[str, list[str]]


def give(client: FlaskClient, value: str) -> int:
    return client.post("/login/code", data={"code": value}).status_code


@pytest.mark.ux("C4")
def test_a_wrong_code_is_told_beside_its_field_and_goes(client: FlaskClient, protected: Kept, sign_in: SignIn) -> None:
    sign_in(client)
    root = parse(client.post("/login/code", data={"code": "000000"}).text)
    field = root.one("input", id="code")
    assert (field.attrs["aria-invalid"], field.attrs.get("value", "")) == ("true", "")
    assert "This code does not fit" in root.one("p", id="code-error").text
    assert "This code does not fit" in root.one("a", href="#code").text


def test_the_password_alone_opens_nothing(client: FlaskClient, protected: Kept, sign_in: SignIn) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/login/code")
    assert client.get(PAGE).status_code == 303
    assert give(client, "000000") == 422
    assert client.get(PAGE).status_code == 303
    assert give(client, code(protected[0])) == 303
    assert client.get(PAGE).status_code == 200


def test_the_way_back_survives_the_second_step(client: FlaskClient, protected: Kept) -> None:
    data = {"email_address": "ada@example.com", "password": factories.PASSWORD, "next": "/account/security"}
    client.post("/login", data=data)
    assert client.post("/login/code", data={"code": code(protected[0])}).location == "/account/security"


def test_a_code_is_accepted_once(client: FlaskClient, app: Flask, protected: Kept, sign_in: SignIn) -> None:
    other, seen = app.test_client(), code(protected[0])
    sign_in(client), sign_in(other)
    assert give(client, seen) == 303
    assert give(other, seen) == 422


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_clocks_may_differ_by_one_step(
    client: FlaskClient, protected: Kept, sign_in: SignIn, clock: TurnedClock, steps: int, status: int
) -> None:
    clock.tick(60)
    sign_in(client)
    assert give(client, code(protected[0], steps)) == status


def test_codes_are_accepted_as_people_type_them(client: FlaskClient, protected: Kept, sign_in: SignIn) -> None:
    sign_in(client)
    digits = code(protected[0])
    assert give(client, f" {digits[:3]} {digits[3:]} ") == 303


def test_each_of_ten_recovery_codes_works_once(client: FlaskClient, protected: Kept, sign_in: SignIn) -> None:
    assert len(set(protected[1])) == 10
    sign_in(client)
    assert give(client, protected[1][0].upper().replace("-", " ")) == 303
    shown = client.get(PAGE).text
    assert "9 recovery codes are left." in shown
    assert "Signed in with a recovery code" in shown
    client.post("/logout")
    sign_in(client)
    assert give(client, protected[1][0]) == 422


def test_guessing_codes_gets_slow(client: FlaskClient, protected: Kept, sign_in: SignIn, clock: TurnedClock) -> None:
    sign_in(client)
    assert [give(client, "000000") for _try in range(6)] == [422] * 5 + [429]


def test_the_second_step_is_not_waited_for_all_day(
    client: FlaskClient, protected: Kept, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    clock.tick(minutes=11)
    assert client.post("/login/code", data={"code": code(protected[0])}).location == "/login"


def test_the_secret_is_unreadable_in_the_database(protected: Kept, db: Session) -> None:
    assert protected[0] not in db.query(TotpSecret).one().secret


def test_a_wrong_first_code_keeps_the_picture(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    shown = Page(client.get(f"{PAGE}/two-step").text)
    form = next(form for form in shown.forms if form["action"] == f"{PAGE}/two-step")
    answer = client.post(form["action"], data={**form["fields"], "code": "000000"})
    assert answer.status_code == 422
    secret = re.search(r"Key: ([A-Z2-7]{32})", shown.text)
    assert secret is not None
    assert secret[1] in answer.text


def test_nobody_sets_up_the_secret_of_somebody_else(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn
) -> None:
    eve = app.test_client()
    factories.user(email="eve@example.com")
    sign_in(eve, "eve@example.com")
    shown = Page(eve.get(f"{PAGE}/two-step").text)
    form = next(form for form in shown.forms if form["action"] == f"{PAGE}/two-step")
    secret = re.search(r"Key: ([A-Z2-7]{32})", shown.text)
    assert secret is not None
    sign_in(client)
    answer = client.post(form["action"], data={**form["fields"], "code": code(secret[1])})
    assert answer.status_code == 422
    assert secret[1] not in answer.text


def test_changes_ask_for_the_password_after_ten_minutes(
    client: FlaskClient, protected: Kept, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    give(client, code(protected[0]))
    clock.tick(minutes=11)
    for path in ("off", "codes"):
        assert client.post(f"{PAGE}/two-step/{path}").location == f"{PAGE}/proof?next={PAGE}"
    answer = client.post(f"{PAGE}/proof", data={"password": factories.PASSWORD, "next": PAGE})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert len(re.findall(r"<code>", client.post(f"{PAGE}/two-step/codes").text)) == 10
    client.post(f"{PAGE}/two-step/off")
    client.post("/logout")
    assert sign_in(client).location == "/account/"


def test_staff_are_led_to_it_before_anything_else(client: FlaskClient, sign_in: SignIn, app: Flask) -> None:
    factories.operator(email="ada@example.com")
    with unit_of_work("test"):
        network.change({"staff_two_step": True})
    sign_in(client)
    assert client.get("/admin/customers").location == f"{PAGE}/two-step"
    assert "Set it up to go on." in client.get(f"{PAGE}/two-step").text
    set_up(client)
    assert client.get("/admin/customers").status_code == 200
    assert client.post(f"{PAGE}/two-step/off").status_code == 409


def test_the_checkout_does_not_go_around_it(
    client: FlaskClient, protected: Kept, hashes: list[str], db: Session
) -> None:
    product = factories.free_product()
    form = next(
        one for one in Page(client.get(f"/register?products={product.slug}").text).forms if "password" in one["fields"]
    )
    fields = {
        **form["fields"],
        "products": product.slug,
        "email_address": "ada@example.com",
        "password": factories.PASSWORD,
        "full_name": "Ada",
        "site_title": "A",
        "site_url": "a-site",
    }
    client.post("/register", data=fields)
    assert client.get(PAGE).status_code == 303
