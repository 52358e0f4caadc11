"""Withdrawing from a contract (§ 356a BGB): two pages, no reason, no account, a receipt at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.blueprints.admin.rows import fresh
from tests.blueprints.consumer.test_cancelling import GERMAN, mails
from tests.conftest import only
from tests.pages import Browser, Page
from tests.templates.conftest import page_faults, parse
from webapp import clock
from webapp.domain import declarations
from webapp.models import Declaration, DeclarationKind, DeclarationStatus, Hindrance, Membership
from webapp.transactions import unit_of_work

PATH = "/withdraw"


@pytest.mark.ux("X6")
def test_page_one_asks_three_things_and_page_two_repeats_them(client: FlaskClient) -> None:
    root = parse(client.get(PATH, headers=GERMAN).text)
    assert page_faults(root) == []
    fields = root.one("main").one("form").all("input")
    assert [one.attrs["name"] for one in fields if one.attrs["type"] != "hidden"] == [
        "full_name",
        "contract",
        "email_address",
    ]
    told = {"full_name": "Ada", "contract": "12", "email_address": "ada@example.com", "declaration_token": "t"}
    second = parse(client.post(PATH, data=told, headers=GERMAN).text)
    assert page_faults(second) == []
    for words in told.values():
        assert words in second.one("main").text or words == "t"
    assert [one.text for one in second.one("main").all("button")] == ["Widerruf bestätigen", "Angaben ändern"]


@pytest.mark.ux("X6", "M12")
def test_a_withdrawal_is_kept_and_waits_for_the_operator(browser: Browser, contract: Membership) -> None:
    browser.get(PATH)
    browser.submit(full_name="Ada", contract=str(contract.id), email_address="ada@example.com")
    page = browser.submit()
    assert "We received your withdrawal on" in page.text
    kept = only(Declaration)
    assert (kept.kind, kept.status, kept.why) == (
        DeclarationKind.WITHDRAWAL,
        DeclarationStatus.OPEN,
        Hindrance.WITHDRAWAL,
    )
    assert kept.membership_id == contract.id
    assert fresh(contract).cancel_at is None
    assert mails() == {"withdrawal_received": "ada@example.com", "declaration_waits": "support@example.com"}


def test_changing_goes_back_with_everything_kept(client: FlaskClient) -> None:
    told = {"full_name": "Ada", "contract": "12", "email_address": "ada@example.com", "declaration_token": "t"}
    first = Page(client.post(PATH, data={**told, "change": "1"}).text)
    assert first.fields == told
    assert "Continue" in first.buttons


def test_the_period_counts_from_the_day_after_the_order_to_the_end_of_its_last_day(
    browser: Browser, contract: Membership
) -> None:
    browser.get(PATH)
    browser.submit(full_name="Ada", contract=str(contract.id), email_address="ada@example.com")
    browser.submit()
    number, noon = only(Declaration).id, clock.now().replace(hour=12)
    late = noon.replace(hour=21, minute=30)  # the next day already, where the sun rises first
    for ordered, received, in_time in (
        (noon, noon.replace(hour=23, minute=59) + timedelta(days=14), True),
        (noon, noon.replace(hour=0, minute=59) + timedelta(days=15), True),  # 23:59 on the Azores
        (noon, noon.replace(hour=1, minute=1) + timedelta(days=15), False),
        (late, noon + timedelta(days=15), True),
        (late, noon + timedelta(days=16), False),
    ):
        with unit_of_work("test") as session:
            kept = declarations.locked(number)
            session.get_one(Membership, contract.id).created_at = ordered
            kept.received_at = received
            assert declarations.is_in_time(kept) is in_time, (ordered, received)


def test_a_wrong_entry_is_said_on_page_one_and_nothing_is_declared(browser: Browser) -> None:
    browser.get(PATH)
    page = browser.submit(full_name="", contract="", email_address="x")
    assert browser.response.status_code == 422
    for sentence in ("Enter your full name.", "Enter an e-mail address like name@example.com."):
        assert sentence in page.text
