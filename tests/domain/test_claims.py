"""Who has a delivery in hand, and what comes next: nobody else has it, and no order is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.conftest import TurnedClock
from tests.plans import steps
from tests.waiting import in_context
from webapp import clock as product_clock
from webapp.domain import claims, outbox
from webapp.domain.claims import Claim, LeaseLost, Report
from webapp.extensions import db as database
from webapp.extensions import dialect_name
from webapp.models import Attempt, Delivery, DeliveryStatus
from webapp.transactions import unit_of_work

LEASE = timedelta(minutes=1)
HERE = "somewhere"


def add(*keys: str | None, handler: str = HERE, **options: Any) -> list[int]:
    """Deliveries with these ordering keys; their argument is their number."""
    with unit_of_work() as session:
        for number, key in enumerate(keys):
            outbox.add("moment", f"{handler}:tell", handler, [number], ordering_key=key, **options)
        session.flush()
        newest = select(Delivery.id).order_by(Delivery.id.desc()).limit(len(keys))
        return list(reversed(session.scalars(newest).all()))


def take(limit: int = 100, handler: str = HERE) -> list[Claim]:
    with unit_of_work("worker") as session:
        return claims.claim(session, handler, limit, LEASE)


def numbers(taken: list[Claim]) -> list[int]:
    return [one.arguments[0] for one in taken]


def report(outcome: str = "done", **more: Any) -> Report:
    return Report(outcome, product_clock.now(), 12, **more)


def settle(claim: Claim, outcome: str = "done", **more: Any) -> DeliveryStatus:
    with unit_of_work("worker") as session:
        return claims.settle(session, claim, report(outcome, **more))


def row(delivery_id: int) -> Delivery:
    return database.session.get_one(Delivery, delivery_id, populate_existing=True)


def attempts() -> list[tuple[str, str]]:
    query = select(Attempt.outcome, Attempt.answer).order_by(Attempt.id)
    return [(outcome, answer) for outcome, answer in database.session.execute(query)]


# -- claiming --------------------------------------------------------------------------------------------------------
def test_a_claim_is_a_lease_and_counts_as_a_try(db: Session, clock: TurnedClock) -> None:
    (delivery_id,) = add("a")
    (claim,) = take()
    found = row(delivery_id)
    assert (found.status, found.lease, found.attempts_made) == (DeliveryStatus.RUNNING, claim.lease, 1)
    assert found.lease_until == clock.now + LEASE
    assert (claim.id, claim.key, claim.callback, claim.hook) == (delivery_id, found.key, "somewhere:tell", "moment")
    assert (claim.arguments, claim.attempts_made) == ([0], 1)


def test_a_claim_takes_no_more_than_its_limit(app: Flask) -> None:
    add(None, None, None, None, None)
    assert [numbers(take(2)) for _ in range(4)] == [[0, 1], [2, 3], [4], []]


def test_what_is_claimed_is_nobody_elses(app: Flask) -> None:
    add("a", None)
    assert len(take()) == 2
    assert take() == []


def test_other_destinations_are_left_alone(app: Flask) -> None:
    add("a", handler="there")
    assert take() == []
    assert len(take(handler="there")) == 1


def test_what_is_not_due_yet_is_left(app: Flask, clock: TurnedClock) -> None:
    add("a", after=timedelta(seconds=30))
    assert take() == []
    clock.tick(30)
    assert len(take()) == 1


def test_the_oldest_go_first(app: Flask, clock: TurnedClock) -> None:
    add("a", after=timedelta(seconds=2))
    add("b", "c", after=timedelta(seconds=1))
    clock.tick(5)
    assert [len(take(1)) for _ in range(3)] == [1, 1, 1]
    order = [one.ordering_key for one in database.session.scalars(select(Delivery).order_by(Delivery.id))]
    assert order == ["a", "b", "c"]


# -- order -----------------------------------------------------------------------------------------------------------
def test_of_one_ordering_key_one_goes_at_a_time_in_the_order_recorded(app: Flask) -> None:
    add("a", "a", "b", "a", None, None)
    first = take()
    assert numbers(first) == [0, 2, 4, 5]
    assert take() == []
    settle(first[0])
    second = take()
    assert numbers(second) == [1]
    settle(second[0])
    assert numbers(take()) == [3]


def test_what_waits_for_its_next_try_holds_up_those_behind_it(app: Flask, clock: TurnedClock) -> None:
    add("a", "a")
    settle(take()[0], "retry", error="no answer")
    assert take() == []
    clock.tick(outbox.BACKOFF[0] * 1.2)
    again = take()
    assert numbers(again) == [0]
    settle(again[0])
    assert numbers(take()) == [1]


def test_a_dead_one_is_skipped(app: Flask) -> None:
    add("a", "a")
    settle(take()[0], "dead", error="refused")
    assert numbers(take()) == [1]


def test_the_same_key_at_another_destination_does_not_wait(app: Flask) -> None:
    add("a")
    add("a", handler="there")
    assert (len(take()), len(take(handler="there"))) == (1, 1)


def test_a_replayed_one_waits_while_a_later_one_is_under_way(app: Flask) -> None:
    """Else the same customer would be told two things at once."""
    first, _second = add("a", "a")
    settle(take()[0], "dead")
    (later,) = take()
    with unit_of_work() as session:
        outbox.replay(session, delivery_id=first)
    assert take() == []
    settle(later)
    assert numbers(take()) == [0]


# -- many at once ----------------------------------------------------------------------------------------------------
def at_once(app: Flask, work: Callable[[int], None], threads: int = 6) -> None:
    """Run `work` in as many threads, all beginning together; what one raises is raised here."""
    start, errors = threading.Barrier(threads), list[BaseException]()

    def go(number: int) -> None:
        try:
            with app.app_context():
                start.wait(10)
                work(number)
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=go, args=(number,)) for number in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join(30)
    if errors:
        raise errors[0]


def test_workers_that_claim_at_once_never_share_one(app: Flask) -> None:
    add(*[f"customer:{number % 40}" for number in range(120)], None, None)
    taken: list[Claim] = []

    def work(_number: int) -> None:
        while some := take(7):
            taken.extend(some)

    at_once(app, work)
    assert len({one.id for one in taken}) == len(taken) == 42
    assert max(Counter(key_of(one) for one in taken if key_of(one)).values()) == 1


def key_of(claim: Claim) -> str | None:
    return row(claim.id).ordering_key


def test_workers_that_carry_out_at_once_keep_every_order(app: Flask) -> None:
    keys = [f"customer:{number % 5}" for number in range(50)]
    add(*keys)
    done: list[int] = []
    running: set[str] = set()
    guard = threading.Lock()

    def carry_out(claim: Claim) -> None:
        number = claim.arguments[0]
        with guard:
            assert keys[number] not in running
            running.add(keys[number])
        with guard:
            done.append(number)
            running.discard(keys[number])
        settle(claim)

    def work(_number: int) -> None:
        while len(done) < 50:
            for claim in take(3):
                carry_out(claim)

    at_once(app, work)
    assert sorted(done) == list(range(50))
    for key in set(keys):
        mine = [number for number in done if keys[number] == key]
        assert mine == sorted(mine)


def test_two_sessions_that_overlap_do_not_get_the_same(app: Flask) -> None:
    """One has claimed and not committed yet: the other one waits for it, or takes what is left."""
    if database.engine.dialect.name == "sqlite":
        pytest.skip("there is one writer at a time")
    add("a", "a", "b", "c")
    overlapping: list[Claim] = []
    with unit_of_work("worker") as session:
        first = claims.claim(session, HERE, 2, LEASE)
        thread = threading.Thread(target=in_context(app, lambda: overlapping.extend(take())))
        thread.start()
        thread.join(0.3)
        assert overlapping == []
    thread.join(30)
    assert (numbers(first), numbers(overlapping)) == ([0, 2], [3])


# -- marking ---------------------------------------------------------------------------------------------------------
def test_done_is_done(db: Session, clock: TurnedClock) -> None:
    add("a")
    (claim,) = take()
    assert settle(claim, answer="contact 42") == DeliveryStatus.DONE
    found = row(claim.id)
    assert (found.status, found.done_at, found.lease, found.lease_until) == (
        DeliveryStatus.DONE,
        clock.now,
        None,
        None,
    )
    assert attempts() == [("done", "contact 42")]


def test_a_failure_waits_with_its_reason_shown(db: Session, clock: TurnedClock) -> None:
    add("a")
    (claim,) = take()
    assert settle(claim, "retry", error="no answer", http_status=503, answer="busy") == DeliveryStatus.PENDING
    found = row(claim.id)
    wait = (found.next_at - clock.now).total_seconds()
    assert (found.last_error, found.lease, 4 <= wait <= 6) == ("no answer", None, True)
    attempt = db.scalars(select(Attempt)).one()
    assert (attempt.outcome, attempt.http_status, attempt.answer, attempt.milliseconds) == ("retry", 503, "busy", 12)


def test_what_the_other_side_asks_for_is_waited(app: Flask, clock: TurnedClock) -> None:
    add("a")
    (claim,) = take()
    settle(claim, "retry", retry_after=3600)
    assert row(claim.id).next_at == clock.now + timedelta(hours=1)


def test_after_the_last_try_it_is_dead(app: Flask, clock: TurnedClock) -> None:
    (delivery_id,) = add("a")
    seen = []
    for _ in range(outbox.ATTEMPTS_AT_MOST):
        (claim,) = take()
        seen.append((claim.key, settle(claim, "retry", error="no answer")))
        clock.tick(days=2)
    assert [status for _, status in seen] == [DeliveryStatus.PENDING] * 10 + [DeliveryStatus.DEAD]
    assert len({key for key, _ in seen}) == 1
    assert take() == []
    assert attempts()[-1] == ("dead", "no answer")
    assert row(delivery_id).attempts_made == outbox.ATTEMPTS_AT_MOST


def test_a_permanent_refusal_is_dead_at_once_and_can_be_replayed(app: Flask) -> None:
    (delivery_id,) = add("a")
    (first,) = take()
    assert settle(first, "dead", error="401") == DeliveryStatus.DEAD
    with unit_of_work() as session:
        outbox.replay(session, delivery_id=delivery_id)
    (again,) = take()
    assert (again.key, again.attempts_made) == (first.key, 1)


def test_long_errors_and_answers_are_cut(app: Flask) -> None:
    add("a")
    (claim,) = take()
    settle(claim, "retry", error="e" * 5000, answer="a" * 50000)
    assert row(claim.id).last_error == "e" * claims.ERROR_AT_MOST
    assert attempts() == [("retry", "a" * claims.ANSWER_AT_MOST)]


def test_who_lost_the_lease_writes_nothing(db: Session, clock: TurnedClock) -> None:
    add("a")
    (slow,) = take()
    clock.tick(61)
    with unit_of_work() as session:
        assert claims.recover(session) == 1
    (quick,) = take()
    before = attempts()
    for outcome in ("done", "retry", "dead"):
        with pytest.raises(LeaseLost):
            settle(slow, outcome)
    with pytest.raises(LeaseLost), unit_of_work() as session:
        claims.postpone(session, slow, "later", 5)
    assert (row(slow.id).lease, attempts()) == (quick.lease, before)
    assert settle(quick) == DeliveryStatus.DONE
    with pytest.raises(LeaseLost):
        settle(quick)


def test_a_pause_is_no_try(app: Flask, clock: TurnedClock) -> None:
    add("a")
    (claim,) = take()
    with unit_of_work() as session:
        claims.postpone(session, claim, "asked for a pause", 30)
    found = row(claim.id)
    assert (found.status, found.attempts_made, found.last_error) == (DeliveryStatus.PENDING, 0, "asked for a pause")
    assert timedelta(seconds=30) <= found.next_at - clock.now <= timedelta(seconds=33)
    assert attempts() == []


def test_what_is_given_back_is_as_it_was(app: Flask) -> None:
    add("a", "b", "c")
    taken = take()
    settle(taken[1])
    with unit_of_work() as session:
        claims.give_back(session, taken)
    assert row(taken[1].id).status == DeliveryStatus.DONE
    again = take()
    assert numbers(again) == [0, 2]
    assert [one.attempts_made for one in again] == [1, 1]


# -- leases ----------------------------------------------------------------------------------------------------------
def test_a_lease_that_ran_out_is_free_again_and_shown(db: Session, clock: TurnedClock) -> None:
    (delivery_id,) = add("a")
    take()
    clock.tick(60)
    with unit_of_work() as session:
        assert claims.recover(session) == 0
    clock.tick(1)
    with unit_of_work() as session:
        assert claims.recover(session) == 1
    found = row(delivery_id)
    assert (found.status, found.lease, found.last_error) == (DeliveryStatus.PENDING, None, "worker lost")
    assert attempts() == [("lost", "")]
    assert take()[0].attempts_made == 2


def test_what_loses_its_worker_every_time_is_dead_in_the_end(app: Flask, clock: TurnedClock) -> None:
    """It may be the delivery that kills them."""
    (delivery_id,) = add("a")
    for _ in range(outbox.ATTEMPTS_AT_MOST):
        assert len(take()) == 1
        clock.tick(61)
        with unit_of_work() as session:
            assert claims.recover(session) == 1
    assert row(delivery_id).status == DeliveryStatus.DEAD
    assert take() == []


def test_the_lease_of_a_worker_that_lives_is_renewed(app: Flask, clock: TurnedClock) -> None:
    add("a", "b")
    kept, lost = take()
    for _ in range(3):
        clock.tick(40)
        with unit_of_work() as session:
            claims.renew(session, [kept], LEASE)
    with unit_of_work() as session:
        assert claims.recover(session) == 1
    assert [row(one.id).status for one in (kept, lost)] == [DeliveryStatus.RUNNING, DeliveryStatus.PENDING]


def test_a_lost_lease_cannot_be_renewed(app: Flask, clock: TurnedClock) -> None:
    add("a")
    (slow,) = take()
    clock.tick(61)
    with unit_of_work() as session:
        claims.recover(session)
    (quick,) = take()
    until = row(quick.id).lease_until
    clock.tick(10)
    with unit_of_work() as session:
        claims.renew(session, [slow], LEASE)
    assert row(quick.id).lease_until == until


# -- dying in between ------------------------------------------------------------------------------------------------
@contextmanager
def dying_at_commit() -> Any:
    """The process ends in the moment of the next commit, before the database has it."""

    def die(_connection: Any) -> None:
        raise SystemExit

    event.listen(database.engine, "commit", die)
    try:
        yield
    finally:
        event.remove(database.engine, "commit", die)


def test_a_mark_and_what_comes_with_it_are_kept_together_or_not_at_all(db: Session, clock: TurnedClock) -> None:
    add("a")
    (claim,) = take()
    with dying_at_commit(), pytest.raises(SystemExit):
        settle(claim)
    assert (row(claim.id).status, attempts()) == (DeliveryStatus.RUNNING, [])


# -- cost ------------------------------------------------------------------------------------------------------------
def test_a_claim_and_a_mark_take_few_statements(app: Flask, statements: list[str]) -> None:
    add("a")
    turn = 0 if database.engine.dialect.name == "sqlite" else 1  # who claims is alone for a moment
    statements.clear()
    (claim,) = take()
    assert len(statements) == 1 + turn
    statements.clear()
    settle(claim)
    assert len(statements) == 2


def test_claims_and_sweeps_use_the_indexes_of_what_is_unfinished(app: Flask) -> None:
    now = product_clock.now()
    facts = {"for_handler": HERE, "now": now, "at_most": 5, "new_lease": "x", "until": now + LEASE}
    taking = steps(claims.TAKE, {name: facts[name] for name in claims.TAKE.compile().params if name in facts})
    assert "ix_deliveries_due" in "\n".join(taking)
    # Of tables as small as this one PostgreSQL takes any index.
    assert "ix_deliveries_order" in "\n".join(taking) or dialect_name() == "postgresql"
    assert "ix_deliveries_due" in "\n".join(steps(outbox.FIRST_AFTER, {"name": ""}))
