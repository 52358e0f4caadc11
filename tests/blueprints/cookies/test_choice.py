"""The choice about cookies: asked only where there is one, as easily refused and taken back as given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin.rows import fresh
from tests.integrations.test_analytics_listeners import Memory
from tests.pages import Browser
from tests.templates.conftest import Element, page_faults, parse
from webapp import clock
from webapp.domain import network
from webapp.extensions import db
from webapp.integrations.analytics.base import analytics
from webapp.models import Customer
from webapp.transactions import unit_of_work


@pytest.fixture
def counted(app: Any) -> Iterator[None]:
    """The network has an analytics service."""
    analytics.bind(Memory())
    yield
    analytics.bind(None)


def bar(client: FlaskClient, path: str = "/", **headers: str) -> list[Element]:
    root = parse(client.get(path, headers=headers).text)
    assert page_faults(root) == []
    return root.all(id="cookie-bar")


@pytest.mark.ux("L20")
def test_where_nothing_is_optional_nothing_is_asked(client: FlaskClient) -> None:
    assert bar(client) == []
    assert "/cookies" not in client.get("/").text
    assert "nothing to choose" in client.get("/cookies").text


@pytest.mark.ux("L10", "L20", "X8")
def test_both_answers_weigh_the_same_and_nothing_is_stored_before(client: FlaskClient, counted: None) -> None:
    [asked] = bar(client, **{"Accept-Language": "de"})
    accept, reject = asked.all("button")
    assert (accept.text, reject.text) == ("Alle akzeptieren", "Alle ablehnen")
    assert accept.attrs["class"] == reject.attrs["class"]
    assert [one.text for one in asked.all("a")] == ["Einstellungen"]
    assert client.get("/").headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize(("answer", "kept"), [("all", "statistics"), ("none", "none")])
def test_an_answer_is_kept_and_not_asked_again(client: FlaskClient, counted: None, answer: str, kept: str) -> None:
    sent = client.post("/cookies", data={"choice": answer}, headers={"Referer": "http://localhost/register?x=1"})
    assert (sent.status_code, sent.location) == (303, "/register?x=1")
    [cookie] = sent.headers.getlist("Set-Cookie")
    assert cookie.startswith(f"cookie_choice={kept};")
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert bar(client) == []
    assert "/cookies" in client.get("/").text


@pytest.mark.ux("L20")
def test_it_is_taken_back_where_it_was_given(client: FlaskClient, counted: None) -> None:
    client.post("/cookies", data={"choice": "all"})
    browser = Browser(client)
    assert browser.get("/cookies").fields == {"from": "settings", "statistics": "y"}
    page = browser.submit(statistics=None)
    assert "Changes saved." in page.text
    assert page.fields == {"from": "settings"}


def test_who_is_signed_in_is_not_counted_from_then_on(client: FlaskClient, counted: None) -> None:
    ada = factories.customer(analytics_consent_at=clock.now())
    with unit_of_work("test"):
        db.session.merge(ada).meta["analytics"] = {"client_id": "1.2"}
    factories.signed_in(client, ada).post("/cookies", data={"choice": "none"})
    assert (fresh(ada).analytics_consent_at, dict(ada.meta)) == (None, {})


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_another_site_cannot_choose_for_a_visitor(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/cookies", data={"choice": "all"}, headers=headers)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (400, [])


def test_with_script_the_page_stays_and_says_so(client: FlaskClient, counted: None) -> None:
    answer = client.post("/cookies", data={"choice": "none"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Your choice is saved." in answer.text
    assert "<html" not in answer.text


def test_the_order_form_asks_only_who_has_not_chosen(client: FlaskClient, counted: None) -> None:
    factories.product("premium")
    assert 'name="analytics_consent"' in client.get("/register/premium").text
    client.post("/cookies", data={"choice": "none"})
    refused = client.get("/register/premium").text
    assert 'name="analytics_consent"' not in refused
    assert 'id="cookie-bar"' not in refused
    client.post("/cookies", data={"choice": "all"})
    allowed = client.get("/register/premium").text
    assert 'name="analytics_consent"' not in allowed
    assert "This order is counted in our statistics, as you allowed." in allowed


@pytest.mark.parametrize(("answer", "counts"), [("all", True), ("none", False)])
def test_an_order_is_counted_as_was_chosen(client: FlaskClient, counted: None, answer: str, counts: bool) -> None:
    factories.free_product()
    client.post("/cookies", data={"choice": answer})
    browser = Browser(client)
    browser.get("/register/free")
    told = {"full_name": "Ada", "site_title": "A", "site_url": "a-site", "early_start": "y"}
    browser.submit(email_address="ada@example.com", password=factories.PASSWORD, **told)
    db.session.rollback()
    assert (db.session.scalars(select(Customer)).one().analytics_consent_at is not None) is counts


def test_without_consumer_law_there_is_no_bar(client: FlaskClient, counted: None) -> None:
    with unit_of_work("test"):
        network.change({"consumer_law": "none"})
    assert bar(client) == []
