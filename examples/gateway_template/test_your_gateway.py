"""Your gateway keeps to what every gateway must.

Copied with the template. For what it learns to do add the class with that name from `tests/gateways/conformance.py`
(`HostedPageConformance`, `StoredCredentialConformance`, `AgreementConformance`, `RefundConformance`,
`NoticeConformance`), and write the few methods by which your vendor is played.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from your_gateway import YourGateway

from tests import factories
from tests.addons import installed
from tests.gateways.conformance import GatewayConformance
from tests.pages import Browser
from webapp.gateways.base import Config, Gateway


class TestYourGateway(GatewayConformance):
    @pytest.fixture
    def make(self) -> Callable[[Config], Gateway]:
        return YourGateway


def test_it_is_offered_in_the_checkout(app: Flask, browser: Browser) -> None:
    factories.product("premium")
    with installed(app, "your_gateway") as [addon]:
        assert addon.error == ""
        assert YourGateway.description in browser.get("/register/premium").text
