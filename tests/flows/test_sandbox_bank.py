"""The pretend bank behaves as a vendor does: once per key, by its own clock, telling by notices."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import select
from werkzeug.wrappers import Request

from tests.fakes.serving import serving
from webapp import clock as wall
from webapp.domain.references import unpack
from webapp.errors import NotFound
from webapp.extensions import db as database
from webapp.flows import relaying, sandbox_bank, sandbox_refunds
from webapp.gateways.sandbox import BankRefusal, Order
from webapp.jobs.commands_sandbox import group
from webapp.models import Delivery, DeliveryStatus, InboundEvent, SandboxCharge
from webapp.money import Money
from webapp.outgoing import TryLater

ORDER = Order(
    amount=Money(2999, "EUR"),
    description="Premium",
    payer="cus-1",
    idempotency_key="pay-abc-1",
    notify_url="http://127.0.0.1:9/webhooks/sandbox",
    return_url="http://network.example/thank-you/abc",
    cancel_url="http://network.example/pay/abc",
    store_credential=True,
)

pytestmark = pytest.mark.usefixtures("app")


def notices() -> list[Delivery]:
    """What the bank is going to tell, or has told."""
    return list(database.session.scalars(select(Delivery).where(Delivery.hook == "sandbox").order_by(Delivery.id)))


def told() -> list[str]:
    return [one.arguments[1] for one in notices()]


def send(delivery: Delivery) -> None:
    sandbox_bank.send_notice(*[unpack(database.session(), one) for one in delivery.arguments])


# -- pages and decisions -------------------------------------------------------------------------------------
def test_the_same_key_opens_the_same_page() -> None:
    first = sandbox_bank.open_page(ORDER)
    assert sandbox_bank.open_page(ORDER) == first
    assert sandbox_bank.open_page(replace(ORDER, idempotency_key="pay-abc-2")) != first


def test_a_key_of_another_amount_is_refused() -> None:
    sandbox_bank.open_page(ORDER)
    with pytest.raises(BankRefusal, match="key_reused"):
        sandbox_bank.open_page(replace(ORDER, amount=Money(2999, "USD")))


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_is_not_taken(minor: int) -> None:
    with pytest.raises(BankRefusal, match="bad_amount"):
        sandbox_bank.open_page(replace(ORDER, amount=Money(minor, "EUR"), store_credential=False))


def test_a_card_is_kept_without_taking_anything() -> None:
    reference = sandbox_bank.open_page(replace(ORDER, amount=Money(0, "EUR"), store_credential=True))
    assert sandbox_bank.approve(reference).credential is not None


def test_an_approved_charge_is_taken_and_told_at_once() -> None:
    reference = sandbox_bank.open_page(ORDER)
    assert sandbox_bank.fetch(reference).status == "open"
    assert sandbox_bank.approve(reference).status == "succeeded"
    assert sandbox_bank.fetch(reference).amount == Money(2999, "EUR")
    assert told() == ["charge.succeeded"]


def test_a_card_is_kept_only_when_that_was_asked_for() -> None:
    asked, not_asked = (
        sandbox_bank.open_page(replace(ORDER, idempotency_key=str(store), store_credential=store))
        for store in (True, False)
    )
    card = sandbox_bank.approve(asked).credential
    assert card is not None
    assert card.reference.startswith("sbc_")
    assert card.label
    assert sandbox_bank.approve(not_asked).credential is None


def test_approved_but_told_late_is_worked_on_until_its_time_has_come(clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    reference = sandbox_bank.open_page(ORDER)
    assert sandbox_bank.approve(reference, tell_late=True).status == "processing"
    clock.tick(19)
    assert sandbox_bank.fetch(reference).status == "processing"
    clock.tick(1)
    # Nobody has sent the notice: what is true does not depend on whether it arrives.
    assert sandbox_bank.fetch(reference).status == "succeeded"


def test_the_late_notice_is_due_when_the_charge_is(clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    sandbox_bank.approve(sandbox_bank.open_page(ORDER), tell_late=True)
    [notice] = notices()
    assert notice.next_at == wall.parse("2027-01-31T10:00:20Z")


def test_how_late_can_be_set(app: Flask, clock: Any, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "settings", make_settings(sandbox_late_seconds=3))
    clock.use("2027-01-31T10:00:00Z")
    reference = sandbox_bank.open_page(ORDER)
    sandbox_bank.approve(reference, tell_late=True)
    clock.tick(3)
    assert sandbox_bank.fetch(reference).status == "succeeded"


def test_a_declined_charge_says_why() -> None:
    reference = sandbox_bank.open_page(ORDER)
    statement = sandbox_bank.decline(reference, "insufficient_funds")
    assert (statement.status, statement.reason, statement.credential) == (
        "declined",
        "insufficient_funds",
        None,
    )
    assert told() == ["charge.declined"]


@pytest.mark.parametrize("again", [sandbox_bank.approve, sandbox_bank.decline])
@pytest.mark.parametrize("first", [sandbox_bank.approve, sandbox_bank.decline])
def test_what_was_decided_stays_decided(first: Callable[[str], Any], again: Callable[[str], Any]) -> None:
    reference = sandbox_bank.open_page(ORDER)
    statement = first(reference)
    assert again(reference) == statement
    assert len(notices()) == 1


def test_of_two_decisions_in_the_same_instant_one_counts(app: Flask) -> None:
    reference = sandbox_bank.open_page(ORDER)
    start = threading.Barrier(2)

    def decide(how: Callable[[str], Any]) -> None:
        with app.app_context():
            start.wait()
            how(reference)

    threads = [threading.Thread(target=decide, args=(one,)) for one in (sandbox_bank.approve, sandbox_bank.decline)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told() in (["charge.succeeded"], ["charge.declined"])
    assert told() == [f"charge.{sandbox_bank.fetch(reference).status}"]


def test_a_page_opened_twice_in_the_same_instant_is_one_page(app: Flask) -> None:
    start, opened = threading.Barrier(4), []

    def open_page() -> None:
        with app.app_context():
            start.wait()
            opened.append(sandbox_bank.open_page(ORDER))

    threads = [threading.Thread(target=open_page) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(opened) == 4
    assert len(set(opened)) == 1


def test_a_page_that_was_left_alone_for_a_day_is_closed(clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    reference = sandbox_bank.open_page(ORDER)
    clock.tick(24 * 3600 - 1)
    assert sandbox_bank.fetch(reference).status == "open"
    clock.tick(1)
    assert sandbox_bank.approve(reference).status == "declined"
    assert sandbox_bank.fetch(reference).reason == "expired"
    assert notices() == []


def test_what_the_bank_does_not_know_it_refuses() -> None:
    for ask in (sandbox_bank.fetch, sandbox_bank.approve, sandbox_bank.decline):
        with pytest.raises(BankRefusal, match="no_such_charge"):
            ask("sb_0")
    with pytest.raises(NotFound):
        sandbox_bank.find("sb_0")


def test_asking_leaves_alone_what_the_asker_is_in_the_middle_of(app: Flask) -> None:
    reference = sandbox_bank.open_page(ORDER)
    session = database.session()
    mine = session.scalars(select(SandboxCharge)).one()
    mine.description = "being changed"
    sandbox_bank.fetch(reference)
    assert mine in session.dirty
    assert mine.description == "being changed"
    session.rollback()


# -- cards ---------------------------------------------------------------------------------------------------
def card_of(**decision: bool) -> str:
    card = sandbox_bank.approve(sandbox_bank.open_page(ORDER), **decision).credential
    assert card is not None
    return card.reference


def renewal(number: int) -> Order:
    return replace(ORDER, idempotency_key=f"pay-renewal-{number}", store_credential=False)


def test_a_card_can_be_told_on_the_page_to_fail_later() -> None:
    card = card_of(later_charges_fail=True)
    statement = sandbox_bank.charge(card, renewal(1))
    assert (statement.status, statement.reason) == ("declined", "card_declined")


def test_a_card_fails_from_when_it_is_told_to_until_it_works_again() -> None:
    card = card_of()
    assert sandbox_bank.charge(card, renewal(1)).status == "succeeded"
    sandbox_bank.tell_to_fail(card)
    assert sandbox_bank.charge(card, renewal(2)).status == "declined"
    sandbox_bank.tell_to_fail(card, fails=False)
    assert sandbox_bank.charge(card, renewal(3)).status == "succeeded"


def test_a_key_keeps_its_answer_whatever_became_of_the_card() -> None:
    card = card_of(later_charges_fail=True)
    first = sandbox_bank.charge(card, renewal(1))
    sandbox_bank.tell_to_fail(card, fails=False)
    assert sandbox_bank.charge(card, renewal(1)) == first


def test_an_unknown_card_is_refused_and_leaves_no_charge() -> None:
    with pytest.raises(BankRefusal, match="no_such_credential"):
        sandbox_bank.charge("sbc_0", renewal(1))
    assert database.session.scalars(select(SandboxCharge)).all() == []


def test_cards_are_told_to_fail_by_command(app: Flask) -> None:
    card, runner = card_of(), app.test_cli_runner()
    assert f"{card} is declined from now on" in runner.invoke(group, ["fail-credential", card]).output
    assert "fails" in runner.invoke(group, ["list"]).output
    assert sandbox_bank.charge(card, renewal(1)).status == "declined"
    assert "can be charged again" in runner.invoke(group, ["fail-credential", card, "--works"]).output
    listed = runner.invoke(group, ["list"]).output
    assert f"{card}  Sandbox •••• 4242  payer cus-1  works" in listed
    assert "29.99 EUR  declined card_declined" in listed


def test_a_card_that_does_not_exist_is_one_clear_sentence(app: Flask) -> None:
    result = app.test_cli_runner().invoke(group, ["fail-credential", "sbc_0"])
    assert result.exit_code == 1
    assert result.output == "Error: The sandbox knows no card sbc_0.\n"


# -- refunds -------------------------------------------------------------------------------------------------
def test_what_is_still_being_worked_on_cannot_be_given_back(clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    reference = sandbox_bank.open_page(ORDER)
    sandbox_bank.approve(reference, tell_late=True)
    with pytest.raises(BankRefusal, match="nothing_taken"):
        sandbox_refunds.refund(reference, Money(1, "EUR"), "r1")
    clock.tick(20)
    assert sandbox_refunds.refund(reference, Money(1, "EUR"), "r1").status == "succeeded"


def test_a_refunds_key_is_good_for_one_refund() -> None:
    reference = sandbox_bank.open_page(ORDER)
    sandbox_bank.approve(reference)
    first = sandbox_refunds.refund(reference, Money(1000, "EUR"), "r1")
    assert sandbox_refunds.refund(reference, Money(1000, "EUR"), "r1") == first
    with pytest.raises(BankRefusal, match="key_reused"):
        sandbox_refunds.refund(reference, Money(1001, "EUR"), "r1")
    assert sandbox_bank.find(reference).refunded_minor == 1000
    assert told() == ["charge.succeeded", "charge.refunded"]


def test_refunds_in_the_same_instant_never_exceed_the_charge(app: Flask) -> None:
    reference = sandbox_bank.open_page(ORDER)
    sandbox_bank.approve(reference)
    start, results = threading.Barrier(4), []

    def refund(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results.append(sandbox_refunds.refund(reference, Money(1000, "EUR"), f"r{number}"))
            except BankRefusal as refusal:
                results.append(refusal.code)

    threads = [threading.Thread(target=refund, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results.count("more_than_was_taken") == 2
    assert sandbox_bank.find(reference).refunded_minor == 2000


# -- notices -------------------------------------------------------------------------------------------------
def test_nobody_is_told_who_did_not_want_to_be() -> None:
    sandbox_bank.approve(sandbox_bank.open_page(replace(ORDER, notify_url="")))
    assert notices() == []


def test_a_notice_names_the_charge_and_says_no_more_of_it(clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    received = []

    def receiver(environ: Any, start: Any) -> Any:
        received.append(request_of(environ))
        return Response(status=204)(environ, start)

    with serving(receiver) as address:
        reference = sandbox_bank.open_page(replace(ORDER, notify_url=f"{address}/webhooks/sandbox"))
        sandbox_bank.approve(reference)
        send(notices()[0])
    [(path, headers, body)] = received
    assert path == "/webhooks/sandbox"
    assert headers["Content-Type"] == "application/json"
    told = json.loads(body)
    assert told == {
        "id": headers["webhook-id"],
        "type": "charge.succeeded",
        "timestamp": "2027-01-31T10:00:00Z",
        "data": {"reference": reference},
    }


def request_of(environ: Any) -> tuple[str, Any, bytes]:
    came = Request(environ)
    return came.path, came.headers, came.get_data()


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_a_notice_that_was_not_taken_is_sent_again_later(status: int) -> None:
    location = {"Location": "http://127.0.0.1:9/"} if status == 301 else {}
    with serving(Response("not now", status, location)) as address:
        sandbox_bank.approve(sandbox_bank.open_page(replace(ORDER, notify_url=address)))
        with pytest.raises(TryLater) as failure:
            send(notices()[0])
    assert failure.value.http_status == status


def test_a_notice_that_reaches_nobody_is_sent_again_later() -> None:
    with serving(Response()) as address:
        pass  # nobody listens there any more
    sandbox_bank.approve(sandbox_bank.open_page(replace(ORDER, notify_url=address)))
    with pytest.raises(TryLater, match="ConnectionError"):
        send(notices()[0])


def test_a_worker_brings_the_notice_to_our_own_address(app: Flask, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    with serving(app) as address:
        reference = sandbox_bank.open_page(replace(ORDER, notify_url=f"{address}/webhooks/sandbox"))
        sandbox_bank.approve(reference, tell_late=True)
        relaying.drain(app, "webapp.flows.sandbox_bank", lease=timedelta(minutes=1))
        database.session.rollback()
        assert database.session.scalars(select(InboundEvent)).all() == []  # too early

        clock.tick(20)
        relaying.drain(app, "webapp.flows.sandbox_bank", lease=timedelta(minutes=1))
    database.session.rollback()
    [event] = database.session.scalars(select(InboundEvent))
    assert (event.gateway, event.type, event.object_reference) == ("sandbox", "charge.succeeded", reference)
    assert [one.status for one in notices()] == [DeliveryStatus.DONE]


def test_the_same_notice_twice_is_kept_once(app: Flask) -> None:
    with serving(app) as address:
        sandbox_bank.approve(sandbox_bank.open_page(replace(ORDER, notify_url=f"{address}/webhooks/sandbox")))
        [notice] = notices()
        send(notice)
        send(notice)
    database.session.rollback()
    assert len(database.session.scalars(select(InboundEvent)).all()) == 1


def test_cards_and_charges_have_names_that_nobody_guesses() -> None:
    card, reference = card_of(), sandbox_bank.open_page(ORDER)
    assert len(card.removeprefix("sbc_")) == len(reference.removeprefix("sb_")) == 32
