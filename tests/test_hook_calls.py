"""A callback that fails takes its own changes with it and nothing else: on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import factories
from webapp import hooks
from webapp.domain import memberships, outbox, receivables
from webapp.errors import Rejected
from webapp.extensions import db as database
from webapp.hook_registry import Callback
from webapp.models import (
    Customer,
    Event,
    Membership,
    MembershipStatus,
    Meta,
    Move,
    Payment,
    PaymentStatus,
    Product,
    User,
)
from webapp.transactions import unit_of_work
from webapp.unit import current

CREATED = "wu_customer_post_create"


@pytest.fixture
def customer(db: Session) -> Customer:
    made: Customer = factories.customer(display_name="Ada")
    return made


def fire(customer: Customer, hook: str = CREATED) -> None:
    """The hook, at the end of an operation that changed something of its own."""
    with unit_of_work():
        customer.company_name = "the sale's own change"
        hooks.do_action(hook, customer)


def callback(hook: str = CREATED, number: int = 0) -> Callback:
    """One of the test's own; the product's integrations listen as well."""
    return [one for one in hooks.registry.actions[hook].callbacks if not one.handler.startswith("webapp.")][number]


def count(kind: type) -> int:
    return database.session.scalar(select(func.count()).select_from(kind)) or 0


def fails_after(change: Callable[[Customer], Any]) -> Callable[[Customer], None]:
    def change_and_fail(customer: Customer) -> None:
        change(customer)
        raise RuntimeError("after its change")

    return change_and_fail


def plain_write(customer: Customer) -> None:
    customer.display_name = "spoiled"


def flushed_write(customer: Customer) -> None:
    customer.display_name = "spoiled"
    database.session.flush()


def bulk_write(customer: Customer) -> None:
    database.session.execute(text("UPDATE customers SET display_name = 'spoiled'"))


def related_write(customer: Customer) -> None:
    customer.user.name = "spoiled"


def new_meta(customer: Customer) -> None:
    customer.meta["note"] = "spoiled"


def changed_meta(customer: Customer) -> None:
    customer.meta["kept"] = "spoiled"


def deleted_meta(customer: Customer) -> None:
    del customer.meta["kept"]


def new_row(customer: Customer) -> None:
    database.session.add(Product(slug="spoiled", name="spoiled", currency="EUR"))


def new_in_collection(customer: Customer) -> None:
    customer.memberships.append(Membership(plan=customer.memberships[0].plan, currency="EUR"))
    database.session.flush()


def new_seen_in_collection(customer: Customer) -> None:
    """Read after it was written: the collection itself is not a change of the callback's."""
    plan = database.session.scalars(select(Product)).first()
    database.session.add(Membership(customer_id=customer.id, plan_id=plan.id, currency="EUR"))
    database.session.flush()
    database.session.expire(customer, ["memberships"])
    assert len(customer.memberships) == 2


def deleted_row(customer: Customer) -> None:
    membership = customer.memberships[0]
    database.session.delete(membership)
    database.session.flush()


def moved(customer: Customer) -> None:
    customer.memberships[0].move_to(MembershipStatus.ACTIVE, reason="spoiled")


def moved_and_written(customer: Customer) -> None:
    moved(customer)
    database.session.flush()


def recorded_event(customer: Customer) -> None:
    outbox.record("customer.updated", customer, note="spoiled")


def recorded_delivery(customer: Customer) -> None:
    outbox.add("moment", "somewhere:tell", "somewhere", [customer])


def own_savepoint(customer: Customer) -> None:
    with database.session.begin_nested():
        customer.display_name = "spoiled"


def open_savepoint(customer: Customer) -> None:
    database.session.begin_nested()
    customer.display_name = "spoiled"


CHANGES = [
    plain_write,
    flushed_write,
    bulk_write,
    related_write,
    new_meta,
    changed_meta,
    deleted_meta,
    new_row,
    new_in_collection,
    new_seen_in_collection,
    deleted_row,
    moved,
    moved_and_written,
    recorded_event,
    recorded_delivery,
    own_savepoint,
    open_savepoint,
]


