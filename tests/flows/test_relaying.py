"""A worker's way with the outbox: the callback is called without a transaction, and all that it did is kept at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.orm import Session

from tests import factories, listeners
from tests.conftest import TurnedClock
from tests.listeners import HANDLER, listener
from tests.waiting import in_context, wait_until
from webapp import hooks
from webapp.domain import claims, outbox
from webapp.errors import NotFound
from webapp.extensions import db as database
from webapp.flows import relaying
from webapp.models import Attempt, Customer, Delivery, DeliveryStatus, Meta, Product
from webapp.outgoing import NotTried, PermanentFailure, TryLater, idempotency_key
from webapp.transactions import unit_of_work

LEASE = timedelta(minutes=1)
CREATED = "wu_customer_post_create"
UPDATED = "wu_customer_post_update"


@pytest.fixture(autouse=True)
def silent(app: Flask) -> None:
    """A listener that nobody has told anything."""
    listener.told, listener.answer = [], lambda *args: None


@pytest.fixture
def customer(db: Session) -> Customer:
    made: Customer = factories.customer(display_name="Ada")
    hooks.add_action(CREATED, listeners.tell, background=True)
    return made


def fire(*subjects: Customer, hook: str = CREATED) -> None:
    with unit_of_work():
        for one in subjects:
            hooks.do_action(hook, one)


def answer(answer: Callable[..., Any]) -> None:
    listener.answer = answer


def drain(app: Flask, lease: timedelta = LEASE) -> None:
    relaying.drain(app, HANDLER, lease=lease)
    database.session.rollback()


def rows() -> list[Delivery]:
    database.session.rollback()  # what other threads wrote meanwhile counts too
    query = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(database.session.scalars(query))


def statuses() -> list[str]:
    return [str(one.status) for one in rows()]


def attempts() -> list[Attempt]:
    return list(database.session.scalars(select(Attempt).order_by(Attempt.id)))


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*args: Any) -> None:
        raise error

    return fail


# -- the call --------------------------------------------------------------------------------------------------------
def test_the_callback_is_given_the_rows_as_they_are_now(app: Flask, customer: Customer) -> None:
    fire(customer)
    with unit_of_work():
        customer.display_name = "Changed meanwhile"
    answer(lambda told: f"{type(told).__name__} {told.display_name}")
    drain(app)
    assert (statuses(), attempts()[0].answer) == (["done"], "Customer Changed meanwhile")


def test_what_the_callback_changed_is_written_with_the_mark(app: Flask, customer: Customer) -> None:
    def keep(told: Customer) -> None:
        told.meta["crm_contact_id"] = "42"
        told.display_name = "Kept"
        database.session.add(Product(slug="new", name="New", currency="EUR"))

    answer(keep)
    fire(customer)
    drain(app)
    database.session.refresh(customer)
    assert (statuses(), customer.meta["crm_contact_id"], customer.display_name) == (["done"], "42", "Kept")
    assert database.session.scalars(select(Product.slug)).one() == "new"


def test_a_worker_that_dies_before_the_commit_leaves_neither(app: Flask, customer: Customer) -> None:
    """Killed between the call and the mark: it is called again, and what it changed is not there twice."""

    def keep(told: Customer) -> None:
        told.meta["calls"] = told.meta.get("calls", 0) + 1

    def die(_connection: Any) -> None:
        raise KeyboardInterrupt

    answer(keep)
    fire(customer)
    with unit_of_work() as session:
        (claim,) = claims.claim(session, HANDLER, 1, LEASE)
    event.listen(database.engine, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        relaying.deliver(claim)
    event.remove(database.engine, "commit", die)
    assert (statuses(), attempts(), database.session.scalars(select(Meta)).all()) == (["running"], [], [])
    relaying.deliver(claim)
    assert (statuses(), database.session.scalars(select(Meta.value)).all()) == (["done"], [1])


def test_who_lost_the_lease_writes_nothing_of_what_the_callback_changed(
    app: Flask, customer: Customer, clock: TurnedClock
) -> None:
    def change_and_be_late(told: Customer) -> None:
        told.display_name = "too late"
        clock.tick(61)
        with unit_of_work_elsewhere(app) as session:
            claims.recover(session)

    answer(change_and_be_late)
    fire(customer)
    with unit_of_work() as session:
        (claim,) = claims.claim(session, HANDLER, 1, LEASE)
    with pytest.raises(claims.LeaseLost):
        relaying.deliver(claim)
    database.session.expire_all()
    assert (statuses(), customer.display_name) == (["pending"], "Ada")
    assert [one.outcome for one in attempts()] == ["lost"]


class unit_of_work_elsewhere:  # noqa: N801 - reads as the statement it stands for
    """Another worker's transaction, in the middle of this one's call."""

    def __init__(self, app: Flask) -> None:
        self._context = app.app_context()
        self._unit = unit_of_work()

    def __enter__(self) -> Session:
        self._context.push()
        return self._unit.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._unit.__exit__(*error)
        self._context.pop()


def test_no_transaction_is_open_while_the_callback_runs(app: Flask, customer: Customer, database_address: str) -> None:
    """Whatever it read and changed before the vendor is called: nobody waits for us, and we keep no lock."""
    seen: list[Any] = []

    def look(told: Customer) -> None:
        assert told.user.email
        told.display_name = "not written yet"
        seen.append(other_writer(database_address))
        seen.append(open_transactions(database_address))

    answer(look)
    fire(customer)
    drain(app)
    assert (seen, statuses()) == ([1, []], ["done"])
    database.session.refresh(customer)
    assert customer.display_name == "not written yet"


def other_writer(address: str) -> int:
    """Rows that another connection can change at once, without waiting for anybody."""
    engine = create_engine(address)
    with engine.connect() as other:
        if engine.dialect.name == "sqlite":
            other.exec_driver_sql("PRAGMA busy_timeout=0")
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.exec_driver_sql("SET lock_timeout = '10ms'")
        changed = other.execute(text("UPDATE customers SET company_name = 'somebody else'")).rowcount
        other.commit()
    engine.dispose()
    return int(changed)


def open_transactions(address: str) -> list[str]:
    """On PostgreSQL: what our own connections have begun and not ended."""
    engine = create_engine(address)
    if engine.dialect.name == "sqlite":
        return []
    query = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    with engine.connect() as other:
        found = list(other.execute(text(query)).scalars())
    engine.dispose()
    return found


def test_even_after_a_unit_of_its_own_no_transaction_is_open(
    app: Flask, customer: Customer, database_address: str
) -> None:
    """A story of several steps, such as making a site, keeps each of them."""
    seen: list[Any] = []

    def in_steps(told: Customer) -> None:
        with unit_of_work() as session:
            session.get_one(Customer, told.id).meta["step"] = 1
            assert session.autoflush
        assert told.user.email
        seen.append((other_writer(database_address), open_transactions(database_address)))
        told.meta["last"] = 2
        raise TryLater("the second step failed")

    answer(in_steps)
    fire(customer)
    drain(app)
    assert (seen, statuses()) == ([(1, [])], ["pending"])
    database.session.refresh(customer)
    assert dict(customer.meta) == {"step": 1}


@pytest.mark.parametrize(
    "write",
    [
        lambda told: database.session.commit(),
        lambda told: database.session.flush(),
        lambda told: database.session.execute(Customer.__table__.update().values(company_name="written")),
        lambda told: database.session.execute(Customer.__table__.delete()),
    ],
    ids=["commit", "flush", "an update", "a delete"],
)
def test_a_callback_that_would_write_before_its_time_is_told_how(
    app: Flask, customer: Customer, write: Callable[[Customer], Any]
) -> None:
    def change(told: Customer) -> None:
        told.display_name = "half done"
        write(told)

    answer(change)
    fire(customer)
    drain(app)
    assert "open a unit_of_work()" in rows()[0].last_error
    database.session.refresh(customer)
    assert (customer.display_name, customer.company_name) == ("Ada", "")


def test_a_change_that_cannot_be_written_is_a_failure_like_any_other(app: Flask, customer: Customer) -> None:
    factories.product("taken")
    answer(lambda told: database.session.add(Product(slug="taken", name="Again", currency="EUR")))
    fire(customer)
    drain(app)
    assert statuses() == ["pending"]
    assert rows()[0].last_error.startswith("IntegrityError")


def test_a_row_that_is_gone_cannot_be_told_of(app: Flask, customer: Customer) -> None:
    hooks.add_action("acme_product", listeners.tell, background=True)
    product = factories.product()
    with unit_of_work() as session:
        hooks.do_action("acme_product", product)
    with unit_of_work() as session:
        session.delete(product)
    drain(app)
    assert (statuses(), listener.told) == (["dead"], [])
    assert rows()[0].last_error == f"products {product.id} is gone"


# -- answers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("result", "kept"), [("contact 42", "contact 42"), (None, ""), (42, ""), ({"a": 1}, "")])
def test_a_text_that_the_callback_returns_is_kept_as_the_answer(
    app: Flask, customer: Customer, result: Any, kept: str
) -> None:
    answer(lambda told: result)
    fire(customer)
    drain(app)
    assert [(one.outcome, one.answer) for one in attempts()] == [("done", kept)]


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (TryLater("vendor is busy", http_status=503, answer="later"), "pending", "vendor is busy"),
        (PermanentFailure("refused", http_status=401, answer="no"), "dead", "refused"),
        (ValueError("a bug"), "pending", "ValueError: a bug"),
        (SystemExit(3), "pending", "SystemExit: 3"),
        (NotFound("the contact is gone"), "dead", "the contact is gone"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else None,
)
def test_how_a_callback_fails_says_what_follows(
    app: Flask, customer: Customer, error: BaseException, status: str, shown: str
) -> None:
    answer(raising(error))
    fire(customer)
    drain(app)
    assert (statuses(), rows()[0].last_error) == ([status], shown)
    (attempt,) = attempts()
    assert attempt.outcome == ("dead" if status == "dead" else "retry")
    assert attempt.http_status == getattr(error, "http_status", None)


def test_retry_after_is_waited(app: Flask, customer: Customer, clock: TurnedClock) -> None:
    answer(raising(TryLater("slow down", after=1000)))
    fire(customer)
    drain(app)
    assert rows()[0].next_at == clock.now + timedelta(seconds=1000)


def test_a_pause_that_the_vendor_asked_for_uses_up_no_tries(app: Flask, customer: Customer, clock: TurnedClock) -> None:
    answer(raising(NotTried("asked for a pause", after=30)))
    fire(customer)
    for _ in range(30):
        drain(app)
        clock.tick(40)
    assert (statuses(), rows()[0].attempts_made, len(listener.told)) == (["pending"], 0, 30)


def test_what_a_failing_callback_changed_is_dropped(app: Flask, customer: Customer) -> None:
    def change_and_fail(told: Customer) -> None:
        told.display_name = "spoiled"
        told.meta["spoiled"] = True
        raise TryLater("no answer")

    answer(change_and_fail)
    fire(customer)
    drain(app)
    database.session.refresh(customer)
    assert (customer.display_name, dict(customer.meta)) == ("Ada", {})


def test_an_add_on_that_is_gone_is_tried_again(app: Flask, db: Session) -> None:
    with unit_of_work():
        outbox.add("moment", "acme_is_gone.listeners:tell", HANDLER, [])
        outbox.add("moment", "tests.listeners:is_gone", HANDLER, [])
    drain(app)
    assert statuses() == ["pending", "pending"]
    assert [one.last_error.partition(":")[0] for one in rows()] == ["ModuleNotFoundError", "AttributeError"]


def test_the_idempotency_key_is_the_same_over_all_attempts_and_replays(
    app: Flask, customer: Customer, clock: TurnedClock
) -> None:
    seen: list[str] = []

    def note(told: Customer) -> None:
        seen.append(idempotency_key())
        raise PermanentFailure("refused") if len(seen) == 2 else TryLater("busy")

    answer(note)
    fire(customer)
    drain(app)
    clock.tick(10)
    drain(app)
    relaying.retry_now(rows()[0].id)
    answer(lambda told: seen.append(idempotency_key()))
    drain(app)
    assert (seen, statuses()) == ([rows()[0].key] * 3, ["done"])
    with pytest.raises(LookupError):
        idempotency_key()


def test_two_deliveries_have_two_keys(app: Flask, customer: Customer) -> None:
    seen: set[str] = set()
    answer(lambda told: seen.add(idempotency_key()))
    fire(customer, customer)
    drain(app)
    assert len(seen) == 2


def test_each_call_is_a_scope_of_its_own(app: Flask, customer: Customer) -> None:
    def fire_one_more(told: Customer) -> str:
        with unit_of_work():
            hooks.do_action("acme_moment")
        return str(hooks.did_action("acme_moment"))

    answer(fire_one_more)
    fire(customer, customer)
    drain(app)
    assert [one.answer for one in attempts()] == ["1", "1"]


# -- the drain -------------------------------------------------------------------------------------------------------
def test_everything_is_told_and_each_customer_in_order(app: Flask, customer: Customer) -> None:
    hooks.add_action(UPDATED, listeners.tell_too, background=True)
    people = [factories.customer() for _ in range(8)]
    for _ in range(3):
        fire(*people)
        fire(*people, hook=UPDATED)
    told: list[tuple[int, bool]] = []
    answer(lambda *args: told.append((args[-1].id, args[0] == "too")))
    drain(app)
    assert set(statuses()) == {"done"}
    for one in people:
        assert [updated for number, updated in told if number == one.id] == [False, True] * 3


def test_more_than_fits_into_one_hand_is_worked_off(app: Flask, customer: Customer) -> None:
    with unit_of_work():
        for number in range(3 * relaying.BATCH + 5):
            outbox.add("moment", "tests.listeners:tell", HANDLER, [number])
    drain(app)
    assert sorted(args[0] for args in listener.told) == list(range(3 * relaying.BATCH + 5))
    assert set(statuses()) == {"done"}


def test_one_that_fails_holds_up_its_own_customer_and_no_other(app: Flask, customer: Customer) -> None:
    other = factories.customer()
    fire(customer, customer, other, other)

    unlucky = customer.id

    def fail_for_one(told: Customer) -> None:
        if told.id == unlucky:
            raise TryLater("busy")

    answer(fail_for_one)
    drain(app)
    assert statuses() == ["pending", "pending", "done", "done"]
    assert len(listener.told) == 3


def test_callbacks_of_different_customers_run_at_the_same_time(app: Flask, customer: Customer) -> None:
    together = threading.Barrier(relaying.THREADS, timeout=20)
    answer(lambda told: str(together.wait()))
    fire(*[factories.customer() for _ in range(relaying.THREADS)])
    drain(app)
    assert set(statuses()) == {"done"}


def test_a_slow_one_keeps_no_other_customer_waiting(app: Flask, customer: Customer) -> None:
    """It holds one thread; the rest of a long queue goes by meanwhile."""
    others = threading.Event()
    with unit_of_work():
        for number in range(100):
            outbox.add("moment", "tests.listeners:tell", HANDLER, [number])

    def wait_for_the_others(number: int) -> str:
        if number == 0:
            return str(others.wait(20))
        if len(listener.told) == 100:
            others.set()
        return ""

    answer(wait_for_the_others)
    drain(app)
    assert {one.answer for one in attempts()} == {"True", ""}


def test_a_call_that_outlasts_its_lease_is_not_made_twice(app: Flask, customer: Customer) -> None:
    """The worker says that it lives for as long as the call lasts."""
    lease = timedelta(seconds=0.9)

    def outlast(told: Customer) -> None:
        began = time.monotonic()
        while time.monotonic() < began + 2.5:
            with unit_of_work_elsewhere(app) as session:
                claims.recover(session)
            threading.Event().wait(0.05)

    answer(outlast)
    fire(customer)
    drain(app, lease)
    assert ([one.outcome for one in attempts()], len(listener.told)) == (["done"], 1)


def test_a_worker_that_stops_finishes_what_it_began_and_gives_the_rest_back(app: Flask, customer: Customer) -> None:
    begun = threading.Barrier(relaying.THREADS + 1, timeout=20)
    go_on = threading.Event()
    people = [factories.customer() for _ in range(relaying.BATCH)]
    fire(*people)

    def work(told: Customer) -> None:
        begun.wait()
        go_on.wait(20)

    answer(work)
    with ThreadPoolExecutor(1) as threads:
        drained = threads.submit(in_context(app, lambda: relaying.drain(app, HANDLER, lease=LEASE)))
        begun.wait()
        relaying.stopping.set()
        wait_until(lambda: statuses().count("pending") == relaying.BATCH - relaying.THREADS)
        go_on.set()
        drained.result(20)
    assert statuses().count("done") == relaying.THREADS
    assert {one.attempts_made for one in rows() if one.status == DeliveryStatus.PENDING} == {0}
    assert len(listener.told) == relaying.THREADS


def test_a_worker_that_is_stopping_begins_nothing(app: Flask, customer: Customer) -> None:
    relaying.stopping.set()
    fire(customer)
    drain(app)
    assert (statuses(), listener.told) == (["pending"], [])


# -- sweeping and replaying ------------------------------------------------------------------------------------------
def test_the_sweep_rings_for_what_is_due_and_for_what_was_lost(
    app: Flask, customer: Customer, clock: TurnedClock
) -> None:
    rung: list[tuple[str, list[str]]] = []

    def ring(chore: str, arguments: list[str]) -> bool:
        rung.append((chore, arguments))
        return True

    assert relaying.sweep(ring) == 0
    fire(customer)
    with unit_of_work() as session:
        claims.claim(session, HANDLER, 1, LEASE)
    assert relaying.sweep(ring) == 0
    clock.tick(61)
    assert relaying.sweep(ring) == 1
    assert rung == [("drain", [HANDLER])]
    drain(app)
    assert statuses() == ["done"]
    assert [one.outcome for one in attempts()] == ["lost", "done"]


def test_the_operator_need_not_wait(app: Flask, customer: Customer) -> None:
    answer(raising(TryLater("busy", after=3600)))
    fire(customer)
    drain(app)
    drain(app)
    assert len(listener.told) == 1
    relaying.retry_now(rows()[0].id)
    answer(lambda told: "welcome")
    drain(app)
    assert (statuses(), attempts()[-1].answer) == (["done"], "welcome")


def test_what_is_not_there_cannot_be_sent_again(app: Flask) -> None:
    with pytest.raises(NotFound):
        relaying.retry_now(4711)
