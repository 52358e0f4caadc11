"""Which language a page is in, and how a person changes it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from webapp.domain import languages, network
from webapp.models import User
from webapp.transactions import unit_of_work


def language_of(answer: TestResponse) -> str:
    language = answer.headers["Content-Language"]
    assert f'<html lang="{language}"' in answer.text
    return language


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.8,en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5", "de"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("x" * 2000, "en"),
    ],
)
def test_the_browser_is_asked(client: FlaskClient, asked: str, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": asked})
    assert language_of(answer) == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_who_asks_for_no_language_of_ours_gets_the_networks(client: FlaskClient) -> None:
    with unit_of_work("test"):
        network.change({"default_locale": "de"})
    assert language_of(client.get("/", headers={"Accept-Language": "fr"})) == "de"


def test_the_switch_leads_back_to_where_it_was(client: FlaskClient) -> None:
    here = "http://localhost/register?products=none&period=1-year"
    answer = client.get("/language/de", headers={"Referer": here})
    assert (answer.status_code, answer.location) == (303, "/register?products=none&period=1-year")
    assert language_of(client.get("/", headers={"Accept-Language": "en"})) == "de"
    client.get("/language/en")
    assert language_of(client.get("/", headers={"Accept-Language": "de"})) == "en"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "https://elsewhere.example/register",
        "http://localhost//elsewhere.example",
        "http://localhost/language/en",
        "http://localhost/logout",
        "http://localhost/none/such",
        "nonsense",
    ],
)
def test_the_switch_leads_nowhere_else(client: FlaskClient, elsewhere: str) -> None:
    assert client.get("/language/de", headers={"Referer": elsewhere}).location == "/"


@pytest.mark.parametrize("code", ["xx", "de_DE", "..", "%00", "DE"])
def test_a_language_we_do_not_speak_has_no_page(client: FlaskClient, code: str) -> None:
    assert client.get(f"/language/{code}").status_code == 404
    assert language_of(client.get("/")) == "en"


def test_each_page_offers_the_other_language_in_its_own_name(client: FlaskClient) -> None:
    factories.product()
    for path in ("/", "/register", "/login", "/none/such"):
        assert 'href="/language/de" lang="de" hreflang="de"' in client.get(path).text
    page = client.get("/", headers={"Accept-Language": "de"}).text
    assert 'href="/language/en" lang="en" hreflang="en"' in page
    assert '<span lang="de" aria-current="true">Deutsch</span>' in page


def test_nothing_is_stored_before_a_language_is_chosen(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/", headers={"Accept-Language": "de"}).headers
    assert "Set-Cookie" in client.get("/language/de").headers


def sign_in(client: FlaskClient, chosen: str) -> None:
    """As somebody who has chosen a language for good."""
    owner = factories.operator()
    with unit_of_work("test") as session:
        languages.choose(session.get_one(User, owner.id), chosen)
    client.post("/login", data={"email_address": owner.email, "password": factories.PASSWORD})


def test_a_persons_own_choice_comes_with_signing_in(client: FlaskClient) -> None:
    sign_in(client, "de")
    assert language_of(client.get("/admin/payments", headers={"Accept-Language": "en"})) == "de"


def test_what_was_chosen_in_this_browser_goes_on_through_signing_in(client: FlaskClient) -> None:
    client.get("/language/en")
    sign_in(client, "de")
    assert language_of(client.get("/admin/payments", headers={"Accept-Language": "de"})) == "en"


def test_fragments_speak_the_pages_language(client: FlaskClient) -> None:
    factories.product()
    client.get("/language/de")
    answer = client.get("/register", headers={"HX-Request": "true"})
    assert answer.headers["Content-Language"] == "de"
    assert "Bestellübersicht" in answer.text
