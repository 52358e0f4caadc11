"""An operator who is signed in, and pages read as an operator without script reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.pages import Browser
from tests.templates.conftest import Element, page_faults, parse
from webapp.models import User

Look = Callable[..., Element]


@pytest.fixture
def operator(app: Any) -> User:
    return factories.operator(name="Olga Peters", email="olga@example.com")


@pytest.fixture
def signed_in(client: FlaskClient, operator: User) -> FlaskClient:
    return factories.signed_in(client, operator)


@pytest.fixture
def browser(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


@pytest.fixture
def look(signed_in: FlaskClient) -> Look:
    """A page that is there and has nothing wrong with its landmarks, headings and labels."""

    def get(url: str, *, status: int = 200, **headers: str) -> Element:
        answer = signed_in.get(url, headers=headers)
        assert answer.status_code == status, answer.text
        root = parse(answer.text)
        assert root.all("html") == [] or page_faults(root) == []
        return root

    return get
