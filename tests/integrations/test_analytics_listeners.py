"""Sales and losses are told with consent only, and without a word about the person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.integrations.people import NOON, a_customer, a_line, a_membership, a_payment, a_plan
from webapp.integrations.analytics.base import Event, Item, Purchase, Visitor, analytics
from webapp.integrations.analytics.listeners import (
    NO_CONSENT,
    track_churn,
    track_conversion,
    track_payment_failure,
)
from webapp.models import Customer, LineType, PaymentKind, Try, TryStatus
from webapp.money import Money
from webapp.outgoing import PermanentFailure, delivering

COOKIES = {"client_id": "1162820436.1749482504", "session_id": "1700000000"}
VISITOR = Visitor("1162820436.1749482504", "1700000000")


class Memory:
    """An analytics service that keeps what it is told, and leaves nothing out unless asked to."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.leaves_out: list[str] = []

    def purchase(self, purchase: Purchase) -> list[str]:
        self.told.append(purchase)
        return list(self.leaves_out)

    event: Any = purchase

    @property
    def only(self) -> Any:
        [told] = self.told
        return told


@pytest.fixture
def memory() -> Iterator[Memory]:
    memory = Memory()
    analytics.bind(memory)
    with delivering("the-key"):
        yield memory
    analytics.bind(None)


def consenting(**values: Any) -> Customer:
    customer = a_customer(analytics_consent_at=NOON, **values)
    customer.meta["analytics"] = dict(COOKIES)
    return customer


def a_sale(customer: Customer, *, consent: dict[str, str] | None = None, **values: Any) -> Any:
    plan = a_plan()
    membership = a_membership(customer, plan)
    fee = a_line(plan, 1000, type=LineType.FEE, title="Set-up fee")
    payment = a_payment(membership, a_line(plan, 3569, 570), fee, **values)
    if consent is not None:
        payment.meta["analytics"] = consent
    return payment, customer, membership


# -- purchase ------------------------------------------------------------------------------------------------


def test_a_sale_is_told_with_its_amounts_and_products(memory: Memory) -> None:
    assert track_conversion(*a_sale(consenting(), consent=COOKIES, discount_code="TEN")) == "purchase sent"
    premium = Item("premium", "Premium", "subscription", 1, Money(3569, "EUR"), Money(570, "EUR"))
    assert memory.only == Purchase(
        visitor=VISITOR,
        happened_at=NOON,
        reference="42",
        total=Money(4569, "EUR"),
        tax=Money(570, "EUR"),
        items=(premium,),
        coupon="TEN",
    )


def test_a_line_whose_product_is_gone_keeps_its_title(memory: Memory) -> None:
    payment, customer, membership = a_sale(consenting(), consent=COOKIES)
    payment.line_items = [a_line(None)]
    track_conversion(payment, customer, membership)
    assert [(item.id, item.name) for item in memory.only.items] == [("", "Something")]


def test_what_the_vendor_could_not_take_is_kept_with_the_attempt(memory: Memory) -> None:
    memory.leaves_out = ["item_name of item 1", "item 201"]
    answer = track_conversion(*a_sale(consenting(), consent=COOKIES))
    assert answer == "purchase sent; left out: item_name of item 1, item 201"


# -- consent -------------------------------------------------------------------------------------------------


def test_without_consent_nothing_is_sent(memory: Memory) -> None:
    payment, customer, membership = a_sale(a_customer())
    answers = [track_conversion(payment, customer, membership), track_payment_failure(payment)]
    assert [*answers, track_churn(membership, "active")] == [NO_CONSENT] * 3
    assert memory.told == []


def test_consent_to_an_earlier_order_is_none_to_this_one(memory: Memory) -> None:
    payment, customer, membership = a_sale(consenting())
    assert track_conversion(payment, customer, membership) == NO_CONSENT
    assert track_payment_failure(payment) == NO_CONSENT
    assert memory.told == []


