"""Giving money back: never more than was paid, and what follows from it follows once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.conftest import TurnedClock, empty_tables
from webapp.domain import credits, payments, refund_moves, refund_reports, refunds, tax_parts
from webapp.domain.refunds import Wish
from webapp.errors import Conflict, DomainError, Invalid
from webapp.extensions import db
from webapp.models import (
    CreditKind,
    DisputeStatus,
    Event,
    LineItem,
    LineType,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundKind,
    RefundStatus,
)
from webapp.money import Money
from webapp.paying import Outcome, Verdict
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
SUCCEEDED, DECLINED, UNKNOWN = (Outcome(one) for one in (Verdict.SUCCEEDED, Verdict.DECLINED, Verdict.UNKNOWN))


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def paid(total: int = 10000, **values: Any) -> Payment:
    facts = {"status": PaymentStatus.COMPLETED, "gateway_reference": "ch_1", "subtotal_minor": total, **values}
    return factories.payment(total_minor=total, **facts)


def taxed(payment: Payment, *lines: tuple[int, int]) -> Payment:
    """With lines of these totals and the tax in them."""
    with unit_of_work("test") as session:
        for position, (total, tax) in enumerate(lines, 1):
            facts = {"unit_price_minor": total - tax, "subtotal_minor": total - tax, "currency": payment.currency}
            line = LineItem(position=position, type=LineType.PRODUCT, title=f"Line {position}", **facts)
            line.payment_id, line.tax_minor, line.total_minor = payment.id, tax, total
            rate = "19" if tax * 100 == 19 * (total - tax) else "7"
            line.taxes = [{"title": "VAT", "rate": rate, "amount": tax}]
            session.add(line)
    return fresh(payment)


def fresh(payment: Payment) -> Payment:
    db.session.rollback()
    return db.session.get_one(Payment, payment.id, populate_existing=True)


def begin(payment: Payment, minor: int, **wish: Any) -> Refund:
    with unit_of_work("operator:1"):
        return refunds.begin(payments.locked(payment.id), Wish(Money(minor, payment.currency), **wish))


def answer(refund: Refund, outcome: Outcome = SUCCEEDED) -> str:
    with unit_of_work("gateway"):
        payments.locked(refund.payment_id)
        return refund_moves.record_answer(db.session.get_one(Refund, refund.id), outcome)


def give_back(payment: Payment, minor: int, **wish: Any) -> Refund:
    refund = begin(payment, minor, **wish)
    answer(refund)
    return db.session.get_one(Refund, refund.id)


def told(event_type: str = "payment.refunded") -> list[Any]:
    return [one.data for one in db.session.query(Event).filter_by(type=event_type).order_by(Event.id)]


# -- how much ----------------------------------------------------------------------------------------------------------
def test_several_parts_and_then_the_rest() -> None:
    payment = paid()
    give_back(payment, 3000)
    assert fresh(payment).status == PaymentStatus.PARTIALLY_REFUNDED
    give_back(payment, 2000)
    assert refunds.left(fresh(payment)) == eur(5000)
    give_back(payment, 5000)
    assert fresh(payment).status == PaymentStatus.REFUNDED
    assert [one["refund_amount"] for one in told()] == [3000, 2000, 5000]
    with pytest.raises(Conflict, match="Nothing of it is left"):
        begin(payment, 1)


def test_what_is_on_its_way_counts() -> None:
    payment = paid()
    begin(payment, 6000)
    with pytest.raises(Invalid) as problem:
        begin(payment, 4001)
    assert (problem.value.code, problem.value.field) == ("more_than_is_left", "amount")
    assert fresh(payment).status == PaymentStatus.COMPLETED


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (eur(0), "invalid"),
        (eur(-1), "invalid"),
        (eur(10001), "more_than_is_left"),
        (Money(100, "USD"), "wrong_currency"),
    ],
)
def test_what_cannot_be_given_back_is_said_beside_the_amount(amount: Money, code: str) -> None:
    payment = paid()
    with pytest.raises(Invalid) as problem, unit_of_work("operator:1"):
        refunds.begin(payments.locked(payment.id), Wish(amount))
    assert (problem.value.code, problem.value.field) == (code, "amount")
    assert fresh(payment).refunds == []


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED])
def test_nothing_goes_back_of_what_was_not_paid(status: PaymentStatus) -> None:
    with pytest.raises(Conflict, match="Nothing was paid"):
        begin(paid(status=status), 1)


def test_a_gateway_that_gives_all_or_nothing_is_asked_for_all() -> None:
    payment = paid()
    with pytest.raises(Conflict, match="only give all"):
        begin(payment, 9999, parts_allowed=False)
    assert begin(payment, 10000, parts_allowed=False).sent_back == eur(10000)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 5000),
    st.integers(0, 5000),
    st.lists(
        st.tuples(
            st.sampled_from(["begin", "credit", "yes", "no", "unknown", "twice", "later-no"]), st.integers(1, 3000)
        ),
        max_size=14,
    ),
)
def test_refunded_never_exceeds_paid_and_the_status_follows(
    app: Flask, total: int, credit: int, steps: list[tuple[str, int]]
) -> None:
    """Wishes and answers in any order, doubled and late: what went back stays within what was paid, by the gateway
    within what it took, and the status says what the succeeded rows come to."""
    payment = paid(total, credit_minor=min(credit, total))
    rows: list[Refund] = []
    for what, number in steps:
        if what in ("begin", "credit"):
            try:
                rows.append(begin(payment, number, to_credit=what == "credit"))
            except DomainError:
                assert number > refunds.left(fresh(payment)).minor
        elif rows:
            refund = rows[number % len(rows)]
            outcomes = {"yes": SUCCEEDED, "twice": SUCCEEDED, "no": DECLINED, "unknown": UNKNOWN, "later-no": DECLINED}
            answer(refund, outcomes[what])
        now = fresh(payment)
        done = [one for one in now.refunds if one.status == RefundStatus.SUCCEEDED]
        open_or_done = [one for one in now.refunds if one.status != RefundStatus.FAILED]
        gone = sum(one.amount_minor for one in done)
        assert sum(one.amount_minor for one in open_or_done) <= total
        assert sum(one.sent_back.minor for one in open_or_done) <= now.asked.minor
        expected = {0: PaymentStatus.COMPLETED, total: PaymentStatus.REFUNDED}
        assert now.status == expected.get(gone, PaymentStatus.PARTIALLY_REFUNDED)
        assert refunds.left(now).minor == sum(one.gross for one in tax_parts.left_of(now))
    db.session.rollback()
    empty_tables()


# -- answers -----------------------------------------------------------------------------------------------------------
def test_an_answer_said_twice_gives_back_once() -> None:
    refund = begin(paid(), 3000)
    assert [answer(refund), answer(refund)] == ["given back", "known already"]
    assert len(told()) == 1


def test_a_failed_one_is_tried_again_as_a_new_row() -> None:
    payment = paid()
    refund = begin(payment, 10000)
    answer(refund, Outcome(Verdict.DECLINED, reason="no_funds", message="No funds."))
    now = fresh(payment)
    assert (now.status, now.refunds[0].problem) == (PaymentStatus.COMPLETED, "No funds.")
    again = give_back(payment, 10000)
    assert (again.id != refund.id, fresh(payment).status) == (True, PaymentStatus.REFUNDED)


def test_one_that_fails_later_moves_the_payment_back() -> None:
    payment = paid()
    first, second = give_back(payment, 3000), give_back(payment, 7000)
    answer(second, DECLINED)
    assert fresh(payment).status == PaymentStatus.PARTIALLY_REFUNDED
    answer(first, DECLINED)
    assert fresh(payment).status == PaymentStatus.COMPLETED
    assert refunds.left(fresh(payment)) == eur(10000)


def test_success_after_failure_is_a_question_for_a_person() -> None:
    payment = paid()
    refund = begin(payment, 3000)
    answer(refund, DECLINED)
    assert answer(refund, SUCCEEDED) == "needs a decision"
    assert fresh(payment).refunds[0].puzzles_since is not None
    assert fresh(payment).status == PaymentStatus.COMPLETED


def test_another_amount_than_asked_for_is_a_question_too() -> None:
    refund = begin(paid(), 3000)
    assert answer(refund, Outcome(Verdict.SUCCEEDED, amount=eur(2999))) == "needs a decision"
    assert db.session.get_one(Refund, refund.id).status == RefundStatus.PENDING


def test_a_lost_answer_is_asked_for_until_the_key_is_forgotten(clock: TurnedClock) -> None:
    refund = begin(paid(), 3000)
    seen = []
    for _ in range(20):
        clock.tick(hours=1, seconds=60)
        answer(refund, UNKNOWN)
        seen.append(db.session.get_one(Refund, refund.id).puzzles_since)
    assert seen[0] is None
    assert seen[-1] is not None
    clock.tick(days=1)
    assert refunds.due_to_ask() == []


def test_one_that_the_vendor_has_named_is_asked_for_without_end(clock: TurnedClock) -> None:
    refund = begin(paid(), 3000)
    for _ in range(20):
        clock.tick(hours=7)
        answer(refund, Outcome(Verdict.NEEDS_ACTION, reference="re_1"))
    clock.tick(hours=7)
    assert refunds.due_to_ask() == [refund.id]


# -- credit ------------------------------------------------------------------------------------------------------------
def test_a_gateway_gives_back_at_most_what_it_took_and_the_balance_gets_the_rest() -> None:
    payment = paid(10000, credit_minor=4000)
    refund = give_back(payment, 8000)
    assert (refund.sent_back, refund.credit) == (eur(6000), eur(2000))
    assert credits.balance(payment.customer_id, "EUR") == eur(2000)
    rest = begin(payment, 2000)
    assert (rest.status, rest.gateway) == (RefundStatus.SUCCEEDED, "credit")
    assert credits.balance(payment.customer_id, "EUR") == eur(4000)
    assert fresh(payment).status == PaymentStatus.REFUNDED


def test_to_the_balance_instead_asks_no_gateway() -> None:
    payment = paid()
    refund = begin(payment, 2500, to_credit=True, reason="late again")
    assert (refund.status, refund.ask_at) == (RefundStatus.SUCCEEDED, None)
    [movement] = credits.movements(payment.customer_id)
    assert (movement.amount, movement.kind, movement.reason) == (eur(2500), CreditKind.REFUND, "late again")
    assert refunds.left_at_gateway(fresh(payment)) == eur(7500)


def test_credit_of_a_refund_that_failed_later_is_taken_off_again() -> None:
    payment = paid(10000, credit_minor=4000)
    refund = give_back(payment, 10000)
    answer(refund, DECLINED)
    assert credits.balance(payment.customer_id, "EUR") == eur(0)


# -- tax ---------------------------------------------------------------------------------------------------------------
def test_each_part_has_its_tax_and_nothing_is_lost() -> None:
    payment = taxed(paid(17250, tax_minor=2250), (11900, 1900), (5350, 350))
    for minor in (1, 5001, 333, 11915):
        give_back(payment, minor)
    gone = [tax_parts.Part.of(part) for one in fresh(payment).refunds for part in one.parts]
    assert sum(one.tax for one in gone) == 2250
    assert tax_parts.left_of(fresh(payment)) == []


def test_the_tax_alone_goes_back_with_one_click() -> None:
    payment = taxed(paid(17250, tax_minor=2250), (11900, 1900), (5350, 350))
    with unit_of_work("operator:1"):
        locked = payments.locked(payment.id)
        refund = refunds.begin(locked, refunds.tax_of(locked, reason="VAT id confirmed"))
    answer(refund)
    now = fresh(payment)
    assert (refund.kind, refund.amount, refunds.tax_left(now)) == (RefundKind.TAX, eur(2250), eur(0))
    assert tax_parts.left_of(now) == [tax_parts.Part("AE", (), 15000, ())]
    with pytest.raises(Conflict, match="no tax"), unit_of_work("operator:1"):
        refunds.tax_of(payments.locked(payment.id), reason="")


def test_tax_after_a_part_is_only_what_is_left_of_it() -> None:
    payment = taxed(paid(11900, tax_minor=1900), (11900, 1900))
    give_back(payment, 5950)
    assert refunds.tax_left(fresh(payment)) == eur(950)
    with pytest.raises(Invalid, match="as a whole"):
        begin(payment, 100, kind=RefundKind.TAX)


# -- the membership ----------------------------------------------------------------------------------------------------
def test_the_membership_ends_when_the_money_went_if_that_was_wished() -> None:
    membership = factories.active_membership()
    payment = paid(membership=membership)
    refund = begin(payment, 10000, end_membership=True, reason="withdrawn")
    membership = fresh(payment).membership
    assert membership is not None
    assert membership.status == MembershipStatus.ACTIVE
    answer(refund)
    ended = fresh(payment).membership
    assert ended is not None
    assert (ended.status, ended.cancellation_reason) == (MembershipStatus.CANCELLED, "withdrawn")


# -- what a gateway says by itself -------------------------------------------------------------------------------------
def test_cumulative_figures_are_turned_into_differences() -> None:
    """The reference's example 53: 30, then 20, told as 30 and 50. It ends at 50.00, not at 20.00."""
    payment = paid()
    for total in (3000, 3000, 5000, 5000, 3000):
        with unit_of_work("gateway"):
            refund_reports.record_total(payments.locked(payment.id), eur(total))
    now = fresh(payment)
    assert [one.amount for one in now.refunds] == [eur(3000), eur(2000)]
    assert refund_moves.given(now) == eur(5000)


