"""A customer's ways to pay: added without a payment, chosen, removed; what is due is charged at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import TurnedClock
from tests.lives import at, buy, forget_card, live_until, membership, taken
from webapp import clock as product_clock
from webapp.domain import credential_setups, erasure, memberships
from webapp.errors import Conflict, NotFound
from webapp.extensions import application
from webapp.extensions import db as database
from webapp.flows import asking, charging, inbound, ordering, relaying, sandbox_bank, storing
from webapp.flows.storing import Standing
from webapp.gateways.base import Credential, Notice, Outcome, Verdict
from webapp.models import (
    CredentialSetup,
    Event,
    Membership,
    MembershipStatus,
    Payment,
    SandboxCharge,
    SandboxCredential,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

UNIT = partial(unit_of_work, "customer:1")
Sold = Callable[..., int]


@pytest.fixture
def sold(db: Session, clock: TurnedClock, settings: Settings) -> Sold:
    """Bought on 31 January: the id of a membership whose card the bank keeps."""
    clock.use("2027-01-31T10:00:00Z")
    factories.product("premium")
    return partial(buy, "premium", settings)


def add(settings: Settings, number: int, *memberships: int) -> Standing:
    """The customer of this membership is sent to the bank's page, where nobody has decided yet."""
    customer_id = membership(number).customer_id
    return storing.begin(customer_id, "sandbox", memberships, settings, UNIT)


def newest(kind: Any) -> Any:
    database.session.rollback()
    return database.session.scalars(select(kind).order_by(kind.id.desc())).first()


def setup() -> CredentialSetup:
    found = newest(CredentialSetup)
    assert isinstance(found, CredentialSetup)
    return found


def approve(*, fails: bool = False) -> list[int]:
    """The customer agrees at the bank and comes back."""
    waiting = setup()
    sandbox_bank.approve(str(waiting.gateway_reference), later_charges_fail=fails)
    tries = storing.ask(waiting.id)
    database.session.rollback()
    return tries


def cards() -> list[StoredCredential]:
    database.session.rollback()
    return list(database.session.scalars(select(StoredCredential).order_by(StoredCredential.id)))


def work() -> None:
    """What a worker does: here, to tell the bank what it shall keep no longer."""
    app = application()
    relaying.drain(app, storing.__name__, lease=timedelta(seconds=60))
    database.session.rollback()


# -- adding ----------------------------------------------------------------------------------------------------------
def test_the_old_card_stays_until_the_new_one_works(sold: Sold, settings: Settings) -> None:
    number = sold()
    [old] = cards()
    standing = add(settings, number, number)
    assert standing.url is not None
    assert "/sandbox/pay/" in standing.url
    assert membership(number).credential_id == old.id
    approve()
    assert [one.id for one in cards()] == [old.id, membership(number).credential_id]
    assert taken() == [2999, 0]  # nothing was charged for it


def test_a_card_has_its_brand_its_number_and_its_last_day(sold: Sold) -> None:
    sold()
    [card] = cards()
    assert (card.label, card.expires_on) == ("Sandbox •••• 4242", date(2032, 1, 31))


def test_a_refused_one_changes_nothing(sold: Sold, settings: Settings) -> None:
    number = sold()
    add(settings, number, number)
    sandbox_bank.decline(str(setup().gateway_reference))
    storing.ask(setup().id)
    assert setup().status == TryStatus.DECLINED
    assert [one.id for one in cards()] == [membership(number).credential_id]


def test_one_may_be_kept_without_renewing_anything(sold: Sold, settings: Settings) -> None:
    number = sold()
    [old] = cards()
    add(settings, number)
    approve()
    assert len(cards()) == 2
    assert membership(number).credential_id == old.id


def test_only_own_contracts_that_are_renewed_get_it(sold: Sold, settings: Settings) -> None:
    number, other = sold(), sold()
    before = membership(other).credential_id
    add(settings, number, number, other, 10**9)
    assert setup().membership_ids == [number]
    approve()
    assert membership(other).credential_id == before


def test_a_notice_alone_is_enough_and_twice_is_once(sold: Sold, settings: Settings) -> None:
    number = sold()
    add(settings, number, number)
    reference = str(setup().gateway_reference)
    sandbox_bank.approve(reference)
    for event_id in ("sbe_1", "sbe_2"):
        inbound.receive("sandbox", Notice(event_id, "charge.succeeded", reference, {}))
        inbound.work_off()
    assert setup().status == TryStatus.SUCCEEDED
    assert len(cards()) == 2


def test_when_notice_and_customer_stay_away_the_bank_is_asked(
    sold: Sold, settings: Settings, clock: TurnedClock
) -> None:
    number = sold()
    add(settings, number, number)
    sandbox_bank.approve(str(setup().gateway_reference))
    assert storing.ask_due() == 0
    clock.now += timedelta(minutes=2)
    assert storing.ask_due() == 1
    assert setup().status == TryStatus.SUCCEEDED


