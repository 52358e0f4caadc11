"""What Acme is told, when, and what becomes of it when Acme does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from acme_addon.listeners import NO_CONSENT
from fake_acme import FakeAcme
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed, work_off
from webapp.domain import memberships, payments
from webapp.flows import asking, ordering, sandbox_bank
from webapp.models import Attempt, Customer, Delivery, DeliveryStatus, Membership, Payment, Try
from webapp.settings import Settings
from webapp.transactions import unit_of_work

LISTENERS = "acme_addon.listeners"


def buy(settings: Settings, *, consent: bool = True, gateway: str = "manual") -> None:
    factories.product("premium", name="Premium")
    order = factories.order("premium", gateway=gateway, email="ada@example.org")
    ordering.place(order, settings)
    if consent:
        with unit_of_work("test") as session:
            customer = session.scalars(select(Customer)).one()
            customer.analytics_consent_at = customer.registered_at


def settle(db: Session) -> None:
    with unit_of_work("test"):
        payments.confirm_by_hand(db.scalars(select(Payment)).one(), actor="operator:1")


def deliveries(db: Session) -> list[tuple[str, DeliveryStatus]]:
    db.rollback()
    query = select(Delivery).where(Delivery.handler == LISTENERS).order_by(Delivery.id)
    return [(one.callback.partition(":")[2], one.status) for one in db.scalars(query)]


def test_a_new_customer_becomes_a_contact_whose_id_is_kept(
    network: Flask, acme: FakeAcme, settings: Settings, db: Session, clock: Any
) -> None:
    buy(settings)
    assert acme.contacts == []  # not while the buyer waits
    work_off(network)
    assert acme.contacts == [
        {
            "id": "con_1",
            "email": "ada@example.org",
            "name": "Ada Person",
            "signup_date": "2027-01-31T10:00:00Z",
            "plan": "Premium",
        }
    ]
    db.rollback()
    assert db.scalars(select(Customer)).one().meta["crm_contact_id"] == "con_1"


def test_a_sale_is_one_purchase(network: Flask, acme: FakeAcme, settings: Settings, db: Session) -> None:
    buy(settings)
    settle(db)
    work_off(network)
    work_off(network)
    item = {"item_id": "premium", "item_name": "Premium", "item_category": "subscription", "quantity": 1}
    assert acme.events == [
        {
            "name": "purchase",
            "params": {
                "transaction_id": db.scalars(select(Payment)).one().reference,
                "currency": "EUR",
                "value": 29.99,
                "items": [{**item, "price": 29.99}],
            },
        }
    ]


def test_an_ended_membership_is_told(network: Flask, acme: FakeAcme, settings: Settings, db: Session) -> None:
    buy(settings)
    settle(db)
    with unit_of_work("test"):
        memberships.cancel(db.scalars(select(Membership)).one(), reason="moved away", at_once=True)
    work_off(network)
    assert acme.events[-1] == {"name": "membership_cancelled", "params": {"plan": "premium"}}


def test_a_failed_payment_is_told_without_the_banks_words(
    network: Flask, acme: FakeAcme, settings: Settings, db: Session
) -> None:
    buy(settings, gateway="sandbox")
    attempt = db.scalars(select(Try)).one()
    sandbox_bank.decline(str(attempt.gateway_reference))
    asking.ask(attempt.id)
    work_off(network)
    reference = db.scalars(select(Payment)).one().reference
    assert acme.events == [{"name": "payment_failed", "params": {"transaction_id": reference}}]


def test_without_consent_nothing_is_counted(network: Flask, acme: FakeAcme, settings: Settings, db: Session) -> None:
    buy(settings, consent=False)
    settle(db)
    work_off(network)
    assert acme.events == []
    query = select(Attempt.answer).join(Delivery).where(Delivery.callback == f"{LISTENERS}:track_conversion")
    assert db.scalars(query).all() == [NO_CONSENT]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_while_acme_is_down_nothing_is_lost(
    network: Flask, acme: FakeAcme, settings: Settings, db: Session, clock: Any, status: int
) -> None:
    acme.answers_first = [status, status]
    buy(settings)
    for _ in range(3):
        work_off(network)
        clock.tick(hours=1)
    assert [one["id"] for one in acme.contacts] == ["con_1"]
    assert deliveries(db) == [("sync_customer_to_crm", DeliveryStatus.DONE)]
    keys = {headers["idempotency-key"] for _method, path, headers in acme.requests if path == "/contacts"}
    assert len(keys) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
def test_what_acme_refuses_stops_and_is_shown_without_the_key(
    network: Flask, acme: FakeAcme, settings: Settings, db: Session, status: int
) -> None:
    acme.answers_first = [status]
    buy(settings)
    work_off(network)
    assert deliveries(db) == [("sync_customer_to_crm", DeliveryStatus.DEAD)]
    attempt = db.scalars(select(Attempt).join(Delivery).where(Delivery.handler == LISTENERS)).one()
    assert (attempt.http_status, attempt.answer) == (status, '{"error": "not now"}')
    assert str(status) in db.scalars(select(Delivery.last_error).where(Delivery.handler == LISTENERS)).one()


def test_an_acme_that_is_gone_is_tried_again(app: Flask, acme: FakeAcme, settings: Settings, db: Session) -> None:
    with installed(app, "acme_addon", env={**acme.env, "ACME_API_BASE": "http://127.0.0.1:9"}):
        buy(settings)
        work_off(app, LISTENERS)
    assert deliveries(db) == [("sync_customer_to_crm", DeliveryStatus.PENDING)]


def test_the_key_is_not_shown(network: Flask) -> None:
    assert "key-of-the-network" not in repr(network.extensions["acme"])


@pytest.mark.parametrize("missing", ["ACME_API_BASE", "ACME_API_KEY", "ACME_WEBHOOK_SECRET"])
def test_without_its_variables_the_addon_is_left_out_and_says_which(app: Flask, acme: FakeAcme, missing: str) -> None:
    env = {name: value for name, value in acme.env.items() if name != missing}
    with installed(app, "acme_addon", env=env) as [addon]:
        assert missing in addon.error
