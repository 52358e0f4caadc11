"""The credit balance: nothing of it is lost, and it is never below zero, whoever uses it at the same time."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from tests.conftest import Statements, empty_tables
from webapp.domain import credits, receivables
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.models import CreditBalance, CreditKind, CreditMovement, Customer, Payment, PaymentStatus
from webapp.money import Money
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def ledger(customer_id: int, currency: str = "EUR") -> int:
    """What the movements add up to."""
    query = select(func.coalesce(func.sum(CreditMovement.amount_minor), 0)).where(
        CreditMovement.customer_id == customer_id, CreditMovement.currency == currency
    )
    return int(db.session.scalar(query) or 0)


def give(customer: Customer, minor: int, currency: str = "EUR") -> None:
    with unit_of_work("test"):
        credits.add(customer.id, Money(minor, currency), CreditKind.GOODWILL, reason="sorry")


def ask_for(customer: Customer, minor: int) -> Payment:
    """A payment as `receivables.create` begins one."""
    with unit_of_work("test") as session:
        payment = Payment(customer=customer, currency="EUR", total_minor=minor, gateway="sandbox")
        session.add(payment)
        session.flush()
        credits.use(payment, customer)
    return payment


def test_credit_pays_before_a_gateway_and_the_total_stays() -> None:
    customer = factories.customer()
    give(customer, 500)
    payment = ask_for(customer, 2999)
    assert (payment.total, payment.credit, payment.asked) == (eur(2999), eur(500), eur(2499))
    assert payment.gateway == "sandbox"
    assert credits.balance(customer.id, "EUR") == eur(0)


def test_what_credit_covers_in_full_asks_no_gateway() -> None:
    customer = factories.customer()
    give(customer, 5000)
    payment = ask_for(customer, 2999)
    assert (payment.asked, payment.gateway) == (eur(0), "credit")
    assert credits.balance(customer.id, "EUR") == eur(2001)


def test_credit_of_another_currency_stays_where_it_is() -> None:
    customer = factories.customer()
    give(customer, 5000, "USD")
    assert ask_for(customer, 2999).asked == eur(2999)
    assert credits.balances(customer.id) == [Money(5000, "USD")]


def test_a_void_payment_gives_its_credit_back_once() -> None:
    customer = factories.customer()
    give(customer, 500)
    payment = ask_for(customer, 2999)
    with unit_of_work("test"):
        receivables.void(db.session.get_one(Payment, payment.id), reason="nobody pays")
    assert credits.balance(customer.id, "EUR") == eur(500)
    assert [one.kind for one in credits.movements(customer.id)] == ["returned", "used", "goodwill"]


def test_somebody_new_is_not_even_looked_up(statements: Statements) -> None:
    made = Customer(email="new@example.com", display_name="New")
    assert credits.use(Payment(currency="EUR", total_minor=100), made) == eur(0)
    assert statements == []


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_is_no_movement(minor: int) -> None:
    customer = factories.customer()
    with unit_of_work("test"), pytest.raises(ValueError, match="above zero"):
        credits.add(customer.id, eur(minor), CreditKind.GOODWILL, reason="x")
    with unit_of_work("test"), pytest.raises(ValueError, match="above zero"):
        credits.take(customer.id, eur(minor), CreditKind.CORRECTION, reason="x")


def test_an_operator_says_why_and_takes_no_more_than_there_is() -> None:
    customer = factories.customer()
    for amount, reason, problem in (
        (500, " ", Invalid),
        (0, "x", Invalid),
        (10**16, "x", Invalid),
        (-1, "x", Conflict),
    ):
        with pytest.raises(problem), unit_of_work("operator:1"):
            credits.adjust(db.session.get_one(Customer, customer.id), eur(amount), reason=reason)
    with unit_of_work("operator:1"):
        credits.adjust(db.session.get_one(Customer, customer.id), eur(500), reason=" late ")
        credits.adjust(db.session.get_one(Customer, customer.id), eur(-200), reason="too much")
    assert credits.balance(customer.id, "EUR") == eur(300) == eur(ledger(customer.id))
    assert [(one.actor, one.reason) for one in credits.movements(customer.id)] == [
        ("operator:1", "too much"),
        ("operator:1", "late"),
    ]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 5000)),
        st.tuples(st.just("correct"), st.integers(1, 5000)),
        st.tuples(st.just("buy"), st.integers(1, 5000)),
        st.tuples(st.just("void"), st.integers(0, 20)),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_credit_is_conserved(app: Flask, steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: the balance is the sum of its movements, what payments took or gave back
    and what was given or corrected; and never below zero."""
    customer = factories.customer()
    given_in = taken_off = 0
    bought: list[Payment] = []
    for what, number in steps:
        if what == "give":
            give(customer, number)
            given_in += number
        elif what == "correct":
            try:
                with unit_of_work("test"):
                    credits.take(customer.id, eur(number), CreditKind.CORRECTION, reason="x")
                taken_off += number
            except Conflict:
                assert credits.balance(customer.id, "EUR") < eur(number)
        elif what == "buy":
            bought.append(ask_for(customer, number))
        elif bought:
            payment = bought.pop(number % len(bought))
            with unit_of_work("test"):
                receivables.void(db.session.get_one(Payment, payment.id), reason="x")
    held = sum(one.credit_minor for one in bought)
    there = credits.balance(customer.id, "EUR").minor
    assert there == given_in - taken_off - held == ledger(customer.id) >= 0
    db.session.rollback()
    empty_tables()


def test_two_who_use_the_same_credit_at_once_use_it_once(app: Flask) -> None:
    customer_id = factories.customer().id
    with unit_of_work("test"):
        credits.add(customer_id, eur(1000), CreditKind.GOODWILL, reason="sorry")
    used: list[int] = []

    def buy() -> None:
        with app.app_context():
            with unit_of_work("test") as session:
                owner = session.get_one(Customer, customer_id)
                payment = Payment(customer=owner, currency="EUR", total_minor=300, status=PaymentStatus.PENDING)
                session.add(payment)
                session.flush()
                used.append(credits.use(payment, owner).minor)
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(buy,)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(used) == [0, 0, 0, 0, 100, 300, 300, 300]
    assert (credits.balance(customer_id, "EUR"), ledger(customer_id)) == (eur(0), 0)


def test_the_database_itself_keeps_a_balance_above_zero() -> None:
    customer = factories.customer()
    bad: Any = CreditBalance(customer_id=customer.id, currency="EUR", balance_minor=-1)
    with pytest.raises(Exception, match="ck_credit_balances_balance"), unit_of_work("test") as session:
        session.add(bad)
