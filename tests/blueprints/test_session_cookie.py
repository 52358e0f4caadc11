"""Who holds a cookie that another key has signed is nobody, also when the key changes while the process runs."""

from __future__ import annotations

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface


def opened(app: Flask, cookie: str) -> dict[str, object]:
    with app.test_request_context(headers={"Cookie": f"{app.config['SESSION_COOKIE_NAME']}={cookie}"}):
        return dict(session)


def signed(app: Flask) -> str:
    cookies = app.session_interface
    assert isinstance(cookies, SecureCookieSessionInterface)
    signing = cookies.get_signing_serializer(app)
    assert signing is cookies.get_signing_serializer(app)
    return str(signing.dumps({"locale": "de"}))


def test_a_key_that_is_changed_holds_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old_key, cookie = app.secret_key, signed(app)
    assert opened(app, cookie) == {"locale": "de"}

    monkeypatch.setattr(app, "secret_key", "another key, as long as it should be")
    assert opened(app, cookie) == {}
    assert opened(app, signed(app)) == {"locale": "de"}

    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old_key])
    assert opened(app, cookie) == {"locale": "de"}


def test_a_cookie_that_was_written_by_hand_is_nobodys(app: Flask) -> None:
    assert opened(app, f"{signed(app)}AAAA") == {}
