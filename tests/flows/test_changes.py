"""Other terms for a membership: what they cost, when they begin, and that nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.domain.test_site_renaming import site
from tests.lives import at, buy, fail, live_until, membership, taken
from webapp import clock as product_clock
from webapp.domain import change_carts, changes, credits, memberships, payments, sites
from webapp.domain.change_carts import Offer
from webapp.domain.change_wishes import ChangeRequest
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.hooks import add_action
from webapp.models import (
    Change,
    ChangeKind,
    ChangeStatus,
    MembershipStatus,
    Payment,
    PaymentStatus,
    ProductType,
    SiteStatus,
)
from webapp.paying import Outcome, Verdict
from webapp.periods import Period, Unit
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus
YEAR = Period(1, Unit.YEAR)
MONTH = Period(1, Unit.MONTH)


@pytest.fixture
def april(clock: TurnedClock) -> TurnedClock:
    """A month of 30 days, so that half of it is 15."""
    clock.use("2027-04-01T10:00Z")
    return clock


def seen(number: int, *products: str, **request: Any) -> Offer:
    return change_carts.offer(membership(number), ChangeRequest(products, **request), product_clock.now())


def ask(number: int, *products: str, key: str = "", **request: Any) -> Change:
    """Ask for it as the pages do: what nothing is to be paid for is settled with the asking."""
    with unit_of_work("customer") as session:
        change = changes.ask(number, ChangeRequest(products, **request), at=product_clock.now(), key=key)
        if change.payment is not None and not change.payment.asked:
            payments.settle(change.payment, reason="nothing is due")
        session.flush()
        change_id = change.id
    return db.session.get_one(Change, change_id)


def settle(change: Change) -> Payment:
    assert change.payment is not None
    with unit_of_work("test"):
        payment = payments.locked(change.payment.id)
        attempt = payments.begin_try(payment, "sandbox")
        db.session.flush()
        payments.record_answer(attempt, Outcome(Verdict.SUCCEEDED, reference=f"ref-{payment.id}"))
    return db.session.get_one(Payment, payment.id)


def confirm_newest() -> Payment:
    """The transfer has arrived."""
    newest = db.session.scalars(select(Payment.id).order_by(Payment.id.desc())).first() or 0
    with unit_of_work("operator"):
        payments.confirm_by_hand(payments.locked(newest), actor="operator")
    return db.session.get_one(Payment, newest)


def minors(made: Offer) -> list[tuple[str, int]]:
    return [(line.title, line.total.minor) for line in made.cart.line_items]


def balance(number: int) -> int:
    return credits.balance(membership(number).customer_id, "EUR").minor


# -- what it costs ---------------------------------------------------------------------------------------------------
def test_a_dearer_plan_counts_what_is_not_used(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    number = buy("basic", settings)
    april.tick(days=15)
    made = seen(number, "more")
    assert made.kind == ChangeKind.UPGRADE
    assert minors(made) == [("More", 5000), ("Unused time of Basic", -1500)]
    assert (made.cart.due_today.minor, made.cart.recurring_total.minor, made.starts_at) == (3500, 5000, None)
    assert made.cart.next_charge_at == at("2027-05-16T10:00Z")


def test_it_takes_effect_when_it_is_paid_and_not_before(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("basic", settings)
    told: list[tuple[str, str]] = []
    add_action("wu_membership_plan_changed", lambda one, old: told.append((one.plan.slug, old.slug)))
    april.tick(days=15)
    change = ask(number, "more")
    assert membership(number).plan.slug == "basic"
    assert told == []
    payment = settle(change)
    mine = membership(number)
    assert (mine.plan.slug, mine.price_minor, mine.periods_paid, mine.status) == ("more", 5000, 2, S.ACTIVE)
    assert mine.expires_at == at("2027-05-16T10:00Z")
    assert (payment.total_minor, payment.period_number, payment.covers_from) == (3500, 2, at("2027-04-16T10:00Z"))
    assert told == [("more", "basic")]
    live_until(april, "2027-05-16T10:00Z")
    assert taken() == [3000, 5000]  # what the bank charged by itself; the change was paid by hand
    assert membership(number).expires_at == at("2027-06-16T10:00Z")


def test_a_second_change_counts_the_first(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    factories.product("most", amount_minor=9000, name="Most")
    number = buy("basic", settings)
    april.tick(days=15)
    settle(ask(number, "more"))
    april.tick(days=15)
    assert minors(seen(number, "most")) == [("Most", 9000), ("Unused time of Premium", -2500)]


def test_a_surplus_goes_to_the_credit_balance(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, year=30000)
    factories.product("more", amount_minor=6000, name="More")
    number = buy("basic", settings, cart={"period": YEAR})
    april.tick(days=61)  # a sixth of that year, which has 366 days
    made = seen(number, "more", period=MONTH)
    assert minors(made) == [("More", 6000), ("Unused time of Premium", -25000), ("To your credit balance", 19000)]
    assert (made.cart.due_today.minor, made.surplus.minor) == (0, 19000)
    ask(number, "more", period=MONTH)
    assert membership(number).plan.slug == "more"
    assert balance(number) == 19000
    live_until(april, "2027-09-30T10:00Z")
    assert (balance(number), taken()) == (1000, [30000])
    live_until(april, "2027-10-01T10:00Z")
    assert (balance(number), taken()) == (0, [30000, 5000])


def test_less_begins_at_the_end_of_what_is_paid(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("more", settings)
    april.tick(days=3)
    change = ask(number, "basic")
    assert (change.kind, change.starts_at, change.payment) == (ChangeKind.DOWNGRADE, at("2027-05-01T10:00Z"), None)
    live_until(april, "2027-04-30T10:00Z")
    assert membership(number).plan.slug == "more"
    live_until(april, "2027-05-01T10:00Z")
    assert (membership(number).plan.slug, taken()) == ("basic", [5000, 3000])
    live_until(april, "2027-06-01T10:00Z")
    assert (membership(number).expires_at, taken()) == (at("2027-07-01T10:00Z"), [5000, 3000, 3000])


def test_a_shorter_period_waits_and_a_longer_does_not(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, year=30000, name="Basic")
    number = buy("basic", settings)
    april.tick(days=15)
    made = seen(number, "basic", period=YEAR)
    assert minors(made) == [("Basic", 30000), ("Unused time of Basic", -1500)]
    settle(ask(number, "basic", period=YEAR))
    assert membership(number).expires_at == at("2028-04-16T10:00Z")
    change = ask(number, "basic", period=MONTH)
    assert (change.kind, change.starts_at) == (ChangeKind.DOWNGRADE, at("2028-04-16T10:00Z"))
    live_until(april, "2028-04-16T10:00Z")
    assert membership(number).expires_at == at("2028-05-16T10:00Z")
    assert taken() == [3000, 3000]


def test_an_extra_is_paid_for_what_is_left_of_the_period(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("extra", type="package", amount_minor=900, setup_fee_minor=500, name="Extra")
    number = buy("basic", settings)
    april.tick(days=20)
    made = seen(number, "extra")
    assert (made.kind, minors(made)) == (ChangeKind.ADDON, [("Extra", 300), ("Set-up fee", 500)])
    settle(ask(number, "extra"))
    mine = membership(number)
    assert (mine.price_minor, mine.expires_at, mine.periods_paid) == (3900, at("2027-05-01T10:00Z"), 1)
    live_until(april, "2027-05-01T10:00Z")
    assert taken() == [3000, 3900]
    change = ask(number, removed=("extra",))
    assert (change.kind, change.starts_at) == (ChangeKind.DOWNGRADE, at("2027-06-01T10:00Z"))
    live_until(april, "2027-06-01T10:00Z")
    assert taken() == [3000, 3900, 3000]


def test_what_is_added_in_mid_period_is_counted_when_the_plan_changes(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    factories.product("extra", type="package", amount_minor=900, name="Extra")
    number = buy("basic", settings)
    april.tick(days=20)
    settle(ask(number, "extra"))
    april.tick(days=5)
    assert minors(seen(number, "more")) == [
        ("Extra", 900),
        ("More", 5000),
        ("Unused time of Basic", -500),
        ("Unused time of Extra", -150),
    ]


def test_the_credit_has_the_tax_of_what_it_gives_back(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More")
    number = buy("basic", settings, cart={"country": "DE"})
    april.tick(days=15)
    made = seen(number, "more")
    assert minors(made) == [("More", 5950), ("Unused time of Basic", -1785)]
    assert made.cart.tax_total.minor == 950 - 285
    payment = settle(ask(number, "more"))
    assert (payment.total_minor, payment.tax_minor) == (4165, 665)


def test_what_was_not_paid_gives_no_credit(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000, name="More")
    factories.discount_code("ALL", 100)
    number = buy("basic", settings, cart={"discount_code": "ALL"})
    april.tick(days=15)
    assert minors(seen(number, "more")) == [("More", 5000)]


def test_a_trial_gives_no_credit_and_ends(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, trial_duration=14, setup_fee_minor=500)
    factories.product("more", amount_minor=5000, name="More")
    number = buy("basic", settings)
    april.tick(days=3)
    assert minors(seen(number, "more")) == [("More", 5000)]
    settle(ask(number, "more"))
    mine = membership(number)
    assert (mine.status, mine.expires_at, mine.periods_paid) == (S.ACTIVE, at("2027-05-04T10:00Z"), 1)


# -- a set-up fee that waits for the end of a trial ------------------------------------------------------------------
def tried(settings: Settings, **plan: Any) -> int:
    """In the third day of a trial whose plan has a set-up fee of 5.00, which nobody has paid yet."""
    factories.product("basic", amount_minor=3000, trial_duration=14, setup_fee_minor=500, name="Basic", **plan)
    return buy("basic", settings)


def charged_at_the_end(clock: TurnedClock) -> list[tuple[str, int]]:
    """The lines of the newest payment, once the trial is over."""
    live_until(clock, "2027-04-16T10:00Z")
    newest = db.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert newest is not None
    return sorted((line.title, line.subtotal_minor) for line in newest.line_items)


def test_nothing_of_a_fee_that_was_not_paid_counts_for_another_plan(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    number = tried(settings)
    factories.product("more", amount_minor=5000, setup_fee_minor=700, name="More")
    april.tick(days=3)
    assert minors(seen(number, "more")) == [("More", 5000), ("Set-up fee", 700)]


def test_who_ends_their_trial_for_another_period_of_the_plan_pays_its_fee(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    number = tried(settings, year=30000)
    april.tick(days=3)
    year = Period(1, Unit.YEAR)
    assert minors(seen(number, "basic", period=year)) == [("Basic", 30000), ("Set-up fee", 500)]
    settle(ask(number, "basic", period=year))
    assert membership(number).status == S.ACTIVE
    live_until(april, "2028-04-05T10:00Z")
    newest = db.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert newest is not None
    assert [line.title for line in newest.line_items] == ["Basic"]


def test_a_fee_is_charged_with_terms_that_begin_at_the_end_of_the_trial(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    number = tried(settings, year=30000)
    april.tick(days=3)
    ask(number, "basic", period=Period(1, Unit.YEAR), at_once=False)
    assert charged_at_the_end(april) == [("Basic", 30000), ("Set-up fee", 500)]


def test_an_extra_leaves_the_fee_where_it_was(app: Flask, settings: Settings, april: TurnedClock) -> None:
    extra = factories.product("extra", amount_minor=200, name="Extra", type=ProductType.PACKAGE)
    number = tried(settings, available_addons=[extra.id])
    april.tick(days=3)
    ask(number, "extra")
    assert charged_at_the_end(april) == [("Basic", 3000), ("Extra", 200), ("Set-up fee", 500)]


def test_a_fee_goes_with_its_plan(app: Flask, settings: Settings, april: TurnedClock) -> None:
    number = tried(settings)
    factories.product("less", amount_minor=1000, name="Less")
    april.tick(days=3)
    ask(number, "less")
    assert charged_at_the_end(april) == [("Less", 1000)]


def test_only_what_a_set_up_costs_more_is_charged(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, setup_fee_minor=2000, name="Basic")
    factories.product("more", amount_minor=5000, setup_fee_minor=5000, name="More")
    number = buy("basic", settings)
    april.tick(days=15)
    assert minors(seen(number, "more")) == [("More", 5000), ("Set-up fee", 3000), ("Unused time of Basic", -1500)]


def test_free_becomes_paid_and_paid_becomes_free(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.free_product("free")
    factories.product("basic", amount_minor=3000)
    number = buy("free", settings)
    settle(ask(number, "basic"))
    assert membership(number).expires_at == at("2027-05-01T10:00Z")
    ask(number, "free")
    assert membership(number).plan.slug == "basic"
    live_until(april, "2027-09-01T10:00Z")
    mine = membership(number)
    assert (mine.plan.slug, mine.status, mine.expires_at, mine.price_minor) == ("free", S.ACTIVE, None, 0)
    assert taken() == []


# -- what waits ------------------------------------------------------------------------------------------------------
def test_what_is_not_paid_is_withdrawn_and_late_money_is_kept(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("basic", settings)
    april.tick(days=15)
    change = ask(number, "more")
    live_until(april, "2027-04-17T11:00Z")
    db.session.refresh(change)
    assert change.status == ChangeStatus.WITHDRAWN
    assert change.payment is not None
    assert change.payment.status == PaymentStatus.CANCELLED
    with unit_of_work("test"):
        payments.settle(payments.locked(change.payment.id), reason="late")
    assert (membership(number).plan.slug, balance(number)) == ("basic", 3500)


def test_a_change_can_be_withdrawn_and_the_old_price_is_asked(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("more", settings)
    ask(number, "basic")
    with unit_of_work("customer"):
        changes.withdraw(memberships.find(number), reason="asked")
    live_until(april, "2027-05-01T10:00Z")
    assert (membership(number).plan.slug, taken()) == ("more", [5000, 5000])


def test_a_new_change_replaces_what_waits(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    factories.product("most", amount_minor=9000)
    number = buy("more", settings)
    first = ask(number, "basic")
    second = ask(number, "most")
    db.session.refresh(first)
    assert (first.status, second.status) == (ChangeStatus.WITHDRAWN, ChangeStatus.PENDING)


def test_the_next_period_can_be_paid_early_at_the_new_price(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, year=30000)
    number = buy("basic", settings, gateway="manual", cart={"period": YEAR})
    confirm_newest()
    ask(number, "basic", period=MONTH)
    live_until(april, "2028-03-30T10:00Z")
    assert confirm_newest().total_minor == 3000
    mine = membership(number)
    assert (mine.period, mine.expires_at) == (YEAR, at("2028-05-01T10:00Z"))
    with pytest.raises(Conflict), unit_of_work("customer"):
        changes.withdraw(memberships.find(number), reason="too late")
    live_until(april, "2028-04-02T10:00Z")
    mine = membership(number)
    assert (mine.period, mine.expires_at, mine.periods_paid) == (MONTH, at("2028-05-01T10:00Z"), 2)


def test_a_cancelled_contract_does_not_change(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("more", settings)
    change = ask(number, "basic")
    with unit_of_work("customer"):
        memberships.cancel(memberships.find(number), reason="enough")
    db.session.refresh(change)
    assert change.status == ChangeStatus.WITHDRAWN
    assert [one.code for one in seen(number, "basic").cart.errors] == ["not-changeable"]


def test_who_is_on_hold_pays_the_smaller_price_from_the_old_end(
    app: Flask, settings: Settings, april: TurnedClock
) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    number = buy("more", settings)
    fail()
    live_until(april, "2027-05-01T12:00Z")
    assert membership(number).status == S.ON_HOLD
    ask(number, "basic")
    assert membership(number).plan.slug == "basic"
    fail(False)
    live_until(april, "2027-05-01T13:00Z")
    assert (membership(number).status, membership(number).expires_at) == (S.ACTIVE, at("2027-06-01T10:00Z"))
    assert taken() == [5000, 3000]


# -- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("products", "code"),
    [
        (("basic",), "no_changes"),
        ((), "no_changes"),
        (("nothing",), "missing-product"),
        (("other-group",), "missing-product"),
        (("more", "most"), "plan-already-added"),
        (("old",), "missing-product"),
    ],
)
def test_what_cannot_be_had_is_said(
    app: Flask, settings: Settings, april: TurnedClock, products: tuple[str, ...], code: str
) -> None:
    factories.product("basic", amount_minor=3000)
    factories.product("more", amount_minor=5000)
    factories.product("most", amount_minor=9000)
    factories.product("other-group", amount_minor=5000, product_group="pro")
    factories.product("old", amount_minor=5000, active=False)
    number = buy("basic", settings)
    assert [one.code for one in seen(number, *products).cart.errors][:1] == [code]
    with pytest.raises(Invalid):
        ask(number, *products)


def test_what_is_charged_is_what_was_shown(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000)
    more = factories.product("more", amount_minor=5000)
    number = buy("basic", settings)
    key = seen(number, "more").cart.key
    with unit_of_work("operator"):
        more.amount_minor = 6000
    with pytest.raises(Conflict):
        ask(number, "more", key=key)
    assert membership(number).changes_at is None


# -- limits ------------------------------------------------------------------------------------------------------------
def test_a_plan_that_has_too_little_room_is_refused_with_what_is_too_much(app: Flask, settings: Settings) -> None:
    factories.product("big", amount_minor=5000, product_group="sites", limits={"sites": 3})
    factories.product("small", amount_minor=1000, product_group="sites", limits={"sites": 1, "pages": 0})
    number = buy("big", settings)
    site("another", membership=membership(number))
    [error] = seen(number, "small").cart.errors
    assert (error.code, error.message) == (
        "overlimits",
        "It includes 1 site, and you have 2. Remove some first.",
    )
    with pytest.raises(Invalid):
        ask(number, "small")
    with unit_of_work("test"):
        sites.locked(membership(number).sites[-1].id).status = SiteStatus.ARCHIVED
    assert seen(number, "small").cart.errors == []


def test_too_little_room_is_no_reason_to_refuse_more(app: Flask, settings: Settings) -> None:
    """The operator has made the plan smaller since then; a change for the better is not held up by that."""
    factories.product("small", amount_minor=1000, limits={"sites": 1})
    factories.product("big", amount_minor=5000, limits={"sites": 2})
    number = buy("small", settings)
    for one in ("another", "third"):
        site(one, membership=membership(number))
    assert seen(number, "big").cart.errors == []