def test_consent_without_a_cookie_makes_up_a_number_that_stays(memory: Memory) -> None:
    for _ in range(2):
        track_conversion(*a_sale(a_customer(analytics_consent_at=NOON), consent={}))
    track_conversion(*a_sale(a_customer(reference="another"), consent={}))
    first, again, other = (purchase.visitor for purchase in memory.told)
    assert re.fullmatch(r"[0-9]{1,10}\.1795435200", first.client_id)
    assert first == again != other
    assert first.session_id == ""


@pytest.mark.parametrize(
    "kept", [None, "123.456", {"client_id": "ada@example.org", "session_id": "x"}, {"client_id": 7}]
)
def test_what_is_kept_wrongly_is_not_sent(memory: Memory, kept: Any) -> None:
    customer = a_customer(analytics_consent_at=NOON)
    customer.meta["analytics"] = kept
    track_churn(a_membership(customer), "active")
    assert re.fullmatch(r"[0-9]+\.[0-9]+", memory.only.visitor.client_id)
    assert memory.only.visitor.session_id == ""


def test_who_has_no_keys_is_told_so(app: Flask) -> None:
    analytics.bind(None)
    with pytest.raises(PermanentFailure, match="an analytics service is not configured"):
        track_conversion(*a_sale(consenting(), consent=COOKIES))


# -- churn ---------------------------------------------------------------------------------------------------


def test_a_cancelled_membership_is_told_with_its_plan_and_reason(memory: Memory) -> None:
    ended = NOON + timedelta(days=30)
    membership = a_membership(consenting(), cancelled_at=ended, cancellation_reason="too_expensive")
    assert track_churn(membership, "active") == "membership_cancelled sent"
    facts = {"plan": "premium", "period": "1-month", "previous_status": "active", "reason": "too_expensive"}
    assert memory.only == Event("membership_cancelled", "the-key", VISITOR, ended, facts)


def test_a_reason_in_somebodys_own_words_is_not_told(memory: Memory) -> None:
    membership = a_membership(consenting(), cancelled_at=NOON, cancellation_reason="Ada, call me: 0170 1234567")
    assert track_churn(membership, "active") == "membership_cancelled sent; left out: reason, which is free text"
    assert memory.only.facts["reason"] == ""


def test_an_order_that_nobody_paid_is_no_loss(memory: Memory) -> None:
    membership = a_membership(consenting(), activated_at=None, cancelled_at=NOON)
    assert track_churn(membership, "pending") == "it had never begun: nothing was sent"
    assert memory.told == []


# -- failed payments -----------------------------------------------------------------------------------------


def test_a_failed_payment_is_told_without_the_gateways_words(memory: Memory) -> None:
    payment, _customer, _membership = a_sale(consenting(), consent=COOKIES)
    ended = NOON + timedelta(minutes=2)
    payment.tries = [
        Try(number=1, status=TryStatus.DECLINED, settled_at=NOON),
        Try(number=2, status=TryStatus.DECLINED, settled_at=ended, reason="card of Ada Lovelace declined"),
        Try(number=3, status=TryStatus.SUCCEEDED, settled_at=ended + timedelta(hours=1)),
    ]
    assert track_payment_failure(payment) == "payment_failed sent"
    facts = {"plan": "premium", "gateway": "sandbox", "kind": "first"}
    assert memory.only == Event("payment_failed", "the-key", VISITOR, ended, facts, Money(4569, "EUR"))


def test_a_failed_renewal_counts_for_the_customers_own_number(memory: Memory) -> None:
    payment, _customer, _membership = a_sale(consenting(), kind=PaymentKind.RENEWAL)
    track_payment_failure(payment)
    assert (memory.only.visitor, memory.only.facts["kind"]) == (VISITOR, "renewal")


def test_nothing_that_is_told_says_who_it_is(memory: Memory) -> None:
    payment, customer, membership = a_sale(consenting(), consent=COOKIES)
    track_conversion(payment, customer, membership)
    track_payment_failure(payment)
    track_churn(membership, "active")
    told = json.dumps([asdict(one) for one in memory.told], default=str)
    assert len(memory.told) == 3
    assert not re.search(r"ada|lovelace|example\.org|a-random-reference", told, re.IGNORECASE)
