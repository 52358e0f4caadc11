"""What every way to be paid must keep to. For an add-on's gateway too: subclass, and give the fixture `make`.

    class TestMine(GatewayConformance, HostedPageConformance, RefundConformance):
        @pytest.fixture
        def make(self):
            return MyGateway

`GatewayConformance` is for all; the other classes are for what a gateway can do beyond that, and need a few
words on how its vendor is played (`buyer_pays` and the like).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from webapp import clock
from webapp.gateways import beyond
from webapp.gateways.base import (
    BadNotice,
    Capability,
    ChargeRequest,
    Config,
    Done,
    Gateway,
    Later,
    Notice,
    Outcome,
    Payer,
    PaymentRequest,
    Redirect,
    RefundRequest,
    VendorUnreachable,
    Verdict,
)
from webapp.money import Money
from webapp.paying import PROCESSING, Agreement
from webapp.periods import Period, Unit

BASE_URL = "http://network.example"
PAYER = Payer("cus-1", "ada@example.org", "Ada Lovelace", "DE")
DECIDED = {Verdict.SUCCEEDED, Verdict.DECLINED}


class Common:
    """How the tests make a gateway and what they ask it for."""

    amount = Money(2999, "EUR")

    @pytest.fixture
    def make(self) -> Callable[[Config], Gateway]:
        raise NotImplementedError("give the class or factory that is registered for the gateway")

    @pytest.fixture
    def gateway(self, make: Callable[[Config], Gateway]) -> Gateway:
        return make(Config({}, BASE_URL))

    def request(self, key: str = "pay-abc-1") -> PaymentRequest:
        return PaymentRequest(
            reference="abc",
            order_number="000042",
            amount=self.amount,
            description="Premium, monthly",
            payer=PAYER,
            return_url=f"{BASE_URL}/thank-you/abc",
            cancel_url=f"{BASE_URL}/pay/abc",
            idempotency_key=key,
        )

    def charge_request(self, credential: str, key: str = "pay-def-1") -> ChargeRequest:
        return ChargeRequest("def", self.amount, "Premium, renewal", PAYER, credential, key)


class GatewayConformance(Common):
    def test_it_has_an_id_and_words_for_the_buyer(self, gateway: Gateway) -> None:
        assert gateway.id.isascii()
        assert gateway.id == gateway.id.strip().lower()
        assert "/" not in gateway.id
        assert str(gateway.title).strip()
        assert str(gateway.description).strip()

    def test_it_offers_every_verb(self, gateway: Gateway) -> None:
        assert isinstance(gateway, Gateway)

    def test_it_refunds_in_part_only_if_it_refunds_at_all(self, gateway: Gateway) -> None:
        able = gateway.capabilities
        assert Capability.PARTIAL_REFUND not in able or Capability.REFUND in able

    def test_a_beginning_tells_the_buyer_how_to_go_on(self, gateway: Gateway) -> None:
        beginning = gateway.begin(self.request())
        if isinstance(beginning, Redirect):
            assert urlsplit(beginning.url).scheme in ("http", "https")
            assert urlsplit(beginning.url).netloc
            assert beginning.reference
        elif isinstance(beginning, Later):
            assert beginning.instructions.strip()
            assert beginning.due_days > 0
        elif isinstance(beginning, Done):
            assert beginning.outcome.verdict in DECIDED
        else:  # what is made only when the button is pressed has no name before
            assert beginning.data

    def test_beginning_again_with_the_same_key_is_the_same_beginning(self, gateway: Gateway) -> None:
        assert gateway.begin(self.request()) == gateway.begin(self.request())

    @pytest.mark.parametrize("text", ["", "日本語 – Größe 🎉", "x" * 10_000, "<script>alert(1)</script>", "a\r\nb"])
    def test_no_description_stops_a_beginning(self, gateway: Gateway, text: str) -> None:
        beginning = gateway.begin(replace(self.request(), description=text))
        assert type(beginning) is type(gateway.begin(self.request("pay-abc-2")))

    def test_a_charge_it_cannot_make_is_declined_not_raised(self, gateway: Gateway) -> None:
        outcome = gateway.charge(self.charge_request("no-such-credential"))
        assert outcome.verdict == Verdict.DECLINED
        assert outcome.reason

    def test_a_refund_it_cannot_make_is_declined_not_raised(self, gateway: Gateway) -> None:
        outcome = gateway.refund(RefundRequest("no-such-payment", self.amount, "", "refund-1"))
        by_hand = Capability.OFFLINE | Capability.REFUND
        expected = Verdict.NEEDS_ACTION if by_hand in gateway.capabilities else Verdict.DECLINED
        assert outcome.verdict == expected

    def test_of_an_unknown_object_it_claims_nothing(self, gateway: Gateway) -> None:
        try:
            outcome = gateway.fetch("no-such-object")
        except VendorUnreachable:
            return
        assert outcome.verdict == Verdict.UNKNOWN

    def test_what_nobody_knows_can_be_closed(self, gateway: Gateway) -> None:
        beyond(gateway).close("no-such-object")

    @pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[]", b"null", b"\xff\xfe", b"a=b&c=d", b"[" * 5000])
    def test_a_notice_without_a_signature_is_refused(self, gateway: Gateway, body: bytes) -> None:
        with pytest.raises(BadNotice):
            gateway.open_notice(body, {"content-type": "application/json"})


class HostedPageConformance(Common):
    """For a gateway that sends the buyer to its vendor's page."""

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        raise NotImplementedError

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        raise NotImplementedError

    def opened(self, gateway: Gateway, store_credential: bool = False) -> str:
        beginning = gateway.begin(replace(self.request(), store_credential=store_credential))
        assert isinstance(beginning, Redirect)
        return beginning.reference

    def test_nothing_is_taken_before_the_buyer_decides(self, gateway: Gateway) -> None:
        assert gateway.fetch(self.opened(gateway)).verdict == Verdict.NEEDS_ACTION

    def test_what_the_buyer_paid_is_what_was_asked_for(self, gateway: Gateway) -> None:
        reference = self.opened(gateway)
        self.buyer_pays(gateway, reference)
        outcome = gateway.fetch(reference)
        assert (outcome.verdict, outcome.amount) == (Verdict.SUCCEEDED, self.amount)
        assert outcome.reference  # once it is taken, some vendors give the money a name of its own
        assert gateway.fetch(outcome.reference).verdict == Verdict.SUCCEEDED

    def test_what_is_closed_takes_back_nothing_that_was_paid(self, gateway: Gateway) -> None:
        reference = self.opened(gateway)
        self.buyer_pays(gateway, reference)
        for _twice in range(2):
            beyond(gateway).close(reference)
        assert gateway.fetch(reference).verdict == Verdict.SUCCEEDED

    def test_a_declined_buyer_is_told_why(self, gateway: Gateway) -> None:
        reference = self.opened(gateway)
        self.buyer_is_declined(gateway, reference)
        outcome = gateway.fetch(reference)
        assert (outcome.verdict, outcome.reference, outcome.amount) == (Verdict.DECLINED, reference, None)
        assert outcome.reason
        assert outcome.message

    def test_another_try_is_another_object(self, gateway: Gateway) -> None:
        first = gateway.begin(self.request("pay-abc-1"))
        second = gateway.begin(self.request("pay-abc-2"))
        assert isinstance(first, Redirect)
        assert isinstance(second, Redirect)
        assert first.reference != second.reference

    def test_a_key_that_was_used_for_another_amount_takes_nothing(self, gateway: Gateway) -> None:
        gateway.begin(self.request())
        beginning = gateway.begin(replace(self.request(), amount=Money(1, "EUR")))
        assert isinstance(beginning, Done)
        assert beginning.outcome.verdict == Verdict.DECLINED


