"""PayPal's subscriptions as our fake of them plays them, through the client that calls PayPal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import TurnedClock
from tests.fakes import paypal_signing as signing
from tests.fakes.paypal import CLIENT, SECRET
from tests.fakes.paypal_subscriptions import AGREEMENTS, PLANS, PayPalSubscriptionsFake
from tests.gateways.conformance import BASE_URL, AgreementConformance
from webapp.domain import network
from webapp.gateways.base import Config, Gateway, RefundRequest, Verdict
from webapp.gateways.paypal import PayPalGateway
from webapp.gateways.paypal_api import PayPal, Refused
from webapp.money import Money

WHY = {"reason": "asked for"}
EVER = {"start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
PREFERENCES = {"auto_bill_outstanding": True, "payment_failure_threshold": 2}


@pytest.fixture
def fake() -> Iterator[PayPalSubscriptionsFake]:
    with PayPalSubscriptionsFake() as one:
        yield one


@pytest.fixture
def api(fake: PayPalSubscriptionsFake) -> PayPal:
    return PayPal(CLIENT, SECRET, fake.url)


def money(value: str, currency: str = "EUR") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def cycle(sequence: int, value: str, *, of: str = "REGULAR", times: int = 0, **frequency: Any) -> dict[str, Any]:
    made = {
        "frequency": {"interval_unit": "MONTH", **frequency},
        "tenure_type": of,
        "sequence": sequence,
        "total_cycles": times,
    }
    return {**made, "pricing_scheme": {"fixed_price": money(value)}} if value else made


def plan(api: PayPal, *cycles: Mapping[str, Any], **preferences: Any) -> str:
    product = api.post("/v1/catalogs/products", {"name": "Shop", "type": "SERVICE"}, "product-1")["id"]
    body = {
        "product_id": product,
        "name": "Shop, monthly",
        "billing_cycles": list(cycles),
        "payment_preferences": {**PREFERENCES, **preferences},
    }
    return str(api.post(PLANS, body, "plan-1")["id"])


def subscribe(api: PayPal, fake: PayPalSubscriptionsFake, *cycles: Mapping[str, Any], **preferences: Any) -> str:
    body = {"plan_id": plan(api, *cycles, **preferences), "custom_id": "pay-1"}
    name = str(api.post(AGREEMENTS, body, "subscription-1")["id"])
    fake.agree(name)
    return name


def told(fake: PayPalSubscriptionsFake) -> list[str]:
    return [event["event_type"].removeprefix("BILLING.SUBSCRIPTION.") for event in fake.events]


def taken(api: PayPal, name: str) -> list[str]:
    found = api.get(f"{AGREEMENTS}/{name}/transactions", EVER)["transactions"]
    return [one["amount_with_breakdown"]["gross_amount"]["value"] for one in found]


def test_the_buyer_agrees_and_is_charged_every_period(
    api: PayPal, fake: PayPalSubscriptionsFake, clock: TurnedClock
) -> None:
    clock.use("2027-01-15T12:00:00Z")
    body = {"plan_id": plan(api, cycle(1, "29.99")), "custom_id": "pay-1"}
    made = api.post(AGREEMENTS, body, "subscription-1")
    assert (made["status"], made["links"][0]["rel"]) == ("APPROVAL_PENDING", "approve")
    assert api.post(AGREEMENTS, body, "subscription-1")["id"] == made["id"]
    fake.agree(made["id"])
    fake.bill(made["id"])
    shown = api.get(f"{AGREEMENTS}/{made['id']}")
    assert (shown["status"], shown["custom_id"]) == ("ACTIVE", "pay-1")
    assert shown["billing_info"]["cycle_executions"][0]["cycles_completed"] == 2
    assert shown["billing_info"]["next_billing_time"].startswith("2027-03-15")
    assert taken(api, made["id"]) == ["29.99", "29.99"]
    assert told(fake) == ["CREATED", "ACTIVATED", "PAYMENT.SALE.COMPLETED", "PAYMENT.SALE.COMPLETED"]
    assert fake.events[-1]["resource"]["billing_agreement_id"] == made["id"]


def test_a_trial_a_set_up_fee_and_an_end(api: PayPal, fake: PayPalSubscriptionsFake) -> None:
    trial = cycle(1, "", of="TRIAL", times=1, interval_unit="DAY", interval_count=14)
    name = subscribe(api, fake, trial, cycle(2, "10.00", times=2), setup_fee=money("5.00"))
    assert taken(api, name) == ["5.00"]
    fake.bill(name)
    fake.bill(name)
    shown = api.get(f"{AGREEMENTS}/{name}")
    assert taken(api, name) == ["5.00", "10.00", "10.00"]
    assert (shown["status"], "next_billing_time" in shown["billing_info"]) == ("EXPIRED", False)
    assert [one["cycles_remaining"] for one in shown["billing_info"]["cycle_executions"]] == [0, 0]
    assert told(fake)[-1] == "EXPIRED"


def test_failures_suspend_at_the_threshold_and_it_can_go_on(api: PayPal, fake: PayPalSubscriptionsFake) -> None:
    name = subscribe(api, fake, cycle(1, "10.00"))
    assert [fake.bill(name, ok=False), fake.bill(name, ok=False)] == ["", ""]
    assert told(fake)[-3:] == ["PAYMENT.FAILED", "PAYMENT.FAILED", "SUSPENDED"]
    failed = api.get(f"{AGREEMENTS}/{name}")["billing_info"]
    assert (failed["failed_payments_count"], failed["outstanding_balance"]) == (2, money("10.00"))
    assert api.post(f"{AGREEMENTS}/{name}/activate", WHY) == {}
    assert told(fake)[-1] == "ACTIVATED"
    fake.bill(name)
    paid = api.get(f"{AGREEMENTS}/{name}")["billing_info"]
    assert (paid["failed_payments_count"], paid["outstanding_balance"]) == (0, money("0.00"))
    assert paid["last_payment"]["amount"] == money("10.00")
    assert taken(api, name) == ["10.00", "10.00"]


@pytest.mark.parametrize(
    ("cycles", "more", "issue"),
    [
        ([cycle(1, "10.00", of="TRIAL", times=1)], {}, "INVALID_TENURE_TYPE"),
        ([cycle(1, "10.00"), cycle(2, "10.00")], {}, "INVALID_TENURE_TYPE"),
        ([cycle(2, "10.00")], {}, "INVALID_BILLING_CYCLE_SEQUENCE"),
        ([cycle(1, "", of="TRIAL"), cycle(2, "10.00")], {}, "INVALID_TRIAL_TOTAL_CYCLES"),
        ([cycle(1, "10.00", interval_count=13)], {}, "INVALID_FREQUENCY_INTERVAL_COUNT"),
        ([cycle(1, "")], {}, "MISSING_PRICING_SCHEME"),
        ([cycle(1, "0.00")], {}, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ([cycle(1, "10.00")], {"setup_fee": money("5.00", "USD")}, "CURRENCY_MISMATCH"),
        ([cycle(1, "10.00")], {"setup_fees": money("5.00")}, "INVALID_PARAMETER_VALUE"),
        ([cycle(1, "10.00", times=1000)], {}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_plans_that_paypal_does_not_take(
    api: PayPal, cycles: list[dict[str, Any]], more: dict[str, Any], issue: str
) -> None:
    with pytest.raises(Refused) as refused:
        plan(api, *cycles, **more)
    assert refused.value.issue == issue


@settings(max_examples=25, deadline=None)
@given(actions=st.lists(st.sampled_from(["suspend", "activate", "cancel"]), max_size=6))
def test_only_what_a_state_allows_is_done(actions: list[str]) -> None:
    """Cancelled is final, and an event tells of every move, and of none that was refused."""
    moves = {("ACTIVE", "suspend"): "SUSPENDED", ("SUSPENDED", "activate"): "ACTIVE"}
    moves |= {("ACTIVE", "cancel"): "CANCELLED", ("SUSPENDED", "cancel"): "CANCELLED"}
    with PayPalSubscriptionsFake() as fake:
        api = PayPal(CLIENT, SECRET, fake.url)
        name, state = subscribe(api, fake, cycle(1, "10.00")), "ACTIVE"
        for action in actions:
            before, expected = len(fake.events), moves.get((state, action))
            if expected is None:
                with pytest.raises(Refused, match="SUBSCRIPTION_STATUS_INVALID"):
                    api.post(f"{AGREEMENTS}/{name}/{action}", WHY)
            else:
                api.post(f"{AGREEMENTS}/{name}/{action}", WHY)
            state = expected or state
            assert api.get(f"{AGREEMENTS}/{name}")["status"] == state
            assert len(fake.events) - before == (expected is not None)


@pytest.mark.parametrize("action", ["suspend", "activate", "cancel"])
def test_every_move_needs_a_reason(api: PayPal, fake: PayPalSubscriptionsFake, action: str) -> None:
    name = subscribe(api, fake, cycle(1, "10.00"))
    with pytest.raises(Refused, match="MISSING_REQUIRED_PARAMETER"):
        api.post(f"{AGREEMENTS}/{name}/{action}", {})


def test_what_a_subscription_took_is_given_back_by_the_gateway(app: Flask, fake: PayPalSubscriptionsFake) -> None:
    gateway = PayPalGateway(Config(fake.env, BASE_URL), value_of=network.value_of, roots=[signing.root()])
    name = subscribe(gateway.api, fake, cycle(1, "10.00"))
    sale = fake.bill(name)
    given = gateway.refund(RefundRequest(f"sale:{sale}", Money(400, "EUR"), "asked for", "refund-1"))
    assert (given.verdict, given.amount) == (Verdict.SUCCEEDED, Money(400, "EUR"))
    assert given.reference is not None
    assert gateway.fetch(given.reference).verdict == Verdict.SUCCEEDED
    found = gateway.api.get(f"{AGREEMENTS}/{name}/transactions", EVER)["transactions"]
    assert [one["status"] for one in found] == ["COMPLETED", "PARTIALLY_REFUNDED"]
    assert told(fake)[-1] == "PAYMENT.SALE.REFUNDED"


class TestAgreements(AgreementConformance):
    @pytest.fixture
    def make(self, app: Flask, fake: PayPalSubscriptionsFake) -> Callable[[Config], Gateway]:
        self.fake = fake
        roots = [signing.root()]
        return lambda config: PayPalGateway(replace(config, env=fake.env), value_of=network.value_of, roots=roots)

    def buyer_agrees(self, gateway: Gateway, reference: str) -> None:
        self.fake.agree(reference)

    def vendor_charges(self, gateway: Gateway, reference: str, *, ok: bool = True) -> None:
        self.fake.bill(reference, ok=ok)
