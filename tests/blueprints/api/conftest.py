"""Other systems: each with a key of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.blueprints.api import described
from webapp.models import ApiKey

BASE = "/api/v2"


class Caller:
    """Asks as one system: `caller.get("/products")`; bodies are sent as JSON. Each answer must be as described."""

    def __init__(self, client: FlaskClient, key: ApiKey, secret: str) -> None:
        self.client, self.id, self.key, self.secret = client, key.id, key.key, secret

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """`headers`: `if_match` is `If-Match`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", basic(self.key, self.secret))
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body)
        answer = self.client.open(BASE + path, method=method, data=body, headers=sent)
        assert described.faults(self.client.application, method, BASE + path, answer) == []
        return answer

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": basic(self.key, self.secret)}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self("DELETE", path, **headers)


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


Callers = Callable[..., Caller]


@pytest.fixture
def callers(client: FlaskClient) -> Callers:
    """`callers("products:read")` makes a key with these scopes."""

    def make(*scopes: str) -> Caller:
        return Caller(client, *factories.api_key(*scopes))

    return make


@pytest.fixture
def caller(callers: Callers) -> Caller:
    """May do everything."""
    return callers()


def params(answer: TestResponse) -> dict[str, str]:
    """What is wrong with each field."""
    found: dict[str, str] = answer.json["data"]["params"]
    return found