def everything_about(customer: Customer) -> dict[str, Any]:
    """As the objects say it, and as a fresh read does."""
    session = database.session()
    tables = ("customers", "users", "memberships", "products", "meta", "moves", "events", "deliveries")
    return {
        "name": (customer.display_name, customer.user.name),
        "memberships": [(one.id, str(one.status)) for one in customer.memberships],
        "meta": dict(customer.meta),
        "rows": {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables},
    }


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_what_a_failing_callback_changed_is_undone(customer: Customer, change: Callable[[Customer], Any]) -> None:
    factories.membership(customer=customer)
    with unit_of_work():
        customer.meta["kept"] = "as it was"
    before = everything_about(customer)
    seen: list[dict[str, Any]] = []
    hooks.add_action(CREATED, fails_after(change))
    hooks.add_action(CREATED, lambda same: seen.append(everything_about(same)))
    fire(customer)
    assert callback().figures.last_error.endswith("RuntimeError: after its change\n")
    assert seen == [before]
    database.session.rollback()
    assert everything_about(customer) == before
    assert customer.company_name == "the sale's own change"


def test_what_others_changed_stays(customer: Customer) -> None:
    def good(customer: Customer) -> None:
        customer.meta["good"] = True

    def better(customer: Customer) -> None:
        customer.meta["better"] = dict(customer.meta)
        customer.user.name = "better"

    hooks.add_action(CREATED, good, 5)
    hooks.add_action(CREATED, fails_after(plain_write))
    hooks.add_action(CREATED, better, 15)
    fire(customer)
    assert dict(customer.meta) == {"good": True, "better": {"good": True}}
    assert (customer.display_name, customer.user.name) == ("Ada", "better")


def test_what_a_failing_callback_asked_for_after_the_commit_is_dropped(customer: Customer) -> None:
    seen: list[str] = []

    def ask(customer: Customer) -> None:
        current().after_commit(lambda: seen.append("asked by the failing one"))
        current().after_commit(lambda: seen.append("twice"), once="twice")
        raise RuntimeError

    hooks.add_action(CREATED, ask)
    with unit_of_work():
        current().after_commit(lambda: seen.append("once"), once="twice")
        hooks.do_action(CREATED, customer)
    assert seen == ["once"]


def test_hooks_and_events_of_a_failing_callback_are_dropped(customer: Customer) -> None:
    seen: list[str] = []

    def update(customer: Customer) -> None:
        hooks.do_action("wu_customer_post_update", customer)
        outbox.record("customer.updated", customer)

    hooks.add_action("wu_customer_post_update", lambda: seen.append("updated"))
    hooks.add_action("wu_event", lambda kind: seen.append(kind))
    hooks.add_action(CREATED, fails_after(update))
    fire(customer)
    assert seen == []
    assert count(Event) == 0
    hooks.add_action(CREATED, update)
    fire(customer)
    assert seen == ["updated", "customer.updated"]


def test_a_failure_in_a_nested_callback_stays_in_that_one(customer: Customer) -> None:
    def outer(customer: Customer) -> None:
        customer.meta["outer"] = 1
        hooks.do_action("acme_moment", customer)
        customer.meta["after"] = customer.meta.get("inner", "undone")

    def inner(customer: Customer) -> None:
        customer.meta["inner"] = 2
        raise RuntimeError

    hooks.add_action(CREATED, outer)
    hooks.add_action("acme_moment", inner)
    fire(customer)
    assert dict(customer.meta) == {"outer": 1, "after": "undone"}
    assert (callback().figures.errors, callback("acme_moment").figures.errors) == (0, 1)


def test_with_the_outer_callback_what_the_nested_one_changed_goes_too(customer: Customer) -> None:
    def inner(customer: Customer) -> None:
        customer.meta["inner"] = 2

    def outer(customer: Customer) -> None:
        hooks.do_action("acme_moment", customer)
        raise RuntimeError

    hooks.add_action("acme_moment", inner)
    hooks.add_action(CREATED, outer)
    fire(customer)
    assert count(Meta) == 0


