"""What is told is written with the change it tells of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories, listeners
from tests.conftest import TurnedClock
from webapp import hooks
from webapp.domain import outbox
from webapp.domain.references import NotStorable
from webapp.extensions import db as database
from webapp.extensions import queue
from webapp.models import Delivery, DeliveryStatus, Event, LineItem, LineType, Refund
from webapp.transactions import unit_of_work
from webapp.unit import NoUnitOfWork

CREATED = "wu_customer_post_create"


def deliveries() -> list[Delivery]:
    return list(database.session.scalars(select(Delivery).order_by(Delivery.id)))


@contextmanager
def failing() -> Iterator[None]:
    """An operation that fails at its end."""
    with pytest.raises(ZeroDivisionError), unit_of_work():
        yield
        raise ZeroDivisionError


def rings() -> int:
    return int(queue.redis.llen("rq:queue:parzelle"))


# -- events ----------------------------------------------------------------------------------------------------------
def test_an_event_is_written_when_the_rows_are(db: Session) -> None:
    customer = factories.registered("ada@example.com")
    event = db.scalars(select(Event)).one()
    assert (event.type, event.object_type, event.object_id) == ("customer.created", "customers", customer.id)
    assert event.customer_id == customer.id
    envelope = event.envelope()
    assert set(envelope) == {"id", "type", "timestamp", "data"}
    assert envelope["id"].startswith("evt_")
    assert envelope["timestamp"].endswith("Z")
    assert envelope["data"]["email"] == "ada@example.com"


def test_an_event_says_how_things_stand_at_the_end_of_the_operation(db: Session) -> None:
    customer = factories.customer()
    with unit_of_work():
        outbox.record("customer.updated", customer, note="more")
        customer.display_name = "Changed later"
    data = db.scalars(select(Event.data)).one()
    assert (data["display_name"], data["note"]) == ("Changed later", "more")


def test_an_event_fires_its_two_hooks_after_those_recorded_before(db: Session) -> None:
    seen: list[Any] = []
    customer = factories.customer()
    hooks.add_action("wu_event", lambda kind, payload: seen.append((kind, payload["customer_id"])))
    hooks.add_action("wu_event_customer_updated", lambda payload: seen.append(payload["customer_id"]))
    hooks.add_action("wu_customer_post_update", lambda: seen.append("updated"))
    with unit_of_work():
        outbox.record("customer.updated", customer)
        hooks.do_action("wu_customer_post_update", customer)
    assert seen == ["updated", ("customer.updated", customer.id), customer.id]


def test_an_operation_that_fails_leaves_no_event(db: Session) -> None:
    customer = factories.customer()
    with failing():
        outbox.record("customer.updated", customer)
    assert db.scalars(select(Event)).all() == []


# -- background callbacks --------------------------------------------------------------------------------------------
def test_a_background_callback_becomes_one_row_per_call(db: Session) -> None:
    hooks.add_action(CREATED, listeners.tell, background=True)
    customer = factories.registered("ada@example.com")
    (row,) = deliveries()
    assert (row.hook, row.callback, row.handler) == (CREATED, "tests.listeners:tell", "tests.listeners")
    assert (row.status, row.attempts_made, row.customer_id) == (DeliveryStatus.PENDING, 0, customer.id)
    assert row.ordering_key == f"customer:{customer.id}"
    assert len(row.key) == 36
    assert listeners.listener.told == []


def test_a_background_callback_is_given_what_it_accepts(db: Session) -> None:
    hooks.add_action("wu_checkout_completed", listeners.tell_first, background=True)
    hooks.add_action("wu_checkout_completed", listeners.tell, background=True, accepted_args=2)
    hooks.add_action("wu_checkout_completed", listeners.tell_too, background=True)
    payment = factories.payment()
    with unit_of_work():
        hooks.do_action("wu_checkout_completed", payment, payment.customer, payment.membership)
    ours = [one for one in deliveries() if one.handler == "tests.listeners"]
    assert [len(one.arguments) for one in ours] == [1, 2, 3]


def test_rows_are_numbered_in_the_order_in_which_hooks_and_callbacks_ran(db: Session) -> None:
    hooks.add_action("wu_customer_post_update", listeners.tell, background=True)
    hooks.add_action(CREATED, listeners.tell, 20, background=True)
    hooks.add_action(CREATED, listeners.tell_too, 10, background=True)
    customer = factories.customer()
    with unit_of_work():
        for _ in range(3):
            hooks.do_action(CREATED, customer)
            hooks.do_action("wu_customer_post_update", customer)
    told = [(one.hook, one.callback.partition(":")[2]) for one in deliveries()]
    assert told == [(CREATED, "tell_too"), (CREATED, "tell"), ("wu_customer_post_update", "tell")] * 3


def test_an_operation_that_fails_tells_nobody(db: Session, redis_url: str) -> None:
    hooks.add_action(CREATED, listeners.tell, background=True)
    customer = factories.customer()
    with failing():
        hooks.do_action(CREATED, customer)
    assert (deliveries(), rings()) == ([], 0)


def test_one_ring_per_handler_however_much_there_is_to_tell(db: Session, redis_url: str) -> None:
    customer = factories.customer()
    with unit_of_work():
        for handler in ("here", "there", "here", "there"):
            outbox.add("moment", f"{handler}:tell", handler, [customer])
        assert rings() == 0
    assert rings() == 2


def test_what_is_for_later_is_not_rung_for(db: Session, redis_url: str, clock: TurnedClock) -> None:
    with unit_of_work():
        outbox.add("moment", "here:tell", "here", [], after=timedelta(hours=1))
    assert rings() == 0
    assert outbox.handlers_due(db) == []
    clock.tick(3600)
    assert outbox.handlers_due(db) == ["here"]


def test_a_row_of_a_payment_is_ordered_by_its_customer(db: Session) -> None:
    payment = factories.payment()
    with unit_of_work() as session:
        amounts = {"unit_price_minor": 1, "subtotal_minor": 1, "total_minor": 1, "currency": "EUR"}
        line = LineItem(payment_id=payment.id, position=1, type=LineType.PRODUCT, title="Plan", **amounts)
        refund = Refund(payment_id=payment.id, amount_minor=1, currency="EUR")
        session.add_all([line, refund])
        hooks.add_action("acme_moment", listeners.tell, background=True)
        session.flush()
        for subject in (payment, payment.membership, payment.customer, line, refund, "plain"):
            hooks.do_action("acme_moment", "first", subject)
    keys = [one.ordering_key for one in deliveries()]
    assert keys == [f"customer:{payment.customer_id}"] * 5 + [None]


@pytest.mark.parametrize(
    "callback",
    [
        lambda customer: None,
        listeners.Sender().tell,
        partial(listeners.tell, 1),
        type("Anything", (), {"__call__": lambda self: None})(),
    ],
    ids=["a lambda", "a method", "a partial", "an object"],
)
def test_what_a_worker_cannot_import_is_refused_when_it_is_added(app: Flask, callback: Any) -> None:
    with pytest.raises(ValueError, match="a function of a module"):
        hooks.add_action(CREATED, callback, background=True)


def test_functions_inside_functions_and_scripts_are_refused_too(app: Flask) -> None:
    def inside(customer: Any) -> None: ...

    with pytest.raises(ValueError, match="a function of a module"):
        hooks.add_action("acme_moment", inside, background=True)
    inside.__qualname__, inside.__module__ = "inside", "__main__"
    with pytest.raises(ValueError, match="a function of a module"):
        hooks.add_action("acme_moment", inside, background=True)
    assert not hooks.has_action("acme_moment")


def test_a_hook_that_passes_a_cart_takes_no_background_callback(app: Flask) -> None:
    with pytest.raises(ValueError, match="wu_checkout_before_processing passes cart"):
        hooks.add_action("wu_checkout_before_processing", listeners.tell, background=True)


def test_what_cannot_be_kept_for_a_worker_is_an_error_where_it_is_fired(db: Session) -> None:
    hooks.add_action("acme_moment", listeners.tell, background=True)
    with pytest.raises(NotStorable, match="a object"), unit_of_work():
        hooks.do_action("acme_moment", object())
    assert deliveries() == []


def test_outside_of_a_unit_nothing_is_recorded(db: Session) -> None:
    hooks.add_action("acme_moment", listeners.tell, background=True)
    for attempt in (
        lambda: hooks.do_action("acme_moment"),
        lambda: outbox.add("moment", "here:tell", "here", []),
        lambda: outbox.record("customer.updated", factories.customer()),
    ):
        with pytest.raises(NoUnitOfWork):
            attempt()
        assert not db.new
    with unit_of_work():
        pass


# -- waiting ---------------------------------------------------------------------------------------------------------
@settings(deadline=None)
@given(st.integers(1, 30), st.none() | st.floats(0, 10**7))
def test_the_wait_grows_with_jitter_and_is_never_shorter_than_asked(made: int, asked: float | None) -> None:
    base = outbox.BACKOFF[min(made, len(outbox.BACKOFF)) - 1]
    wait = outbox.delay(made, asked).total_seconds()
    wanted = min(asked or 0, 86400)
    assert max(base * 0.8, wanted) <= wait + 1e-5
    assert wait <= max(base * 1.2, wanted) + 1e-5


def test_the_waits_differ_so_that_not_all_come_back_at_once() -> None:
    assert len({outbox.delay(5) for _ in range(20)}) > 10


def test_all_waits_together_are_some_days() -> None:
    together = timedelta(seconds=sum(outbox.BACKOFF))
    assert timedelta(days=3) < together < timedelta(days=4)
    assert len(outbox.BACKOFF) + 1 == outbox.ATTEMPTS_AT_MOST


# -- sending again ---------------------------------------------------------------------------------------------------
def dead(handler: str = "here", **values: Any) -> Delivery:
    facts = {"hook": "moment", "callback": f"{handler}:tell", "handler": handler, "arguments": []}
    state = {"status": DeliveryStatus.DEAD, "attempts_made": 11, "last_error": "refused"}
    made: Delivery = factories.save(lambda: Delivery(**{**facts, **state, **values}))
    return made


def test_a_dead_one_is_replayed_with_all_its_tries_and_its_key(db: Session, redis_url: str) -> None:
    one, other = dead(), dead()
    key = one.key
    with unit_of_work() as session:
        assert outbox.replay(session, delivery_id=one.id) == 1
    assert rings() == 1
    db.refresh(one)
    assert (one.status, one.attempts_made, one.key) == (DeliveryStatus.PENDING, 0, key)
    assert db.get_one(Delivery, other.id, populate_existing=True).status == DeliveryStatus.DEAD


def test_all_dead_ones_of_a_destination_or_of_all_are_replayed(db: Session) -> None:
    for handler in ("here", "here", "there"):
        dead(handler)
    with unit_of_work() as session:
        assert outbox.replay(session, handler="here") == 2
        assert outbox.replay(session) == 1
        assert outbox.replay(session) == 0


def test_only_dead_ones_are_replayed(db: Session) -> None:
    for status in (DeliveryStatus.PENDING, DeliveryStatus.RUNNING, DeliveryStatus.DONE):
        dead(status=status)
    with unit_of_work() as session:
        assert outbox.replay(session) == 0


def test_try_now_does_not_wait_for_the_back_off(db: Session, redis_url: str, clock: TurnedClock) -> None:
    waiting = dead(status=DeliveryStatus.PENDING, attempts_made=3, next_at=clock.now + timedelta(hours=5))
    with unit_of_work() as session:
        outbox.try_now(session, waiting.id)
    db.refresh(waiting)
    assert (waiting.next_at, waiting.attempts_made, rings()) == (clock.now, 3, 1)


def test_try_now_revives_a_dead_one_and_leaves_a_done_one(db: Session, redis_url: str) -> None:
    lost, done = dead(), dead(status=DeliveryStatus.DONE)
    with unit_of_work() as session:
        outbox.try_now(session, lost.id)
        outbox.try_now(session, done.id)
    db.expire_all()
    assert (lost.status, done.status, rings()) == (DeliveryStatus.PENDING, DeliveryStatus.DONE, 1)


def test_counts_leave_out_what_is_done(db: Session) -> None:
    for status in DeliveryStatus:
        dead(status=status)
        dead(status=status)
    expected = {DeliveryStatus.PENDING: 2, DeliveryStatus.RUNNING: 2, DeliveryStatus.DEAD: 2}
    assert outbox.counts(db) == expected


def test_every_destination_with_something_due_is_found(db: Session, clock: TurnedClock) -> None:
    later = clock.now + timedelta(seconds=1)
    for handler in ("b", "a", "c", "b"):
        dead(handler, status=DeliveryStatus.PENDING, next_at=later)
    dead("a", status=DeliveryStatus.PENDING, next_at=clock.now)
    dead("b", status=DeliveryStatus.PENDING, next_at=clock.now)
    dead("d", status=DeliveryStatus.RUNNING, next_at=clock.now)
    dead("e", next_at=clock.now)
    assert outbox.handlers_due(db) == ["a", "b"]


def test_to_look_what_is_due_reads_one_row_per_destination(db: Session, statements: list[str]) -> None:
    for handler in ("a", "b"):
        for _ in range(5):
            dead(handler, status=DeliveryStatus.PENDING)
    statements.clear()
    outbox.handlers_due(db)
    assert len(statements) == 3