class StoredCredentialConformance(Common):
    """For a gateway that can charge again without the buyer."""

    def stored_credential(self, gateway: Gateway) -> str:
        """One that can be charged."""
        raise NotImplementedError

    def failing_credential(self, gateway: Gateway) -> str:
        """One whose charges the vendor declines."""
        raise NotImplementedError

    def test_a_stored_credential_is_charged(self, gateway: Gateway) -> None:
        outcome = gateway.charge(self.charge_request(self.stored_credential(gateway)))
        assert (outcome.verdict, outcome.amount) == (Verdict.SUCCEEDED, self.amount)
        assert outcome.reference
        assert gateway.fetch(outcome.reference) == outcome

    def test_the_same_key_charges_once(self, gateway: Gateway) -> None:
        request = self.charge_request(self.stored_credential(gateway))
        assert gateway.charge(request) == gateway.charge(request)
        assert gateway.charge(replace(request, idempotency_key="pay-def-2")) != gateway.charge(request)

    def test_what_is_forgotten_is_not_charged_any_more(self, gateway: Gateway) -> None:
        request = self.charge_request(self.stored_credential(gateway))
        charged = gateway.charge(request)
        for _twice in range(2):
            beyond(gateway).forget(request.credential)
        assert gateway.charge(replace(request, idempotency_key="pay-def-2")).verdict == Verdict.DECLINED
        again = gateway.charge(request)  # what was taken stays taken: nobody may hear that it was not
        assert again == charged or again.verdict == Verdict.UNKNOWN

    def test_what_nobody_keeps_can_be_forgotten(self, gateway: Gateway) -> None:
        beyond(gateway).forget("no-such-credential")

    def test_a_failing_credential_is_declined(self, gateway: Gateway) -> None:
        outcome = gateway.charge(self.charge_request(self.failing_credential(gateway)))
        assert outcome.verdict == Verdict.DECLINED
        assert outcome.reason
        assert outcome.message


