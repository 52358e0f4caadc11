"""A key that is saved in the admin works with the next call, in every process; the environment's wins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.fakes import ga4, hubspot
from tests.fakes.ga4 import GA4Fake
from tests.fakes.hubspot import HubSpotFake
from tests.fakes.vendor import Silence, Status
from webapp import integrations
from webapp.domain import network
from webapp.extensions import db
from webapp.flows import relaying
from webapp.integrations import connections
from webapp.integrations.connections import Verdict
from webapp.integrations.crm.base import crm as crm_binding
from webapp.models import Delivery, DeliveryStatus
from webapp.outgoing import PermanentFailure
from webapp.settings import Settings
from webapp.transactions import unit_of_work
from webapp.vendors.answers import Limits

CRM = "webapp.integrations.crm.listeners"


@pytest.fixture
def vendor() -> Iterator[HubSpotFake]:
    with HubSpotFake(made_properties=True) as vendor:
        yield vendor


@pytest.fixture
def google() -> Iterator[GA4Fake]:
    with GA4Fake() as vendor:
        yield vendor


@pytest.fixture
def bare(app: Flask, make_settings: Any, vendor: HubSpotFake, google: GA4Fake) -> Iterator[Settings]:
    """The environment says where the vendors are, and no key."""
    settings = make_settings(env={"HUBSPOT_API_BASE": vendor.url, "GA4_API_BASE": google.url})
    integrations.register(settings)
    yield settings
    integrations.register(make_settings(env={}))


def save(**values: Any) -> None:
    with unit_of_work("test"):
        network.change(values)


def drain(app: Flask) -> None:
    db.session.rollback()
    relaying.drain(app, CRM, lease=timedelta(minutes=1))
    db.session.rollback()


def test_a_saved_key_is_used_without_a_new_start_and_a_newer_one_after_it(
    app: Flask, bare: Settings, vendor: HubSpotFake
) -> None:
    factories.registered("before@example.com")
    assert db.session.scalars(select(Delivery)).all() == []  # nobody is to be told yet
    save(hubspot_access_token="pat-wrong")
    factories.registered("wrong@example.com")
    drain(app)
    assert db.session.scalars(select(Delivery.status)).all() == [DeliveryStatus.DEAD]
    save(hubspot_access_token=hubspot.TOKEN)
    factories.registered("ada@example.com")
    drain(app)
    assert [one["email"] for one in vendor.contacts.values()] == ["ada@example.com"]
    save(hubspot_access_token="")
    factories.registered("after@example.com")
    assert len(db.session.scalars(select(Delivery)).all()) == 2


def test_the_environments_key_wins(app: Flask, bare: Settings, vendor: HubSpotFake) -> None:
    integrations.register(replace(bare, env={**bare.env, "HUBSPOT_ACCESS_TOKEN": hubspot.TOKEN}))
    save(hubspot_access_token="pat-wrong")
    factories.registered("ada@example.com")
    drain(app)
    assert len(vendor.contacts) == 1


def test_a_client_is_kept_for_as_long_as_the_keys_are_the_same(app: Flask, bare: Settings) -> None:
    save(hubspot_access_token=hubspot.TOKEN)
    first = crm_binding.current()
    assert crm_binding.current() is first
    save(hubspot_access_token="pat-newer")
    assert crm_binding.current() is not first


def test_a_secret_that_cannot_be_read_any_more_is_a_failure_for_the_operator(app: Flask, bare: Settings) -> None:
    with unit_of_work("test"):
        network.change({"hubspot_access_token": "x"})
    db.session.execute(network.Setting.__table__.update().values(value="not encrypted by us"))
    db.session.commit()
    db.session().info.clear()
    assert crm_binding.is_set_up()
    with pytest.raises(PermanentFailure, match="cannot be read with the ENCRYPTION_KEYS"):
        crm_binding.current()


def test_whether_anybody_is_to_be_told_costs_no_statement_of_its_own(
    app: Flask, bare: Settings, statements: list[str]
) -> None:
    network.settings()
    statements.clear()
    assert not crm_binding.is_set_up()
    assert statements == []


# -- trying keys out -------------------------------------------------------------------------------------------------
def tried(vendor: str, settings: Settings, **keys: Any) -> tuple[Verdict, str]:
    save(**keys)
    return connections.try_out(vendor, connections.effective(settings))


GA4_KEYS = {"ga4_measurement_id": ga4.MEASUREMENT_ID, "ga4_api_secret": ga4.SECRET}


def test_good_keys_are_accepted_and_nothing_is_changed_over_there(
    bare: Settings, vendor: HubSpotFake, google: GA4Fake
) -> None:
    assert tried("hubspot", bare, hubspot_access_token=hubspot.TOKEN) == (Verdict.ACCEPTED, "")
    assert tried("ga4", bare, **GA4_KEYS) == (Verdict.ACCEPTED, "")
    assert (vendor.contacts, google.events, google.problems) == ({}, [], [])
    assert [call.path for call in google.calls] == ["/debug/mp/collect"]


def test_each_trouble_has_a_verdict_of_its_own(bare: Settings, vendor: HubSpotFake, google: GA4Fake) -> None:
    assert connections.try_out("hubspot", bare)[0] == connections.try_out("ga4", bare)[0] == Verdict.NO_KEYS
    assert tried("hubspot", bare, hubspot_access_token="pat-wrong")[0] == Verdict.WRONG_KEY
    vendor.missing_scopes.add("contacts")
    assert tried("hubspot", bare, hubspot_access_token=hubspot.TOKEN)[0] == Verdict.NO_RIGHT
    vendor.next(Status(503))
    assert tried("hubspot", bare)[0] == Verdict.NOT_REACHED
    google.next(Status(200, body={"validationMessages": [{"description": "no"}]}), Status(200, body=[]))
    assert tried("ga4", bare, **GA4_KEYS)[0] == Verdict.REFUSED
    assert tried("ga4", bare)[0] == Verdict.REFUSED
    assert tried("ga4", bare, ga4_api_secret="")[0] == Verdict.UNUSABLE


def test_a_vendor_that_is_silent_is_not_waited_for(
    bare: Settings, vendor: HubSpotFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections.QUICK.total <= 5
    monkeypatch.setattr(connections, "QUICK", Limits(connect=0.2, read=0.2, total=0.3))
    vendor.next(Silence())
    verdict, details = tried("hubspot", bare, hubspot_access_token=hubspot.TOKEN)
    assert (verdict, details) == (Verdict.NOT_REACHED, "hubspot did not answer in time")


def test_the_button_says_how_it_went_and_tells_no_secret(
    app: Flask, bare: Settings, client: FlaskClient, vendor: HubSpotFake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    factories.signed_in(client, factories.operator())
    before, app.extensions["settings"] = app.extensions["settings"], bare
    try:
        for token, words in (("pat-wrong-one", "does not know this key"), (hubspot.TOKEN, "HubSpot takes the keys.")):
            save(hubspot_access_token=token)
            answer = client.post("/admin/settings/connections/hubspot")
            assert words in answer.text
            assert token not in answer.text + caplog.text
        save(**GA4_KEYS)
        assert "Whether the secret is right it never says" in client.post("/admin/settings/connections/ga4").text
        assert client.post("/admin/settings/connections/other").status_code == 404
    finally:
        app.extensions["settings"] = before
