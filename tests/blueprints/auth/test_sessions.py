"""Sessions: seen, ended one by one, and over for every copy of their cookie."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import Statements, TurnedClock
from tests.pages import Page
from webapp.domain import sessions
from webapp.models import User, UserSession

PAGE = "/account/security"


def page(client: FlaskClient) -> Page:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return Page(answer.text)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get(PAGE).status_code == 200


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    other, kept = app.test_client(), client.get_cookie("parzelle")
    assert kept is not None
    other.set_cookie("parzelle", kept.value)
    return other


def test_the_page_lists_each_browser_by_its_words(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    shown = page(client)
    assert "Firefox, Linux" in shown.text
    assert "this browser" in shown.text
    assert "Network 127.0.0.0" in shown.text


def test_another_browser_is_signed_out_at_its_next_request(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn
) -> None:
    other = app.test_client()
    sign_in(other), sign_in(client)
    form = next(form for form in page(client).forms if form["action"].endswith("/end"))
    client.post(form["action"])
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_all_others_go_at_once(client: FlaskClient, app: Flask, ada: User, sign_in: SignIn) -> None:
    others = [app.test_client(), app.test_client()]
    for one in (*others, client):
        sign_in(one)
    client.post(f"{PAGE}/sessions/end")
    assert is_signed_in(client)
    assert not any(is_signed_in(one) for one in others)


def test_somebody_elses_session_is_not_found(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn, db: Session
) -> None:
    other = factories.signed_in(app.test_client(), factories.customer())
    sign_in(client)
    theirs = db.query(UserSession).order_by(UserSession.id).first()
    assert theirs is not None
    assert client.post(f"{PAGE}/sessions/{theirs.id}/end").status_code == 404
    assert is_signed_in(other)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn
) -> None:
    sign_in(client)
    thief = copy_of(client, app)
    client.post("/logout")
    assert not is_signed_in(thief)


def test_signing_out_here_keeps_other_browsers(client: FlaskClient, app: Flask, ada: User, sign_in: SignIn) -> None:
    other = app.test_client()
    sign_in(other), sign_in(client)
    client.post("/logout")
    assert is_signed_in(other)


def test_the_database_holds_no_token(client: FlaskClient, ada: User, sign_in: SignIn, db: Session) -> None:
    sign_in(client)
    with client.session_transaction() as session:
        token = session["_user_id"]
    stored = db.query(UserSession).one()
    assert token not in (stored.token_hash, str(stored.id))
    assert stored.token_hash == sessions.hashed(token)


@pytest.mark.parametrize(("days", "alive"), [(13, True), (15, False)])
def test_an_idle_session_ends(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock, days: int, alive: bool
) -> None:
    sign_in(client)
    clock.tick(days=days)
    assert is_signed_in(client) is alive


def test_even_a_busy_session_ends(client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock) -> None:
    sign_in(client)
    for _ten_days in range(9):
        clock.tick(days=9.9)
        assert is_signed_in(client)
    clock.tick(days=9.9)
    assert not is_signed_in(client)


@pytest.mark.ux("W21")
def test_staff_are_signed_out_sooner(client: FlaskClient, sign_in: SignIn, clock: TurnedClock, app: Flask) -> None:
    factories.operator(email="ada@example.com")
    sign_in(client)
    clock.tick(hours=23)
    assert is_signed_in(client)
    clock.tick(hours=25)
    assert not is_signed_in(client)


def test_who_is_signed_in_is_one_statement_and_seldom_a_write(
    client: FlaskClient, ada: User, sign_in: SignIn, statements: Statements, clock: TurnedClock
) -> None:
    sign_in(client)
    statements.clear()
    client.get("/login")
    assert len([one for one in statements if "user_sessions" in one]) == 1
    assert not [one for one in statements if one.startswith("UPDATE")]
    clock.tick(minutes=6)
    statements.clear()
    client.get("/login"), client.get("/login")
    assert len([one for one in statements if one.startswith("UPDATE")]) == 1


@pytest.mark.ux("H11")
def test_an_expired_session_leads_htmx_to_sign_in(client: FlaskClient) -> None:
    answer = client.get(PAGE, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/login?next=/account/security"


@pytest.mark.ux("H11", "P16")
@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        (f"http://localhost{PAGE}?tab=1", f"{PAGE}?tab%3D1"),
        ("http://localhost/logout", "/"),
        ("https://evil.example/account/security", "/"),
        ("http://localhost//evil.example", "/"),
        ("", "/"),
    ],
    ids=["the page of the form", "no page", "another host", "a disguised host", "not told"],
)
def test_a_form_sent_after_the_session_leads_back_to_its_page(client: FlaskClient, came_from: str, back: str) -> None:
    answer = client.post(f"{PAGE}/password", headers={"Referer": came_from})
    assert answer.headers["Location"] == f"/login?next={back}"
    answer = client.post(f"{PAGE}/password", headers={"Referer": came_from, "HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"/login?next={back}"


def test_a_new_password_signs_out_the_others(client: FlaskClient, app: Flask, ada: User, sign_in: SignIn) -> None:
    other = app.test_client()
    sign_in(other), sign_in(client)
    data = {"password": factories.PASSWORD, "new_password": "another long sentence"}
    assert client.post(f"{PAGE}/password", data=data).status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert "Password changed" in page(client).text
    assert sign_in(other).status_code == 422
    assert sign_in(other, password="another long sentence").status_code == 303


def test_the_old_password_must_be_known(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    data = {"password": "not this one at all", "new_password": "another long sentence"}
    answer = client.post(f"{PAGE}/password", data=data)
    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    answer = client.post(f"{PAGE}/password", data={**data, "password": factories.PASSWORD, "new_password": "short"})
    assert answer.status_code == 422
    assert "Use at least 12 characters." in answer.text


def test_a_left_open_session_is_no_place_to_guess(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    answers = [client.post(f"{PAGE}/proof", data={"password": "wrong"}).status_code for _try in range(6)]
    assert answers == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8", ""),
    ],
)
def test_a_browser_in_words(agent: str, words: str) -> None:
    assert sessions.in_words(agent) == words


def test_addresses_are_kept_short() -> None:
    assert sessions.shortened("203.0.113.77") == "203.0.113.0"
    assert sessions.shortened("2001:db8:aaaa:bbbb::1") == "2001:db8:aaaa::"
    assert sessions.shortened("unix:") == ""


def test_an_answer_that_changes_nothing_leaves_the_cookie_alone(client: FlaskClient) -> None:
    """A slow one would undo what another request, begun later, has written there."""
    factories.signed_in(client, factories.customer())
    with client.session_transaction() as session:
        session.permanent = True
    client.get("/register")
    answer = client.post("/checkout/check", data={"field": "site_url", "site_url": "bakery"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
