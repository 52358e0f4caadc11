"""Memberships that live: bought from the pretend bank, and looked at whenever something is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from webapp import clock as product_clock
from webapp.domain import agenda
from webapp.extensions import db
from webapp.flows import asking, charging, ordering, sandbox_bank
from webapp.models import Event, Membership, Payment, SandboxCharge, SandboxCredential, Try
from webapp.settings import Settings


def at(text: str) -> datetime:
    return product_clock.parse(text)


def buy(plan: str, settings: Settings, *, fails: bool = False, **order: Any) -> int:
    """The id of a membership whose card the bank keeps; `fails`: it declines every later charge."""
    ordering.place(factories.order(plan, **order), settings)
    attempt = db.session.scalars(select(Try).order_by(Try.id.desc())).first()
    if attempt is not None and attempt.gateway_reference is not None:
        sandbox_bank.approve(attempt.gateway_reference, later_charges_fail=fails)
        asking.ask(attempt.id)
    db.session.rollback()
    return db.session.scalars(select(Membership.id).order_by(Membership.id.desc())).first() or 0


def forget_card(membership_id: int) -> None:
    """As if the gateway had kept none."""
    with charging.unit_of_work("test") as session:
        membership = session.get_one(Membership, membership_id)
        membership.credential, membership.auto_renew = None, False


def fail(fails: bool = True) -> None:
    """From now on the bank declines all cards, or none."""
    for reference in db.session.scalars(select(SandboxCredential.reference)).all():
        sandbox_bank.tell_to_fail(reference, fails)


def live_until(clock: TurnedClock, text: str) -> None:
    """Do everything that falls due until then, each at its instant."""
    until = at(text)
    for _step in range(500):
        db.session.rollback()
        instant = agenda.next_instant()
        if instant is None or instant > until:
            break
        clock.now = max(clock.now, instant)
        charging.work_off()
    else:
        raise AssertionError("something is due again and again")
    clock.now = until
    db.session.rollback()


def pay(payment: Payment, settings: Settings) -> None:
    """The customer follows the link, and pays with a new card."""
    ordering.pay_again(payment.id, "sandbox", settings)
    attempt = db.session.scalars(select(Try).order_by(Try.id.desc())).first()
    assert attempt is not None
    assert attempt.gateway_reference is not None
    sandbox_bank.approve(attempt.gateway_reference)
    asking.ask(attempt.id)
    db.session.rollback()


def membership(number: int) -> Membership:
    return db.session.get_one(Membership, number)


def events(*kinds: str) -> list[tuple[str, str]]:
    """(when, type) of what was recorded, in order; only of these kinds when some are named."""
    found = db.session.scalars(select(Event).order_by(Event.id))
    return [(product_clock.rfc3339(one.timestamp), one.type) for one in found if not kinds or one.type in kinds]


def taken() -> list[int]:
    """What the bank has really taken, in minor units."""
    charges = db.session.scalars(select(SandboxCharge).order_by(SandboxCharge.id)).all()
    return [one.amount_minor for one in charges if one.status == "succeeded"]
