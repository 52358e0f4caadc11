"""What an add-on's gateway asks the operator for: entered on its page, kept, never shown again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.addons import installed
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_ways_to_pay import PAGE, at_address, entries
from tests.pages import Browser
from webapp import hooks
from webapp.domain import gateway_keys, network
from webapp.domain.staff import Role
from webapp.extensions import db
from webapp.gateways import base, beyond, gateways
from webapp.gateways.base import Base, Beginning, Capability, Later, PaymentRequest, Variable
from webapp.transactions import unit_of_work


class Bank(Base):
    """As an add-on brings it: it needs a key, and may be told more."""

    id, title, description = "bank", "Bank", "At your bank."
    capabilities = Capability.OFFLINE
    variables = (
        Variable("BANK_KEY", "Key", "Begins with k_.", secret=True),
        Variable("BANK_BRANCH", "Branch", needed=False),
        Variable("BANK_HOOK_SECRET", "Secret of notices", secret=True, needed=False),
    )

    def begin(self, request: PaymentRequest) -> Beginning:
        return Later("Pay there.", due_days=3)

    def test(self) -> base.Tested | None:
        return base.Tested(self.config.value("BANK_KEY") == "k_right", self.config.value("BANK_BRANCH"))

    def register_webhook(self, address: str) -> Mapping[str, str]:
        return {"BANK_HOOK_SECRET": f"made for {address}"}


KEYS_OF_BANK = f"{PAGE}/bank/keys"


@pytest.fixture
def bank(app: Flask) -> Iterator[None]:
    with banking(app):
        yield


@contextmanager
def banking(app: Flask, **env: str) -> Iterator[None]:
    with installed(app, env=env):
        hooks.add_filter("wu_payment_gateways", lambda known: {**known, "bank": Bank})
        yield


def asked(browser: Browser, **values: str | None) -> Any:
    return browser.submit(rows.form_of(browser.get(f"{PAGE}/bank"), "/bank/keys"), **values)


def typed(page: Any) -> dict[str, str]:
    fields: dict[str, str] = page.forms[rows.form_of(page, "/bank/keys")]["fields"]
    return fields


def press(browser: Browser, what: str) -> Any:
    return browser.submit(rows.form_of(browser.get(f"{PAGE}/bank"), f"/bank/{what}"))


def saved(variable: str) -> str:
    kept(variable)
    return gateway_keys.saved(variable)


def kept(variable: str) -> Any:
    db.session.rollback()
    db.session().info.pop(network.CACHE, None)
    return network.settings().variables.get(variable, {}).get("value")


def test_what_a_gateway_asks_for_is_entered_on_its_page_and_then_it_is_offered(bank: None, browser: Browser) -> None:
    page = browser.get(f"{PAGE}/bank")
    assert "keys are missing" in page.text
    assert "Begins with k_." in page.text
    page = asked(browser, BANK_KEY=" k_right ", BANK_BRANCH="Kiel")
    assert "Changes saved." in page.text
    assert "offered" in page.text
    assert "k_right" not in browser.response.get_data(as_text=True)
    assert typed(page)["BANK_BRANCH"] == "Kiel"
    assert kept("BANK_KEY") not in ("", None, "k_right")
    assert saved("BANK_KEY") == "k_right"
    [entry] = entries()
    assert entry.action == "gateways.keys"
    assert entry.before == {"gateway": "bank", "BANK_KEY": "", "BANK_BRANCH": ""}
    assert entry.after == {"gateway": "bank", "BANK_KEY": "••••", "BANK_BRANCH": "Kiel"}
    assert "It works" in press(browser, "connection").text


def test_a_secret_stays_until_it_is_typed_anew_or_taken_away(bank: None, browser: Browser) -> None:
    asked(browser, BANK_KEY="k_right", BANK_BRANCH="Kiel")
    asked(browser, BANK_BRANCH="Lübeck")
    assert saved("BANK_KEY") == "k_right"
    asked(browser, BANK_KEY="k_other")
    assert saved("BANK_KEY") == "k_other"
    page = asked(browser, **{"remove-BANK_KEY": "y"})
    assert (kept("BANK_KEY"), "keys are missing" in page.text) == ("", True)
    assert len(entries()) == 4
    asked(browser)
    assert len(entries()) == 4  # nothing was changed


def test_what_the_environment_says_is_locked_and_wins(app: Flask, browser: Browser) -> None:
    with banking(app, BANK_KEY="k_env"):
        page = browser.get(f"{PAGE}/bank")
        assert "Set by the environment variable BANK_KEY" in page.text
        asked(browser, BANK_KEY="k_right", BANK_BRANCH="Kiel")
        assert kept("BANK_KEY") is None
        assert beyond(gateways.get("bank")).config.value("BANK_KEY") == "k_env"


def test_two_who_enter_keys_at_once_do_not_overwrite_each_other(bank: None, browser: Browser) -> None:
    page = browser.get(f"{PAGE}/bank")
    with unit_of_work("someone"):
        gateway_keys.change("bank", {"BANK_BRANCH": "Husum"}, secrets=[])
    page = browser.submit(rows.form_of(page, "/bank/keys"), BANK_BRANCH="Kiel")
    assert (browser.response.status_code, kept("BANK_BRANCH")) == (409, "Husum")
    assert "Somebody else changed it meanwhile." in page.text
    assert typed(page)["BANK_BRANCH"] == "Kiel"
    browser.submit(rows.form_of(page, "/bank/keys"))
    assert kept("BANK_BRANCH") == "Kiel"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"BANK_KEY": "k right"}, "It holds characters that no key has."),
        ({"BANK_KEY": "schlüssel"}, "It holds characters that no key has."),
        ({"BANK_BRANCH": "x" * 501}, "Use at most 500 characters."),
    ],
)
def test_a_key_that_cannot_be_one_is_said_beside_its_field(
    bank: None, browser: Browser, values: dict[str, str], words: str
) -> None:
    page = asked(browser, **values)
    assert browser.response.status_code == 422
    assert page.text.count(words) == 2  # above the form, and beside the field
    assert entries() == []


def test_a_secret_whose_encryption_is_gone_is_not_offered_and_can_be_entered_again(
    bank: None, browser: Browser
) -> None:
    with unit_of_work("test"):
        network.keep("variable:BANK_KEY", {"value": "nonsense", "secret": True})
    assert "keys are missing" in browser.get(f"{PAGE}/bank").text
    asked(browser, BANK_KEY="k_right")
    assert saved("BANK_KEY") == "k_right"


def test_a_secret_that_the_vendor_makes_is_kept(app: Flask, bank: None, browser: Browser) -> None:
    asked(browser, BANK_KEY="k_right")
    with at_address(app, "https://shop.example.com"):
        page = press(browser, "webhook")
    assert "The address is registered" in page.text
    assert saved("BANK_HOOK_SECRET") == "made for https://shop.example.com/webhooks/bank"
    assert "made for" not in str([(one.before, one.after) for one in entries()])


def test_who_may_only_look_sees_no_form_of_keys(bank: None, app: Flask) -> None:
    reader = Browser(factories.signed_in(app.test_client(), factories.operator(role=Role.READ_ONLY)))
    page = reader.get(f"{PAGE}/bank")
    assert not any(form["action"].endswith("/keys") for form in page.forms)
    assert reader.client.post(KEYS_OF_BANK, data={"BANK_BRANCH": "Kiel"}).status_code == 403


def test_a_gateway_of_ours_asks_for_nothing_there(browser: Browser) -> None:
    assert browser.client.post(f"{PAGE}/manual/keys", data={}).status_code == 404