def test_what_nobody_decides_is_given_up_and_kept_when_it_comes_after_all(
    sold: Sold, settings: Settings, clock: TurnedClock
) -> None:
    number = sold()
    [old] = cards()
    add(settings, number, number)
    reference = str(setup().gateway_reference)
    with unit_of_work("test") as session:  # the bank works on it for days
        sandbox_bank.locked(session, reference)
    clock.now += timedelta(days=3)
    storing.settle(setup().id, Outcome(Verdict.NEEDS_ACTION, reference), "clock")
    assert (setup().status, setup().ask_at) == (TryStatus.DECLINED, None)
    late = Outcome(Verdict.SUCCEEDED, reference, credential=Credential("sbc_late", "Sandbox •••• 1"))
    storing.settle(setup().id, late, "gateway:sandbox")
    assert [one.reference for one in cards()][1:] == ["sbc_late"]
    assert membership(number).credential_id == old.id


def test_a_gateway_that_fails_is_asked_until_it_is_given_up(
    sold: Sold, settings: Settings, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_anything: object) -> str:
        raise OSError

    number = sold()
    monkeypatch.setattr(sandbox_bank, "open_page", silent)
    standing = add(settings, number, number)
    assert (standing.status, standing.url) == (TryStatus.UNKNOWN, None)
    for _day in range(4):
        clock.now += timedelta(days=1)
        storing.ask_due()
    assert setup().status == TryStatus.DECLINED


# -- what is due -----------------------------------------------------------------------------------------------------
def failed(sold: Sold, clock: TurnedClock) -> int:
    """A membership whose renewal was declined."""
    number = sold(fails=True)
    live_until(clock, "2027-02-28T11:00:00Z")
    assert membership(number).status == MembershipStatus.ON_HOLD
    return number


