"""Gateways that misbehave, money that comes at the wrong moment, orders that are not one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.flows.test_ordering import count, only, vendor_reference
from webapp import hooks
from webapp.domain import payments, sale_holds
from webapp.errors import DomainError, Invalid
from webapp.extensions import db as database
from webapp.extensions import dialect_name
from webapp.flows import asking, ordering, sandbox_bank
from webapp.gateways.base import Base, Beginning, Done, Outcome, PaymentRequest, Redirect, Verdict
from webapp.models import (
    DiscountCode,
    Membership,
    MembershipStatus,
    Payment,
    Redemption,
    RedemptionStatus,
    Sale,
    SiteStatus,
    Try,
    TryStatus,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

Begin = Callable[[PaymentRequest], Any]


class Odd(Base):
    """A gateway of an add-on that answers what the test says."""

    id = "odd"
    title = "Odd"
    description = ""
    answer: Begin = staticmethod(lambda request: Redirect("https://pay.example/1", "ref-1"))
    truth: Callable[[str], Any] = staticmethod(lambda reference: Outcome(Verdict.UNKNOWN))

    def begin(self, request: PaymentRequest) -> Beginning:
        answer: Beginning = type(self).answer(request)
        return answer

    def fetch(self, reference: str) -> Outcome:
        truth: Outcome = type(self).truth(reference)
        return truth


@pytest.fixture
def odd(app: Flask, monkeypatch: pytest.MonkeyPatch) -> type[Odd]:
    class Mine(Odd):
        pass

    hooks.add_filter("wu_payment_gateways", lambda known: {**known, "odd": Mine})
    return Mine


NOTHING: Any = None  # as a gateway whose author asks no type checker may give it
PAID: Any = "paid"
GARBAGE: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "an address": lambda: "https://pay.example",
    "a dict": lambda: {"type": "redirect"},
    "done, and nothing": lambda: Done(NOTHING),
    "a long name": lambda: Redirect("https://pay.example/1", "x" * 300),
    "no name": lambda: Redirect("https://pay.example/1", NOTHING),
    "a script": lambda: Redirect("javascript:alert(1)", "ref-1"),
    "taken, with a long name": lambda: Done(Outcome(Verdict.SUCCEEDED, reference="x" * 300)),
    "taken, with a NUL": lambda: Done(Outcome(Verdict.SUCCEEDED, reference="a\x00b")),
    "another verdict": lambda: Done(Outcome(PAID)),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_an_answer_that_makes_no_sense_leaves_the_try_unknown(
    app: Flask, settings: Settings, odd: type[Odd], garbage: str
) -> None:
    factories.product("premium")
    odd.answer = staticmethod(lambda request: GARBAGE[garbage]())
    placed = ordering.place(factories.order("premium", gateway="odd"), settings)
    assert not placed.settled
    assert only(Try).status == TryStatus.UNKNOWN


NONSENSE: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a word": lambda: "paid",
    "another verdict": lambda: Outcome(PAID),
    "a long name": lambda: Outcome(Verdict.SUCCEEDED, reference="x" * 300),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_gateway_that_tells_nonsense_keeps_no_other_from_being_asked(
    app: Flask, settings: Settings, odd: type[Odd], nonsense: str, clock: Any
) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium", gateway="odd"), settings)
    clock.tick(seconds=1)
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.approve(vendor_reference())
    odd.truth = staticmethod(lambda reference: NONSENSE[nonsense]())
    clock.tick(minutes=3)
    asking.ask_due()
    assert only_one_is_through()


def only_one_is_through() -> bool:
    tries = database.session.scalars(select(Try).execution_options(populate_existing=True)).all()
    return {one.gateway: one.is_open for one in tries} == {"odd": True, "sandbox": False}


def test_a_gateway_that_is_gone_keeps_no_other_from_being_asked(
    app: Flask, settings: Settings, odd: type[Odd], clock: Any
) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium", gateway="odd"), settings)
    clock.tick(seconds=1)
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.approve(vendor_reference())
    hooks.add_filter("wu_payment_gateways", lambda known: {"sandbox": known["sandbox"]}, priority=99)
    clock.tick(minutes=3)
    asking.ask_due()
    assert only_one_is_through()


def test_two_sales_under_one_name_of_the_vendor_are_not_booked_twice(
    app: Flask, settings: Settings, odd: type[Odd]
) -> None:
    factories.product("premium")
    for _ in range(2):
        ordering.place(factories.order("premium", gateway="odd"), settings)
    assert sorted(database.session.scalars(select(Try.status))) == [TryStatus.NEEDS_ACTION, TryStatus.UNKNOWN]


def test_an_unknown_try_is_begun_again_with_its_key_from_the_payment_page(
    app: Flask, settings: Settings, odd: type[Odd]
) -> None:
    factories.product("premium")
    keys: list[str] = []

    def fail_once(request: PaymentRequest) -> Beginning:
        keys.append(request.idempotency_key)
        if len(keys) == 1:
            raise TimeoutError
        return Redirect("https://pay.example/1", "ref-1")

    odd.answer = staticmethod(fail_once)
    ordering.place(factories.order("premium", gateway="odd"), settings)
    placed = ordering.pay_again(only(Payment).id, "odd", settings)
    assert placed.url == "https://pay.example/1"
    assert keys[0] == keys[1]


def give_up(clock: Any) -> None:
    clock.tick(minutes=31)
    with unit_of_work("clock"):
        assert sale_holds.give_up_due() == 1


def test_late_money_still_brings_the_site_that_was_ordered(app: Flask, settings: Settings, clock: Any) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium", site_url="bakery"), settings)
    give_up(clock)
    sandbox_bank.approve(vendor_reference())
    asking.ask(only(Try).id)
    membership = only(Membership)
    assert membership.status == MembershipStatus.ACTIVE
    wanted = [(site.slug, site.status) for site in membership.sites]
    assert wanted == [("bakery", SiteStatus.DELETED), ("bakery", SiteStatus.REQUESTED)]  # the first was never made


def test_late_money_for_an_address_that_is_gone_brings_a_similar_one(
    app: Flask, settings: Settings, clock: Any
) -> None:
    factories.product("premium")
    factories.free_product()
    ordering.place(factories.order("premium", site_url="bakery"), settings)
    reference, attempt = vendor_reference(), only(Try).id
    give_up(clock)
    ordering.place(factories.order("free", gateway="", site_url="bakery"), settings)
    sandbox_bank.approve(reference)
    asking.ask(attempt)
    late = database.session.scalars(select(Membership).order_by(Membership.id).limit(1)).one()
    assert [site.slug for site in late.sites if site.status == SiteStatus.REQUESTED] == ["bakery-2"]


def test_an_order_is_not_continued_by_somebody_else(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    order = factories.order("premium")
    first = ordering.place(order, settings)
    other = factories.customer()
    stranger = replace(order, email="stranger@example.com", site_url="elsewhere")
    neighbour = replace(order, email="", customer_id=other.id, site_url="next-door")
    for theirs in (stranger, neighbour):
        placed = ordering.place(theirs, settings)
        assert placed.reference != first.reference
        assert placed.user_id != first.user_id
    assert ordering.place(order, settings).reference == first.reference


def test_a_known_customer_gets_no_second_trial_under_another_spelling(app: Flask, settings: Settings) -> None:
    factories.free_product()
    factories.product("studio", trial_duration=14)
    ordering.place(factories.order("studio", email="ada@example.com"), settings)
    ordering.place(factories.order("free", gateway="", email="ada+again@example.com"), settings)
    again = database.session.scalars(select(Sale).order_by(Sale.id.desc()).limit(1)).one().customer_id
    ordering.place(factories.order("studio", email="", customer_id=again), settings)
    last = database.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()
    assert last.total_minor == 2999


def test_the_last_use_of_a_code_goes_to_one_of_twenty_buyers(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    factories.discount_code("ONCE", 10, max_uses=1)
    orders = [factories.order("premium", cart={"discount_code": "ONCE"}) for _ in range(20)]
    won: list[str] = []
    others: list[Exception] = []
    gate = threading.Barrier(len(orders))

    def buy(order: Any) -> None:
        with app.app_context():
            gate.wait()
            try:
                won.append(ordering.place(order, settings).reference)
            except DomainError as problem:
                others.append(problem)

    threads = [threading.Thread(target=buy, args=[one]) for one in orders]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(won), len(others)) == (1, 19)
    assert count(Redemption) == count(Sale) == 1
    sandbox_bank.approve(vendor_reference())
    asking.ask(only(Try).id)
    assert only(DiscountCode).uses == 1


def test_ten_uses_of_a_code_are_ten_for_two_hundred_buyers(app: Flask, settings: Settings) -> None:
    if dialect_name() == "sqlite":
        pytest.skip("there is one writer at a time")
    factories.product("premium")
    factories.discount_code("TEN", 10, max_uses=10)
    orders = [factories.order("premium", cart={"discount_code": "TEN"}) for _ in range(200)]

    def buy(order: Any) -> str:
        with app.app_context():
            try:
                ordering.place(order, settings)
            except DomainError as problem:
                return problem.code
            return "won"

    with ThreadPoolExecutor(40) as pool:
        ends = list(pool.map(buy, orders))
    assert (ends.count("won"), ends.count("discount_code")) == (10, 190)
    assert count(Redemption) == count(Sale) == 10
    for payment in database.session.scalars(select(Payment.id)).all():
        with unit_of_work("test"):
            payments.confirm_by_hand(payments.locked(payment), actor="operator:1")
    assert only(DiscountCode).uses == 10


def test_an_order_whose_code_went_to_another_is_not_paid_at_the_old_price(
    app: Flask, settings: Settings, clock: Any
) -> None:
    factories.product("premium")
    factories.discount_code("ONCE", 10, max_uses=1)
    first = factories.order("premium", cart={"discount_code": "ONCE"})
    ordering.place(first, settings)
    payment_id = only(Payment).id
    sandbox_bank.decline(vendor_reference())
    asking.ask(only(Try).id)
    clock.tick(minutes=31)  # and no clock process ran
    ordering.place(factories.order("premium", cart={"discount_code": "ONCE"}), settings)
    with pytest.raises(Invalid):
        ordering.pay_again(payment_id, "sandbox", settings)


def test_paying_again_keeps_the_code_and_the_address_a_while_longer(app: Flask, settings: Settings, clock: Any) -> None:
    factories.product("premium")
    factories.discount_code("ONCE", 10, max_uses=1)
    ordering.place(factories.order("premium", cart={"discount_code": "ONCE"}), settings)
    sandbox_bank.decline(vendor_reference())
    asking.ask(only(Try).id)
    clock.tick(minutes=25)
    ordering.pay_again(only(Payment).id, "sandbox", settings)
    clock.tick(minutes=20)
    with unit_of_work("clock"):
        assert sale_holds.give_up_due() == 0
    assert only(Redemption).status == RedemptionStatus.HELD
    assert only(Redemption).held_until > clock.now


@pytest.mark.parametrize("returned", [None, "free", 5, [None]], ids=repr)
@pytest.mark.parametrize(
    "name", ["wu_payment_gateways", "wu_available_gateways", "wu_cart_total", "wu_cart_line_items"]
)
def test_a_filter_that_returns_nonsense_stops_no_sale(app: Flask, settings: Settings, name: str, returned: Any) -> None:
    factories.product("premium")
    hooks.add_filter(name, lambda *_args: returned)
    placed = ordering.place(factories.order("premium", gateway="manual"), settings)
    assert only(Payment).total_minor == 2999
    assert not placed.settled


def test_late_money_wins_over_the_limit_of_a_code_and_that_is_reported(
    app: Flask, settings: Settings, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    factories.product("premium")
    factories.discount_code("ONCE", 10, max_uses=1)
    charges = []
    for _ in range(2):
        ordering.place(factories.order("premium", cart={"discount_code": "ONCE"}), settings)
        newest = database.session.scalars(select(Try).order_by(Try.id.desc()).limit(1)).one()
        charges.append((newest.id, vendor_reference()))
        clock.tick(minutes=31)
    for try_id, reference in charges:
        sandbox_bank.approve(reference)
        asking.ask(try_id)
    assert only(DiscountCode).uses == 2
    assert [record.message for record in caplog.records].count("discount.used_too_often") == 1
