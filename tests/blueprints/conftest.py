"""Whom pages are shown to."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from webapp.models import Customer


@pytest.fixture
def ada(app: Any) -> Customer:
    owner: Customer = factories.customer(user=factories.user(email="ada@example.com"), display_name="Ada Lovelace")
    return owner