def test_our_own_refunds_are_in_the_cumulative_figure_already() -> None:
    payment = paid()
    give_back(payment, 3000)
    with unit_of_work("gateway"):
        refund_reports.record_total(payments.locked(payment.id), eur(4500))
    assert [one.amount_minor for one in fresh(payment).refunds] == [3000, 1500]


def test_more_than_was_left_is_recorded_as_far_as_it_fits_and_asked_about() -> None:
    payment = paid()
    begin(payment, 8000, to_credit=True)
    with unit_of_work("gateway"):
        said = refund_reports.record_total(payments.locked(payment.id), eur(5000))
    now = fresh(payment)
    assert "needs a decision" in said
    assert (now.refunds[1].amount, now.refunds[1].puzzles_since is None) == (eur(2000), False)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_currencies_without_and_with_three_decimals(currency: str) -> None:
    payment = paid(1001, currency=currency)
    give_back(payment, 1000)
    assert refunds.left(fresh(payment)) == Money(1, currency)


# -- disputes ----------------------------------------------------------------------------------------------------------
def test_a_dispute_marks_the_payment_and_lost_is_refunded() -> None:
    payment = paid()
    with unit_of_work("gateway"):
        for _ in range(2):
            dispute = refund_reports.open_dispute(payments.locked(payment.id), eur(10000), reference="dp_1")
    assert [one.status for one in fresh(payment).disputes] == [DisputeStatus.OPEN]
    with unit_of_work("gateway"):
        payments.locked(payment.id)
        said = [refund_reports.close_dispute(dispute, won=False) for _ in range(2)]
    assert said[1] == "known already"
    assert (fresh(payment).status, len(fresh(payment).refunds)) == (PaymentStatus.REFUNDED, 1)


