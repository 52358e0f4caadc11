"""New rows written in order: the same as the ORM would write, and gone when their transaction is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import Statements, TurnedClock
from webapp import clock as product_clock
from webapp import hooks, new_rows
from webapp.domain import carts, memberships
from webapp.extensions import db as database
from webapp.models import Customer, LineItem, LineType, Membership, MembershipItem, Meta, Move, Payment, Product
from webapp.models import MembershipStatus as S
from webapp.transactions import unit_of_work


@pytest.fixture
def customer(db: Session) -> Customer:
    return factories.customer()


@pytest.fixture
def plan(db: Session) -> Product:
    return factories.product("premium")


def agreement(customer: Customer, plan: Product, **values: Any) -> Membership:
    items = [MembershipItem(product_id=plan.id, unit_price_minor=2999)]
    row = Membership(currency="EUR", price_minor=2999, items=items, **values)
    new_rows.refer(row, customer=customer, plan=plan)
    return row


def request(membership: Membership) -> Payment:
    line = LineItem(
        type=LineType.PRODUCT, position=1, title="Premium", unit_price_minor=1, subtotal_minor=1, total_minor=1
    )
    line.currency = "EUR"
    return Payment(customer=membership.customer, membership=membership, currency="EUR", line_items=[line])


def test_they_are_written_with_the_next_flush_in_the_order_in_which_they_were_kept(
    customer: Customer, plan: Product, statements: Statements
) -> None:
    with unit_of_work() as session:
        membership = agreement(customer, plan)
        payment = request(membership)
        new_rows.keep(membership, *membership.items, payment, *payment.line_items)
        assert membership.id is None
        statements.clear()
        session.flush()
        written = [one.split()[2] for one in statements if one.startswith("INSERT")]
        assert written == ["memberships", "membership_items", "payments", "line_items"]
        assert payment.membership_id == membership.id == membership.items[0].membership_id
        assert payment.line_items[0].payment_id == payment.id
        assert all(one in session for one in (membership, payment, membership.items[0], payment.line_items[0]))
    assert customer.membership is not None
    assert customer.membership.plan.slug == "premium"


@pytest.mark.parametrize("values", [{}, {"discount": None}, {"discount": {"code": "TEN"}}])
def test_they_are_what_the_orm_would_have_written(
    customer: Customer, plan: Product, values: dict[str, Any], clock: TurnedClock
) -> None:
    clock.use("2026-11-25T12:00Z")
    columns = [one for one in Membership.__table__.columns if one.name not in ("id", "reference")]
    with unit_of_work() as session:
        new_rows.keep(agreement(customer, plan, **values))
        session.flush()
        session.add(Membership(customer=customer, plan=plan, currency="EUR", price_minor=2999, **values))
    ours, theirs = database.session.execute(select(*columns).order_by(Membership.id)).all()
    assert tuple(ours) == tuple(theirs)


def test_what_is_changed_later_is_updated_and_its_moves_are_kept(customer: Customer, plan: Product) -> None:
    with unit_of_work() as session:
        membership = agreement(customer, plan)
        new_rows.keep(membership, *membership.items)
        membership.move_to(S.ACTIVE, reason="paid before it was written")
        session.flush()
        membership.move_to(S.ON_HOLD, reason="and not again")
        membership.anchor = product_clock.now()
    kept = database.session.scalars(select(Membership)).one()
    assert (kept.status, kept.version, kept.anchor is None) == (S.ON_HOLD, 2, False)
    moves = database.session.execute(select(Move.object_id, Move.new).order_by(Move.id)).all()
    assert [tuple(one) for one in moves] == [(kept.id, "active"), (kept.id, "on-hold")]


def test_what_only_the_orm_connects_is_left_to_it(customer: Customer, plan: Product) -> None:
    with unit_of_work():
        membership = agreement(customer, plan)
        payment = request(membership)
        payment.meta["analytics"] = {"client_id": "1.2"}
        new_rows.keep(membership, *membership.items, payment, *payment.line_items)
    assert database.session.scalars(select(Payment)).one().meta["analytics"] == {"client_id": "1.2"}
    assert database.session.scalars(select(Meta)).one().owner_id is not None


def test_a_new_buyer_is_written_before_what_refers_to_them(plan: Product) -> None:
    person = factories.user()
    with unit_of_work() as session:
        customer = Customer(user=session.merge(person), email="new@example.com", display_name="Ada")
        session.add(customer)
        new_rows.keep(agreement(customer, plan))
    assert database.session.scalars(select(Membership)).one().customer.email == "new@example.com"


def count() -> int:
    return database.session.scalar(select(func.count()).select_from(Membership)) or 0


def test_what_a_failing_callback_made_was_never_there(customer: Customer, plan: Product) -> None:
    made: list[Membership] = []

    def fail(customer: Customer) -> None:
        made.append(agreement(customer, plan))
        new_rows.keep(made[0])
        database.session.flush()
        raise RuntimeError("nothing of this")

    hooks.add_action("wu_customer_post_update", fail)
    with unit_of_work() as session:
        hooks.do_action("wu_customer_post_update", customer)
        hooks.do_action("wu_customer_post_update", customer)
        session.flush()
        made.clear()
    with unit_of_work():
        new_rows.keep(agreement(customer, plan))
    assert count() == 1


def test_an_inner_savepoint_that_was_released_goes_with_the_outer_one(customer: Customer, plan: Product) -> None:
    with unit_of_work() as session:
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            with session.begin_nested():
                lost = agreement(customer, plan)
                new_rows.keep(lost)
                session.flush()
            raise ZeroDivisionError
        assert lost not in session
        again = agreement(customer, plan)  # on SQLite it is given the same id
        new_rows.keep(again)
    assert count() == 1


def test_after_an_operation_that_failed_the_same_can_be_done_again(customer: Customer, plan: Product) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work() as session:
        lost = agreement(customer, plan)
        new_rows.keep(lost)
        session.flush()
        raise ZeroDivisionError
    assert lost not in database.session
    with unit_of_work():
        new_rows.keep(agreement(customer, plan))
    assert count() == 1


def test_a_member_that_was_looked_at_before_has_the_new_membership(customer: Customer, plan: Product) -> None:
    """`customer.membership` is there in every callback, also when the list had been read."""
    assert customer.membership is None
    with unit_of_work() as session:
        buyer = session.merge(customer)
        assert buyer.membership is None
        cart = carts.build(carts.CartRequest(products=["premium"], customer=buyer))
        memberships.create(buyer, cart, "sandbox")
        assert buyer.membership is not None
