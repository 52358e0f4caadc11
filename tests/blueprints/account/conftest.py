"""A customer with a running membership, and their pages read as they stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.looking import Look, looking
from tests.pages import Browser
from webapp import clock
from webapp.models import Customer, Membership


@pytest.fixture
def agreement(ada: Customer) -> Membership:
    """Paid until thirty days from now."""
    plan = factories.product("premium", name="Premium")
    ends = clock.now() + timedelta(days=30)
    found: Membership = factories.active_membership(customer=ada, plan=plan, expires_at=ends)
    return found


@pytest.fixture
def signed_in(client: FlaskClient, ada: Customer) -> FlaskClient:
    return factories.signed_in(client, ada)


@pytest.fixture
def browser(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


@pytest.fixture
def look(signed_in: FlaskClient) -> Look:
    return looking(signed_in)