def test_a_new_card_pays_at_once_what_is_due(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = failed(sold, clock)
    add(settings, number, number)
    tries = approve()
    assert len(tries) == 1
    assert membership(number).status == MembershipStatus.ACTIVE
    assert membership(number).expires_at == at("2027-03-31T10:00:00Z")
    assert taken() == [2999, 0, 2999]
    live_until(clock, "2027-03-30T00:00:00Z")
    assert taken() == [2999, 0, 2999]  # once


def test_a_new_card_that_is_refused_too_leaves_it_as_it_was(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = failed(sold, clock)
    add(settings, number, number)
    approve(fails=True)
    assert membership(number).status == MembershipStatus.ON_HOLD
    assert taken() == [2999, 0]


def test_what_is_not_due_yet_is_not_charged(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = sold()
    forget_card(number)
    live_until(clock, "2027-02-27T10:00:00Z")  # asked for, and not over
    add(settings, number, number)
    assert approve() == []
    assert taken() == [2999, 0]
    live_until(clock, "2027-03-01T10:00:00Z")
    assert taken() == [2999, 0, 2999]


def test_a_page_left_open_is_given_up_for_the_new_card(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = failed(sold, clock)
    payment = database.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert payment is not None
    ordering.pay_again(payment.id, "sandbox", settings)
    add(settings, number, number)
    approve()
    assert membership(number).status == MembershipStatus.ACTIVE
    assert taken() == [2999, 0, 2999]


def test_nothing_is_charged_while_an_earlier_charge_is_unanswered(
    sold: Sold, settings: Settings, clock: TurnedClock
) -> None:
    number = failed(sold, clock)
    with unit_of_work("test") as session:
        attempt = session.scalars(select(Try).order_by(Try.id.desc())).first()
        assert attempt is not None
        attempt.status, attempt.settled_at = TryStatus.UNKNOWN, None
    add(settings, number, number)
    assert approve() == []


# -- choosing --------------------------------------------------------------------------------------------------------
def test_another_card_is_chosen_and_pays_what_is_due(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = sold(fails=True)
    add(settings, number)
    approve()
    live_until(clock, "2027-02-28T11:00:00Z")
    other = cards()[1]
    customer_id = membership(number).customer_id
    assert len(storing.choose(number, other.id, customer_id=customer_id, unit=UNIT)) == 1
    database.session.rollback()
    assert membership(number).status == MembershipStatus.ACTIVE
    assert membership(number).credential_id == other.id
    changes = [one.data.get("change") for one in database.session.scalars(select(Event)) if "change" in one.data]
    assert changes == ["payment_method"]


def test_somebody_elses_card_or_contract_is_not_found(sold: Sold, settings: Settings) -> None:
    first, second = sold(), sold()
    mine, theirs = cards()
    for number, card in ((first, theirs), (second, mine)):
        with pytest.raises(NotFound):
            storing.choose(number, card.id, customer_id=membership(first).customer_id, unit=UNIT)
    with pytest.raises(NotFound):
        storing.remove(theirs.id, customer_id=membership(first).customer_id, unit=UNIT)


def test_an_ended_contract_renews_with_nothing(sold: Sold, settings: Settings) -> None:
    number = sold()
    with unit_of_work("test"):
        memberships.cancel(membership(number), reason="test", at_once=True)
    with pytest.raises(Conflict):
        storing.choose(number, cards()[0].id, customer_id=membership(number).customer_id, unit=UNIT)


def test_who_paid_by_hand_is_charged_from_then_on(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = sold()
    forget_card(number)
    storing.choose(number, cards()[0].id, customer_id=membership(number).customer_id, unit=UNIT)
    live_until(clock, "2027-03-01T00:00:00Z")
    assert taken() == [2999, 2999]


def test_a_late_answer_to_the_old_card_does_not_bring_it_back(
    sold: Sold, settings: Settings, clock: TurnedClock
) -> None:
    number = failed(sold, clock)
    old = membership(number).credential
    assert old is not None
    attempt = database.session.scalars(select(Try).order_by(Try.id.desc())).first()
    assert attempt is not None
    payment_id, try_id = attempt.payment_id, attempt.id
    with unit_of_work("test") as session:  # its answer was lost
        session.get_one(Try, try_id).status = TryStatus.UNKNOWN
    add(settings, number, number)
    approve()
    new = membership(number).credential_id
    with unit_of_work("test") as session:
        asking.payments.locked(payment_id)
        answer = Outcome(Verdict.SUCCEEDED, "sb_1", credential=Credential(old.reference, old.label))
        asking.payments.record_answer(session.get_one(Try, try_id), answer)
    assert membership(number).status == MembershipStatus.ACTIVE
    assert membership(number).credential_id == new != old.id


# -- removing --------------------------------------------------------------------------------------------------------
def test_a_removed_card_is_removed_at_the_bank_too(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = sold()
    [card] = cards()
    label = storing.remove(card.id, customer_id=membership(number).customer_id, unit=UNIT)
    assert label == "Sandbox •••• 4242"
    assert cards() == []
    found = membership(number)
    assert (found.credential_id, found.auto_renew) == (None, False)
    assert newest(SandboxCredential).removed_at is None  # the network comes later
    work()
    assert newest(SandboxCredential).removed_at is not None
    live_until(clock, "2027-02-28T11:00:00Z")
    assert taken() == [2999]
    assert membership(number).status == MembershipStatus.ON_HOLD


def test_a_card_that_is_being_charged_stays(sold: Sold, settings: Settings, clock: TurnedClock) -> None:
    number = failed(sold, clock)
    with unit_of_work("test") as session:
        attempt = session.scalars(select(Try).order_by(Try.id.desc())).first()
        assert attempt is not None
        attempt.status = TryStatus.UNKNOWN
    with pytest.raises(Conflict):
        storing.remove(cards()[0].id, customer_id=membership(number).customer_id, unit=UNIT)
    assert len(cards()) == 1


def test_a_repeated_charge_is_answered_as_before_though_the_card_is_gone(
    sold: Sold, settings: Settings, clock: TurnedClock
) -> None:
    number = sold()
    live_until(clock, "2027-03-01T00:00:00Z")
    attempt = database.session.scalars(select(Try).order_by(Try.id.desc())).first()
    assert attempt is not None
    request = charging.asking.charge_request(attempt)
    before = asking.charge("sandbox", request)
    storing.remove(cards()[0].id, customer_id=membership(number).customer_id, unit=UNIT)
    work()
    assert asking.charge("sandbox", request) == before
    assert before.verdict == Verdict.SUCCEEDED
    refused = asking.charge("sandbox", replace(request, idempotency_key="another"))
    assert (refused.verdict, refused.reason) == (Verdict.DECLINED, "no_such_credential")


def test_who_deletes_their_account_leaves_no_card_anywhere(sold: Sold, settings: Settings) -> None:
    number = sold()
    add(settings, number)
    approve()
    with unit_of_work("test"):
        found = membership(number)
        memberships.cancel(found, reason="test", at_once=True)
        erasure.delete_account(found.customer)
    work()
    database.session.rollback()
    assert [one.removed_at is None for one in database.session.scalars(select(SandboxCredential))] == [False, False]
    assert database.session.scalars(select(CredentialSetup)).all() == []
    assert cards() == []


def test_what_is_set_up_has_no_amount_at_the_bank(sold: Sold, settings: Settings) -> None:
    number = sold()
    add(settings, number)
    charge = newest(SandboxCharge)
    assert isinstance(charge, SandboxCharge)
    assert (charge.amount_minor, charge.store_credential, charge.payer) == (
        0,
        True,
        membership(number).customer.reference,
    )
    assert isinstance(newest(Membership), Membership)
    assert credential_setups.find(setup().reference, customer_id=membership(number).customer_id).id == setup().id
    assert product_clock.now() < at("2027-02-01T00:00:00Z")
