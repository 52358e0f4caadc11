"""Whatever comes in, what goes out is within Google's limits, and what did not go out is named."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.ga4 import MEASUREMENT_ID, SECRET, problems_of
from tests.fakes.vendor import Call
from tests.integrations.people import NOON
from webapp import clock
from webapp.integrations.analytics.base import Event, Item, Purchase, Visitor
from webapp.integrations.analytics.ga4 import GoogleAnalytics
from webapp.integrations.analytics.ga4_limits import exact_json, is_event_name, is_value
from webapp.money import Money
from webapp.vendors.answers import Answer
from webapp.vendors.http import VendorHttp

TEXT = st.text(max_size=120)
NAMES = st.one_of(TEXT, st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,45}", fullmatch=True))
MONEY = st.integers(0, 10**12).map(lambda minor: Money(minor, "EUR"))
ITEMS = st.builds(Item, TEXT, TEXT, TEXT, st.integers(1, 1000), MONEY, MONEY)


class Caught(VendorHttp):
    """Keeps what it is asked to send."""

    def __init__(self) -> None:
        super().__init__("ga4", "http://127.0.0.1:9")
        self.bodies: list[bytes] = []

    def call(self, method: str, path: str, *, body: bytes | None = None, **_more: Any) -> Answer:
        self.bodies.append(body or b"")
        return Answer(204)


def sent(http: Caught) -> dict[str, Any]:
    [body] = http.bodies
    clock.use(lambda: NOON)
    try:
        assert problems_of(Call("POST", "/mp/collect", {}, {}, body)) == []
    finally:
        clock.use(None)
    [event] = json.loads(body, parse_float=Decimal)["events"]
    params: dict[str, Any] = event["params"]
    return params


def google(http: Caught) -> GoogleAnalytics:
    clock.use(lambda: NOON)
    return GoogleAnalytics(http, MEASUREMENT_ID, SECRET)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(NAMES, TEXT, max_size=60), st.one_of(st.none(), MONEY))
def test_any_facts_make_an_event_google_takes(facts: dict[str, str], value: Money | None) -> None:
    http = Caught()
    left_out = google(http).event(Event("membership_cancelled", "key", Visitor("1.2"), NOON, facts, value))
    params = sent(http)
    for name, text in facts.items():
        arrived = params.get(name) == text or name in ("event_id", "currency", "value")
        assert arrived or text == "" or name[:60] in left_out
    http.close()


@settings(deadline=None, max_examples=50)
@given(st.lists(ITEMS, max_size=300), MONEY, TEXT)
def test_any_items_make_a_purchase_google_takes(items: list[Item], total: Money, coupon: str) -> None:
    http = Caught()
    sale = Purchase(Visitor("1.2"), NOON, "ref", total, Money(0, "EUR"), tuple(items), coupon)
    left_out = google(http).purchase(sale)
    params = sent(http)
    assert params["value"] == total.decimal
    assert len(params.get("items", [])) == len(items) or left_out
    http.close()


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    )
)
def test_exact_json_is_json(value: Any) -> None:
    assert json.loads(exact_json(value)) == value


@settings(deadline=None, max_examples=50)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_all_its_digits(value: Decimal) -> None:
    assert json.loads(exact_json([value]), parse_float=Decimal, parse_int=Decimal) == [value]


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), Decimal("1e30"), 2**63, "", "x" * 101])
def test_a_value_google_cannot_hold_is_none(value: Decimal | int | str) -> None:
    assert not is_value(value)


def test_our_own_events_have_names_google_takes() -> None:
    assert all(map(is_event_name, ["purchase", "membership_cancelled", "payment_failed"]))
