"""Steering a membership by hand: only where its state allows it, once, and with an entry in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import TurnedClock
from tests.lives import at, buy, fail, live_until, membership, pay, taken
from webapp.extensions import db
from webapp.models import AuditEntry, MembershipStatus, Payment, PaymentKind
from webapp.settings import Settings

S = MembershipStatus


def step(client: FlaskClient, number: int, name: str, **data: str) -> int:
    code = client.post(f"/admin/memberships/{number}/steps/{name}", data=data).status_code
    db.session.rollback()
    return code


def test_it_is_charged_again_without_waiting(signed_in: FlaskClient, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings, fails=True)
    live_until(clock, "2027-02-28T10:00Z")
    assert "Charge now" in signed_in.get(f"/admin/memberships/{number}").text
    asked = db.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert asked is not None
    payment_page = f"/admin/payments/{asked.id}"
    assert f"/admin/memberships/{number}/steps/charge" in signed_in.get(payment_page).text
    fail(False)
    assert step(signed_in, number, "charge", reason="the card works again") == 303
    assert "/steps/charge" not in signed_in.get(payment_page).text
    assert (membership(number).status, membership(number).periods_paid) == (S.ACTIVE, 2)
    assert step(signed_in, number, "charge") == 409
    assert taken() == [2999, 2999]
    entries = db.session.scalars(select(AuditEntry)).all()
    assert [(one.action, one.after["reason"]) for one in entries] == [("memberships.charge", "the card works again")]


def test_days_are_given_and_the_next_periods_are_counted_from_there(
    signed_in: FlaskClient, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    assert step(signed_in, number, "extend", days="0") == 422
    assert step(signed_in, number, "extend", days="") == 422
    assert step(signed_in, number, "extend", days="10") == 303
    assert membership(number).expires_at == at("2027-03-10T10:00Z")
    live_until(clock, "2027-04-10T10:00Z")
    assert membership(number).expires_at == at("2027-05-10T10:00Z")


def test_it_is_put_on_hold_and_taken_off(signed_in: FlaskClient, settings: Settings, clock: TurnedClock) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    assert step(signed_in, number, "hold") == 303
    assert membership(number).status == S.ON_HOLD
    assert step(signed_in, number, "hold") == 409
    assert step(signed_in, number, "resume") == 303
    assert membership(number).status == S.ACTIVE
    live_until(clock, "2027-02-28T10:00Z")
    assert membership(number).periods_paid == 2


def test_what_has_ended_is_taken_up_again_by_its_payment(
    signed_in: FlaskClient, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("premium", trial_duration=7, setup_fee_minor=500)
    number = buy("premium", settings)
    live_until(clock, "2027-02-10T10:00Z")
    assert step(signed_in, number, "expire", reason="fraud?") == 303
    assert membership(number).status == S.EXPIRED
    for _twice in range(2):
        assert step(signed_in, number, "reactivate") == 303
    query = select(Payment).where(Payment.kind == PaymentKind.REACTIVATION)
    payment = db.session.scalars(query).one()
    assert payment.total_minor == 2999  # no second set-up fee
    live_until(clock, "2027-02-20T10:00Z")
    pay(payment, settings)
    found = membership(number)
    assert (found.status, found.expires_at, found.periods_paid) == (S.ACTIVE, at("2027-03-20T10:00Z"), 2)


def test_what_was_looked_at_too_long_ago_is_not_steered(signed_in: FlaskClient, app: Flask) -> None:
    one = factories.active_membership()
    assert step(signed_in, one.id, "hold", version="7") == 409
    assert rows.fresh(one).status == S.ACTIVE
    assert step(signed_in, one.id, "nothing") == 404


@pytest.mark.parametrize("page", ["steps/expire", "steps/extend", "ahead"])
def test_the_pages_show(signed_in: FlaskClient, clock: TurnedClock, page: str) -> None:
    one = factories.active_membership(expires_at=clock.now + timedelta(days=20), periods_paid=1)
    answer = signed_in.get(f"/admin/memberships/{one.id}/{page}")
    assert answer.status_code == 200
    if page == "ahead":
        assert "Membership put on hold" in answer.text  # it has no card
        assert rows.fresh(one).status == S.ACTIVE
