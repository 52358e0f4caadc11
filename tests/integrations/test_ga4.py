"""Google gets each sale once, to the cent and within its limits, or somebody can read why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import TurnedClock
from tests.fakes.ga4 import MEASUREMENT_ID, SECRET, GA4Fake
from tests.fakes.vendor import DropAnswer, Silence, Status
from tests.integrations.people import NOON
from webapp.integrations.analytics.base import Event, Item, Purchase, Visitor
from webapp.integrations.analytics.ga4 import GoogleAnalytics, connect
from webapp.money import Money
from webapp.outgoing import PermanentFailure, TryLater
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

VISITOR = Visitor("1162820436.1749482504", "1700000000")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


PREMIUM = Item("premium", "Premium", "subscription", 1, eur(3569), eur(570))
SALE = Purchase(VISITOR, NOON, "pay-reference", eur(4759), eur(760), (PREMIUM,), coupon="TEN")
CHURN = Event("membership_cancelled", "key-1", VISITOR, NOON, {"plan": "premium", "reason": "too_expensive"})


@pytest.fixture
def vendor(clock: TurnedClock) -> Iterator[GA4Fake]:
    clock.now = NOON + timedelta(minutes=3)
    with GA4Fake() as vendor:
        yield vendor


@pytest.fixture
def http(vendor: GA4Fake) -> Iterator[VendorHttp]:
    http = connect(vendor.url, SECRET)
    yield http
    http.close()


@pytest.fixture
def google(http: VendorHttp) -> GoogleAnalytics:
    return GoogleAnalytics(http, MEASUREMENT_ID, SECRET)


def only_event(vendor: GA4Fake) -> tuple[str, dict[str, Any]]:
    assert vendor.problems == []
    [event] = vendor.events
    return event


def test_a_purchase_says_what_the_document_says(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    assert google.purchase(SALE) == []
    assert only_event(vendor) == (
        "purchase",
        {
            "session_id": "1700000000",
            "engagement_time_msec": 100,
            "transaction_id": "pay-reference",
            "currency": "EUR",
            "value": Decimal("47.59"),
            "tax": Decimal("7.60"),
            "coupon": "TEN",
            "items": [
                {
                    "item_id": "premium",
                    "item_name": "Premium",
                    "item_category": "subscription",
                    "quantity": 1,
                    "price": Decimal("35.69"),
                }
            ],
        },
    )
    [message] = vendor.messages
    assert message["client_id"] == "1162820436.1749482504"
    assert message["timestamp_micros"] == 1_795_435_200_250_000
    assert message["consent"] == {"ad_user_data": "DENIED", "ad_personalization": "DENIED"}


def test_without_tax_values_and_prices_are_net(http: VendorHttp, vendor: GA4Fake) -> None:
    GoogleAnalytics(http, MEASUREMENT_ID, SECRET, without_tax=True).purchase(SALE)
    params = only_event(vendor)[1]
    assert (params["value"], params["tax"]) == (Decimal("39.99"), Decimal("7.60"))
    assert params["items"][0]["price"] == Decimal("29.99")


@pytest.mark.parametrize(
    ("total", "written"),
    [
        (Money(2990, "EUR"), b'"value":29.90,'),
        (Money(500, "JPY"), b'"value":500,'),
        (Money(1234, "KWD"), b'"value":1.234,'),
        (Money(0, "EUR"), b'"value":0.00,'),
        (Money(10**17 + 7, "EUR"), b'"value":1000000000000000.07,'),
    ],
)
def test_amounts_are_written_digit_by_digit(
    google: GoogleAnalytics, vendor: GA4Fake, total: Money, written: bytes
) -> None:
    google.purchase(replace(SALE, total=total, tax=Money(0, total.currency), items=()))
    assert written in vendor.calls[0].body
    assert only_event(vendor)[1]["value"] == total.decimal


def test_a_price_is_that_of_one_piece(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    google.purchase(replace(SALE, items=(replace(PREMIUM, quantity=3, total=eur(1000)),)))
    assert only_event(vendor)[1]["items"][0]["price"] == Decimal("3.33")


def test_a_purchase_told_twice_counts_once(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    vendor.next(DropAnswer())
    with pytest.raises(TryLater):
        google.purchase(SALE)
    google.purchase(SALE)
    assert len(vendor.calls) == 2
    assert vendor.names == ["purchase"]


def test_other_events_carry_an_id_by_which_reports_count_them_once(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    vendor.next(DropAnswer())
    with pytest.raises(TryLater):
        google.event(CHURN)
    google.event(CHURN)
    assert vendor.problems == []
    assert [params["event_id"] for _name, params in vendor.events] == ["key-1", "key-1"]


def test_an_event_with_a_value_has_its_currency(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    google.event(replace(CHURN, name="payment_failed", value=eur(2999)))
    params = only_event(vendor)[1]
    assert (params["value"], params["currency"]) == (Decimal("29.99"), "EUR")


def test_an_unknown_session_is_left_out(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    google.purchase(replace(SALE, visitor=Visitor("1.2")))
    assert "session_id" not in only_event(vendor)[1]


# -- limits --------------------------------------------------------------------------------------------------


def test_what_is_too_long_is_left_out_and_named(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    long_name = replace(PREMIUM, name="n" * 101)
    assert google.purchase(replace(SALE, items=(long_name, PREMIUM))) == ["item_name of item 1"]
    items = only_event(vendor)[1]["items"]
    assert ["item_name" in item for item in items] == [False, True]


def test_a_hundred_characters_are_not_too_long(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    assert google.purchase(replace(SALE, items=(replace(PREMIUM, name="ü" * 100),))) == []
    assert only_event(vendor)[1]["items"][0]["item_name"] == "ü" * 100


def test_an_item_that_nothing_is_left_of_is_left_out(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    nameless = replace(PREMIUM, id="", name="n" * 101)
    left_out = google.purchase(replace(SALE, items=(PREMIUM, nameless)))
    assert left_out == ["item_name of item 2", "item 2"]
    assert len(only_event(vendor)[1]["items"]) == 1


def test_two_hundred_items_are_sent_and_the_others_named(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    left_out = google.purchase(replace(SALE, items=(PREMIUM,) * 202))
    assert left_out == ["item 201", "item 202"]
    assert len(only_event(vendor)[1]["items"]) == 200


def test_a_message_that_is_too_large_loses_items(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    wide = replace(PREMIUM, id="💶" * 100, name="💶" * 100)
    [left_out] = google.purchase(replace(SALE, items=(wide,) * 200))
    sent = len(only_event(vendor)[1]["items"])
    assert left_out == f"the last {200 - sent} items"
    assert 100 < sent < 200
    assert len(vendor.calls[0].body) < 130_000


def test_more_params_than_25_are_left_out_and_named(google: GoogleAnalytics, vendor: GA4Fake) -> None:
    left_out = google.event(replace(CHURN, facts={f"fact_{n}": "x" for n in range(24)}))
    assert left_out == ["fact_22", "fact_23"]
    assert len(only_event(vendor)[1]) == 25


@pytest.mark.parametrize("name", ["a" * 41, "1st", "with space", "ga_x", "_x", "google_x", "firebase_x", "ümlaut", ""])
def test_a_param_with_a_name_google_refuses_is_left_out(google: GoogleAnalytics, vendor: GA4Fake, name: str) -> None:
    assert google.event(replace(CHURN, facts={name: "x", "plan": "premium"})) == [name]
    assert only_event(vendor)[1]["plan"] == "premium"


@pytest.mark.parametrize(
    "name", ["session_start", "error", "in_app_purchase", "_mine", "ga_x", "9lives", "a b", "x" * 41]
)
def test_an_event_with_a_name_google_refuses_is_never_sent(google: GoogleAnalytics, vendor: GA4Fake, name: str) -> None:
    with pytest.raises(PermanentFailure, match="not a name"):
        google.event(replace(CHURN, name=name))
    assert vendor.calls == []


# -- time ----------------------------------------------------------------------------------------------------


def test_what_is_older_than_72_hours_is_never_sent(
    google: GoogleAnalytics, vendor: GA4Fake, clock: TurnedClock
) -> None:
    clock.now = NOON + timedelta(hours=80)
    with pytest.raises(PermanentFailure, match="happened 80 hours ago"):
        google.purchase(SALE)
    assert vendor.calls == []


def test_what_is_nearly_72_hours_old_is_sent_with_its_own_time(
    google: GoogleAnalytics, vendor: GA4Fake, clock: TurnedClock
) -> None:
    clock.now = NOON + timedelta(hours=71, minutes=59)
    google.purchase(SALE)
    assert only_event(vendor)[0] == "purchase"
    assert vendor.messages[0]["timestamp_micros"] == 1_795_435_200_250_000


def test_a_clock_that_is_ahead_elsewhere_makes_no_future(
    google: GoogleAnalytics, vendor: GA4Fake, clock: TurnedClock
) -> None:
    google.purchase(replace(SALE, happened_at=clock.now + timedelta(seconds=5)))
    assert vendor.problems == []
    assert vendor.messages[0]["timestamp_micros"] == int(clock.now.timestamp() * 1_000_000)


# -- bad days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trick", "kind"),
    [
        (Status(429, {"Retry-After": "5"}), TryLater),
        (Status(500), TryLater),
        (Status(401), PermanentFailure),
        (Status(403), PermanentFailure),
        (Status(413), PermanentFailure),
    ],
    ids=repr,
)
def test_a_bad_day_is_told_to_the_outbox(
    google: GoogleAnalytics, vendor: GA4Fake, trick: object, kind: type[Exception]
) -> None:
    vendor.next(trick)
    with pytest.raises(kind):
        google.purchase(SALE)
    assert vendor.events == []


def test_a_silent_vendor_is_asked_later(google: GoogleAnalytics, http: VendorHttp, vendor: GA4Fake) -> None:
    http.limits = Limits(read=0.15)
    vendor.next(Silence())
    with pytest.raises(TryLater, match="in time"):
        google.purchase(SALE)


def test_the_secret_is_in_no_log_and_no_error(
    google: GoogleAnalytics, vendor: GA4Fake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.next(Status(403, body=f"api_secret {SECRET} is not yours".encode()))
    with pytest.raises(PermanentFailure) as caught:
        google.purchase(SALE)
    google.purchase(SALE)
    shown = caplog.text + str(caught.value) + caught.value.answer
    assert vendor.calls[1].query["api_secret"] == [SECRET]
    assert "mp-very-secret" not in shown
