"""What an operator may change that customers cannot: when it begins, how many of each, and to what is off sale."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.test_changes import ask, balance, minors, seen, settle
from tests.lives import at, buy, live_until, membership, taken
from webapp.domain.carts import Wanted
from webapp.extensions import db
from webapp.models import ChangeKind, Product
from webapp.settings import Settings
from webapp.transactions import unit_of_work


@pytest.fixture
def april(clock: TurnedClock) -> TurnedClock:
    """A month of 30 days, so that half of it is 15."""
    clock.use("2027-04-01T10:00Z")
    return clock


@pytest.fixture
def plans(april: TurnedClock) -> None:
    factories.product("basic", amount_minor=3000, name="Basic")
    factories.product("more", amount_minor=5000, name="More", setup_fee_minor=700)
    factories.product("seat", type="package", amount_minor=600, name="Seat", setup_fee_minor=100)
    factories.product("help", type="service", amount_minor=2500, name="Help", recurring=False)


def counts(number: int) -> dict[str, int]:
    db.session.rollback()
    return {item.product.slug: item.quantity for item in membership(number).items}


def problems(number: int, *products: str, **request: Any) -> list[tuple[str, str]]:
    return [(one.code, one.product) for one in seen(number, *products, **request).cart.errors]


# -- when ------------------------------------------------------------------------------------------------------------
def test_a_dearer_plan_can_wait_for_the_end_of_what_is_paid(app: Flask, settings: Settings, plans: None) -> None:
    number = buy("basic", settings)
    made = seen(number, "more", at_once=False)
    assert (made.kind, made.starts_at, made.cart.due_today.minor) == (ChangeKind.UPGRADE, at("2027-05-01T10:00Z"), 0)
    assert ask(number, "more", at_once=False).payment is None
    assert membership(number).plan.slug == "basic"


def test_what_waits_is_charged_as_it_was_shown(app: Flask, settings: Settings, plans: None, april: TurnedClock) -> None:
    number = buy("basic", settings)
    ask(number, "more", at_once=False)
    live_until(april, "2027-05-01T10:00Z")
    assert (membership(number).plan.slug, taken()) == ("more", [3000, 5000])


def test_a_cheaper_plan_can_begin_at_once(app: Flask, settings: Settings, plans: None, april: TurnedClock) -> None:
    number = buy("more", settings)
    april.tick(days=15)
    made = seen(number, "basic", at_once=True)
    assert (made.kind, made.starts_at) == (ChangeKind.DOWNGRADE, None)
    assert minors(made) == [("Basic", 3000), ("Unused time of More", -2500)]
    settle(ask(number, "basic", at_once=True))
    assert (membership(number).plan.slug, membership(number).expires_at) == ("basic", at("2027-05-16T10:00Z"))


def test_an_extra_can_wait_and_is_charged_with_the_next_period(
    app: Flask, settings: Settings, plans: None, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    april.tick(days=10)
    change = ask(number, "seat", at_once=False)
    assert (change.starts_at, change.price_minor, counts(number)) == (at("2027-05-01T10:00Z"), 3600, {"basic": 1})
    live_until(april, "2027-05-01T10:00Z")
    assert (counts(number), taken()) == ({"basic": 1, "seat": 1}, [3000, 3600])


def test_limited_cycles_of_the_same_plan_are_counted_on(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("course", amount_minor=3000, billing_cycles=3)
    factories.product("book", type="package", amount_minor=600, billing_cycles=3)
    number = buy("course", settings)
    ask(number, "book", at_once=False)
    live_until(april, "2027-12-01T10:00Z")
    assert taken() == [3000, 3600, 3600]


@pytest.mark.parametrize("products", [["help"], ["more", "help"]])
def test_what_is_charged_once_never_waits(app: Flask, settings: Settings, plans: None, products: list[str]) -> None:
    number = buy("basic", settings)
    assert problems(number, *products, at_once=False) == [("not-later", "help")]
    assert problems(number, *products) == []


def test_nor_beside_a_cheaper_plan(app: Flask, settings: Settings, plans: None) -> None:
    number = buy("more", settings)
    assert problems(number, "basic", "help") == [("not-later", "help")]
    assert problems(number, "basic", "help", at_once=True) == []


def test_what_never_ends_has_nothing_to_wait_for(app: Flask, settings: Settings, april: TurnedClock) -> None:
    factories.product("for-life", amount_minor=9000, recurring=False)
    factories.product("monthly", amount_minor=500)
    number = buy("for-life", settings)
    assert seen(number, "monthly", at_once=False).starts_at is None


# -- how many --------------------------------------------------------------------------------------------------------
def test_more_of_it_is_paid_for_the_rest_of_the_period(
    app: Flask, settings: Settings, plans: None, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    settle(ask(number, "seat"))
    april.tick(days=15)
    made = seen(number, held=[Wanted("seat", 4)])
    assert made.kind == ChangeKind.ADDON
    assert minors(made) == [("Seat", 900), ("Set-up fee", 300)]
    assert made.cart.recurring_total.minor == 3000 + 4 * 600
    settle(ask(number, held=[Wanted("seat", 4)]))
    assert counts(number) == {"basic": 1, "seat": 4}
    live_until(april, "2027-05-01T10:00Z")
    assert taken() == [3000, 5400]


def test_what_was_paid_for_more_of_it_counts_when_the_plan_changes(
    app: Flask, settings: Settings, plans: None, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    settle(ask(number, held=[Wanted("basic", 2)]))
    april.tick(days=15)
    unused = [one for one in minors(seen(number, "more", at_once=True)) if one[1] < 0]
    assert unused == [("Unused time of Basic", -1500), ("Unused time of Basic", -1500)]


def test_fewer_of_it_wait_for_the_end_or_give_credit(
    app: Flask, settings: Settings, plans: None, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    settle(ask(number, held=[Wanted("basic", 3)]))
    fewer = {"held": [Wanted("basic", 1)]}
    made = seen(number, **fewer)
    assert (made.kind, made.starts_at, made.cart.recurring_total.minor) == (
        ChangeKind.DOWNGRADE,
        at("2027-05-01T10:00Z"),
        3000,
    )
    assert [(line.slug, line.quantity) for line in made.lost] == [("basic", 2)]
    ask(number, **fewer, at_once=True)
    assert (counts(number), balance(number)) == ({"basic": 1}, 6000)


def test_its_price_stays_when_there_is_more_of_it(
    app: Flask, settings: Settings, plans: None, april: TurnedClock
) -> None:
    number = buy("basic", settings)
    with unit_of_work("test"):
        db.session.query(Product).filter_by(slug="basic").one().amount_minor = 9900
    made = seen(number, held=[Wanted("basic", 2)])
    assert minors(made) == [("Basic", 3000)]


@pytest.mark.parametrize("quantity", [0, -1, 1001])
def test_no_number_of_it_is_refused(app: Flask, settings: Settings, plans: None, quantity: int) -> None:
    number = buy("basic", settings)
    assert problems(number, held=[Wanted("basic", quantity)]) == [("quantity", "basic")]


# -- what its buyer names --------------------------------------------------------------------------------------------
def test_another_amount_for_what_one_pays_as_one_likes(app: Flask, settings: Settings, april: TurnedClock) -> None:
    gift = {"pricing_type": "pay_what_you_want", "pwyw_minimum_minor": 500, "pwyw_suggested_minor": 1000}
    factories.product("gift", **gift, pwyw_recurring_mode="force_recurring", name="Gift")
    number = buy("gift", settings)
    april.tick(days=15)
    assert minors(seen(number, held=[Wanted("gift", 1, 2000)])) == [("Gift", 2000), ("Unused time of Gift", -500)]
    assert seen(number, held=[Wanted("gift", 1, 700)]).starts_at == at("2027-05-01T10:00Z")
    assert problems(number, held=[Wanted("gift", 1, 400)]) == [("pwyw-below-minimum", "gift")]
    assert problems(number, held=[Wanted("gift", 1, 1000)]) == [("no_changes", "")]


# -- what is off sale ------------------------------------------------------------------------------------------------
def test_what_is_off_sale_is_given_by_the_staff_alone(app: Flask, settings: Settings, plans: None) -> None:
    factories.product("old", amount_minor=4000, name="Old", active=False)
    number = buy("basic", settings)
    assert problems(number, "old") == [("missing-product", "")]
    assert problems(number, "old", by_staff=True) == []