class AgreementConformance(Common):
    """A vendor's buyer agrees once, and it charges by itself; for Capability.MANAGED_SUBSCRIPTION."""

    period = Period(1, Unit.MONTH)

    def buyer_agrees(self, gateway: Gateway, reference: str) -> None:
        """Play the buyer who agrees at the vendor."""
        raise NotImplementedError

    def vendor_charges(self, gateway: Gateway, reference: str, *, ok: bool = True) -> None:
        """Play the vendor who charges the next period, or fails to."""
        raise NotImplementedError

    def vendor_says(self, gateway: Gateway, reference: str) -> str:
        """`active`, `rests` or `ended`."""
        state = beyond(gateway).agreement(reference)
        return "ended" if state.ended else "rests" if state.rests else "active"

    def agreed(self, gateway: Gateway) -> str:
        """The vendor's name of an agreement whose first payment is taken."""
        agreement = Agreement("Premium", self.period, ((self.amount, 0),))
        begun = gateway.begin(replace(self.request(), agreement=agreement))
        assert isinstance(begun, Redirect)
        assert gateway.fetch(begun.reference).verdict == Verdict.NEEDS_ACTION
        self.buyer_agrees(gateway, begun.reference)
        first = gateway.fetch(begun.reference)
        assert (first.verdict, first.amount) == (Verdict.SUCCEEDED, self.amount)
        assert first.credential is not None
        assert first.credential.is_agreement
        return first.credential.reference

    def next_charge(self, name: str, key: str = "pay-abc-2", *, again: bool = False) -> ChargeRequest:
        due = self.period.after(clock.now())
        return replace(self.charge_request(name, key), covers=(due, self.period.after(due)), again=again)

    def at(self, gateway: Gateway, when: datetime) -> None:
        """Play that it is then."""
        clock.use(lambda: when)

    @pytest.fixture(autouse=True)
    def back_to_now(self) -> Iterator[None]:
        yield
        clock.use(None)

    def test_an_agreement_takes_the_first_payment_and_goes_on(self, gateway: Gateway) -> None:
        name = self.agreed(gateway)
        assert self.vendor_says(gateway, name) == "active"
        assert [one.amount for one in beyond(gateway).agreement(name).taken] == [self.amount]

    def test_a_period_is_waited_for_and_then_found_once(self, gateway: Gateway) -> None:
        name = self.agreed(gateway)
        request = self.next_charge(name)
        assert request.covers is not None
        self.at(gateway, request.covers[0])
        waiting = gateway.charge(request)
        assert (waiting.verdict, waiting.reason) == (Verdict.NEEDS_ACTION, PROCESSING)
        assert waiting.reference is not None
        self.vendor_charges(gateway, name)
        found = gateway.fetch(waiting.reference)
        assert (found.verdict, found.amount) == (Verdict.SUCCEEDED, self.amount)
        assert gateway.charge(request).reference == found.reference

    def test_what_it_failed_to_take_is_declined_and_taken_when_asked_for_again(self, gateway: Gateway) -> None:
        name = self.agreed(gateway)
        request = self.next_charge(name)
        assert request.covers is not None
        self.at(gateway, request.covers[0])
        self.vendor_charges(gateway, name, ok=False)
        assert gateway.charge(request).verdict == Verdict.DECLINED
        again = replace(request, idempotency_key="pay-abc-3", again=True)
        taken = gateway.charge(again)
        assert (taken.verdict, taken.amount) == (Verdict.SUCCEEDED, self.amount)
        assert gateway.charge(again).reference == taken.reference

    def test_what_is_no_period_is_not_charged(self, gateway: Gateway) -> None:
        name = self.agreed(gateway)
        assert gateway.charge(self.charge_request(name)).verdict == Verdict.DECLINED

    def test_it_rests_goes_on_and_ends_however_often_it_is_told(self, gateway: Gateway) -> None:
        name, vendor = self.agreed(gateway), beyond(gateway)
        steps = ((vendor.pause, "rests"), (vendor.resume, "active"), (vendor.forget, "ended"))
        for tell, state in steps:
            tell(name)
            tell(name)
            assert self.vendor_says(gateway, name) == state
        vendor.resume(name)
        assert self.vendor_says(gateway, name) == "ended"
        assert gateway.charge(self.next_charge(name)).verdict == Verdict.DECLINED


