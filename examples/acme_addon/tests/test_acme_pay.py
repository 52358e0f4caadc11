"""Acme Pay keeps to what every gateway must, and does not lose its head when Acme does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from acme_addon.pay import AcmePay
from fake_acme import PAY_SECRET, FakeAcme, sign

from tests.gateways.conformance import (
    GatewayConformance,
    HostedPageConformance,
    NoticeConformance,
    RefundConformance,
)
from webapp.gateways.base import (
    BadNotice,
    Config,
    Done,
    Gateway,
    RefundRequest,
    VendorUnreachable,
    Verdict,
)


class TestAcmePay(GatewayConformance, HostedPageConformance, RefundConformance, NoticeConformance):
    @pytest.fixture
    def make(self, acme: FakeAcme) -> Callable[[Config], Gateway]:
        self.acme = acme
        return lambda config: AcmePay(replace(config, env=acme.env))

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        self.acme.pay(reference)

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        self.acme.refuse(reference)

    def taken(self, gateway: Gateway) -> str:
        reference = self.opened(gateway)
        self.acme.pay(reference)
        return reference

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        reference = self.opened(gateway)
        return *self.acme.notice(reference), reference

    # -- what is Acme's own ------------------------------------------------------------------------------------
    @pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500, 503])
    def test_an_answer_that_says_nothing_decides_nothing(self, gateway: Gateway, status: int) -> None:
        reference = self.taken(gateway)
        self.acme.answers_first = [status] * 3
        with pytest.raises(VendorUnreachable):
            gateway.begin(self.request("pay-other-1"))
        with pytest.raises(VendorUnreachable):
            gateway.fetch(reference)
        refund = gateway.refund(RefundRequest(reference, self.amount, "", "r1"))
        assert refund.verdict == Verdict.UNKNOWN
        assert gateway.refund(RefundRequest(reference, self.amount, "", "r1")).verdict == Verdict.SUCCEEDED

    def test_an_acme_that_is_gone_is_unreachable(self, gateway: Any) -> None:
        gateway.base = "http://127.0.0.1:9"
        with pytest.raises(VendorUnreachable):
            gateway.fetch("pay_1")

    def test_what_acme_will_not_sell_is_declined(self, gateway: Gateway) -> None:
        self.acme.answers_first = [422]
        beginning = gateway.begin(self.request())
        assert isinstance(beginning, Done)
        assert beginning.outcome.verdict == Verdict.DECLINED

    def test_a_status_that_is_new_at_acme_is_for_a_person_to_look_at(self, gateway: Gateway) -> None:
        reference = self.taken(gateway)
        self.acme.payments[reference]["status"] = "on_the_moon"
        outcome = gateway.fetch(reference)
        assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "on_the_moon")

    @pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b"null", b'{"id": "x", "type": "y"}', b"[" * 5000])
    def test_a_signed_notice_that_says_nothing_is_refused(self, gateway: Gateway, body: bytes) -> None:
        with pytest.raises(BadNotice):
            gateway.open_notice(body, {"x-acme-signature": sign(body, PAY_SECRET)})

    def test_a_reference_stays_one_part_of_the_address(self, gateway: Gateway) -> None:
        gateway.fetch("../contacts?x=1")
        assert self.acme.requests[-1][1] == "/payments/..%2Fcontacts%3Fx%3D1"