def twice_the_same(customer: Customer) -> None:
    """By the mapped classes: the flush fails."""
    database.session.add(User(email="Twice@example.com", username="a", password_hash=""))
    database.session.add(User(email="twice@example.com", username="b", password_hash=""))
    database.session.flush()


def twice_by_hand(customer: Customer) -> None:
    for _ in range(2):
        database.session.execute(
            text("INSERT INTO settings (key, value) VALUES ('same', '1')"),
        )


def left_to_us(customer: Customer) -> None:
    """It fails only when we write what the callback left."""
    for slug in ("same", "same"):
        database.session.add(Product(slug=slug, name=slug, currency="EUR"))


def no_such_table(customer: Customer) -> None:
    database.session.execute(text("SELECT * FROM nowhere"))


def hidden_in_the_flush(customer: Customer) -> None:
    try:
        twice_the_same(customer)
    except IntegrityError:
        customer.display_name = "went on as if nothing had been"


def hidden_in_a_statement(customer: Customer) -> None:
    customer.meta["note"] = "before"
    database.session.flush()
    with suppress(IntegrityError):
        twice_by_hand(customer)


@pytest.mark.parametrize(
    "broken",
    [twice_the_same, twice_by_hand, left_to_us, no_such_table, hidden_in_the_flush],
    ids=lambda one: one.__name__,
)
def test_an_error_of_the_database_in_a_callback_leaves_the_sale_fine(
    customer: Customer, broken: Callable[[Customer], Any]
) -> None:
    hooks.add_action(CREATED, broken)
    hooks.add_action(CREATED, new_meta)
    fire(customer)
    assert callback().figures.errors == 1
    assert (customer.display_name, customer.company_name) == ("Ada", "the sale's own change")
    assert dict(customer.meta) == {"note": "spoiled"}


def test_an_error_that_the_callback_hides_leaves_the_sale_fine_too(customer: Customer) -> None:
    """SQLite goes on; PostgreSQL does not, and the callback is undone with a word on how to do it."""
    hooks.add_action(CREATED, hidden_in_a_statement)
    fire(customer)
    fine = database.engine.dialect.name == "sqlite"
    assert callback().figures.errors == (0 if fine else 1)
    assert fine or "begin_nested" in callback().figures.last_error
    assert dict(customer.meta) == ({"note": "before"} if fine else {})
    assert customer.company_name == "the sale's own change"


def test_a_savepoint_of_its_own_lets_a_callback_go_on_after_an_error(customer: Customer) -> None:
    def careful(customer: Customer) -> None:
        customer.meta["before"] = 1
        try:
            with database.session.begin_nested():
                twice_the_same(customer)
        except IntegrityError:
            customer.meta["after"] = 2

    hooks.add_action(CREATED, careful)
    fire(customer)
    assert dict(customer.meta) == {"before": 1, "after": 2}
    assert callback().figures.errors == 0


@pytest.mark.parametrize("verb", ["commit", "rollback", "close"])
def test_a_callback_cannot_end_the_operation_it_was_called_from(customer: Customer, verb: str) -> None:
    def end_it(customer: Customer) -> None:
        customer.display_name = "spoiled"
        getattr(database.session, verb)()

    hooks.add_action(CREATED, end_it)
    fire(customer)
    assert "the unit of work" in callback().figures.last_error
    assert (customer.display_name, customer.company_name) == ("Ada", "the sale's own change")


def test_a_callback_that_ends_its_own_savepoint_is_undone_and_the_sale_goes_on(customer: Customer) -> None:
    def end_it(customer: Customer) -> None:
        customer.display_name = "spoiled"
        database.session.get_nested_transaction().rollback()

    hooks.add_action(CREATED, end_it)
    fire(customer)
    assert (customer.display_name, customer.company_name) == ("Ada", "the sale's own change")


