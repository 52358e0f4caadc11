"""Invoices: numbered without a gap whoever settles at once, frozen when issued, and adding up to what was paid."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from tests.conftest import Statements, TurnedClock
from tests.domain.test_refunds import answer, begin, fresh, give_back
from webapp import clock, unit
from webapp.domain import erasure, invoice_numbers, invoices, network, payments, refunds, tax_parts
from webapp.domain.network_rules import problems
from webapp.extensions import db
from webapp.models import Customer, Invoice, InvoiceKind, LineItem, LineType, MembershipStatus, Payment
from webapp.paying import Outcome, Verdict
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")


def due(*lines: tuple[int, int], inclusive: bool = False, evidence: dict[str, Any] | None = None, **values: Any) -> int:
    """The id of an unpaid payment with lines of these totals and the tax in them."""
    total = sum(one for one, _tax in lines)
    facts = {"inclusive": inclusive, **(evidence or {})}
    payment = factories.payment(total_minor=total, tax_evidence=facts, **values)
    for position, (whole, tax) in enumerate(lines, 1):
        price = whole if inclusive else whole - tax
        rate = "19" if tax * 100 == 19 * (whole - tax) else "7"
        taxes = [{"title": "VAT", "rate": rate, "amount": tax}] if tax else []
        sums = {"unit_price_minor": price, "subtotal_minor": price, "tax_minor": tax, "total_minor": whole}
        row = {"payment_id": payment.id, "position": position, "title": f"Line {position}", "currency": "EUR", **sums}
        factories.save(lambda row=row, taxes=taxes: LineItem(type=LineType.PRODUCT, taxes=taxes, **row))
    number: int = payment.id
    return number


def settle(payment_id: int) -> None:
    with unit_of_work("test"):
        payments.settle(payments.locked(payment_id), reason="test")


def all_numbers() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Invoice.number).order_by(Invoice.sequence_number)))


def only_of(payment_id: int) -> Invoice:
    db.session.rollback()
    [invoice] = invoices.of_payment(payment_id)
    return invoice


def change(**settings: Any) -> None:
    with unit_of_work("test"):
        network.change(settings)


# -- numbers ---------------------------------------------------------------------------------------------------------
def test_fifty_at_once_leave_no_gap_and_no_double(app: Flask) -> None:
    ids = [due((11900, 1900)) for _ in range(50)]
    waiting = iter(ids)
    lock, failed = threading.Lock(), []

    def work() -> None:
        with app.app_context():
            while True:
                with lock:
                    payment_id = next(waiting, None)
                if payment_id is None:
                    break
                try:
                    settle(payment_id)
                except Exception as error:
                    failed.append(error)
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert all_numbers() == [f"{clock.now():%Y}-{number}" for number in range(1, 51)]


def test_a_settlement_that_is_rolled_back_leaves_no_gap() -> None:
    settle(due((100, 0)))

    def fail(_session: Any, _items: list[Any]) -> None:
        raise RuntimeError("the disk is full")

    lost = due((100, 0))
    with pytest.raises(RuntimeError), unit_of_work("test"):
        payments.settle(payments.locked(lost), reason="test")
        unit.current().close_with(fail, None)
    settle(due((100, 0)))
    assert [one.rpartition("-")[2] for one in all_numbers()] == ["1", "2"]
    settle(lost)
    assert [one.rpartition("-")[2] for one in all_numbers()] == ["1", "2", "3"]


def test_many_in_one_unit_take_two_statements(statements: Statements) -> None:
    ids = [due((100, 0)) for _ in range(5)]
    settle(due((100, 0)))
    with unit_of_work("test"):
        for one in ids:
            payments.settle(payments.locked(one), reason="test")
        statements.clear()
    about = [one for one in statements if "invoice" in one]
    assert len(about) == 2
    assert len(all_numbers()) == 6


def test_the_day_is_that_of_the_networks_time_zone(clock: TurnedClock) -> None:
    change(invoice_pattern="RE %YEAR%/%MONTH%/%DAY%-%NUMBER%", time_zone="Pacific/Auckland")
    clock.use("2027-12-31T12:00Z")
    settle(due((100, 0)))
    change(time_zone="America/Los_Angeles")
    settle(due((100, 0)))
    assert all_numbers() == ["RE 2028/01/01-1", "RE 2027/12/31-2"]


def test_the_sequence_goes_on_where_the_operator_says_and_never_back() -> None:
    change(invoice_first_number=1000)
    settle(due((100, 0)))
    change(invoice_first_number=5)
    settle(due((100, 0)))
    assert [one.rpartition("-")[2] for one in all_numbers()] == ["1000", "1001"]
    values = {"invoice_pattern": "%NUMBER%", "invoice_first_number": 900}
    assert [one.field for one in problems(values)] == ["invoice_first_number"]


@pytest.mark.parametrize(
    "pattern",
    ["", "RE", "%NUMBER%%NUMBER%", "%YEAR%%NUMBER%", "1%NUMBER%", "%NUMBER%%DAY%", "Ä-%NUMBER%", "x" * 41 + "%NUMBER%"],
)
def test_a_pattern_that_could_give_a_number_twice_is_refused(pattern: str) -> None:
    assert invoice_numbers.fault_of(pattern)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.dates(), st.dates())
def test_two_numbers_never_look_the_same(one: int, other: int, day: date, later: date) -> None:
    for pattern in ("%YEAR%-%NUMBER%", "RE-%YEAR%%MONTH%-%NUMBER%", "%NUMBER%/%DAY%"):
        assert not invoice_numbers.fault_of(pattern)
        same = invoice_numbers.written(pattern, one, day) == invoice_numbers.written(pattern, other, later)
        assert not same or one == other


def test_what_stands_on_many_is_read_at_once(statements: Statements) -> None:
    def cost(number: int) -> int:
        ids = [due((11900, 1900), membership=factories.membership()) for _ in range(number)]
        db.session.expunge_all()
        with unit_of_work("test") as session:
            for payment in session.scalars(select(Payment).where(Payment.id.in_(ids))):
                invoices.issue(payment)
            statements.clear()
        return len(statements)

    settle(due((100, 0)))
    assert cost(3) == cost(30) <= 6


def test_who_deleted_their_account_is_forgotten_when_the_years_are_over(clock: TurnedClock) -> None:
    payment_id = due((11900, 1900))
    settle(payment_id)
    with unit_of_work("test"):
        db.session.get_one(Payment, payment_id).customer.deleted_at = clock.now
        assert erasure.forget_buyers(10) == 0
    clock.tick(days=365 * 11)
    with unit_of_work("test"):
        assert erasure.forget_buyers(10) == 1
        assert erasure.forget_buyers(10) == 0
    content = only_of(payment_id).content
    assert (content["buyer"]["name"], content["totals"]["gross"]) == ("", 11900)


# -- content ---------------------------------------------------------------------------------------------------------
def test_it_says_who_what_how_much_and_which_tax() -> None:
    change(
        company_name="Parzelle GmbH",
        company_address="Hauptstr. 1\n10115 Berlin",
        company_tax_id="DE123456788",
        invoice_terms="Thank you.",
    )
    membership = factories.membership(
        customer=factories.customer(company_name="ACME", billing_city="Köln", tax_id="X1")
    )
    payment_id = due((11900, 1900), (5350, 350), membership=membership)
    settle(payment_id)
    content = only_of(payment_id).content
    assert (content["kind"], content["type_code"], content["currency"]) == ("invoice", "380", "EUR")
    assert (content["seller"]["name"], content["seller"]["vat_id"]) == ("Parzelle GmbH", "DE123456788")
    assert (content["buyer"]["company"], content["buyer"]["city"], content["buyer"]["vat_id"]) == ("ACME", "Köln", "X1")
    assert [(one["category"], one["rates"], one["net"], one["taxes"]) for one in content["taxes"]] == [
        ("S", [["VAT", "19"]], 10000, [1900]),
        ("S", [["VAT", "7"]], 5000, [350]),
    ]
    assert content["totals"] == {
        "before": 15000,
        "allowance": 0,
        "net": 15000,
        "tax": 2250,
        "gross": 17250,
        "credit": 0,
        "due": 0,
    }
    assert content["terms"] == "Thank you."


def test_it_is_frozen_whatever_changes_afterwards() -> None:
    payment_id = due((11900, 1900))
    settle(payment_id)
    before = dict(only_of(payment_id).content)
    with unit_of_work("test"):
        network.change({"company_name": "Somebody Else", "invoice_pattern": "X-%NUMBER%"})
        db.session.get_one(Customer, only_of_in(payment_id).customer_id).display_name = "Grace"
        db.session.get_one(Payment, payment_id).line_items[0].title = "Other"
    assert only_of(payment_id).content == before


def only_of_in(payment_id: int) -> Payment:
    return db.session.get_one(Payment, payment_id)


def test_prices_that_contain_the_tax_are_restated_without_it() -> None:
    payment_id = due((11900, 1900), inclusive=True)
    with unit_of_work("test"):
        line = db.session.get_one(Payment, payment_id).line_items[0]
        line.subtotal_minor, line.discount_minor, line.unit_price_minor = 23800, 11900, 23800
    settle(payment_id)
    [line] = only_of(payment_id).content["lines"]
    assert (line["unit_price"], line["before"], line["allowance"], line["net"]) == ("200", 20000, 10000, 10000)


def test_reverse_charge_names_its_reason() -> None:
    payment_id = due((10000, 0), evidence={"reverse_charge": True, "tax_id": "ATU12345675"})
    settle(payment_id)
    content = only_of(payment_id).content
    [tax] = content["taxes"]
    assert (tax["category"], tax["reason_code"], content["buyer"]["vat_id"]) == ("AE", "VATEX-EU-AE", "ATU12345675")


def test_a_business_that_charges_no_tax_says_why() -> None:
    change(invoice_untaxed_note="No VAT under § 19 UStG.")
    payment_id = due((10000, 0))
    settle(payment_id)
    [tax] = only_of(payment_id).content["taxes"]
    assert (tax["category"], tax["reason"]) == ("E", "No VAT under § 19 UStG.")


def test_the_period_that_was_paid_for_is_named(clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    membership = factories.membership()
    payment_id = due((100, 0), membership=membership)
    settle(payment_id)
    assert only_of(payment_id).content["period"] == {
        "start": "2027-01-31T10:00:00+00:00",
        "end": "2027-02-28T10:00:00+00:00",
    }


def test_nothing_paid_has_one_too_unless_the_operator_says_no() -> None:
    settle(due((0, 0)))
    change(invoices_for_free=False)
    settle(due((0, 0)))
    assert len(all_numbers()) == 1


def test_credit_that_paid_is_said_and_changes_no_sum() -> None:
    payment_id = due((11900, 1900), credit_minor=1900)
    settle(payment_id)
    totals = only_of(payment_id).content["totals"]
    assert (totals["gross"], totals["credit"], totals["due"]) == (11900, 1900, 0)


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.sampled_from([0, 7, 19]), st.integers(1, 9)), min_size=1, max_size=6)
)
def test_lines_taxes_and_sums_add_up(lines: list[tuple[int, int, int]]) -> None:
    """EN 16931's BR-CO-10, 13, 14 and 15, in minor units."""
    parts = [
        tax_parts.Part(
            "S" if rate else "O", (("VAT", str(rate)),) if rate else (), net, (net * rate // 100,) if rate else ()
        )
        for net, rate, _quantity in lines
    ]
    groups = tax_parts.added(parts)
    assert sum(one.net for one in groups) == sum(one.net for one in parts)
    assert sum(one.gross for one in groups) == sum(one.net for one in parts) + sum(one.tax for one in parts)
    for amount in (1, sum(one.gross for one in groups) // 3, sum(one.gross for one in groups)):
        assert sum(one.gross for one in tax_parts.share(groups, amount)) == amount


# -- credit notes ----------------------------------------------------------------------------------------------------
def documents(payment_id: int) -> list[Invoice]:
    db.session.rollback()
    return invoices.of_payment(payment_id)


@pytest.fixture
def paid_payment() -> Payment:
    payment_id = due((11900, 1900), (5350, 350), gateway_reference="ch_9")
    settle(payment_id)
    return db.session.get_one(Payment, payment_id)


def test_each_refund_has_a_credit_note_and_together_they_undo_the_invoice(paid_payment: Payment) -> None:
    for minor in (1000, 3333):
        give_back(paid_payment, minor)
    give_back(paid_payment, 17250 - 4333)
    invoice, *notes = documents(paid_payment.id)
    assert [one.kind for one in notes] == [InvoiceKind.CREDIT_NOTE] * 3
    assert {one.content["preceding"]["number"] for one in notes} == {invoice.number}
    assert sum(one.total_minor for one in notes) == invoice.total_minor
    assert sum(one.tax_minor for one in notes) == invoice.tax_minor
    undone = tax_parts.added(tax_parts.Part.of(line) for one in notes for line in one.content["lines"])
    assert undone == tax_parts.added(tax_parts.Part.of(one) for one in invoice.content["taxes"])


def test_the_tax_alone_makes_it_a_reverse_charge(paid_payment: Payment) -> None:
    with unit_of_work("operator:1"):
        locked = payments.locked(paid_payment.id)
        refund = refunds.begin(locked, refunds.tax_of(locked, reason=""))
    answer(refund)
    _invoice, note = documents(paid_payment.id)
    assert [(one["category"], one["net"], sum(one["taxes"])) for one in note.content["taxes"]] == [
        ("S", 10000, 1900),
        ("S", 5000, 350),
        ("AE", -15000, 0),
    ]
    assert (note.total_minor, note.tax_minor) == (2250, 2250)


def test_one_that_fails_later_is_taken_back_by_an_invoice(paid_payment: Payment) -> None:
    refund = give_back(paid_payment, 1000)
    answer(refund, Outcome(Verdict.DECLINED))
    _invoice, note, taken_back = documents(paid_payment.id)
    assert (taken_back.kind, taken_back.total_minor) == (InvoiceKind.INVOICE, note.total_minor)
    assert taken_back.content["preceding"]["number"] == note.number


def test_one_that_failed_at_once_has_none(paid_payment: Payment) -> None:
    answer(begin(paid_payment, 1000), Outcome(Verdict.DECLINED))
    assert len(documents(paid_payment.id)) == 1


def test_a_payment_without_an_invoice_gets_no_credit_note() -> None:
    payment = factories.payment(status="completed", gateway_reference="ch_1")
    give_back(payment, 1000)
    assert documents(payment.id) == []
    assert fresh(payment).status == "partially-refunded"


def test_a_trial_names_no_period(clock: TurnedClock, make_trial: Callable[[], int]) -> None:
    payment_id = make_trial()
    assert only_of(payment_id).content["period"] is None


@pytest.fixture
def make_trial() -> Callable[[], int]:
    def make() -> int:
        membership = factories.membership(
            status=MembershipStatus.PENDING,
            trial_ends_at=clock.now() + timedelta(days=7),
        )
        payment_id = due((0, 0), membership=membership)
        settle(payment_id)
        return payment_id

    return make