class RefundConformance(Common):
    """For a gateway that gives money back, in part or as a whole, through its vendor."""

    def taken(self, gateway: Gateway) -> str:
        """The reference of `amount` that was taken."""
        raise NotImplementedError

    def refund(self, gateway: Gateway, taken: str, minor: int, key: str, currency: str = "") -> Outcome:
        amount = Money(minor, currency or self.amount.currency)
        return gateway.refund(RefundRequest(taken, amount, "asked for", key))

    def test_what_was_taken_can_be_given_back(self, gateway: Gateway) -> None:
        outcome = self.refund(gateway, self.taken(gateway), self.amount.minor, "r1")
        assert outcome.verdict == Verdict.SUCCEEDED
        assert outcome.reference

    def test_the_same_key_refunds_once(self, gateway: Gateway) -> None:
        taken = self.taken(gateway)
        first = self.refund(gateway, taken, 2000, "r1")
        assert self.refund(gateway, taken, 2000, "r1") == first
        assert self.refund(gateway, taken, 999, "r2").verdict == Verdict.SUCCEEDED

    def test_parts_never_add_up_to_more_than_was_taken(self, gateway: Gateway) -> None:
        taken = self.taken(gateway)
        assert self.refund(gateway, taken, 2000, "r1").verdict == Verdict.SUCCEEDED
        assert self.refund(gateway, taken, 1000, "r2").verdict == Verdict.DECLINED
        assert self.refund(gateway, taken, 999, "r3").verdict == Verdict.SUCCEEDED
        assert self.refund(gateway, taken, 1, "r4").verdict == Verdict.DECLINED

    def test_another_currency_is_not_given_back(self, gateway: Gateway) -> None:
        assert self.refund(gateway, self.taken(gateway), 100, "r1", "USD").verdict == Verdict.DECLINED

    def test_a_refund_does_not_make_the_payment_undone(self, gateway: Gateway) -> None:
        taken = self.taken(gateway)
        self.refund(gateway, taken, self.amount.minor, "r1")
        outcome = gateway.fetch(taken)
        assert (outcome.verdict, outcome.amount) == (Verdict.SUCCEEDED, self.amount)


class NoticeConformance(Common):
    """For a gateway whose vendor sends signed notices."""

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        """Body and headers as the vendor would send them now, and the reference of the object they name."""
        raise NotImplementedError

    def test_a_signed_notice_names_its_object(self, gateway: Gateway) -> None:
        body, headers, reference = self.notice(gateway)
        notice = gateway.open_notice(body, headers)
        assert isinstance(notice, Notice)
        assert notice.event_id
        assert notice.type
        assert notice.reference == reference

    def test_header_names_may_be_written_in_any_case(self, gateway: Gateway) -> None:
        body, headers, _reference = self.notice(gateway)
        plain = gateway.open_notice(body, headers)
        assert gateway.open_notice(body, {name.upper(): value for name, value in headers.items()}) == plain

    def test_a_changed_body_is_refused(self, gateway: Gateway) -> None:
        body, headers, _reference = self.notice(gateway)
        for changed in (body + b" ", body[:-1], body.replace(b":", b": ", 1), b"\xff" + body, b""):
            with pytest.raises(BadNotice):
                gateway.open_notice(changed, headers)

    def test_a_header_that_is_missing_or_changed_is_refused(self, gateway: Gateway) -> None:
        body, headers, _reference = self.notice(gateway)
        signed = [name for name in headers if "content" not in name.lower()]
        for name in signed:
            without = {key: value for key, value in headers.items() if key != name}
            for wrong in ({}, {name: ""}, {name: "ä"}, {name: headers[name] + "0"}, {name: "9" * 400}):
                with pytest.raises(BadNotice):
                    gateway.open_notice(body, {**without, **wrong})