def test_a_callback_without_a_guard_costs_no_savepoint(customer: Customer, statements: list[str]) -> None:
    seen: list[str] = []
    hooks.add_action(CREATED, lambda: seen.append("ran"), guard=False)
    hooks.add_action(CREATED, lambda: 1 / 0, guard=False)
    fire(customer)
    assert seen == ["ran"]
    assert callback(number=1).figures.errors == 1
    assert not [one for one in statements if "SAVEPOINT" in one]


def test_a_guarded_callback_that_leaves_the_database_alone_costs_no_savepoint(
    customer: Customer, statements: list[str]
) -> None:
    hooks.add_action(CREATED, lambda: None)
    fire(customer)
    assert not [one for one in statements if "SAVEPOINT" in one]


def test_the_figures_tell_how_often_and_how_long(customer: Customer) -> None:
    hooks.add_action(CREATED, fails_after(plain_write))
    fire(customer)
    fire(customer)
    figures = callback().figures
    assert (figures.calls, figures.errors) == (2, 2)
    assert 0 < figures.worst <= figures.seconds


def test_a_failure_is_logged_with_the_hook_and_the_callback(
    customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.add_action(CREATED, left_to_us)
    with caplog.at_level(logging.ERROR):
        fire(customer)
    found = [(one.hook, one.callback) for one in caplog.records if one.message == "hook.callback_failed"]
    assert found == [(CREATED, "tests.test_hook_calls:left_to_us")]


# -- refusing --------------------------------------------------------------------------------------------------------
def refuse(membership: Membership) -> None:
    membership.cancellation_reason = "spoiled"
    raise hooks.Reject("The contract runs until May.")


def test_reject_stops_what_a_vetoable_hook_announces(db: Session) -> None:
    membership = factories.active_membership()
    hooks.add_action("wu_membership_pre_cancel", refuse)
    with pytest.raises(Rejected) as told, unit_of_work():
        memberships.cancel(membership, reason="too expensive", at_once=True)
    assert (told.value.message, told.value.code) == ("The contract runs until May.", "rejected")
    assert (membership.status, membership.cancellation_reason) == (MembershipStatus.ACTIVE, "")
    assert count(Move) == 0


def test_reject_keeps_later_callbacks_from_running(db: Session) -> None:
    seen: list[str] = []
    hooks.add_action("wu_membership_pre_cancel", refuse)
    hooks.add_action("wu_membership_pre_cancel", lambda: seen.append("ran"))
    with pytest.raises(hooks.Reject), unit_of_work():
        memberships.cancel(factories.active_membership(), reason="")
    assert seen == []


def test_another_error_in_a_vetoable_hook_stops_nothing(db: Session) -> None:
    membership = factories.active_membership()
    hooks.add_action("wu_membership_pre_cancel", lambda: 1 / 0)
    with unit_of_work():
        memberships.cancel(membership, reason="too expensive", at_once=True)
    assert membership.status == MembershipStatus.CANCELLED


def test_reject_from_a_hook_that_cannot_be_refused_is_an_error_like_any_other(customer: Customer) -> None:
    def object_to_it(customer: Customer) -> None:
        customer.display_name = "spoiled"
        raise hooks.Reject("No.")

    hooks.add_action(CREATED, object_to_it)
    fire(customer)
    assert "Reject" in callback().figures.last_error
    assert (customer.display_name, customer.company_name) == ("Ada", "the sale's own change")


def test_a_callback_may_catch_the_refusal_of_what_it_tried(customer: Customer) -> None:
    membership = factories.active_membership(customer=customer)

    def cancel(customer: Customer) -> None:
        memberships.cancel(membership, reason="by a callback")

    hooks.add_action("wu_membership_pre_cancel", refuse)
    hooks.add_action(CREATED, cancel)
    fire(customer)
    assert "The contract runs until May." in callback().figures.last_error
    assert membership.cancel_at is None


def test_a_filter_that_raises_keeps_the_value_and_undoes_its_changes(customer: Customer) -> None:
    def spoil(total: int) -> int:
        customer.display_name = "spoiled"
        raise RuntimeError

    hooks.add_filter("acme_total", lambda total: total + 1, 5)
    hooks.add_filter("acme_total", spoil)
    with unit_of_work():
        assert hooks.apply_filters("acme_total", 1) == 2
    assert customer.display_name == "Ada"


# -- when they fire --------------------------------------------------------------------------------------------------
def test_hooks_wait_until_the_rows_of_the_operation_are_written(app: Flask) -> None:
    seen: list[Any] = []
    hooks.add_action(CREATED, lambda one: seen.append((one.id is not None, one.membership.plan.slug)))
    with unit_of_work():
        customer = Customer(user=factories.user(), email="a@example.com", display_name="Ada")
        database.session.add(customer)
        hooks.do_action(CREATED, customer)
        assert seen == []
        customer.memberships.append(Membership(plan=factories.product("premium"), currency="EUR"))
    assert seen == [(True, "premium")]


def test_hooks_fire_once_in_the_order_recorded(customer: Customer) -> None:
    seen: list[str] = []
    for name in ("wu_customer_post_create", "wu_customer_post_update", "wu_customer_email_verified"):
        hooks.add_action(name, partial(seen.append, name), accepted_args=0)
    with unit_of_work():
        hooks.do_action("wu_customer_email_verified", customer)
        hooks.do_action("wu_customer_post_create", customer)
        hooks.do_action("wu_customer_email_verified", customer)
    assert seen == ["wu_customer_email_verified", "wu_customer_post_create", "wu_customer_email_verified"]


def test_what_callbacks_fire_comes_after_what_was_fired_before(customer: Customer) -> None:
    seen: list[str] = []
    hooks.add_action(CREATED, lambda one: hooks.do_action("wu_customer_email_verified", one))
    hooks.add_action("wu_customer_post_update", lambda: seen.append("updated"))
    hooks.add_action("wu_customer_email_verified", lambda: seen.append("verified"))
    with unit_of_work():
        hooks.do_action(CREATED, customer)
        hooks.do_action("wu_customer_post_update", customer)
    assert seen == ["updated", "verified"]


def test_an_operation_that_is_rolled_back_fires_nothing_but_did_count(customer: Customer) -> None:
    seen: list[str] = []
    hooks.begin_scope()
    hooks.add_action(CREATED, lambda: seen.append("fired"))
    with pytest.raises(ZeroDivisionError), unit_of_work():
        hooks.do_action(CREATED, customer)
        raise ZeroDivisionError
    assert (seen, hooks.did_action(CREATED)) == ([], 1)


def test_callbacks_that_fire_each_other_for_ever_are_stopped_and_the_sale_goes_on(customer: Customer) -> None:
    hooks.add_action(CREATED, lambda one: hooks.do_action("wu_customer_post_update", one))
    hooks.add_action("wu_customer_post_update", lambda one: hooks.do_action(CREATED, one))
    fire(customer)
    assert callback().figures.calls == 25
    assert "without end" in callback("wu_customer_post_update").figures.last_error
    assert customer.company_name == "the sale's own change"


def test_what_a_callback_adds_is_written_with_the_operation(customer: Customer) -> None:
    hooks.add_action(CREATED, new_row)
    fire(customer)
    assert count(Product) == 1


def test_a_payment_that_a_callback_voids_has_its_step_in_the_timeline(db: Session) -> None:
    payment = factories.payment()

    def void(customer: Customer) -> None:
        receivables.void(db.get_one(Payment, payment.id), reason="by a callback")

    hooks.add_action(CREATED, void)
    fire(payment.customer)
    steps = [tuple(step) for step in db.execute(select(Move.old, Move.new, Move.reason))]
    assert (payment.status, steps) == (PaymentStatus.CANCELLED, [("pending", "cancelled", "by a callback")])
