"""The gateway keeps to what every gateway must, and does not lose its head when the bank does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fake_hafenbank import FakeHafenbank, sign
from flask import Flask
from flask_babel import force_locale
from hafenbank_addon.gateway import Hafenbank

from tests.gateways.conformance import (
    GatewayConformance,
    HostedPageConformance,
    NoticeConformance,
    RefundConformance,
    StoredCredentialConformance,
)
from webapp import clock
from webapp.gateways.base import BadNotice, Config, Done, Gateway, RefundRequest, VendorUnreachable, Verdict
from webapp.money import Money


class TestHafenbank(
    GatewayConformance, HostedPageConformance, StoredCredentialConformance, RefundConformance, NoticeConformance
):
    @pytest.fixture
    def make(self, bank: FakeHafenbank) -> Callable[[Config], Gateway]:
        self.bank = bank
        return lambda config: Hafenbank(replace(config, env=bank.env))

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        self.bank.pay(reference)

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        self.bank.refuse(reference)

    def stored_credential(self, gateway: Gateway) -> str:
        reference = self.opened(gateway, store_credential=True)
        self.bank.pay(reference)
        credential = gateway.fetch(reference).credential
        assert credential is not None
        return credential.reference

    def failing_credential(self, gateway: Gateway) -> str:
        credential = self.stored_credential(gateway)
        self.bank.empty(credential)
        return credential

    def taken(self, gateway: Gateway) -> str:
        reference = self.opened(gateway)
        self.bank.pay(reference)
        return reference

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        reference = self.opened(gateway)
        return *self.bank.notice(reference), reference

    # -- what is the bank's own --------------------------------------------------------------------------------------
    def test_a_mandate_can_be_had_without_paying(self, gateway: Gateway) -> None:
        request = replace(self.request(), amount=Money(0, "EUR"), store_credential=True)
        self.bank.pay(gateway.begin(request).reference)  # type: ignore[union-attr]
        outcome = gateway.fetch("ord_1")
        assert outcome.verdict == Verdict.SUCCEEDED
        assert outcome.credential is not None
        assert (outcome.credential.label, outcome.credential.fingerprint) == ("Hafenbank •••• 4711", "acc_ada")

    def test_without_being_asked_to_it_keeps_nothing(self, gateway: Gateway) -> None:
        assert gateway.fetch(self.taken(gateway)).credential is None

    @pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500, 503])
    def test_an_answer_that_says_nothing_decides_nothing(self, gateway: Gateway, status: int) -> None:
        credential, reference = self.stored_credential(gateway), self.taken_by(gateway, "pay-abc-9")
        self.bank.answers_first = [status] * 3
        with pytest.raises(VendorUnreachable):
            gateway.begin(self.request("pay-other-1"))
        with pytest.raises(VendorUnreachable):
            gateway.fetch(reference)
        with pytest.raises(VendorUnreachable):
            gateway.forget(credential)  # type: ignore[attr-defined]
        refund = RefundRequest(reference, self.amount, "", "r1")
        for ask in (lambda: gateway.refund(refund), lambda: gateway.charge(self.charge_request(credential))):
            self.bank.answers_first = [status]
            assert ask().verdict == Verdict.UNKNOWN
            assert ask().verdict == Verdict.SUCCEEDED

    def test_a_charge_whose_answer_was_lost_is_made_once(self, gateway: Gateway) -> None:
        request = self.charge_request(self.stored_credential(gateway))
        self.bank.loses_answers = 1
        assert gateway.charge(request).verdict == Verdict.UNKNOWN
        taken = gateway.charge(request)
        assert taken.verdict == Verdict.SUCCEEDED
        assert [one["number"] for one in self.bank.orders.values()].count(request.idempotency_key) == 1

    def test_a_bank_that_is_gone_is_unreachable(self, gateway: Any) -> None:
        gateway.config = replace(gateway.config, env={**gateway.config.env, "HAFENBANK_API_BASE": "http://127.0.0.1:9"})
        with pytest.raises(VendorUnreachable):
            gateway.fetch("ord_1")
        assert not gateway.test().works

    def test_it_takes_euros_alone(self, gateway: Any) -> None:
        assert gateway.takes(self.amount)
        assert not gateway.takes(Money(100, "CHF"))
        beginning = gateway.begin(replace(self.request(), amount=Money(100, "CHF")))
        assert isinstance(beginning, Done)
        assert beginning.outcome.verdict == Verdict.DECLINED

    def test_a_status_that_is_new_at_the_bank_is_for_a_person_to_look_at(self, gateway: Gateway) -> None:
        reference = self.taken(gateway)
        self.bank.orders[reference]["status"] = "on_the_moon"
        outcome = gateway.fetch(reference)
        assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "on_the_moon")

    def test_what_went_back_is_told(self, gateway: Gateway) -> None:
        reference = self.taken(gateway)
        given = self.refund(gateway, reference, 1000, "r1")
        assert gateway.fetch(reference).refunded == Money(1000, "EUR")
        assert given.reference is not None
        assert gateway.fetch(given.reference) == given

    def test_what_happened_is_listed_page_by_page_with_all_its_names(self, gateway: Any) -> None:
        since = clock.now() - timedelta(minutes=1)
        taken = [self.taken_by(gateway, f"pay-abc-{number}") for number in range(1, 6)]
        gateway.begin(self.request("pay-open-1"))
        assert list(gateway.decided(since)) == [(one, f"pay-abc-{at}") for at, one in enumerate(taken, 1)]
        assert list(gateway.decided(clock.now() + timedelta(days=1))) == []
        self.refund(gateway, taken[1], 500, "r1")
        assert list(gateway.changed(since)) == [("ret_1", "r1", taken[1])]

    def taken_by(self, gateway: Gateway, key: str) -> str:
        reference: str = gateway.begin(self.request(key)).reference  # type: ignore[union-attr]
        self.bank.pay(reference)
        return reference

    @pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b"null", b'{"id": "x", "type": "y"}', b"[" * 5000])
    def test_a_signed_notice_that_says_nothing_is_refused(self, gateway: Gateway, body: bytes) -> None:
        with pytest.raises(BadNotice):
            gateway.open_notice(body, {"Hafenbank-Signature": sign(body)})

    @pytest.mark.parametrize("late", [301, -301])
    def test_an_old_notice_is_refused(self, gateway: Gateway, late: int) -> None:
        body, _headers, _reference = self.notice(gateway)
        then = int(clock.now().timestamp()) - late
        with pytest.raises(BadNotice, match="too old"):
            gateway.open_notice(body, {"Hafenbank-Signature": sign(body, at=then)})

    def test_while_the_secret_is_changed_both_are_right(self, gateway: Gateway) -> None:
        body, _headers, reference = self.notice(gateway)
        found = gateway.open_notice(body, {"Hafenbank-Signature": sign(body, "the-next-one")})
        assert found.reference == reference

    def test_a_reference_stays_one_part_of_the_address(self, gateway: Gateway) -> None:
        gateway.fetch("../account?x=1")
        assert self.bank.requests[-1][1] == "/v1/orders/..%2Faccount%3Fx%3D1"

    def test_the_operator_sees_whether_it_works(self, gateway: Any) -> None:
        assert (gateway.mode, gateway.test().works) == ("test", True)
        self.bank.answers_first = [401]
        assert (gateway.test().works, gateway.test().works) == (False, True)

    def test_a_refusal_is_said_in_the_readers_language(self, app: Flask, gateway: Any) -> None:
        with app.test_request_context(), force_locale("de"):
            assert gateway.sentence("not_covered") == "Das Konto ist nicht gedeckt."
        assert gateway.sentence("not_covered") == "There is not enough money in the account."
        assert gateway.sentence("somebody_elses") == ""
