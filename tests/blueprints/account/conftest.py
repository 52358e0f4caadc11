"""A customer with a running membership, and their pages read as they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.pages import Browser
from tests.templates.conftest import Element, page_faults, parse
from webapp import clock
from webapp.models import Customer, Membership

Look = Callable[..., Element]


@pytest.fixture
def ada(app: Any) -> Customer:
    owner: Customer = factories.customer(user=factories.user(email="ada@example.com"), display_name="Ada Lovelace")
    return owner


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
    """A page that is there and has nothing wrong with its landmarks, headings and labels."""

    def get(url: str, *, status: int = 200) -> Element:
        answer = signed_in.get(url)
        assert answer.status_code == status, answer.text
        root = parse(answer.text)
        assert page_faults(root) == []
        return root

    return get
