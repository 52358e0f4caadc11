"""PayPal, held to what every gateway must keep to, and to what is PayPal's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import TurnedClock
from tests.fakes import paypal_signing as signing
from tests.fakes.paypal import PayPalFake
from tests.fakes.vendor import Call, DropAnswer, HangUp, Status
from tests.gateways.conformance import (
    BASE_URL,
    GatewayConformance,
    HostedPageConformance,
    NoticeConformance,
    RefundConformance,
)
from webapp.domain import network
from webapp.errors import ConfigurationError
from webapp.gateways.base import (
    Config,
    Done,
    Gateway,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    VendorUnreachable,
    Verdict,
)
from webapp.gateways.paypal import PayPalGateway
from webapp.gateways.paypal_api import from_paypal, to_paypal
from webapp.money import Money
from webapp.paying import APPROVED, PROCESSING


@pytest.fixture
def fake() -> Iterator[PayPalFake]:
    with PayPalFake() as one:
        yield one


@pytest.fixture
def paypal(app: Flask, fake: PayPalFake) -> PayPalGateway:
    return PayPalGateway(Config(fake.env, BASE_URL), value_of=network.value_of, roots=[signing.root()])


class TestPayPal(GatewayConformance, HostedPageConformance, RefundConformance, NoticeConformance):
    @pytest.fixture
    def make(self, app: Flask, fake: PayPalFake) -> Callable[[Config], Gateway]:
        self.fake = fake
        roots = [signing.root()]
        return lambda config: PayPalGateway(replace(config, env=fake.env), value_of=network.value_of, roots=roots)

    def buyer_pays(self, gateway: Gateway, reference: str) -> None:
        self.fake.approve(reference.removeprefix("order:"))
        assert gateway.fetch(reference).reason == APPROVED
        assert isinstance(gateway, PayPalGateway)
        gateway.capture(reference)

    def buyer_is_declined(self, gateway: Gateway, reference: str) -> None:
        self.fake.expire(reference.removeprefix("order:"))

    def taken(self, gateway: Gateway) -> str:
        reference = self.opened(gateway)
        self.buyer_pays(gateway, reference)
        return str(gateway.fetch(reference).reference)

    def notice(self, gateway: Gateway) -> tuple[bytes, Mapping[str, str], str]:
        reference = self.taken(gateway)
        event = next(one for one in self.fake.events if one["event_type"] == "PAYMENT.CAPTURE.COMPLETED")
        return *self.fake.notice(event), reference


request = GatewayConformance().request()


def opened(paypal: PayPalGateway, asked: PaymentRequest = request) -> str:
    beginning = paypal.begin(asked)
    assert isinstance(beginning, Redirect)
    return beginning.reference


def approved(paypal: PayPalGateway, fake: PayPalFake) -> str:
    reference = opened(paypal)
    fake.approve(reference.removeprefix("order:"))
    return reference


def calls(fake: PayPalFake, path: str) -> list[Call]:
    return [one for one in fake.calls if one.path == path]


# -- orders ----------------------------------------------------------------------------------------------------------
def test_an_order_says_whose_it_is_and_where_to_come_back(paypal: PayPalGateway, fake: PayPalFake) -> None:
    order = fake.things[opened(paypal).removeprefix("order:")]
    unit, page = order["purchase_units"][0], order["_page"]["experience_context"]
    assert (unit["custom_id"], unit["amount"]) == ("pay-abc-1", {"currency_code": "EUR", "value": "29.99"})
    assert (page["return_url"], page["user_action"]) == (request.return_url, "PAY_NOW")


def test_looking_takes_nothing(paypal: PayPalGateway, fake: PayPalFake) -> None:
    reference = approved(paypal, fake)
    for _ in range(3):
        outcome = paypal.fetch(reference)
        assert (outcome.verdict, outcome.reason) == (Verdict.NEEDS_ACTION, APPROVED)
    assert not any(one["_kind"] == "capture" for one in fake.things.values())


def test_the_money_is_taken_once_however_often_it_is_said(paypal: PayPalGateway, fake: PayPalFake) -> None:
    reference = approved(paypal, fake)
    outcomes = [paypal.capture(reference) for _ in range(3)]
    assert outcomes[0].verdict == Verdict.SUCCEEDED
    assert outcomes[1:] == outcomes[:1] * 2
    assert sum(one["_kind"] == "capture" for one in fake.things.values()) == 1


def test_what_somebody_else_has_taken_is_seen(paypal: PayPalGateway, fake: PayPalFake) -> None:
    reference = approved(paypal, fake)
    fake.capture(reference.removeprefix("order:"), {})
    assert paypal.capture(reference).verdict == Verdict.SUCCEEDED


def test_before_the_buyer_agrees_nothing_is_decided(paypal: PayPalGateway, fake: PayPalFake) -> None:
    reference = opened(paypal)
    assert paypal.capture(reference).verdict == Verdict.NEEDS_ACTION


@pytest.mark.parametrize("issue", ["INSTRUMENT_DECLINED", "PAYER_CANNOT_PAY", "TRANSACTION_REFUSED", "SOMETHING_NEW"])
def test_a_refusal_is_told_in_words(paypal: PayPalGateway, fake: PayPalFake, issue: str) -> None:
    reference = approved(paypal, fake)
    fake.refuses = issue
    outcome = paypal.capture(reference)
    assert (outcome.verdict, outcome.reason, outcome.reference) == (Verdict.DECLINED, issue.lower(), reference)
    assert "PayPal" in outcome.message


@pytest.mark.parametrize(("ok", "verdict"), [(True, Verdict.SUCCEEDED), (False, Verdict.DECLINED)])
def test_what_is_held_is_waited_for(paypal: PayPalGateway, fake: PayPalFake, ok: bool, verdict: Verdict) -> None:
    reference = approved(paypal, fake)
    fake.holds = True
    held = paypal.capture(reference)
    assert (held.verdict, held.reason) == (Verdict.NEEDS_ACTION, PROCESSING)
    fake.settle(str(held.reference).removeprefix("capture:"), ok=ok)
    assert paypal.fetch(str(held.reference)).verdict == verdict
    assert paypal.fetch(reference).verdict == verdict


def test_parts_that_were_given_back_add_up(paypal: PayPalGateway, fake: PayPalFake) -> None:
    taken = str(paypal.capture(approved(paypal, fake)).reference)
    fake.refund_there(taken.removeprefix("capture:"), 500)
    paypal.refund(RefundRequest(taken, Money(100, "EUR"), "", "r1"))
    assert paypal.fetch(taken).refunded == Money(600, "EUR")
    fake.reverse(taken.removeprefix("capture:"))
    assert paypal.fetch(taken).refunded == Money(2999, "EUR")


def test_a_refund_that_takes_long_is_asked_for_by_its_name(paypal: PayPalGateway, fake: PayPalFake) -> None:
    taken = str(paypal.capture(approved(paypal, fake)).reference)
    fake.refunds_take_long = True
    outcome = paypal.refund(RefundRequest(taken, Money(100, "EUR"), "", "r1"))
    assert outcome.verdict == Verdict.NEEDS_ACTION
    fake.settle_refund(str(outcome.reference).removeprefix("refund:"), ok=True)
    assert paypal.fetch(str(outcome.reference)) == Outcome(
        Verdict.SUCCEEDED, outcome.reference, amount=Money(100, "EUR")
    )


# -- calls -----------------------------------------------------------------------------------------------------------
def test_one_token_is_used_until_it_runs_out(paypal: PayPalGateway, fake: PayPalFake, clock: TurnedClock) -> None:
    clock.use("2027-01-01T10:00Z")
    opened(paypal)
    paypal.fetch(opened(paypal))
    assert len(fake.tokens) == 1
    clock.use("2027-01-01T18:59:30Z")
    opened(paypal)
    assert len(fake.tokens) == 2


def test_a_token_that_is_no_good_any_more_is_fetched_anew(paypal: PayPalGateway, fake: PayPalFake) -> None:
    reference = opened(paypal)
    fake.tokens[:] = ["A21-other"]
    assert paypal.fetch(reference).verdict == Verdict.NEEDS_ACTION


@pytest.mark.parametrize("trick", [HangUp(), DropAnswer(), Status(500), Status(503), Status(429), Status(401)])
def test_while_paypal_does_not_answer_nothing_is_claimed(
    paypal: PayPalGateway, fake: PayPalFake, trick: object
) -> None:
    reference = approved(paypal, fake)
    taken = replace(request, idempotency_key="pay-abc-2")
    for call in (lambda: paypal.begin(taken), lambda: paypal.capture(reference), lambda: paypal.fetch(reference)):
        fake.next(trick, Status(200, {}, {"access_token": "x", "expires_in": 60}), trick)
        with pytest.raises(VendorUnreachable):
            call()
        fake._tricks.clear()
    assert paypal.capture(reference).verdict == Verdict.SUCCEEDED
    assert paypal.begin(taken) == paypal.begin(taken)


def test_a_lost_refund_is_unknown_and_is_given_once(paypal: PayPalGateway, fake: PayPalFake) -> None:
    taken = str(paypal.capture(approved(paypal, fake)).reference)
    wish = RefundRequest(taken, Money(100, "EUR"), "", "r1")
    fake.next(DropAnswer())
    assert paypal.refund(wish).verdict == Verdict.UNKNOWN
    assert paypal.refund(wish).verdict == Verdict.SUCCEEDED
    assert sum(one["_kind"] == "refund" for one in fake.things.values()) == 1


def test_no_secret_is_in_the_log(paypal: PayPalGateway, fake: PayPalFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    reference = approved(paypal, fake)
    fake.next(Status(500, {}, {"echo": "secret-fake"}))
    with pytest.raises(VendorUnreachable) as raised:
        paypal.capture(reference)
    told = caplog.text + str(raised.value) + "".join(str(one.__dict__) for one in caplog.records)
    for secret in ("secret-fake", fake.tokens[-1], "Y2xpZW50"):
        assert secret not in told


def test_without_keys_it_is_not_offered(app: Flask, fake: PayPalFake) -> None:
    bare = PayPalGateway(Config({"PAYPAL_API_BASE": fake.url}, BASE_URL), value_of=network.value_of)
    assert not bare.ready
    with pytest.raises(VendorUnreachable):
        bare.begin(request)


@pytest.mark.parametrize("address", ["http://paypal.example", "ftp://x", "paypal"])
def test_keys_go_to_a_safe_address_only(app: Flask, address: str) -> None:
    with pytest.raises(ConfigurationError):
        PayPalGateway(Config({"PAYPAL_API_BASE": address}, BASE_URL), value_of=network.value_of)


# -- amounts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("amount", "value"),
    [
        (Money(2999, "EUR"), "29.99"),
        (Money(5, "USD"), "0.05"),
        (Money(1500, "JPY"), "1500"),
        (Money(150000, "HUF"), "1500"),
        (Money(150000, "TWD"), "1500"),
    ],
)
def test_amounts_are_written_as_paypal_counts_them(app: Flask, amount: Money, value: str) -> None:
    assert to_paypal(amount) == {"currency_code": amount.currency, "value": value}
    assert from_paypal(to_paypal(amount)) == amount
    assert PayPalGateway(Config({}, BASE_URL), value_of=network.value_of).takes(amount)


@pytest.mark.parametrize("amount", [Money(0, "EUR"), Money(150050, "HUF"), Money(100, "KWD"), Money(100, "TRY")])
def test_what_paypal_cannot_say_is_declined_in_words(paypal: PayPalGateway, amount: Money) -> None:
    assert not paypal.takes(amount)
    beginning = paypal.begin(replace(request, amount=amount))
    assert isinstance(beginning, Done)
    assert beginning.outcome.verdict == Verdict.DECLINED
    assert beginning.outcome.message


@pytest.mark.parametrize(
    "told", [{}, {"currency_code": "EUR", "value": "x"}, {"currency_code": "EUR", "value": "1.005"}]
)
def test_an_amount_that_cannot_be_read_is_no_amount(told: dict[str, str]) -> None:
    with pytest.raises(VendorUnreachable):
        from_paypal(told)


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("capture:2GG", "https://www.paypal.com/activity/payment/2GG"),
        ("dispute:PP-D-1", "https://www.paypal.com/resolutioncenter/view/PP-D-1"),
        ("order:5O1", ""),
        ("nonsense", ""),
    ],
)
def test_the_staff_is_led_to_paypals_pages(app: Flask, reference: str, address: str) -> None:
    assert PayPalGateway(Config({}, BASE_URL), value_of=network.value_of).address_of(reference) == address
