"""Guessing gets slow, the owner does not, and nobody learns whether there is such an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import TurnedClock
from tests.pages import Page
from webapp.domain import throttles
from webapp.models import User
from webapp.transactions import unit_of_work


def guess(client: FlaskClient, sign_in: SignIn, times: int, email: str = "ada@example.com") -> list[int]:
    return [sign_in(client, email, f"guess number {number}").status_code for number in range(times)]


def test_after_five_guesses_one_waits_longer_and_longer(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    assert guess(client, sign_in, 6) == [422] * 5 + [429]
    clock.tick(3)
    assert guess(client, sign_in, 2) == [422, 429]
    clock.tick(3)
    assert guess(client, sign_in, 1) == [429]
    assert throttles.delay_after("account", 100) == timedelta(minutes=15)


@pytest.mark.ux("K1")
def test_an_unknown_address_gets_the_same_answers_for_the_same_work(
    app: Flask, ada: User, sign_in: SignIn, clock: TurnedClock, hashes: list[str]
) -> None:
    answers = []
    for email in ("ada@example.com", "nobody@example.com"):
        hashes.clear()
        stranger = app.test_client()
        pages = [sign_in(stranger, email, "a wrong guess") for _try in range(7)]
        texts = [Page(one.text).text.replace(email, "…") for one in pages]
        answers.append(([one.status_code for one in pages], texts, list(hashes)))
    assert answers[0] == answers[1]
    assert len(hashes) == 5


def test_a_browser_that_was_in_before_does_not_wait_for_strangers(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    client.post("/logout")
    guess(app.test_client(), sign_in, 40)
    assert sign_in(app.test_client()).status_code == 429
    assert sign_in(client).status_code == 303
    assert "Wrong passwords were tried before this sign-in" in client.get("/account/security").text


def test_such_a_browser_is_no_better_at_other_accounts(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    factories.user(email="eve@example.com")
    sign_in(client, "eve@example.com")
    client.post("/logout")
    assert guess(client, sign_in, 6)[-1] == 429


def test_its_own_guesses_count(client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock) -> None:
    sign_in(client)
    client.post("/logout")
    assert guess(client, sign_in, 11)[-2:] == [422, 429]


def test_many_accounts_from_one_address_get_slow(
    client: FlaskClient, app: Flask, sign_in: SignIn, clock: TurnedClock
) -> None:
    answers = [guess(client, sign_in, 1, f"person{number}@example.com")[0] for number in range(31)]
    assert answers == [422] * 30 + [429]


def test_after_an_hour_it_is_forgotten(client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock) -> None:
    guess(client, sign_in, 6)
    clock.tick(hours=1.1)
    assert guess(client, sign_in, 5) == [422] * 5
    clock.tick(hours=1.1)
    with unit_of_work("test"):
        assert throttles.sweep() == 2


def test_the_page_says_how_long_and_keeps_the_address(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    guess(client, sign_in, 5)
    answer = sign_in(client)
    assert "Too many tries. Wait 2 seconds, or reset your password." in answer.text
    form = next(one for one in Page(answer.text).forms if "password" in one["fields"])
    assert form["fields"]["email_address"] == "ada@example.com"