def test_a_dispute_won_after_all_brings_the_money_back() -> None:
    payment = paid()
    with unit_of_work("gateway"):
        dispute = refund_reports.open_dispute(payments.locked(payment.id), eur(10000), reference="dp_1")
        refund_reports.close_dispute(dispute, won=False)
        refund_reports.close_dispute(dispute, won=True)
        assert refund_reports.close_dispute(dispute, won=False) == "known already"
    assert fresh(payment).status == PaymentStatus.COMPLETED


def test_by_hand_an_operator_says_what_became_of_it(clock: TurnedClock) -> None:
    payment = paid(gateway="manual", gateway_reference=None)
    refund, other = begin(payment, 3000, by_hand=True), begin(payment, 2000, by_hand=True)
    clock.tick(days=30)
    assert refunds.due_to_ask() == []
    with unit_of_work("operator:1"):
        payments.locked(payment.id)
        refund_moves.confirm_by_hand(db.session.get_one(Refund, refund.id), sent=True, actor="operator:1")
        refund_moves.confirm_by_hand(db.session.get_one(Refund, other.id), sent=False, actor="operator:1")
    assert [one.status for one in fresh(payment).refunds] == [RefundStatus.SUCCEEDED, RefundStatus.FAILED]
    with pytest.raises(Conflict), unit_of_work("operator:1"):
        refund_moves.confirm_by_hand(db.session.get_one(Refund, refund.id), sent=True, actor="operator:1")
    settled = fresh(payment).refunds[0].settled_at
    assert settled is not None
    assert timedelta(days=30) <= settled - refund.created_at
