"""The whole way: a sale in the database, the outbox, a worker's drain, and the vendors on the other side."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock, only
from tests.fakes import ga4, hubspot
from tests.fakes.ga4 import GA4Fake
from tests.fakes.hubspot import HubSpotFake
from tests.fakes.vendor import DropAnswer, Status
from webapp import integrations
from webapp.domain import customers, memberships
from webapp.extensions import db as database
from webapp.flows import asking, ordering, relaying, sandbox_bank
from webapp.models import Attempt, Customer, Delivery, DeliveryStatus, Membership, Payment, Try
from webapp.settings import Settings
from webapp.transactions import unit_of_work

COOKIES = {"client_id": "1162820436.1749482504", "session_id": "1700000000"}
CRM, ANALYTICS = "webapp.integrations.crm.listeners", "webapp.integrations.analytics.listeners"


@pytest.fixture
def crm() -> Iterator[HubSpotFake]:
    with HubSpotFake() as vendor:
        yield vendor


@pytest.fixture
def google() -> Iterator[GA4Fake]:
    with GA4Fake() as vendor:
        yield vendor


@pytest.fixture
def told(app: Flask, clock: TurnedClock, make_settings: Any, crm: HubSpotFake, google: GA4Fake) -> Iterator[Settings]:
    """Settings with both vendors, and the integrations listening."""
    env = {
        "HUBSPOT_ACCESS_TOKEN": hubspot.TOKEN,
        "HUBSPOT_API_BASE": crm.url,
        "GA4_MEASUREMENT_ID": ga4.MEASUREMENT_ID,
        "GA4_API_SECRET": ga4.SECRET,
        "GA4_API_BASE": google.url,
    }
    settings = make_settings(env=env)
    integrations.register(settings)
    yield settings
    integrations.register(make_settings(env={}))


def drain(app: Flask) -> None:
    database.session.rollback()
    for handler in (CRM, ANALYTICS):
        relaying.drain(app, handler, lease=timedelta(minutes=1))
    database.session.rollback()


def deliveries(handler: str) -> list[tuple[str, DeliveryStatus]]:
    query = select(Delivery.hook, Delivery.status).where(Delivery.handler == handler).order_by(Delivery.id)
    return [(hook, status) for hook, status in database.session.execute(query)]


def buy(settings: Settings, plan: str = "premium", **values: Any) -> None:
    """An order that is paid at once."""
    ordering.place(factories.order(plan, **values), settings)
    attempt = only(Try)
    sandbox_bank.approve(attempt.gateway_reference)
    asking.ask(attempt.id)


def test_a_sale_makes_the_contact_and_the_purchase(
    app: Flask, told: Settings, crm: HubSpotFake, google: GA4Fake
) -> None:
    factories.product("premium", name="Premium", setup_fee_minor=9900)
    buy(told, analytics=COOKIES)
    drain(app)

    customer = only(Customer)
    [contact_id] = crm.contacts
    assert customer.meta["crm_contact_id"] == contact_id
    assert crm.contacts[contact_id] == {
        "email": customer.email,
        "firstname": "Ada",
        "lastname": "Person",
        "parzelle_plan": "Premium",
        "parzelle_status": "active",
        "parzelle_signup_date": customer.registered_at.date().isoformat(),
    }
    assert google.problems == []
    [(name, params)] = google.events
    assert (name, params["transaction_id"]) == ("purchase", str(only(Payment).id))
    assert (params["value"], params["currency"]) == (Decimal("128.99"), "EUR")
    assert [(one["item_id"], one["price"]) for one in params["items"]] == [("premium", Decimal("29.99"))]
    assert google.messages[0]["client_id"] == COOKIES["client_id"]
    assert {status for _hook, status in deliveries(CRM) + deliveries(ANALYTICS)} == {DeliveryStatus.DONE}
    answers = set(database.session.scalars(select(Attempt.answer)))
    assert {f"hubspot: contact {contact_id} found or created", "purchase sent"} <= answers


def test_without_consent_no_byte_goes_to_google(app: Flask, told: Settings, google: GA4Fake) -> None:
    factories.product("premium")
    buy(told)
    with unit_of_work():
        memberships.cancel(only(Membership), reason="too_expensive", at_once=True)
    drain(app)
    assert google.calls == []
    assert deliveries(ANALYTICS) == [
        ("wu_checkout_completed", DeliveryStatus.DONE),
        ("wu_membership_status_to_cancelled", DeliveryStatus.DONE),
    ]


def test_later_changes_reach_the_same_contact_in_order(app: Flask, told: Settings, crm: HubSpotFake) -> None:
    factories.product("premium")
    buy(told)
    drain(app)
    customer = only(Customer)
    contact_id = customer.meta["crm_contact_id"]
    with unit_of_work():
        customers.change_email(customer, "countess@example.com")
    with unit_of_work():
        memberships.cancel(only(Membership), reason="unused", at_once=True)
    drain(app)
    assert list(crm.contacts) == [contact_id]
    assert crm.contacts[contact_id]["email"] == "countess@example.com"
    assert crm.contacts[contact_id]["parzelle_status"] == "cancelled"


def test_a_failure_and_a_loss_are_told_with_consent(
    app: Flask, told: Settings, google: GA4Fake, clock: TurnedClock
) -> None:
    factories.product("premium")
    order = factories.order("premium", analytics=COOKIES)
    ordering.place(order, told)
    sandbox_bank.decline(only(Try).gateway_reference)
    asking.ask(only(Try).id)
    clock.tick(60)
    ordering.place(order, told)
    attempt = database.session.scalars(select(Try).order_by(Try.id.desc())).first()
    assert attempt is not None
    sandbox_bank.approve(attempt.gateway_reference or "")
    asking.ask(attempt.id)
    clock.tick(3600)
    with unit_of_work():
        memberships.cancel(only(Membership), reason="too_expensive", at_once=True)
    drain(app)
    assert google.problems == []
    assert google.names == ["payment_failed", "purchase", "membership_cancelled"]
    times = [message["timestamp_micros"] for message in google.messages]
    assert [later - times[0] for later in times] == [0, 60_000_000, 3_660_000_000]
    assert google.events[2][1]["reason"] == "too_expensive"
    assert len({params.get("event_id") for _name, params in google.events}) == 3


def test_an_answer_that_is_lost_is_made_up_for(
    app: Flask, told: Settings, crm: HubSpotFake, google: GA4Fake, clock: TurnedClock
) -> None:
    crm.properties |= {name: {"type": "string"} for name in ("parzelle_plan", "parzelle_status")}
    crm.properties["parzelle_signup_date"] = {"type": "date"}
    factories.product("premium")
    buy(told, analytics=COOKIES)
    crm.next(DropAnswer())
    google.next(DropAnswer())
    drain(app)
    assert "crm_contact_id" not in only(Customer).meta
    clock.tick(10)
    drain(app)
    assert list(crm.contacts) == [only(Customer).meta["crm_contact_id"]]
    assert google.names == ["purchase"]
    assert len(google.calls) == 2


def test_a_wait_that_a_vendor_asks_for_is_kept(
    app: Flask, told: Settings, crm: HubSpotFake, clock: TurnedClock
) -> None:
    factories.registered("ada@example.com")
    crm.next(Status(429, {"Retry-After": "120"}))
    drain(app)
    delivery = only(Delivery)
    assert delivery.status == DeliveryStatus.PENDING
    assert delivery.next_at >= clock.now + timedelta(seconds=120)
    assert len(crm.calls) == 1


def test_refused_credentials_stop_and_are_shown_without_them(
    app: Flask, told: Settings, crm: HubSpotFake, make_settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    integrations.register(make_settings(env={**told.env, "HUBSPOT_ACCESS_TOKEN": "pat-wrong-proof"}))
    factories.registered("ada@example.com")
    drain(app)
    delivery, attempt = only(Delivery), only(Attempt)
    assert (delivery.status, attempt.http_status) == (DeliveryStatus.DEAD, 401)
    assert "does not accept the credentials" in delivery.last_error
    assert "***" in attempt.answer
    assert "pat-wrong-proof" not in caplog.text + delivery.last_error + attempt.answer


def test_nothing_is_even_noted_when_nothing_is_configured(app: Flask, make_settings: Any) -> None:
    integrations.register(make_settings(env={}))
    factories.registered("ada@example.com")
    assert deliveries(CRM) == deliveries(ANALYTICS) == []
