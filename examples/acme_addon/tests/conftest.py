"""The add-on, tied to an Acme that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import fake_acme
import pytest
from fake_acme import FakeAcme
from flask import Flask

from tests.addons import installed


@pytest.fixture(scope="session")
def server() -> Iterator[FakeAcme]:
    with fake_acme.running() as acme:
        yield acme


@pytest.fixture
def acme(server: FakeAcme, monkeypatch: pytest.MonkeyPatch) -> FakeAcme:
    """Acme, to which nothing was said yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.forget()
    return server


@pytest.fixture
def network(app: Flask, acme: FakeAcme) -> Iterator[Flask]:
    """A network with the add-on."""
    with installed(app, "acme_addon", env=acme.env) as [addon]:
        assert addon.error == ""
        yield app
