"""Our own gateways, held to what every gateway must keep to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from flask import Flask

from tests.gateways.conformance import (
    GatewayConformance,
    HostedPageConformance,
    NoticeConformance,
    RefundConformance,
    StoredCredentialConformance,
)
from webapp import clock
from webapp.flows import sandbox_bank, sandbox_refunds
from webapp.gateways.base import Config, Gateway
from webapp.gateways.free import FreeGateway
from webapp.gateways.manual import ManualGateway
from webapp.gateways.sandbox import SandboxGateway
from webapp.gateways.sandbox_notices import sign
from webapp.money import Money


class TestFree(GatewayConformance):
    amount = Money(0, "EUR")

    @pytest.fixture
    def make(self, app: Flask) -> Callable[[Config], Gateway]:
        return FreeGateway

    def test_it_waves_no_money_through(self, gateway: Gateway) -> None:
        self.amount = Money(1, "EUR")
        with pytest.raises(ValueError, match="takes no money"):
            gateway.begin(self.request())


class TestManual(GatewayConformance):
    @pytest.fixture
    def make(self, app: Flask) -> Callable[[Config], Gateway]:
        return ManualGateway


class TestSandbox(
    GatewayConformance,
    HostedPageConformance,
    StoredCredentialConformance,
    RefundConformance,
    NoticeConformance,
):
    @pytest.fixture
    def make(self, app: Flask) -> Callable[[Config], Gateway]:
        return partial(SandboxGateway, bank=sandbox_bank, refunds=sandbox_refunds)

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        sandbox_bank.approve(reference)

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        sandbox_bank.decline(reference)

    def stored_credential(self, gateway: Gateway) -> str:
        reference = self.opened(gateway, store_credential=True)
        sandbox_bank.approve(reference)
        credential = gateway.fetch(reference).credential
        assert credential is not None
        return credential.reference

    def failing_credential(self, gateway: Gateway) -> str:
        credential = self.stored_credential(gateway)
        sandbox_bank.tell_to_fail(credential)
        return credential

    def taken(self, gateway: Gateway) -> str:
        reference = self.opened(gateway)
        self.buyer_pays(gateway, reference)
        return reference

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        body = b'{"id":"sbe_1","type":"charge.succeeded","data":{"reference":"sb_1"}}'
        return body, sign(sandbox_bank.notice_key(), "sbe_1", clock.now(), body), "sb_1"
