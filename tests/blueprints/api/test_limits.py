"""How often one may ask: counted for each key and each address, and told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from limits import parse

from tests.blueprints.api.conftest import BASE, Caller, Callers, basic
from tests.blueprints.test_limits import limited
from tests.conftest import unwatched
from webapp import create_app
from webapp.blueprints.api import limits
from webapp.extensions import db, limiter
from webapp.settings import Settings

__all__ = ["limited"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_KEY", parse("3/minute"))
    monkeypatch.setattr(limits, "PER_ADDRESS", parse("8/minute"))
    monkeypatch.setattr(limits, "WRONG_KEYS", parse("2/minute"))


def through(app: Flask, caller: Caller) -> Caller:
    """The same system, asking the application as it runs outside of tests."""
    caller.client = app.test_client()
    return caller


def test_a_key_that_asks_too_often_waits_and_the_others_do_not(limited: Flask, callers: Callers, few: None) -> None:
    first, second = through(limited, callers()), through(limited, callers())
    answers = [first.get("/settings") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers[:3]] == ["2", "1", "0"]
    assert answers[0].headers["X-RateLimit-Limit"] == "3"
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].json["code"] == "too_many_requests"
    assert second.get("/settings").status_code == 200


def test_an_address_that_asks_too_often_waits_whatever_its_keys(limited: Flask, callers: Callers, few: None) -> None:
    found = [through(limited, callers()).get("/settings").status_code for _ in range(9)]
    assert found == [200] * 8 + [429]


def test_who_shows_wrong_keys_is_soon_not_told_that_they_are_wrong(limited: Flask, callers: Callers, few: None) -> None:
    good = through(limited, callers())
    wrong = {"Authorization": basic(good.key, "wrong")}
    found = [good.client.get(f"{BASE}/settings", headers=wrong).status_code for _ in range(3)]
    assert found == [401, 401, 429]
    assert good.get("/settings").status_code == 200


def test_a_redis_that_is_away_stops_nobody(settings: Settings, callers: Callers, few: None) -> None:
    away = unwatched(create_app(replace(settings, testing=False, redis_url="redis://127.0.0.1:1/0")))
    try:
        caller = through(away, callers())
        assert [caller.get("/settings").status_code for _ in range(5)] == [200] * 5
    finally:
        limiter.enabled = False
        with away.app_context():
            db.engine.dispose()
