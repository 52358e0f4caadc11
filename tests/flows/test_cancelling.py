"""How an agreement ends, and what the outside hears of it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.flows.test_ordering import only, vendor_reference
from webapp import hooks
from webapp.domain import memberships, sale_holds
from webapp.extensions import db as database
from webapp.flows import asking, charging, ordering, sandbox_bank
from webapp.models import Event, Membership, MembershipStatus, Payment, Site, SiteStatus, Try
from webapp.settings import Settings
from webapp.transactions import unit_of_work

ENDING = ["wu_membership_pre_cancel", "wu_membership_post_cancel", "wu_membership_status_to_cancelled"]


def listen() -> list[tuple[Any, ...]]:
    heard: list[tuple[Any, ...]] = []

    def listener(name: str) -> Any:
        return lambda membership, *more: heard.append((name, *more))

    for name in ENDING:
        hooks.add_action(name, listener(name))
    return heard


def bought(settings: Settings) -> int:
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.approve(vendor_reference())
    asking.ask(only(Try).id)
    return int(only(Membership).id)


def test_the_operator_ends_it_at_once(app: Flask, settings: Settings, clock: Any) -> None:
    number, heard = bought(settings), listen()
    with unit_of_work("operator:1"):
        memberships.cancel(memberships.find(number), reason="too_expensive", at_once=True)
    assert [one[0] for one in heard].count("wu_membership_status_to_cancelled") == 1
    assert ("wu_membership_status_to_cancelled", "active") in heard
    assert heard[0] == ("wu_membership_pre_cancel",)
    assert only(Membership).status == MembershipStatus.CANCELLED


def test_the_clock_ends_it_when_its_time_has_come_and_once(app: Flask, settings: Settings, clock: Any) -> None:
    number, heard = bought(settings), listen()
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(number), reason="too_expensive")
    assert [one[0] for one in heard] == ENDING[:2]
    assert only(Membership).status == MembershipStatus.ACTIVE
    clock.tick(days=40)  # the clock stood still in between
    for _ in range(2):
        charging.work_off()
    assert heard[2:] == [("wu_membership_status_to_cancelled", "active")]
    types = list(database.session.scalars(select(Event.type)))
    assert types.count("membership.cancelled") == types.count("membership.cancel_scheduled") == 1


def test_a_stored_card_told_to_fail_declines_the_next_charge(app: Flask, settings: Settings) -> None:
    from webapp.gateways import gateways
    from webapp.gateways.base import ChargeRequest, Payer, Verdict
    from webapp.money import Money

    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.approve(vendor_reference(), later_charges_fail=True)
    asking.ask(only(Try).id)
    card = only(Membership).credential.reference
    payer = Payer("cus-1", "ada@example.org", "Ada")

    def charge(key: str) -> Any:
        database.session.rollback()
        return gateways.get("sandbox").charge(
            ChargeRequest("ref", Money(2999, "EUR"), "Premium", payer, card, idempotency_key=key)
        )

    assert charge("one").verdict == Verdict.DECLINED
    sandbox_bank.tell_to_fail(card, fails=False)
    assert charge("two").verdict == Verdict.SUCCEEDED
    assert charge("one").verdict == Verdict.DECLINED


def test_a_declined_card_is_told_with_payment_and_sentence(app: Flask, settings: Settings) -> None:
    told: list[tuple[Any, ...]] = []
    hooks.add_action("wu_payment_failed", lambda *args: told.append(args))
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    sandbox_bank.decline(vendor_reference())
    asking.ask(only(Try).id)
    assert told == [(only(Payment), "The card was declined.")]


def test_an_order_that_was_never_paid_tells_of_its_end_with_the_status_it_had(
    app: Flask, settings: Settings, clock: Any
) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    heard = listen()
    clock.tick(minutes=31)
    with unit_of_work("clock"):
        sale_holds.give_up_due()
    assert heard == [("wu_membership_status_to_cancelled", "pending")]
    assert only(Site).status == SiteStatus.ARCHIVED
