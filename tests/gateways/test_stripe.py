"""Stripe's two gateways, held to what every gateway must keep to, and to what is Stripe's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from flask import Flask

from tests.fakes.stripe import (
    FAILS_LATER,
    StripeFake,
)
from tests.gateways.conformance import (
    BASE_URL,
    GatewayConformance,
    HostedPageConformance,
    NoticeConformance,
    RefundConformance,
    StoredCredentialConformance,
)
from webapp.domain import network
from webapp.gateways.base import (
    BrowserStep,
    Config,
    Gateway,
    Redirect,
)
from webapp.gateways.stripe import StripeGateway
from webapp.gateways.stripe_account import StripeAccount
from webapp.gateways.stripe_checkout import StripeCheckoutGateway


@pytest.fixture
def fake() -> Iterator[StripeFake]:
    with StripeFake() as one:
        yield one


@pytest.fixture
def card(app: Flask, fake: StripeFake) -> StripeGateway:
    return StripeGateway(Config(fake.env, BASE_URL), value_of=network.value_of)


class StripeCommon(GatewayConformance, StoredCredentialConformance, RefundConformance, NoticeConformance):
    kind: type[StripeAccount] = StripeGateway

    @pytest.fixture
    def make(self, app: Flask, fake: StripeFake) -> Callable[[Config], Gateway]:
        self.fake = fake
        return lambda config: self.kind(replace(config, env=fake.env), value_of=network.value_of)

    def paid(self, gateway: Gateway, number: str, key: str = "pay-first-1", store: bool = True) -> str:
        raise NotImplementedError

    def stored_credential(self, gateway: Gateway) -> str:
        credential = gateway.fetch(self.paid(gateway, "4242424242424242")).credential
        assert credential is not None
        assert credential.label == "Visa •••• 4242"
        return credential.reference

    def failing_credential(self, gateway: Gateway) -> str:
        credential = gateway.fetch(self.paid(gateway, FAILS_LATER)).credential
        assert credential is not None
        return credential.reference

    def taken(self, gateway: Gateway) -> str:
        return str(gateway.fetch(self.paid(gateway, "4242424242424242", store=False)).reference)

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        reference = self.taken(gateway)
        event = next(one for one in self.fake.events if one["type"] == "payment_intent.succeeded")
        body, headers = self.fake.notice(event)
        signed, _comma, _old = headers["Stripe-Signature"].partition(",v0=")  # which nobody looks at
        return body, {**headers, "Stripe-Signature": signed}, reference


class TestCard(StripeCommon):
    def paid(self, gateway: Gateway, number: str, key: str = "pay-first-1", store: bool = True) -> str:
        assert isinstance(gateway, StripeGateway)
        step = gateway.confirm(replace(self.request(key), store_credential=store))
        assert isinstance(step, BrowserStep)
        self.fake.pay(step.reference, number)
        return step.reference


class TestCheckout(StripeCommon, HostedPageConformance):
    kind = StripeCheckoutGateway

    def paid(self, gateway: Gateway, number: str, key: str = "pay-first-1", store: bool = True) -> str:
        beginning = gateway.begin(replace(self.request(key), store_credential=store))
        assert isinstance(beginning, Redirect)
        self.fake.pay_page(beginning.reference, number)
        return beginning.reference

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        self.fake.pay_page(reference)

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        self.fake.expire(reference)
