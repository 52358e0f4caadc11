"""What comes from outside the forms: hosts, headers, bodies of other kinds, sessions that are over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from tests import factories
from webapp import create_app, our_gateways
from webapp.blueprints.errors import settings_here
from webapp.domain import gateway_keys, mail_texts, network, sites
from webapp.errors import Invalid
from webapp.extensions import db as database
from webapp.gateways import gateways
from webapp.gateways.base import Config
from webapp.models import User
from webapp.settings import Settings
from webapp.transactions import unit_of_work

SIGN_IN = {"email_address": "ada@example.com", "password": factories.PASSWORD}


@pytest.fixture
def ada(app: Flask) -> User:
    person: User = factories.operator(email="ada@example.com")
    return person


def test_a_signed_out_session_does_not_come_back_with_its_cookie(client: FlaskClient, app: Flask, ada: User) -> None:
    client.post("/login", data=SIGN_IN)
    kept = client.get_cookie("parzelle")
    assert client.get("/admin/customers").status_code == 200
    client.post("/logout")
    thief = app.test_client()
    thief.set_cookie("parzelle", kept.value if kept else "")
    assert thief.get("/admin/customers").status_code == 303
    client.post("/login", data=SIGN_IN)
    assert client.get("/admin/customers").status_code == 200


def test_signing_in_begins_another_session(client: FlaskClient, ada: User) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    client.post("/login", data=SIGN_IN)
    with client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize(
    "path",
    ["//evil.com", "/\\evil.com", "/\t/evil.com", "https://evil.com", "javascript:alert(1)", "/\r\nX-Evil: 1", "///x"],
)
def test_signing_in_leads_nowhere_else(client: FlaskClient, ada: User, path: str) -> None:
    answer = client.post("/login", data={**SIGN_IN, "next": path})
    assert (answer.status_code, answer.location) == (303, "/admin/")


def test_a_path_of_any_script_is_gone_to_by_htmx_as_well(client: FlaskClient, ada: User) -> None:
    answer = client.post("/login", data={**SIGN_IN, "next": "/straße?x=€"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/stra%C3%9Fe?x=%E2%82%AC"


def test_a_lie_about_the_host_is_repeated_nowhere(client: FlaskClient, app: Flask) -> None:
    factories.free_product()
    for path in ("/", "/register", "/admin", "/admin/", "/login", "/nowhere"):
        answer = client.get(path, base_url="http://evil.example")
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


def test_a_host_that_is_no_name_is_answered(client: FlaskClient) -> None:
    for host in ("x" * 300, "a..b", "[::1"):
        assert client.get("/register", headers={"Host": host}).status_code in (200, 400, 404)


@pytest.fixture
def as_it_was(settings: Settings) -> Iterator[None]:
    """What an application sets for its process is of the tests' one again."""
    yield
    mail_texts.init(settings.base_url)
    gateways.init(Config(settings.env, settings.base_url, gateway_keys.saved), our_gateways(settings))


def test_the_network_may_stand_on_a_host_of_its_own_domain(make_settings: Any, as_it_was: None) -> None:
    settings = make_settings(base_url="https://www.example.org", network_domain="example.org", redis_url=None)
    app = create_app(settings)
    with app.app_context():
        answer = app.test_client().get("/healthz", base_url="https://www.example.org")
        database.engine.dispose()
    assert answer.json == {"status": "ok"}


@pytest.mark.parametrize("value", [5, None, ["a"], {"a": 1}, "a\x00b", "\ud800", True])
@pytest.mark.parametrize("name", ["email_address", "products", "order_token", "site_url", "discount_code", "gateway"])
def test_json_in_place_of_a_form_breaks_nothing(client: FlaskClient, name: str, value: Any) -> None:
    factories.free_product()
    body = json.dumps({"products": "free", "site_url": "bakery", name: value})
    for path in ("/register", "/checkout/summary", "/login"):
        assert client.post(path, data=body, content_type="application/json").status_code < 500


@pytest.mark.parametrize("body", ["[]", "[1]", "5", "null", '"x"', '{"a":' * 3000])
def test_json_that_is_no_form_breaks_nothing(client: FlaskClient, body: str) -> None:
    for path in ("/register", "/checkout/summary", "/login"):
        assert client.post(path, data=body, content_type="application/json").status_code < 500


@pytest.mark.parametrize(
    "typed",
    ["www.bakery", "WWW.Bakery.localhost", "https://www.bakery.localhost/", "bakery.", "bakery.localhost.", " Bakery "],
)
@pytest.mark.ux("C5")
def test_an_address_is_understood_as_it_is_pasted(app: Flask, typed: str) -> None:
    assert sites.check_address(typed) == "bakery"


@pytest.mark.parametrize(
    "typed",
    [
        "WWW",
        "www.",
        "https://admin/",
        "API.localhost",
        "Admin.",
        "m\u0430il",
        "xn--mil-5cd",
        "ad\u200bmin",
        "\uff41dmin",
        "admin/../x",
        "..admin",
        "-admin",
        "x" * 10_000,
    ],
)
def test_a_reserved_address_is_refused_in_any_spelling(app: Flask, typed: str) -> None:
    with pytest.raises(Invalid):
        sites.check_address(typed)


def test_an_error_of_the_database_names_no_values(app: Flask) -> None:
    factories.user(email="ada@example.com")
    with pytest.raises(IntegrityError) as error, unit_of_work() as session:
        session.add(User(email="Ada@example.com", username="ada", password_hash="secret-hash"))
    assert "secret-hash" not in str(error.value)
    assert "Ada@example.com" not in str(error.value)


def test_an_order_from_a_country_that_is_not_served_is_refused(client: FlaskClient) -> None:
    factories.free_product()
    with unit_of_work():
        network.change({"allowed_countries": ["DE"]})
    page = client.post("/register", data={"products": "free", "billing_country": "FR"}).text
    assert "Choose a country." in page
    page = client.post("/register", data={"products": "free", "billing_country": "DE"}).text
    assert "Choose a country." not in page


@pytest.mark.parametrize(
    ("guessed", "address"), [(True, "https://shop-123.herokuapp.example"), (False, "http://localhost")]
)
def test_without_base_url_the_buyer_stays_on_the_host_they_came_by(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, guessed: bool, address: str
) -> None:
    given = replace(settings, development=False, address_is_guessed=guessed)
    monkeypatch.setitem(app.extensions, "settings", given)
    with app.test_request_context(base_url="https://shop-123.herokuapp.example"):
        assert settings_here().base_url == address


def test_an_address_is_guessed_only_where_none_is_set_in_production(settings: Settings) -> None:
    keys = {"SECRET_KEY": "s", "ENCRYPTION_KEYS": settings.encryption_keys[0], "PARZELLE_ENV": "production"}
    assert Settings.from_environment(keys).address_is_guessed
    assert not Settings.from_environment({**keys, "BASE_URL": "https://example.org"}).address_is_guessed
    assert not Settings.from_environment({**keys, "PARZELLE_ENV": "development"}).address_is_guessed
