"""A contract that somebody may end, and consumers at their browsers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from webapp import clock
from webapp.models import Customer, Membership


@pytest.fixture
def contract(ada: Customer) -> Membership:
    """Paid until thirty days from now."""
    ends = clock.now() + timedelta(days=30)
    found: Membership = factories.active_membership(customer=ada, expires_at=ends)
    return found
