"""What would happen is told by the real rules, and nothing of it happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock
from tests.lives import at, buy, live_until, membership
from webapp import clock as product_clock
from webapp import hooks
from webapp.errors import Invalid
from webapp.extensions import Base, db
from webapp.flows import simulator
from webapp.flows.simulator import Wish
from webapp.settings import Settings


def story(*kinds: str, **wish: Any) -> list[str]:
    """`day event status amount` of each line, or only of these kinds."""
    facts = {"product": "premium", "start": at("2027-01-31T10:00Z"), "until": at("2027-04-01T00:00Z"), **wish}
    found = simulator.simulate(Wish(**facts))
    return [
        " ".join(filter(None, [f"{one.at:%d.%m.}", one.event, one.status, one.amount and str(one.amount)]))
        for one in found
        if not kinds or one.event.startswith(kinds)
    ]


def counted() -> dict[str, int]:
    """How many rows each table has."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    return {one.name: db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


def test_a_plan_is_played_through_and_nothing_is_kept(app: Flask) -> None:
    factories.product("premium")
    before, real = counted(), product_clock.now()
    assert story("membership", "payment.completed", "renewal") == [
        "31.01. membership.created pending",
        "31.01. payment.completed pending 2999",
        "31.01. membership.activated active",
        "28.02. renewal.created active 2999",
        "28.02. payment.completed active 2999",
        "28.02. membership.renewed active",
        "31.03. renewal.created active 2999",
        "31.03. payment.completed active 2999",
        "31.03. membership.renewed active",
    ]
    assert counted() == before
    assert product_clock.now() >= real
    assert not product_clock.is_pretended()


def test_charges_fail_as_often_as_it_is_said(app: Flask) -> None:
    factories.product("premium")
    assert story("payment.failed", "membership", fail=2)[2:] == [
        "28.02. payment.failed active 2999",
        "28.02. membership.on_hold on-hold",
        "01.03. payment.failed on-hold 2999",
        "03.03. membership.activated active",
        "03.03. membership.renewed active",
        "31.03. membership.renewed active",
    ]


def test_without_a_stored_card_it_is_asked_for_and_expires(app: Flask) -> None:
    factories.product("premium")
    assert story("renewal", "membership", stored_credential=False)[2:] == [
        "25.02. renewal.created active 2999",
        "28.02. membership.on_hold on-hold",
        "03.03. membership.expired expired",
    ]


def test_a_customer_cancels_in_between(app: Flask) -> None:
    factories.product("premium")
    assert story("membership", cancel_at=at("2027-02-10T00:00Z"))[2:] == [
        "10.02. membership.cancel_scheduled active",
        "28.02. membership.cancelled cancelled",
    ]


def test_a_customer_changes_to_a_bigger_plan_and_back(app: Flask) -> None:
    factories.product("premium")
    factories.product("gold", amount_minor=9999)
    # 18 of 28 paid days are unused: 19.28 of 29.99 count.
    changes = [(at("2027-02-10T10:00Z"), "gold"), (at("2027-02-20T10:00Z"), "premium")]
    assert story("payment.completed", "membership.plan", "membership.renewed", changes=changes)[1:] == [
        "10.02. payment.completed active 8071",
        "10.02. membership.plan_changed active",
        "10.03. membership.plan_changed active",
        "10.03. payment.completed active 2999",
        "10.03. membership.renewed active",
    ]


def test_a_trial_with_a_code_by_transfer(app: Flask) -> None:
    factories.product("premium", trial_duration=14)
    assert story("membership", gateway="manual")[1:] == [
        "31.01. membership.trial_started trialing",
        "14.02. membership.on_hold on-hold",
        "17.02. membership.expired expired",
    ]


@pytest.mark.parametrize(
    "wish",
    [
        {"product": "nothing"},
        {"gateway": "stripe"},
        {"until": at("2026-01-01T00:00Z")},
        {"country": "XX"},
        {"cancel_at": at("2027-01-31T09:59Z")},
        {"changes": [(at("2027-01-31T09:59Z"), "premium")]},
        {"until": at("9999-12-31T00:00Z")},
        {"start": at("0001-01-01T00:00Z"), "until": at("0001-06-01T00:00Z")},
    ],
)
def test_what_cannot_be_is_refused(app: Flask, wish: dict[str, Any]) -> None:
    factories.product("premium")
    with pytest.raises(Invalid) as refused:
        story(**wish)
    assert " " in refused.value.message


def test_no_add_on_hears_of_it(app: Flask) -> None:
    factories.product("premium")
    heard: list[object] = []
    hooks.registry.loading = "an-add-on"
    try:
        hooks.add_action("wu_membership_post_create", heard.append)
    finally:
        hooks.registry.loading = ""
    story()
    assert heard == []


def test_the_command_prints_an_object_a_line(app: Flask) -> None:
    factories.product("premium")
    arguments = "--product premium --start 2027-01-31T10:00:00Z --until 2027-03-01 --json".split()
    result = app.test_cli_runner().invoke(args=["simulate", *arguments])
    found = [json.loads(line) for line in result.output.splitlines()]
    wrong = app.test_cli_runner().invoke(args=["simulate", *arguments, "--change", "gold"])
    assert "is no change like" in wrong.output
    beyond = app.test_cli_runner().invoke(args=["simulate", *arguments, "--cancel-at", "9999-12-31T23:59:59-10:00"])
    assert "is no instant like" in beyond.output
    assert found[-1] == {
        "at": "2027-02-28T10:00:00Z",
        "event": "membership.renewed",
        "status": "active",
        "amount": None,
        "currency": "EUR",
        "payment": None,
        "expires_at": "2027-03-31T10:00:00Z",
    }


def test_the_months_to_come_of_a_membership(
    app: Flask, settings: Settings, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "AHEAD_SECONDS", 600)  # of a machine that is busy with other tests
    factories.product("premium", billing_cycles=4)
    number = buy("premium", settings)
    live_until(clock, "2027-02-10T00:00Z")
    before = counted()
    found, complete = simulator.ahead(membership(number), until=at("2028-02-10T00:00Z"))
    told = [f"{one.at:%d.%m.} {one.event}" for one in found if one.event.startswith(("membership", "payment.comp"))]
    assert told == [
        "28.02. payment.completed",
        "28.02. membership.renewed",
        "31.03. payment.completed",
        "31.03. membership.renewed",
        "30.04. payment.completed",
        "30.04. membership.renewed",
        "31.05. membership.expired",
    ]
    assert complete
    assert counted() == before


@pytest.mark.parametrize("limit", [{"AHEAD_SECONDS": -1.0}, {"AHEAD_STEPS": 2}])
def test_what_takes_too_long_to_foresee_is_said_to_go_on(
    app: Flask, settings: Settings, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, limit: dict[str, float]
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    for name, value in limit.items():
        monkeypatch.setattr(simulator, name, value)
    before = counted()
    _found, complete = simulator.ahead(membership(number), until=at("2028-02-10T00:00Z"))
    assert not complete
    assert counted() == before
