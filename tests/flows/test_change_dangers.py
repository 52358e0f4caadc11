"""Other terms at the worst moment: while money is on its way, given back, owed, or bought with a code for few."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.fakes.bad_days import BadDays
from tests.flows.test_changes import ask, seen, settle
from tests.lives import at, buy, fail, forget_card, live_until, membership, taken
from webapp.domain import changes, discounts, payments, refunds, steering
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.flows import asking, ordering
from webapp.models import Membership, MembershipStatus, Payment, PaymentKind, PaymentStatus, Renewals
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


@pytest.fixture
def april(clock: TurnedClock) -> TurnedClock:
    """A month of 30 days, so that half of it is 15."""
    clock.use("2027-04-01T10:00Z")
    return clock


@pytest.fixture
def plans(app: Flask, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    factories.product("less", amount_minor=1000, name="Less")


def renewal() -> Payment:
    """The newest that was asked for."""
    db.session.rollback()
    query = select(Payment).where(Payment.kind == PaymentKind.RENEWAL).order_by(Payment.id.desc())
    return db.session.scalars(query.limit(1)).one()


def withdraw(number: int) -> None:
    with unit_of_work("customer") as session:
        changes.withdraw(session.get_one(Membership, number), reason="changed their mind")


# -- while money is on its way ---------------------------------------------------------------------------------------
def test_nothing_changes_while_a_charge_is_on_its_way(
    plans: None, app: Flask, settings: Settings, april: TurnedClock
) -> None:
    bank = BadDays()
    number = buy("basic", settings)
    bank.next("lose")
    live_until(april, "2027-05-01T10:01Z")
    with pytest.raises(Conflict):
        ask(number, "less")
    with pytest.raises(Conflict):
        ordering.pay_again(renewal().id, "manual", settings)
    with pytest.raises(Conflict):
        ordering.pay_again(renewal().id, "sandbox", settings)
    april.tick(minutes=5)
    asking.ask_due()
    live_until(april, "2027-05-01T12:00Z")
    assert taken() == [3000, 3000]
    assert membership(number).periods_paid == 2


def test_an_offer_that_lapses_leaves_the_renewal_to_be_paid(
    plans: None, settings: Settings, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    forget_card(number)
    live_until(april, "2027-04-30T10:00Z")
    asked = renewal()
    ask(number, "more")
    live_until(april, "2027-05-01T11:00Z")
    assert membership(number).status == S.ON_HOLD
    assert renewal().id == asked.id
    assert renewal().status == PaymentStatus.PENDING


def test_offers_that_are_not_taken_put_off_no_end(plans: None, settings: Settings, april: TurnedClock) -> None:
    number = buy("basic", settings)
    fail()
    for day in range(1, 15):
        live_until(april, f"2027-05-{day:02}T12:00Z")
        if membership(number).status == S.EXPIRED:
            break
        ask(number, "more")
        withdraw(number)
    assert membership(number).status == S.EXPIRED
    assert at("2027-05-07T00:00Z") < april.now < at("2027-05-10T00:00Z")


# -- money that went back --------------------------------------------------------------------------------------------
def test_what_is_given_back_pays_for_no_offer(plans: None, settings: Settings, april: TurnedClock) -> None:
    number = buy("basic", settings)
    april.tick(days=15)
    change = ask(number, "more")
    first = db.session.scalars(select(Payment).order_by(Payment.id)).first()
    assert first is not None
    with unit_of_work("operator"):
        paid = payments.locked(first.id)
        refunds.begin(paid, refunds.Wish(paid.total, to_credit=True))
    db.session.expire_all()
    assert change.payment is not None
    assert change.payment.status == PaymentStatus.CANCELLED
    assert [line.total.minor for line in seen(number, "more").cart.line_items] == [5000]


def test_what_is_going_back_is_no_longer_paid(plans: None, settings: Settings, april: TurnedClock) -> None:
    number = buy("basic", settings)
    april.tick(days=15)
    first = db.session.scalars(select(Payment).order_by(Payment.id)).one()
    with unit_of_work("operator"):
        paid = payments.locked(first.id)
        refunds.begin(paid, refunds.Wish(paid.total))
    assert [line.total.minor for line in seen(number, "more").cart.line_items] == [5000]


def test_the_unused_part_is_known_after_a_change(plans: None, settings: Settings, april: TurnedClock) -> None:
    number = buy("basic", settings)
    april.tick(days=15)
    payment = settle(ask(number, "more"))
    april.tick(days=15)
    assert refunds.unused(payment).minor == 2500
    first = db.session.scalars(select(Payment).order_by(Payment.id)).first()
    assert first is not None
    assert refunds.unused(first).minor == 0


def test_days_for_nothing_take_away_no_unused_time(plans: None, settings: Settings, april: TurnedClock) -> None:
    number = buy("basic", settings)
    april.tick(days=15)
    with unit_of_work("operator"):
        steering.extend(membership(number), 7)
    assert [line.total.minor for line in seen(number, "more").cart.line_items] == [5000, -1500]


# -- codes for few ---------------------------------------------------------------------------------------------------
def test_a_code_for_one_is_used_by_one_change(plans: None, settings: Settings, april: TurnedClock) -> None:
    factories.discount_code("ONCE", value=10, max_uses=1)
    one, two = (buy("basic", settings, email=f"{name}@example.com") for name in ("one", "two"))
    april.tick(days=15)
    change = ask(one, "more", discount_code="ONCE")
    with pytest.raises(Invalid):
        ask(two, "more", discount_code="ONCE")
    settle(change)
    code = discounts.find("ONCE")
    assert code is not None
    assert code.uses == 1


def test_a_code_of_a_change_that_waits_is_counted_when_it_begins(
    plans: None, settings: Settings, april: TurnedClock
) -> None:
    factories.discount_code("ONCE", value=50, max_uses=1)
    number = buy("basic", settings)
    ask(number, "less", discount_code="ONCE")
    live_until(april, "2027-05-01T10:00Z")
    code = discounts.find("ONCE")
    assert code is not None
    assert (code.uses, taken()) == (1, [3000, 500])


def test_the_renewals_of_a_code_are_counted_from_the_change(
    plans: None, settings: Settings, april: TurnedClock
) -> None:
    factories.discount_code("TWICE", value=20, apply_to_renewals=Renewals.FIRST, renewals_limit=1)
    number = buy("basic", settings)
    live_until(april, "2027-07-16T10:00Z")
    made = seen(number, "more", discount_code="TWICE")
    assert made.cart.recurring_total.minor == 4000
    settle(ask(number, "more", discount_code="TWICE"))
    live_until(april, "2027-09-20T10:00Z")
    assert taken()[4:] == [4000, 5000]


# -- a trial that is paid late ---------------------------------------------------------------------------------------
def test_a_trial_that_is_over_when_its_order_is_paid_gives_no_period(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    factories.product("tried", amount_minor=3000, trial_duration=7)
    factories.product("extra", amount_minor=500, type="package", recurring=False)
    order = factories.order("tried", gateway="manual")
    ordering.place(replace(order, cart=replace(order.cart, products=["tried", "extra"])), settings)
    april.tick(days=10)
    payment = db.session.scalars(select(Payment)).one()
    with unit_of_work("operator"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator")
    live_until(april, "2027-04-11T12:00Z")
    mine = db.session.scalars(select(Membership)).one()
    assert (mine.periods_paid, mine.status) == (0, S.ON_HOLD)
