"""The settings by the API: one flat object, by the rules of the admin's forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from webapp import encryption
from webapp.domain import network
from webapp.masking import MASK


def test_every_setting_is_there_and_secrets_are_not(caller: Caller) -> None:
    caller.patch("/settings", {"hubspot_access_token": "pat-secret"})
    found = caller.get("/settings").json
    assert set(found) == network.KEYS
    assert found["currency"] == "EUR"
    assert found["enable_taxes"] is False
    assert found["allowed_countries"] == []
    assert found["hubspot_access_token"] == MASK
    assert encryption.decrypt(network.settings().hubspot_access_token) == "pat-secret"


def test_some_settings_are_changed_and_the_others_stay(caller: Caller) -> None:
    wanted = {
        "enable_taxes": True,
        "inclusive_tax": True,
        "currency": "CHF",
        "allowed_countries": ["DE", "AT"],
        "renewal_retry_days": [2, 4],
    }
    answer = caller.patch("/settings", {**wanted, "withdrawal_days": 30})
    assert answer.status_code == 200
    assert {name: answer.json[name] for name in wanted} == wanted | {"allowed_countries": ["AT", "DE"]}
    assert answer.json["withdrawal_days"] == 30
    assert answer.json["company_name"] == network.DEFAULTS.company_name


def test_what_was_read_can_be_sent_back_whole(caller: Caller) -> None:
    caller.patch("/settings", {"hubspot_access_token": "pat-secret"})
    before = caller.get("/settings")
    after = caller.patch("/settings", before.json, If_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.json == before.json
    assert encryption.decrypt(network.settings().hubspot_access_token) == "pat-secret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("withdrawal_days", 3),
        ("withdrawal_days", "30"),
        ("withdrawal_days", 30.5),
        ("withdrawal_days", True),
        ("withdrawal_days", None),
        ("enable_taxes", "yes"),
        ("enable_taxes", 1),
        ("currency", "XYZ"),
        ("currency", ["EUR"]),
        ("renewal_retry_days", [3, 1]),
        ("renewal_retry_days", ["1"]),
        ("renewal_retry_days", "1, 3"),
        ("renewal_retry_days", [1.5]),
        ("allowed_countries", "DE"),
        ("allowed_countries", ["DE", 1]),
        ("allowed_countries", ["ZZ"]),
        ("default_country", ""),
        ("support_email", "nobody"),
        ("terms_url", "javascript:alert(1)"),
        ("accent", "#ffff00"),
        ("network_name", ""),
        ("network_name", "x" * 81),
        ("network_name", {"a": 1}),
        ("ga4_measurement_id", "G-1"),
        ("logo", "x.png"),
    ],
)
def test_what_cannot_be_is_named(caller: Caller, name: str, value: Any) -> None:
    answer = caller.patch("/settings", {name: value})
    assert answer.status_code == 422
    assert params(answer)[name if name != "ga4_measurement_id" else "ga4_api_secret"]
    assert network.settings() == network.DEFAULTS


def test_all_that_is_wrong_is_said_at_once(caller: Caller) -> None:
    assert set(params(caller.patch("/settings", {"currency": "XYZ", "withdrawal_days": 0, "company_name": "A"}))) == {
        "currency",
        "withdrawal_days",
    }


def test_settings_must_go_together_with_those_that_stay(caller: Caller) -> None:
    assert params(caller.patch("/settings", {"allowed_countries": ["FR"]})) == {
        "default_country": "You do not sell to this country. Choose one that you sell to."
    }
    both = {"allowed_countries": ["FR"], "default_country": "FR"}
    assert caller.patch("/settings", both).status_code == 200


@pytest.fixture
def environment(app: Flask) -> Iterator[dict[str, str]]:
    """What the environment says, for this test."""
    kept = app.extensions["settings"]
    env: dict[str, str] = {}
    app.extensions["settings"] = replace(kept, env=env)
    yield env
    app.extensions["settings"] = kept


def test_what_the_environment_says_is_shown_and_cannot_be_changed(caller: Caller, environment: dict[str, str]) -> None:
    environment |= {"GA4_MEASUREMENT_ID": "G-ENV", "GA4_API_SECRET": "hidden", "GA4_VALUE_WITHOUT_TAX": "1"}
    found = caller.get("/settings").json
    assert found["ga4_measurement_id"] == "G-ENV"
    assert found["ga4_api_secret"] == MASK
    assert found["ga4_value_without_tax"] is True
    answer = caller.patch("/settings", {"ga4_measurement_id": "G-OTHER"})
    assert answer.status_code == 422
    assert "GA4_MEASUREMENT_ID" in params(answer)["ga4_measurement_id"]
    assert caller.patch("/settings", found).status_code == 200


def test_the_settings_cost_few_statements(caller: Caller, statements: Statements) -> None:
    caller.get("/settings")
    statements.clear()
    caller.get("/settings")
    assert len(statements) <= 3
