"""An operator who is signed in, and pages read as an operator without script reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.looking import Look, looking
from tests.pages import Browser
from webapp import clock
from webapp.models import User, UserSession
from webapp.transactions import unit_of_work


@pytest.fixture
def operator(app: Any) -> User:
    return factories.operator(name="Olga Peters", email="olga@example.com")


@pytest.fixture
def signed_in(client: FlaskClient, operator: User) -> FlaskClient:
    return factories.signed_in(client, operator)


@pytest.fixture
def left_open(signed_in: FlaskClient, operator: User) -> FlaskClient:
    """The same browser, long after the operator has last shown that it is them."""
    with unit_of_work("test") as session:
        own = session.scalars(select(UserSession).where(UserSession.user_id == operator.id)).one()
        own.proved_at = clock.now() - timedelta(days=1)
    return signed_in


@pytest.fixture
def browser(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


@pytest.fixture
def look(signed_in: FlaskClient) -> Look:
    return looking(signed_in, fragments=True)
