"""Ending a contract without signing in (§ 312k BGB): one page, one button, a receipt at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin.rows import fresh
from tests.conftest import only
from tests.pages import Browser
from tests.templates.conftest import page_faults, parse
from webapp import hooks
from webapp.domain import declarations, erasure, memberships, network
from webapp.extensions import db
from webapp.models import (
    Customer,
    Declaration,
    DeclarationStatus,
    Hindrance,
    Mail,
    Membership,
    MembershipStatus,
    Site,
    SiteStatus,
)
from webapp.transactions import unit_of_work

PATH = "/cancel-contract"
GERMAN = {"Accept-Language": "de"}


def declare(browser: Browser, **values: str) -> Any:
    browser.get(PATH)
    told = {"full_name": "Ada", "identity": "ada@example.com", "confirm_to": "else@example.com", **values}
    return browser.submit(**told)


def mails() -> dict[str, str]:
    """What was written to whom: address by kind."""
    db.session.rollback()
    return {mail.kind: mail.to_address for mail in db.session.scalars(select(Mail))}


@pytest.mark.ux("X2", "X3")
def test_the_page_has_these_inputs_one_button_and_nothing_else(client: FlaskClient, ada: Customer) -> None:
    root = parse(client.get(PATH, headers=GERMAN).text)
    assert page_faults(root) == []
    form = root.one("main").one("form")
    named = [one.attrs["name"] for one in form.all("input", "textarea", "select") if one.attrs.get("type") != "hidden"]
    asked = ["termination", "reason", "full_name", "identity", "contract", "end", "end_date", "confirm_to"]
    assert list(dict.fromkeys(named)) == asked
    assert [one.text for one in form.all("button")] == ["Jetzt kündigen"]
    assert [one.attrs["value"] for one in form.all("input", type="radio") if "checked" in one.attrs] == [
        "ordinary",
        "earliest",
    ]


@pytest.mark.ux("X5", "M11")
def test_a_named_contract_ends_with_its_period_and_its_owner_is_told(browser: Browser, contract: Membership) -> None:
    page = declare(browser, contract=f"Contract no. {contract.id}")
    assert browser.response.status_code == 200
    assert "We received your cancellation on" in page.text
    assert "Your contract ends" not in page.text
    assert (fresh(contract).cancel_at, contract.status) == (contract.expires_at, MembershipStatus.ACTIVE)
    kept = only(Declaration)
    assert (kept.status, kept.why, kept.ends_at) == (DeclarationStatus.CARRIED_OUT, Hindrance.NONE, contract.expires_at)
    assert mails() == {"cancellation_received": "else@example.com", "cancellation_confirmed": "ada@example.com"}


@pytest.mark.parametrize("by", ["reference", "order number"])
def test_a_contract_is_known_by_its_reference_and_by_an_order_number(
    browser: Browser, contract: Membership, by: str
) -> None:
    payment = factories.payment(membership=contract)
    declare(browser, contract=contract.reference if by == "reference" else payment.order_number)
    assert fresh(contract).cancel_at is not None


@pytest.mark.ux("X4")
def test_the_page_tells_nobody_whether_there_is_such_a_contract(browser: Browser, contract: Membership) -> None:
    known = declare(browser, contract=str(contract.id)).text
    unknown = declare(browser, contract="987654", identity="nobody@example.com").text
    first, second = db.session.scalars(select(Declaration).order_by(Declaration.id)).all()

    def without_own(text: str, one: Declaration) -> str:
        for own in (one.reference, one.identity, one.contract):
            text = text.replace(own, "…")
        return text.split("Received")[1].split("Declaration")[1]

    assert without_own(known, first) == without_own(unknown, second)
    assert (second.status, second.why) == (DeclarationStatus.OPEN, Hindrance.NO_MATCH)


def test_what_is_not_sure_waits_for_the_operator(browser: Browser, contract: Membership) -> None:
    facts = {"customer": contract.customer, "membership": contract, "slug": "bakery", "title": "Bakery"}
    factories.save(lambda: Site(status=SiteStatus.PUBLISHED, **facts))
    with unit_of_work("test"):
        network.change({"support_email": "office@example.com"})
    for values, why in (
        ({"contract": "https://bakery.localhost/"}, Hindrance.NOT_SURE),
        ({"contract": "my contract"}, Hindrance.NOT_SURE),
        ({"contract": str(contract.id), "identity": str(contract.customer_id)}, Hindrance.NOT_SURE),
        ({"contract": contract.reference, "identity": "eve@example.com"}, Hindrance.NOT_SURE),
        ({"contract": str(contract.id), "termination": "extraordinary", "reason": "x"}, Hindrance.EXTRAORDINARY),
        ({"contract": str(contract.id), "end": "date", "end_date": "2099-01-01"}, Hindrance.LATER_DATE),
    ):
        declare(browser, **values)
        db.session.rollback()
        kept = db.session.scalars(select(Declaration).order_by(Declaration.id.desc()).limit(1)).one()
        assert (kept.status, kept.why, kept.membership_id) == (DeclarationStatus.OPEN, why, contract.id), values
    assert fresh(contract).cancel_at is None
    assert mails()["declaration_waits"] == "office@example.com"


def test_a_contract_without_a_paid_period_is_not_ended_by_a_stranger(browser: Browser, ada: Customer) -> None:
    free = factories.active_membership(customer=ada, price_minor=0, expires_at=None)
    declare(browser, contract=str(free.id))
    assert (only(Declaration).why, fresh(free).status) == (Hindrance.NO_PERIOD, MembershipStatus.ACTIVE)


def test_an_objection_of_an_integrator_loses_no_declaration(browser: Browser, contract: Membership) -> None:
    def object_to(membership: Membership) -> None:
        raise hooks.Reject("no")

    hooks.add_action("wu_membership_pre_cancel", object_to)
    declare(browser, contract=str(contract.id))
    assert (only(Declaration).why, fresh(contract).cancel_at) == (Hindrance.OBJECTION, None)


def test_who_tries_numbers_gets_no_further_than_a_few(browser: Browser, contract: Membership) -> None:
    for number in range(6):
        declare(browser, contract=f"9000{number}")
    declare(browser, contract=str(contract.id))
    assert fresh(contract).cancel_at is None
    assert Hindrance.TOO_MANY in set(db.session.scalars(select(Declaration.why)))


def test_who_lists_numbers_knows_none(browser: Browser, contract: Membership) -> None:
    declare(browser, contract=f"90001 90002 {contract.id}")
    assert (only(Declaration).why, only(Declaration).membership_id) == (Hindrance.NOT_SURE, contract.id)
    assert fresh(contract).cancel_at is None


def test_one_address_gets_only_a_few_receipts(browser: Browser) -> None:
    for number in range(8):
        page = declare(browser, contract="x", identity=f"n{number}@example.com")
    db.session.rollback()
    receipts = [one for one in db.session.scalars(select(Mail)) if one.kind == "cancellation_received"]
    assert len(receipts) < 8
    assert "A copy is on its way" not in page.text


def test_the_same_form_sent_twice_is_one_declaration(browser: Browser, client: FlaskClient) -> None:
    browser.get(PATH)
    values = {**browser.page.fields, "full_name": "Ada", "identity": "a@example.com", "contract": "1"}
    values |= {"confirm_to": "a@example.com"}
    answers = [client.post(PATH, data=values) for _ in range(2)]
    assert answers[0].location == answers[1].location
    only(Declaration)


@pytest.mark.ux("X5")
def test_the_receipt_is_a_file_and_only_the_senders(browser: Browser, app: Flask) -> None:
    page = declare(browser, contract="12 <b>")
    reference = only(Declaration).reference
    assert "12 <b>" in page.text
    file = browser.client.get(f"/declarations/{reference}/receipt.txt")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="cancellation-')
    for words in ("We received your cancellation on", "UTC", "Ada", "12 <b>", "at the earliest possible date"):
        assert words in file.text
    stranger = app.test_client()
    seen = stranger.get(f"/declarations/{reference}").text
    assert "We received your cancellation on" in seen
    assert "else@example.com" not in seen
    assert stranger.get(f"/declarations/{reference}/receipt.txt").status_code == 404


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"full_name": ""}, "Enter your full name."),
        ({"identity": ""}, "Enter your e-mail address or your customer number."),
        ({"contract": ""}, "Enter the contract number, the order number or the address of the site."),
        ({"confirm_to": "x"}, "Enter an e-mail address like name@example.com."),
        ({"termination": "extraordinary"}, "Give the reason for cancelling without notice."),
        ({"end": "date"}, "Enter the day on which it should end."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(browser: Browser, values: dict[str, str], sentence: str) -> None:
    page = declare(browser, **{"contract": "12", **values})
    assert (browser.response.status_code, sentence in page.text) == (422, True)
    assert page.fields["declaration_token"]
    assert db.session.scalars(select(Declaration)).all() == []


def test_a_reason_keeps_its_lines(browser: Browser) -> None:
    declare(browser, contract="12", termination="extraordinary", reason=" It was down.\r\nTwice. ")
    assert only(Declaration).reason == "It was down.\nTwice."


@pytest.mark.ux("X3", "W16")
def test_who_is_signed_in_finds_it_filled_in_and_sees_the_end(client: FlaskClient, contract: Membership) -> None:
    browser = Browser(factories.signed_in(client, contract.customer))
    fields = browser.get(PATH).fields
    assert (fields["full_name"], fields["identity"]) == ("Ada Lovelace", "ada@example.com")
    assert (fields["contract"], fields["confirm_to"]) == (str(contract.id), "ada@example.com")
    assert "Your contract ends on" in browser.submit().text


def test_who_has_several_contracts_is_told_their_numbers(client: FlaskClient, contract: Membership) -> None:
    studio = factories.product(name="Studio")
    other = factories.active_membership(customer=contract.customer, plan=studio, expires_at=contract.expires_at)
    browser = Browser(factories.signed_in(client, contract.customer))
    for path in (PATH, "/withdraw"):
        page = browser.get(path)
        assert page.fields["contract"] == ""
        assert f"Your contracts: {other.id} Studio, {contract.id} Premium" in page.text


def test_the_customer_takes_it_back_in_the_account(browser: Browser, contract: Membership) -> None:
    declare(browser, contract=str(contract.id))
    factories.signed_in(browser.client, contract.customer)
    browser.client.post(f"/account/memberships/{contract.id}/cancellation/undo")
    assert (fresh(contract).cancel_at, only(Declaration).status) == (None, DeclarationStatus.UNDONE)


def test_what_was_undone_once_is_not_carried_out_by_itself_again(browser: Browser, contract: Membership) -> None:
    declare(browser, contract=str(contract.id))
    with unit_of_work("test"):
        own = memberships.find(contract.id)
        memberships.undo_cancellation(own)
        declarations.note_undone(own)
    declare(browser, contract=str(contract.id))
    db.session.rollback()
    newest = db.session.scalars(select(Declaration).order_by(Declaration.id.desc()).limit(1)).one()
    assert (newest.status, newest.why) == (DeclarationStatus.OPEN, Hindrance.UNDONE_BEFORE)
    assert fresh(contract).cancel_at is None


def test_a_page_that_stood_open_for_a_day_loses_nothing(app: Flask, browser: Browser) -> None:
    browser.get(PATH)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        values = {"full_name": "Ada", "identity": "a@example.com", "contract": "12", "confirm_to": "a@example.com"}
        page = browser.submit(**values)
        assert browser.response.status_code == 422
        assert "You were inactive for a while. Submit again; your entries are still here." in page.text
        assert page.fields["full_name"] == "Ada"
        assert "We received your cancellation" in browser.submit().text
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_where_no_such_law_holds_there_is_nothing_of_it(client: FlaskClient) -> None:
    with unit_of_work("test"):
        network.change({"consumer_law": "none"})
    for path in (PATH, "/withdraw", "/declarations/x"):
        assert client.get(path).status_code == 404
    assert "/cancel-contract" not in client.get("/").text


def test_a_date_before_the_periods_end_means_its_end(browser: Browser, contract: Membership) -> None:
    assert contract.expires_at is not None
    earlier = contract.expires_at - timedelta(days=9)
    declare(browser, contract=str(contract.id), end="date", end_date=f"{earlier:%Y-%m-%d}")
    assert fresh(contract).cancel_at == contract.expires_at


def test_who_deletes_their_account_leaves_no_receipt_behind(browser: Browser, ada: Customer) -> None:
    declare(browser, contract="x")
    assert mails()["cancellation_received"] == "else@example.com"
    with unit_of_work("test") as session:
        erasure.delete_account(session.merge(ada))
    assert set(mails()) == {"declaration_waits"}
