"""From an order to a settled sale: once, in the promised order, whatever happens in between."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import only
from webapp import hooks
from webapp.domain import ledger, network, payments, sale_holds
from webapp.errors import Conflict, Invalid
from webapp.extensions import db as database
from webapp.flows import asking, ordering, sandbox_bank
from webapp.models import (
    Customer,
    Delivery,
    Event,
    Membership,
    MembershipStatus,
    Move,
    Payment,
    PaymentStatus,
    Redemption,
    RedemptionStatus,
    Sale,
    Site,
    SiteStatus,
    Try,
    TryStatus,
    User,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

EVERY = [
    "wu_customer_post_create",
    "wu_membership_post_create",
    "wu_payment_post_create",
    "wu_payment_failed",
    "wu_payment_status_to_completed",
    "wu_payment_completed",
    "wu_membership_status_to_active",
    "wu_membership_status_to_trialing",
    "wu_checkout_completed",
]


@pytest.fixture
def heard(app: Flask) -> list[str]:
    """The names of the hooks that fired, in their order."""
    names: list[str] = []

    def listener(name: str) -> Any:
        return lambda *_args: names.append(name)

    for name in EVERY:
        hooks.add_action(name, listener(name))
    return names


def count(kind: type) -> int:
    database.session.rollback()  # what other threads wrote is seen only by a new transaction
    return database.session.scalar(select(func.count()).select_from(kind)) or 0


def vendor_reference() -> str:
    return str(database.session.scalars(select(Try.gateway_reference).order_by(Try.id.desc()).limit(1)).one())


def events() -> list[str]:
    return list(database.session.scalars(select(Event.type).order_by(Event.id)))


def test_a_sale_whose_credit_covers_it_is_in_the_ledger(app: Flask, settings: Settings) -> None:
    """It is active before its row is written: nothing changes afterwards that would be counted instead."""
    factories.product("premium", amount_minor=2900, setup_fee_minor=-2900)
    placed = ordering.place(factories.order("premium"), settings)
    assert placed.settled
    assert ledger.held(database.session()) == ledger.afresh(database.session()) == {"EUR": 2900}


def test_a_free_sale_is_placed_and_settled_in_one_unit(app: Flask, settings: Settings, heard: list[str]) -> None:
    factories.free_product()
    placed = ordering.place(factories.order("free", gateway=""), settings)

    assert placed.settled
    membership = only(Membership)
    assert membership.status == MembershipStatus.ACTIVE
    assert membership.expires_at is None
    assert only(Payment).status == PaymentStatus.COMPLETED
    assert heard == [
        "wu_customer_post_create",
        "wu_membership_post_create",
        "wu_payment_post_create",
        "wu_payment_status_to_completed",
        "wu_payment_completed",
        "wu_membership_status_to_active",
        "wu_checkout_completed",
    ]
    assert events() == [
        "customer.created",
        "membership.created",
        "payment.created",
        "payment.completed",
        "membership.activated",
        "checkout.completed",
    ]


def test_in_the_customers_hook_the_plan_is_already_there(app: Flask, settings: Settings) -> None:
    factories.free_product(name="Tiny")
    seen: list[str] = []
    hooks.add_action("wu_customer_post_create", lambda customer: seen.append(customer.membership.plan.name))
    ordering.place(factories.order("free", gateway=""), settings)
    assert seen == ["Tiny"]


def test_a_paid_sale_waits_for_the_money_and_is_settled_by_it(app: Flask, settings: Settings, heard: list[str]) -> None:
    factories.product("premium", setup_fee_minor=9900)
    placed = ordering.place(factories.order("premium"), settings)

    assert placed.url is not None
    assert only(Membership).status == MembershipStatus.PENDING
    assert only(Try).status == TryStatus.NEEDS_ACTION
    sandbox_bank.approve(vendor_reference())
    assert asking.ask(only(Try).id) == "completed"

    payment, membership = only(Payment), only(Membership)
    assert (payment.total_minor, payment.status) == (12899, PaymentStatus.COMPLETED)
    assert [line.total_minor for line in payment.line_items] == [2999, 9900]
    assert membership.status == MembershipStatus.ACTIVE
    assert membership.expires_at == membership.period.after(membership.anchor)
    assert membership.credential.gateway == "sandbox"
    assert heard[3:] == [*EVERY[4:7], "wu_checkout_completed"]
    assert only(Sale).settled_at is not None


def test_every_answer_after_the_first_changes_nothing(app: Flask, settings: Settings, heard: list[str]) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.approve(vendor_reference())
    for _ in range(3):
        asking.ask(only(Try).id)
    assert heard.count("wu_checkout_completed") == heard.count("wu_payment_completed") == 1
    assert events().count("checkout.completed") == 1


def test_a_declined_try_is_told_and_the_same_order_can_be_paid_again(
    app: Flask, settings: Settings, heard: list[str]
) -> None:
    factories.product("premium")
    order = factories.order("premium")
    ordering.place(order, settings)
    sandbox_bank.decline(vendor_reference())
    assert asking.ask(only(Try).id) == "declined"
    assert only(Payment).status == PaymentStatus.PENDING
    assert heard[-1] == "wu_payment_failed"

    again = ordering.place(order, settings)
    assert again.url is not None
    assert count(Try) == 2
    sandbox_bank.approve(vendor_reference())
    asking.ask(database.session.scalars(select(Try.id).order_by(Try.id.desc()).limit(1)).one())
    assert only(Payment).status == PaymentStatus.COMPLETED
    assert count(Sale) == count(User) == count(Membership) == 1


def test_a_repeated_order_is_the_same_sale(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    order = factories.order("premium")
    first, second = ordering.place(order, settings), ordering.place(order, settings)
    assert (first.reference, first.url) == (second.reference, second.url)
    assert [count(kind) for kind in (User, Customer, Membership, Payment, Site, Sale, Try)] == [1] * 7


def test_the_same_buyer_resumes_in_another_tab(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    order = factories.order("premium")
    first = ordering.place(order, settings)
    customer_id = only(Customer).id
    second = ordering.place(replace(order, checkout_id="another-tab", customer_id=customer_id), settings)
    assert second.reference == first.reference
    assert count(Sale) == 1


def test_a_changed_order_replaces_the_open_one(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    factories.product("studio", amount_minor=4900)
    order = factories.order("premium")
    ordering.place(order, settings)
    changed = replace(
        order, cart=replace(order.cart, products=["studio"]), customer_id=only(Customer).id, site_url="site-other"
    )
    ordering.place(changed, settings)
    statuses = list(database.session.scalars(select(Payment.status).order_by(Payment.id)))
    assert statuses == [PaymentStatus.CANCELLED, PaymentStatus.PENDING]
    open_sales = database.session.scalars(select(Sale).where(Sale.abandoned_at.is_(None))).all()
    assert [sale.checkout_id for sale in open_sales] == [order.checkout_id]


def test_a_double_click_is_one_sale_even_in_the_same_instant(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    order = factories.order("premium")
    references: list[str] = []
    gate = threading.Barrier(4)

    def click() -> None:
        with app.app_context():
            gate.wait()
            references.append(ordering.place(order, settings).reference)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(references) == 4
    assert len(set(references)) == 1
    assert [count(kind) for kind in (User, Customer, Membership, Payment, Site, Sale)] == [1] * 6


def test_a_trial_is_settled_at_once_and_starts_with_nothing_charged(
    app: Flask, settings: Settings, clock: Any, heard: list[str]
) -> None:
    factories.product("studio", trial_duration=14, setup_fee_minor=500)
    placed = ordering.place(factories.order("studio"), settings)
    membership = only(Membership)
    assert placed.settled
    assert placed.url is not None  # to keep a way to charge later
    assert membership.status == MembershipStatus.TRIALING
    assert membership.expires_at == membership.trial_ends_at == clock.now.replace(day=14, month=2)
    assert only(Payment).total_minor == 0
    assert "wu_membership_status_to_trialing" in heard
    assert heard[-1] == "wu_checkout_completed"

    sandbox_bank.approve(vendor_reference())
    asking.ask(only(Try).id)
    assert only(Membership).credential is not None
    assert heard.count("wu_checkout_completed") == 1


def test_a_buyer_reads_the_instructions_that_the_operator_saved(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    with unit_of_work("test"):
        network.change({"manual_instructions": "DE02 1203 0000 0000 2020 51"})
    ordering.place(factories.order("premium", gateway="manual"), settings)
    assert (only(Try).action or {})["text"].startswith("DE02 1203 0000 0000 2020 51\n")


def test_a_transfer_is_due_on_the_day_that_the_operator_gives(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    with unit_of_work("test"):
        network.change({"manual_due_days": 30})
    ordering.place(factories.order("premium", gateway="manual"), settings)
    due, placed = only(Payment).due_at, only(Payment).created_at
    assert due is not None
    assert (due - placed).days in (29, 30)


def test_a_manual_order_waits_for_the_operator(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    placed = ordering.place(factories.order("premium", gateway="manual"), settings)
    assert not placed.settled
    action = only(Try).action
    assert action["type"] == "instructions"
    assert f"{only(Payment).id:06d}" in action["text"]
    assert "Please transfer the amount to our account." in action["text"]
    with unit_of_work("operator:1"):
        payments.confirm_by_hand(payments.locked(only(Payment).id), actor="operator:1")
    assert only(Membership).status == MembershipStatus.ACTIVE
    with pytest.raises(Conflict), unit_of_work():
        payments.confirm_by_hand(payments.locked(only(Payment).id), actor="operator:1")


def test_a_vetoed_order_writes_nothing(app: Flask, settings: Settings) -> None:
    factories.free_product()

    def refuse(cart: Any) -> None:
        raise hooks.Reject("Not today.")

    hooks.add_action("wu_checkout_before_processing", refuse)
    with pytest.raises(hooks.Reject, match="Not today"):
        ordering.place(factories.order("free", gateway=""), settings)
    assert count(User) == count(Sale) == count(Event) == 0


def test_a_gateway_that_breaks_leaves_the_try_unknown_and_is_asked_with_the_same_key(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.product("premium")
    order = factories.order("premium")
    real, calls = sandbox_bank.open_page, []

    def break_once(request: Any) -> str:
        calls.append(request.idempotency_key)
        reference = real(request)
        if len(calls) == 1:
            raise ConnectionError("the answer was lost")
        return reference

    monkeypatch.setattr(sandbox_bank, "open_page", break_once)
    first = ordering.place(order, settings)
    assert (first.url, only(Try).status) == (None, TryStatus.UNKNOWN)
    second = ordering.place(order, settings)
    assert second.url is not None
    assert calls[0] == calls[1]
    assert count(Try) == 1


def test_an_order_for_a_taken_address_says_so(app: Flask, settings: Settings) -> None:
    factories.free_product()
    ordering.place(factories.order("free", gateway="", site_url="bakery"), settings)
    with pytest.raises(Invalid) as refusal:
        ordering.place(factories.order("free", gateway="", site_url="Bakery"), settings)
    assert refusal.value.field == "site_url"
    assert "bakery-2" in refusal.value.message
    assert count(Sale) == 1


def test_no_network_call_happens_inside_a_transaction(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.product("premium")
    real, open_then = sandbox_bank.open_page, []

    def look(request: Any) -> str:
        open_then.append(database.session().in_transaction())
        return real(request)

    monkeypatch.setattr(sandbox_bank, "open_page", look)
    ordering.place(factories.order("premium"), settings)
    assert open_then == [False]


def test_an_unpaid_order_gives_its_address_and_its_code_free(app: Flask, settings: Settings, clock: Any) -> None:
    factories.product("premium")
    factories.discount_code("ONCE", 10, max_uses=1)
    ordering.place(factories.order("premium", cart={"discount_code": "once"}, site_url="bakery"), settings)
    assert only(Redemption).status == RedemptionStatus.HELD
    with pytest.raises(Invalid):
        ordering.place(factories.order("premium", cart={"discount_code": "ONCE"}), settings)

    clock.tick(minutes=31)
    with unit_of_work("clock"):
        assert sale_holds.give_up_due() == 1
    assert only(Membership).status == MembershipStatus.CANCELLED
    assert only(Payment).status == PaymentStatus.CANCELLED
    assert only(Site).status == SiteStatus.ARCHIVED
    ordering.place(factories.order("premium", cart={"discount_code": "ONCE"}, site_url="bakery"), settings)
    assert count(Sale) == 2


def test_money_that_comes_after_the_order_was_given_up_is_accepted(app: Flask, settings: Settings, clock: Any) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    reference, try_id = vendor_reference(), only(Try).id
    clock.tick(minutes=31)
    with unit_of_work("clock"):
        sale_holds.give_up_due()
    sandbox_bank.approve(reference)
    assert asking.ask(try_id).startswith("completed")
    assert only(Payment).status == PaymentStatus.COMPLETED
    assert only(Membership).status == MembershipStatus.ACTIVE


def test_a_code_is_counted_when_the_sale_is_settled(app: Flask, settings: Settings) -> None:
    factories.product("premium")
    code = factories.discount_code("TEN", 10, max_uses=5)
    ordering.place(factories.order("premium", cart={"discount_code": "ten"}), settings)
    database.session.refresh(code)
    assert code.uses == 0
    sandbox_bank.approve(vendor_reference())
    asking.ask(only(Try).id)
    database.session.refresh(code)
    assert (code.uses, only(Payment).total_minor) == (1, 2699)


def test_every_move_is_kept_with_reason_and_actor(app: Flask, settings: Settings) -> None:
    factories.free_product()
    ordering.place(factories.order("free", gateway=""), settings)
    moves = {(move.object_type, move.old, move.new, move.actor) for move in database.session.scalars(select(Move))}
    assert ("memberships", "pending", "active", "checkout") in moves
    assert ("payments", "pending", "completed", "checkout") in moves


def test_the_site_is_asked_for_with_the_settlement(app: Flask, settings: Settings) -> None:
    factories.free_product()
    ordering.place(factories.order("free", gateway=""), settings)
    query = select(Delivery).where(Delivery.handler == "webapp.flows.provisioning")
    delivery = database.session.scalars(query).one()
    assert delivery.callback == "webapp.flows.provisioning:provision"
    assert delivery.customer_id == only(Customer).id


def test_a_whole_free_checkout_of_a_known_customer_takes_few_statements(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    factories.free_product()
    customer = factories.customer()
    customer_id = customer.id
    database.session.rollback()
    statements.clear()
    ordering.place(factories.order("free", gateway="", customer_id=customer_id), settings)
    assert len(statements) <= 30, "\n".join(statements)
