"""People at their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from webapp.domain import passwords
from webapp.models import Customer, User

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SignIn = Callable[..., TestResponse]


@pytest.fixture
def ada(ada: Customer) -> User:
    """Whom that customer signs in as."""
    return ada.user


@pytest.fixture
def sign_in() -> SignIn:
    def post(client: FlaskClient, email: str = "ada@example.com", password: str = factories.PASSWORD) -> TestResponse:
        data = {"email_address": email, "password": password}
        return client.post("/login", data=data, headers={"User-Agent": FIREFOX})

    return post


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each hash that was reckoned: what takes the time of a sign-in."""
    seen: list[str] = []
    real = passwords.verify

    def verify(stored: str | None, password: str) -> bool:
        seen.append("verified")
        return real(stored, password)

    monkeypatch.setattr(passwords, "verify", verify)
    return seen
