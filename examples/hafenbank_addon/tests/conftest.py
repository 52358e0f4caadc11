"""The add-on, tied to a Hafenbank that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import fake_hafenbank
import pytest
from fake_hafenbank import FakeHafenbank
from flask import Flask

from tests.addons import installed


@pytest.fixture(scope="session")
def server() -> Iterator[FakeHafenbank]:
    with fake_hafenbank.running() as bank:
        yield bank


@pytest.fixture
def bank(server: FakeHafenbank, monkeypatch: pytest.MonkeyPatch) -> FakeHafenbank:
    """A bank at which nothing has happened yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.forget()
    return server


@pytest.fixture
def network(app: Flask, bank: FakeHafenbank) -> Iterator[Flask]:
    """A network with the add-on."""
    with installed(app, "hafenbank_addon", env=bank.env) as [addon]:
        assert addon.error == ""
        yield app
