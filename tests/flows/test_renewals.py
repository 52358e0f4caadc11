"""The table of renewals, row by row: who is told, charged, put on hold and given up when."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.lives import at, buy, events, fail, forget_card, live_until, membership, pay, taken
from webapp import hooks
from webapp.domain import memberships, network
from webapp.extensions import db
from webapp.flows import charging
from webapp.models import Delivery, Membership, MembershipStatus, Move, Payment, PaymentKind, PaymentStatus, Site
from webapp.periods import Unit
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


@pytest.fixture
def heard(app: Flask) -> list[str]:
    """The hooks of memberships and payments, in the order in which they fired."""
    names: list[str] = []

    def listener(name: str) -> Any:
        return lambda *_args: names.append(name)

    for name in list(hooks.registry.actions):
        if name.startswith(("wu_membership_", "wu_payment_")):
            hooks.add_action(name, listener(name))
    return names


def renewals() -> list[Payment]:
    db.session.rollback()
    query = select(Payment).where(Payment.kind != PaymentKind.FIRST).order_by(Payment.id)
    return list(db.session.scalars(query))


def written() -> list[str]:
    """What a worker is to write to customers."""
    found = db.session.scalars(select(Delivery.callback).order_by(Delivery.id))
    return [one.partition(":")[2] for one in found if "mailing.renewals" in one]


def test_a_stored_card_is_charged_when_the_period_ends(
    app: Flask, settings: Settings, clock: TurnedClock, heard: list[str]
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    heard.clear()
    live_until(clock, "2027-02-25T10:00Z")
    assert "send_notice" in written()
    assert renewals() == heard == []
    live_until(clock, "2027-02-28T10:00Z")
    assert membership(number).expires_at == at("2027-03-31T10:00Z")
    assert membership(number).periods_paid == 2
    assert heard == [
        "wu_payment_post_create",
        "wu_membership_pre_renew",
        "wu_payment_status_to_completed",
        "wu_payment_completed",
        "wu_membership_post_renew",
    ]
    assert events("renewal.created", "membership.renewed", "membership.activated")[1:] == [
        ("2027-02-28T10:00:00Z", "renewal.created"),
        ("2027-02-28T10:00:00Z", "membership.renewed"),
    ]
    assert taken() == [2999, 2999]


def test_periods_from_the_31st_do_not_drift(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    ends = []
    for _month in range(13):
        expires_at = membership(number).expires_at
        assert expires_at is not None
        ends.append(f"{expires_at:%d.%m.}")
        live_until(clock, expires_at.isoformat())
    assert ends == "28.02. 31.03. 30.04. 31.05. 30.06. 31.07. 31.08. 30.09. 31.10. 30.11. 31.12. 31.01. 29.02.".split()


def test_a_failed_charge_is_tried_again_and_then_given_up(
    app: Flask, settings: Settings, clock: TurnedClock, heard: list[str]
) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    heard.clear()
    live_until(clock, "2027-02-28T10:00Z")
    assert membership(number).status == S.ON_HOLD
    assert heard == ["wu_payment_post_create", "wu_payment_failed", "wu_membership_status_to_on-hold"]
    assert renewals()[0].retry_at == at("2027-03-01T10:00Z")
    live_until(clock, "2027-03-20T10:00Z")
    assert events("payment.failed", "membership.on_hold", "membership.expired") == [
        ("2027-02-28T10:00:00Z", "payment.failed"),
        ("2027-02-28T10:00:00Z", "membership.on_hold"),
        ("2027-03-01T10:00:00Z", "payment.failed"),
        ("2027-03-03T10:00:00Z", "payment.failed"),
        ("2027-03-05T10:00:00Z", "payment.failed"),
        ("2027-03-07T10:00:00Z", "payment.failed"),
        ("2027-03-07T10:00:00Z", "membership.expired"),
    ]
    assert membership(number).status == S.EXPIRED
    assert renewals()[0].status == PaymentStatus.FAILED
    moves = db.session.scalars(select(Move).where(Move.object_type == "memberships").order_by(Move.id)).all()
    assert [(one.new, one.reason, one.actor) for one in moves[1:]] == [
        ("on-hold", "a charge failed", "renewals"),
        ("expired", "not paid", "renewals"),
    ]


def test_a_retry_in_grace_continues_the_old_period(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    live_until(clock, "2027-03-02T10:00Z")
    fail(False)
    live_until(clock, "2027-03-03T10:00Z")
    assert membership(number).status == S.ACTIVE
    assert membership(number).expires_at == at("2027-03-31T10:00Z")
    assert [kind for _at, kind in events("membership.activated", "membership.renewed")] == [
        "membership.activated",
        "membership.activated",
        "membership.renewed",
    ]


def test_a_retry_after_the_grace_begins_a_period_today(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    live_until(clock, "2027-03-04T10:00Z")
    fail(False)
    live_until(clock, "2027-03-05T10:00Z")
    assert membership(number).expires_at == at("2027-04-05T10:00Z")
    live_until(clock, "2027-05-05T10:00Z")
    assert membership(number).expires_at == at("2027-06-05T10:00Z")


def test_without_a_card_it_is_asked_for_put_on_hold_and_expires(
    app: Flask, settings: Settings, clock: TurnedClock, heard: list[str]
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    heard.clear()
    live_until(clock, "2027-02-25T10:00Z")
    assert heard == ["wu_payment_post_create", "wu_membership_renewal_credential_missing"]
    assert written()[-1] == "send_request"
    assert (renewals()[0].period_number, membership(number).status) == (2, S.ACTIVE)
    live_until(clock, "2027-03-20T10:00Z")
    assert events("renewal.created", "membership.on_hold", "membership.expired", "payment.failed") == [
        ("2027-02-25T10:00:00Z", "renewal.created"),
        ("2027-02-28T10:00:00Z", "membership.on_hold"),
        ("2027-03-03T10:00:00Z", "membership.expired"),
    ]
    assert len(renewals()) == 1


@pytest.mark.parametrize(
    ("paid_at", "expires_at"),
    [
        ("2027-02-26T12:00Z", "2027-03-31T10:00Z"),  # early
        ("2027-03-01T12:00Z", "2027-03-31T10:00Z"),  # on hold, in grace
        ("2027-03-10T12:00Z", "2027-04-10T12:00Z"),  # expired
    ],
)
def test_a_renewal_is_paid_by_its_link(
    app: Flask, settings: Settings, clock: TurnedClock, paid_at: str, expires_at: str
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, paid_at)
    pay(renewals()[0], settings)
    found = membership(number)
    assert (found.status, found.expires_at, found.periods_paid) == (S.ACTIVE, at(expires_at), 2)
    assert found.auto_renew  # the new card is kept
    live_until(clock, expires_at)
    assert membership(number).periods_paid == 3


def test_a_trial_ends_at_its_instant_and_is_charged_with_what_waited(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium", trial_duration=14, setup_fee_minor=500)
    number = buy("premium", settings)
    assert taken() == [0]
    live_until(clock, "2027-02-14T09:59:59Z")
    assert membership(number).status == S.TRIALING
    live_until(clock, "2027-02-14T10:00Z")
    assert membership(number).status == S.ACTIVE
    assert membership(number).expires_at == at("2027-03-14T10:00Z")
    assert events("membership.trial_started", "membership.activated", "membership.renewed") == [
        ("2027-01-31T10:00:00Z", "membership.trial_started"),
        ("2027-02-14T10:00:00Z", "membership.activated"),
    ]
    assert taken()[1:] == [3499]
    live_until(clock, "2027-03-14T10:00Z")
    assert taken()[2:] == [2999]


def test_a_trial_without_a_card_is_on_hold_until_paid(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium", trial_duration=14, setup_fee_minor=500)
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, "2027-02-15T10:00Z")
    assert membership(number).status == S.ON_HOLD
    assert renewals()[0].total_minor == 3499
    pay(renewals()[0], settings)
    assert membership(number).status == S.ACTIVE
    assert membership(number).expires_at == at("2027-03-14T10:00Z")


@pytest.mark.parametrize(("for_life", "status"), [(False, S.EXPIRED), (True, S.ACTIVE)])
def test_limited_cycles_are_paid_and_then_it_ends_or_stays(
    app: Flask, settings: Settings, clock: TurnedClock, for_life: bool, status: MembershipStatus
) -> None:
    factories.product("premium", billing_cycles=3, stays_for_life=for_life)
    number = buy("premium", settings)
    live_until(clock, "2027-04-30T09:59Z")
    assert membership(number).status == S.ACTIVE
    live_until(clock, "2028-01-01T00:00Z")
    found = membership(number)
    assert (found.status, found.periods_paid, found.due_at) == (status, 3, None)
    assert (found.expires_at is None) == for_life
    assert taken() == [2999] * 3


def test_what_is_for_life_or_free_is_never_due(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("once", recurring=False)
    factories.free_product()
    for plan in ("once", "free"):
        number = buy(plan, settings)
        assert (membership(number).expires_at, membership(number).due_at) == (None, None)


def test_what_is_cancelled_ends_and_is_not_charged(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, "2027-02-26T10:00Z")
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(number), reason="too_expensive")
    assert renewals()[0].status == PaymentStatus.CANCELLED
    live_until(clock, "2027-03-20T10:00Z")
    assert events("membership.cancelled", "membership.on_hold") == [("2027-02-28T10:00:00Z", "membership.cancelled")]


def test_a_cancellation_undone_asks_for_the_renewal_again(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, "2027-02-26T10:00Z")
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(number), reason="too_expensive")
    with unit_of_work("customer:1"):
        memberships.undo_cancellation(memberships.find(number))
    charging.work_off()
    assert [(one.status, one.period_number) for one in renewals()] == [
        (PaymentStatus.CANCELLED, None),
        (PaymentStatus.PENDING, 2),
    ]


def test_a_week_without_a_clock_is_caught_up_and_nobody_is_charged_twice(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("daily", duration_unit=Unit.DAY, amount_minor=100)
    factories.product("premium")
    daily, monthly = buy("daily", settings), buy("premium", settings)
    clock.use("2027-03-07T10:00Z")
    while charging.work_off():
        pass
    assert sorted(taken()) == [100, 100, 2999, 2999]
    assert membership(daily).expires_at == at("2027-03-08T10:00Z")
    assert membership(monthly).expires_at == at("2027-04-07T10:00Z")


def test_who_was_never_asked_has_the_grace_after_an_outage(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    clock.use("2027-03-07T10:00Z")
    charging.work_off()
    assert membership(number).status == S.ON_HOLD
    live_until(clock, "2027-03-20T10:00Z")
    assert events("membership.expired") == [("2027-03-10T10:00:00Z", "membership.expired")]


def test_an_outage_in_the_dunning_is_made_up_for_by_one_try(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    live_until(clock, "2027-02-28T10:00Z")
    clock.use("2027-03-06T10:00Z")
    charging.work_off()
    assert len(events("payment.failed")) == 2
    assert renewals()[0].retry_at == at("2027-03-07T10:00Z")
    assert membership(number).status == S.ON_HOLD


def test_running_it_again_or_with_an_earlier_clock_changes_nothing(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    live_until(clock, "2027-02-28T10:00Z")
    clock.use("2027-02-20T10:00Z")
    with unit_of_work("test") as session:
        session.get_one(Membership, number).due_at = at("2027-02-20T09:00Z")
    for _again in range(2):
        charging.work_off()
    clock.use("2027-02-28T10:00Z")
    charging.work_off()
    assert (len(renewals()), taken()) == (1, [2999, 2999])
    assert membership(number).expires_at == at("2027-03-31T10:00Z")


def test_a_plan_taken_off_sale_or_dearer_renews_as_agreed(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    plan = factories.product("premium")
    buy("premium", settings)
    with unit_of_work("operator:1") as session:
        kept = session.get_one(type(plan), plan.id)
        kept.active, kept.amount_minor = False, 9999
    live_until(clock, "2027-02-28T10:00Z")
    assert taken() == [2999, 2999]


def test_the_days_are_settings_and_filters(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    with unit_of_work("operator:1"):
        network.change({"renewal_days_before": 10, "grace_period_days": 1, "block_frontend_grace_period": 5})
    hooks.add_filter("wu_membership_grace_period_days", lambda days, _membership: days + 1)
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, "2027-03-03T10:00Z")
    assert events("renewal.created", "membership.expired") == [
        ("2027-02-18T10:00:00Z", "renewal.created"),
        ("2027-03-02T10:00:00Z", "membership.expired"),
    ]
    site = db.session.scalars(select(Site)).one()
    assert site.status == "requested"
    live_until(clock, "2027-03-07T10:00Z")
    db.session.refresh(site)
    assert site.status == "archived"


def test_an_integrator_can_say_that_nothing_can_be_charged(app: Flask, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    hooks.add_filter("wu_membership_has_renewal_credential", lambda _answer, _membership: False)
    number = buy("premium", settings)
    live_until(clock, "2027-02-28T10:00Z")
    assert membership(number).status == S.ON_HOLD
    assert renewals()[0].tries == []


def test_a_customer_takes_up_again_what_has_ended(
    app: Flask, settings: Settings, clock: TurnedClock, client: FlaskClient
) -> None:
    factories.product("premium", setup_fee_minor=500)
    number = buy("premium", settings)
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(number), reason="x", at_once=True)
    clock.use("2027-06-01T10:00Z")
    factories.signed_in(client, membership(number).customer)
    page = f"/account/memberships/{number}"
    assert "Take up this contract again" in client.get(page).text
    answer = client.post(f"{page}/reactivation")
    [payment] = renewals()
    assert answer.location.endswith(f"/pay/{payment.reference}")
    assert (payment.total_minor, membership(number).status) == (2999, S.CANCELLED)
    pay(payment, settings)
    found = membership(number)
    assert (found.status, found.expires_at, found.cancel_at) == (S.ACTIVE, at("2027-07-01T10:00Z"), None)
    assert [kind for _at, kind in events() if kind.startswith("membership")][-2:] == [
        "membership.reactivated",
        "membership.activated",
    ]
    assert "Take up this contract again" not in client.get(page).text


def test_the_banner_says_when_it_is_tried_again(
    app: Flask, settings: Settings, clock: TurnedClock, client: FlaskClient
) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    live_until(clock, "2027-02-28T10:00Z")
    factories.signed_in(client, membership(number).customer)
    text = client.get("/account/").text
    assert "We try again on 1 March 2027" in text
    assert "If it is not paid by 7 March 2027" in text or "Pay it by 7 March 2027" in text
