"""The examples are tested with the project's own fixtures, on a database of their own."""

from __future__ import annotations

import pytest

from tests.conftest import (
    app,
    application,
    browser,
    client,
    clock,
    database_address,
    db,
    make_settings,
    settings,
    statements,
)

__all__ = [
    "app",
    "application",
    "browser",
    "client",
    "clock",
    "database_address",
    "db",
    "make_settings",
    "settings",
    "statements",
]


@pytest.fixture(scope="session")
def worker_id(worker_id: str) -> str:
    """Part of the database's name: the project's tests have theirs in the same process."""
    return f"examples_{worker_id}"
