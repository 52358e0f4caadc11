"""The pretend bank's page: looking changes nothing, one press decides, and the buyer goes back."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.flows import sandbox_bank
from webapp.gateways.sandbox import Order
from webapp.money import Money
from webapp.settings import ROOT

SHOP = "http://localhost:8000"
ORDER = Order(
    amount=Money(2999, "EUR"),
    description="Premium <b>monthly</b>",
    payer="cus-1",
    idempotency_key="pay-abc-1",
    notify_url=f"{SHOP}/webhooks/sandbox",
    return_url=f"{SHOP}/thank-you/abc",
    cancel_url=f"{SHOP}/pay/abc",
    store_credential=True,
)
BUTTONS = ["Approve", "Decline", "Approve, but tell us late"]

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def page() -> str:
    """The path of an open page."""
    return f"/sandbox/pay/{sandbox_bank.open_page(ORDER)}"


def status(page: str) -> str:
    return str(sandbox_bank.fetch(page.rpartition("/")[2]).status)


def press(client: FlaskClient, page: str, decision: str, **more: str) -> Any:
    return client.post(page, data={"decision": decision, **more})


def buttons(text: str) -> list[str]:
    pressed = re.findall(r"<button[^>]*name=\"decision\"[^>]*>(.*?)</button>", text, re.S)
    return [re.sub(r"<svg.*?</svg>|<[^>]+>", "", one, flags=re.S).strip() for one in pressed]


def test_the_page_says_what_is_to_be_paid_and_offers_the_choices(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert "29.99" in answer.text
    assert "Premium &lt;b&gt;monthly&lt;/b&gt;" in answer.text
    assert [one for one in buttons(answer.text) if one in BUTTONS] == BUTTONS
    assert answer.headers["Cache-Control"] == "no-store"


def test_looking_changes_nothing(client: FlaskClient, page: str) -> None:
    for query in ("", "?decision=approve", "?locale=de"):
        client.get(page + query)
        client.head(page + query)
    assert status(page) == "open"


def test_a_card_is_known_again_where_the_buyer_says_so(client: FlaskClient) -> None:
    told = []
    for number, more in enumerate(({}, {}, {"same_card": "1"}, {"same_card": "1"})):
        reference = sandbox_bank.open_page(replace(ORDER, idempotency_key=f"pay-abc-{number}"))
        press(client, f"/sandbox/pay/{reference}", "approve", **more)
        credential = sandbox_bank.fetch(reference).credential
        assert credential is not None
        told.append(credential)
    assert told[0].fingerprint != told[1].fingerprint
    assert told[2].fingerprint == told[3].fingerprint
    assert len({one.reference for one in told}) == 4
    assert [one.label[-4:] for one in told] == ["4242", "4242", "1881", "1881"]


@pytest.mark.parametrize(
    ("decision", "became", "back"),
    [
        ("approve", "succeeded", ORDER.return_url),
        ("late", "processing", ORDER.return_url),
        ("decline", "declined", ORDER.return_url),
        ("cancel", "declined", ORDER.cancel_url),
    ],
)
def test_one_press_decides_and_leads_back_to_the_shop(
    client: FlaskClient, page: str, decision: str, became: str, back: str
) -> None:
    answer = press(client, page, decision)
    assert (answer.status_code, answer.location) == (303, back)
    assert status(page) == became


@pytest.mark.parametrize("ticked", [True, False])
def test_a_tick_makes_later_charges_fail(client: FlaskClient, page: str, ticked: bool) -> None:
    press(client, page, "approve", **({"later_charges_fail": "1"} if ticked else {}))
    card = sandbox_bank.fetch(page.rpartition("/")[2]).credential
    assert card is not None
    later = sandbox_bank.charge(card.reference, replace(ORDER, idempotency_key="pay-abc-2"))
    assert later.status == ("declined" if ticked else "succeeded")


def test_a_double_press_is_one_decision_and_leads_back_both_times(client: FlaskClient, page: str) -> None:
    first, second = press(client, page, "approve"), press(client, page, "approve")
    assert first.location == second.location == ORDER.return_url


@pytest.mark.parametrize(("first", "second"), [("approve", "decline"), ("decline", "approve"), ("decline", "late")])
def test_a_second_thought_is_shown_what_was_decided(client: FlaskClient, page: str, first: str, second: str) -> None:
    press(client, page, first)
    decided = status(page)
    answer = press(client, page, second)
    assert (answer.status_code, answer.location) == (303, page)
    assert status(page) == decided


@pytest.mark.parametrize("decision", ["approve", "late", "decline", "cancel"])
def test_a_decided_page_has_no_buttons_but_a_way_back(client: FlaskClient, page: str, decision: str) -> None:
    press(client, page, decision)
    text = client.get(page).text
    assert buttons(text) == []
    assert f'href="{ORDER.return_url}"' in text


@pytest.mark.parametrize("decision", ["", "APPROVE", "refund", "approve ", "🎉", "x" * 10_000])
def test_another_word_than_those_offered_decides_nothing(client: FlaskClient, page: str, decision: str) -> None:
    answer = press(client, page, decision)
    assert answer.status_code == 422
    assert [one for one in buttons(answer.text) if one in BUTTONS] == BUTTONS
    assert status(page) == "open"


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms need their token, as they do outside of tests."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.mark.usefixtures("guarded")
def test_a_press_without_the_pages_token_decides_nothing(client: FlaskClient, page: str) -> None:
    assert press(client, page, "approve").status_code == 400
    assert status(page) == "open"


@pytest.mark.usefixtures("guarded")
def test_the_page_carries_its_token(client: FlaskClient, page: str) -> None:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert found is not None
    answer = press(client, page, "approve", csrf_token=found[1])
    assert (answer.status_code, status(page)) == (303, "succeeded")


@pytest.mark.parametrize("reference", ["sb_0", "x" * 10_000, "%00", "%F0%9F%8E%89", "sb_1%27--"])
def test_a_page_that_does_not_exist_is_not_found(client: FlaskClient, reference: str) -> None:
    assert client.get(f"/sandbox/pay/{reference}").status_code == 404
    assert press(client, f"/sandbox/pay/{reference}", "approve").status_code == 404


def test_the_form_keeps_the_language_it_was_opened_in(client: FlaskClient, page: str) -> None:
    assert f'action="{page}?locale=de"' in client.get(f"{page}?locale=de").text


@pytest.mark.parametrize("locale", ["xx", "", "en_US.UTF-8", "../../etc", "x" * 1000])
def test_a_language_we_do_not_speak_is_no_obstacle(client: FlaskClient, page: str, locale: str) -> None:
    answer = client.get(page, query_string={"locale": locale})
    assert answer.status_code == 200
    assert 'lang="en"' in answer.text


def test_where_the_sandbox_is_off_there_is_no_page_and_no_gateway(tmp_path: Path) -> None:
    """In a process of its own: an application is joined once."""
    script = (
        "from webapp import create_app; from webapp.gateways import gateways\n"
        "rules = [rule.rule for rule in create_app().url_map.iter_rules()]\n"
        "print([rule for rule in rules if 'sandbox' in rule], sorted(gateways.all()))"
    )
    environment = {"INSTANCE_PATH": str(tmp_path), "SANDBOX_GATEWAY": "0"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout == "[] ['free', 'manual', 'paypal', 'stripe', 'stripe-checkout']\n", ran.stderr
