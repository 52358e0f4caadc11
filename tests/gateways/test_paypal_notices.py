"""Whose a notice of PayPal's is: by its certificate, and by asking PayPal when that cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.conftest import TurnedClock
from tests.fakes import paypal_signing as signing
from tests.fakes.paypal import CERTIFICATE, PayPalFake, Thing
from tests.fakes.vendor import HangUp, Status
from tests.gateways.conformance import BASE_URL
from webapp.domain import network
from webapp.gateways.base import BadNotice, Config, VendorUnreachable
from webapp.gateways.paypal import VERIFY, PayPalGateway
from webapp.gateways.paypal_certificates import (
    ASKED_AT_MOST,
    Certificates,
    NotHad,
    check_chain,
    is_paypals,
    public_authorities,
)
from webapp.gateways.paypal_notices import names, reference_of


@pytest.fixture
def fake() -> Iterator[PayPalFake]:
    with PayPalFake() as one:
        yield one


@pytest.fixture
def paypal(app: Flask, fake: PayPalFake) -> PayPalGateway:
    return PayPalGateway(Config(fake.env, BASE_URL), value_of=network.value_of, roots=[signing.root()])


@pytest.fixture
def event(fake: PayPalFake) -> Thing:
    return fake.tell("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "2GG279541U471931P", "custom_id": "Grüße"})


def asked(fake: PayPalFake, path: str) -> int:
    return sum(one.path == path for one in fake.calls)


# -- by the certificate ----------------------------------------------------------------------------------------------
def test_the_certificate_is_fetched_once(paypal: PayPalGateway, fake: PayPalFake, event: Thing) -> None:
    for _ in range(3):
        assert paypal.open_notice(*fake.notice(event)).reference == "capture:2GG279541U471931P"
    assert [one.path for one in fake.calls] == [CERTIFICATE]


def test_a_notice_for_another_webhook_is_refused(paypal: PayPalGateway, fake: PayPalFake, event: Thing) -> None:
    with pytest.raises(BadNotice):
        paypal.open_notice(*fake.notice(event, webhook="1WH00000000000001"))


def test_a_signature_by_another_key_is_refused(paypal: PayPalGateway, fake: PayPalFake, event: Thing) -> None:
    with pytest.raises(BadNotice):
        paypal.open_notice(*fake.notice(event, by="somebody else"))


@pytest.mark.parametrize(("age", "good"), [(3 * 86400, True), (5 * 86400, False), (-60, True), (-600, False)])
def test_as_long_as_paypal_tries_it_is_taken(
    paypal: PayPalGateway, fake: PayPalFake, event: Thing, age: float, good: bool
) -> None:
    body, headers = fake.notice(event, age=age)
    if good:
        assert paypal.open_notice(body, headers).event_id == event["id"]
    else:
        with pytest.raises(BadNotice):
            paypal.open_notice(body, headers)


@pytest.mark.parametrize("time", ["2027-01-01T10:00:00", "yesterday", "0"])
def test_a_time_without_meaning_is_refused(paypal: PayPalGateway, fake: PayPalFake, event: Thing, time: str) -> None:
    body, headers = fake.notice(event)
    with pytest.raises(BadNotice):
        paypal.open_notice(body, {**headers, "Paypal-Transmission-Time": time})


def test_without_the_webhooks_id_none_is_taken(app: Flask, fake: PayPalFake, event: Thing) -> None:
    env = {**fake.env, "PAYPAL_WEBHOOK_ID": ""}
    bare = PayPalGateway(Config(env, BASE_URL), value_of=network.value_of, roots=[signing.root()])
    with pytest.raises(BadNotice):
        bare.open_notice(*fake.notice(event))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:443/x",
    ],
)
def test_certificates_come_from_paypal(url: str) -> None:
    assert is_paypals(url)
    assert Certificates("https://api-m.paypal.com").is_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/x",
        "https://paypal.com.evil.example/x",
        "https://evilpaypal.com/x",
        "https://evil.example/api.paypal.com",
        "https://evil.example#.paypal.com",
        "https://evil.example?.paypal.com",
        "https://evil.example\\.paypal.com/x",
        "https://user@api.paypal.com/x",
        "https://api.paypal.com@evil.example/x",
        "https://api.paypal.com:8443/x",
        "https://127.0.0.1/x",
        "https://api.paypal.com/x?next=https://evil.example",
        "https://evil.example%2f.paypal.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_certificates_come_from_nobody_else(url: str) -> None:
    with pytest.raises(BadNotice):
        Certificates("https://api-m.paypal.com").key(url)


def test_a_stand_in_gives_out_its_own_certificates_and_paypal_does_not_there(fake: PayPalFake) -> None:
    own = Certificates(fake.url)
    assert own.key(f"{fake.url}{CERTIFICATE}")
    for url in ("https://api.paypal.com/v1/notifications/certs/CERT-1", f"{fake.url}.evil.example/x"):
        with pytest.raises(BadNotice):
            own.key(url)


# -- the chain -------------------------------------------------------------------------------------------------------
def test_the_chain_must_end_in_an_authority(clock: TurnedClock) -> None:
    clock.use("2027-01-01T10:00Z")
    assert check_chain(signing.chain(), [signing.root()])
    other = signing.certificate("Other Root", "Other Root", ca=True)
    past = datetime(2026, 12, 31, tzinfo=UTC)
    not_one = [signing.certificate(signing.SIGNER, "leaf"), signing.certificate("leaf", "Pretend Root")]
    for chain, root in (
        (signing.chain(), other),
        (signing.chain("evil.example"), signing.root()),
        (signing.chain("www.paypal.com"), signing.root()),
        (signing.chain(until=past), signing.root()),
        (signing.chain()[:1], signing.root()),
        (not_one, signing.root()),
        ([signing.certificate(signing.SIGNER, signing.SIGNER)], signing.root()),
    ):
        with pytest.raises(NotHad):
            check_chain(chain, [root])


def test_the_public_authorities_are_there_and_do_not_vouch_for_ours(clock: TurnedClock) -> None:
    clock.use("2027-01-01T10:00Z")
    assert len(public_authorities()) > 50
    with pytest.raises(NotHad):
        check_chain(signing.chain(), public_authorities())


def test_a_certificate_that_has_run_out_is_fetched_anew(
    paypal: PayPalGateway, fake: PayPalFake, event: Thing, clock: TurnedClock
) -> None:
    clock.use("2027-01-01T10:00Z")
    fake.certificate_served = signing.pem(signing.chain(until=datetime(2027, 1, 2, tzinfo=UTC)))
    paypal.open_notice(*fake.notice(event))
    clock.use("2027-01-03T10:00Z")
    fake.certificate_served = signing.pem(signing.chain())
    paypal.open_notice(*fake.notice(event))
    assert asked(fake, CERTIFICATE) == 2


# -- by asking -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("served", [None, b"", b"no certificate", signing.pem(signing.chain("evil.example"))])
def test_without_a_certificate_paypal_is_asked(
    paypal: PayPalGateway, fake: PayPalFake, event: Thing, served: bytes | None
) -> None:
    fake.certificate_served = served
    assert paypal.open_notice(*fake.notice(event)).event_id == event["id"]
    body, headers = fake.notice(event)
    with pytest.raises(BadNotice):
        paypal.open_notice(body.replace(b"2GG", b"3GG"), headers)
    assert asked(fake, VERIFY) == 2


def test_the_question_holds_the_notice_byte_by_byte(paypal: PayPalGateway, fake: PayPalFake, event: Thing) -> None:
    fake.certificate_served = None
    body, headers = fake.notice(event)
    paypal.open_notice(body, headers)
    assert body in fake.calls[-1].body


@pytest.mark.parametrize("trick", [HangUp(), Status(500), Status(429)])
def test_when_nobody_can_say_it_shall_come_again(
    paypal: PayPalGateway, fake: PayPalFake, event: Thing, trick: object
) -> None:
    fake.certificate_served = None
    fake.next(Status(404), Status(200, {}, {"access_token": "x", "expires_in": 60}), trick)
    with pytest.raises(VendorUnreachable):
        paypal.open_notice(*fake.notice(event))


def test_forged_notices_make_us_ask_only_so_often(
    paypal: PayPalGateway, fake: PayPalFake, event: Thing, clock: TurnedClock
) -> None:
    clock.use("2027-01-01T10:00Z")
    known = fake.notice(event)
    paypal.open_notice(*known)
    body, headers = fake.notice(event)
    for number in range(50):
        with pytest.raises((BadNotice, VendorUnreachable)):
            paypal.open_notice(body + b" ", {**headers, "Paypal-Cert-Url": f"{fake.url}/x{number}"})
    assert len(fake.calls) <= ASKED_AT_MOST + 1  # and once for a token
    paypal.open_notice(*known)  # what needs no question is not kept waiting
    clock.use("2027-01-01T10:02Z")
    before = asked(fake, VERIFY)
    with pytest.raises(BadNotice):
        paypal.open_notice(body, {**headers, "Paypal-Cert-Url": f"{fake.url}/other"})
    assert asked(fake, VERIFY) == before + 1


# -- what it is about ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "resource", "reference", "named"),
    [
        ("checkout-order", {"id": "5O1", "purchase_units": [{"custom_id": "pay-a-1"}]}, "order:5O1", ["pay-a-1"]),
        (
            "capture",
            {"id": "2GG", "custom_id": "pay-a-1", "supplementary_data": {"related_ids": {"order_id": "5O1"}}},
            "capture:2GG",
            ["pay-a-1", "order:5O1"],
        ),
        (
            "refund",
            {"id": "1JU", "links": [{"rel": "up", "href": "https://x/v2/payments/captures/2GG"}]},
            "refund:1JU",
            ["capture:2GG", "sale:2GG"],
        ),
        ("sale", {"id": "8WK", "billing_agreement_id": "I-1", "custom": "pay-a-1"}, "sale:8WK", ["I-1", "pay-a-1"]),
        ("subscription", {"id": "I-1", "custom_id": "pay-a-1"}, "I-1", ["pay-a-1"]),
        (
            "dispute",
            {"dispute_id": "PP-D-1", "disputed_transactions": [{"seller_transaction_id": "2GG"}]},
            "dispute:PP-D-1",
            ["capture:2GG", "sale:2GG"],
        ),
        ("something", {"id": 5, "links": "x", "purchase_units": [1]}, "", []),
        ("something", "text", "", []),
    ],
)
def test_a_notice_says_what_it_is_about(kind: str, resource: object, reference: str, named: list[str]) -> None:
    told = {"resource_type": kind, "resource": resource}
    assert (reference_of(told), names(told)) == (reference, named)


def test_what_money_left_us_by_is_found_while_notices_were_lost(paypal: PayPalGateway, fake: PayPalFake) -> None:
    for number in range(5):
        resource = {"id": f"R{number}", "links": [{"rel": "up", "href": "https://x/captures/2GG"}]}
        fake.tell("PAYMENT.CAPTURE.REFUNDED", "refund", resource)
    fake.tell("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "3GG"})
    found = list(paypal.changed(datetime.now(UTC) - timedelta(days=7)))  # noqa: TID251 - any time is right
    assert [one[0] for one in found] == [f"refund:R{number}" for number in range(5)]
    assert all("capture:2GG" in one for one in found)
    since = datetime.now(UTC) - timedelta(days=7)  # noqa: TID251 - any time is right
    assert [one[0] for one in paypal.decided(since)] == ["capture:3GG"]
