"""An integration listens if it is configured, and only then; half a configuration stops the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from webapp import hooks, integrations
from webapp.errors import ConfigurationError
from webapp.integrations import crm as crm_package
from webapp.integrations.analytics.base import analytics
from webapp.integrations.analytics.ga4 import GoogleAnalytics
from webapp.integrations.choosing import choose
from webapp.integrations.crm.base import crm
from webapp.integrations.crm.hubspot import HubSpot
from webapp.outgoing import PermanentFailure
from webapp.settings import Settings

HUBSPOT = {"HUBSPOT_ACCESS_TOKEN": "pat-token"}
GA4 = {"GA4_MEASUREMENT_ID": "G-1", "GA4_API_SECRET": "secret"}


def settings(env: dict[str, str], **values: Any) -> Settings:
    facts = {"encryption_keys": (), "redis_url": None, "network_domain": "localhost", "instance": Path()}
    return Settings("key", database_url="sqlite://", base_url="https://example.com", env=env, **facts, **values)


@pytest.fixture(autouse=True)
def _as_before(app: Flask) -> Iterator[None]:
    callbacks = hooks.registry.snapshot()
    yield
    integrations.register(settings({}))
    hooks.registry.restore(callbacks)


def listening() -> dict[str, list[str]]:
    """Which vendors would be told of which hooks now, in a worker; mail is written whatever is configured."""
    heard: dict[str, list[str]] = {}
    for hook in hooks.registry.actions.values():
        for callback in hook.callbacks:
            if callback.handler.startswith("webapp.integrations.") and ".mailing." not in callback.handler:
                assert callback.background, "the network is never used inside somebody's transaction"
                assert callback.only_if is not None
                if not callback.only_if():
                    continue
                heard.setdefault(callback.handler.split(".")[2], []).append(hook.name)
    return heard


def test_nothing_is_configured_and_nothing_listens() -> None:
    integrations.register(settings({}))
    assert listening() == {}
    with pytest.raises(PermanentFailure):
        crm.current()


def test_what_is_configured_listens_to_all_it_needs() -> None:
    integrations.register(settings(HUBSPOT | GA4))
    statuses = ["pending", "trialing", "active", "on-hold", "expired", "cancelled"]
    assert {name: sorted(names) for name, names in listening().items()} == {
        "crm": sorted(
            [
                "wu_customer_post_create",
                "wu_customer_post_update",
                "wu_membership_plan_changed",
                *[f"wu_membership_status_to_{status}" for status in statuses],
            ]
        ),
        "analytics": ["wu_checkout_completed", "wu_membership_status_to_cancelled", "wu_payment_failed"],
    }
    assert isinstance(crm.current(), HubSpot)
    assert isinstance(analytics.current(), GoogleAnalytics)


def test_one_application_leaves_no_key_to_the_next() -> None:
    integrations.register(settings(HUBSPOT))
    integrations.register(settings(GA4))
    assert list(listening()) == ["analytics"]


def test_registering_twice_listens_once() -> None:
    integrations.register(settings(HUBSPOT | GA4))
    once = listening()
    integrations.register(settings(HUBSPOT | GA4))
    assert listening() == once


@pytest.mark.parametrize("name", list(GA4))
def test_half_of_ga4_stops_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError, match="go together"):
        integrations.register(settings({name: "x"}))


@pytest.mark.parametrize("token", ["two words", "tok\nen", "tökén", "tok\x00en"])
def test_a_token_that_no_header_can_hold_stops_the_start_unquoted(token: str) -> None:
    with pytest.raises(ConfigurationError, match="HUBSPOT_ACCESS_TOKEN") as caught:
        integrations.register(settings({"HUBSPOT_ACCESS_TOKEN": token}))
    assert token not in str(caught.value)


def test_a_yes_or_no_that_is_neither_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="GA4_VALUE_WITHOUT_TAX"):
        integrations.register(settings(GA4 | {"GA4_VALUE_WITHOUT_TAX": "maybe"}))


@pytest.mark.parametrize(
    "address",
    [
        "http://api.hubapi.com",
        "https://10.0.0.5",
        "https://169.254.169.254",
        "https://[fd00::1]",
        "https://user:pass@api.hubapi.com",
        "https://api.hubapi.com/?token=1",
        "ftp://api.hubapi.com",
        "api.hubapi.com",
        "https://",
    ],
)
def test_credentials_are_not_sent_to_an_unsafe_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match="HUBSPOT_API_BASE"):
        integrations.register(settings(HUBSPOT | {"HUBSPOT_API_BASE": address}))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8001", "http://localhost:8001/", "http://[::1]:1", "https://eu.hubapi.com"]
)
def test_a_public_https_address_and_this_machine_are_fine(address: str) -> None:
    integrations.register(settings(HUBSPOT | {"HUBSPOT_API_BASE": address}))
    assert isinstance(crm.current(), HubSpot)


def test_the_operator_may_allow_private_addresses() -> None:
    env = HUBSPOT | {"HUBSPOT_API_BASE": "http://10.0.0.5"}
    integrations.register(settings(env, outbound_allow_private="1"))
    assert isinstance(crm.current(), HubSpot)


def test_another_vendor_is_one_file_and_one_line() -> None:
    class Other(HubSpot):
        vendor = "other"

    vendors = {**crm_package.VENDORS, "Other": lambda _settings: Other.__new__(Other)}
    assert isinstance(choose(vendors, settings({})), Other)
    with pytest.raises(ConfigurationError, match="HubSpot and Other are both set up"):
        choose(vendors, settings(HUBSPOT))
