"""Declarations: what the operator sees of them, and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.looking import Look
from webapp import clock
from webapp.extensions import db
from webapp.models import (
    Declaration,
    DeclarationKind,
    DeclarationStatus,
    Hindrance,
    Mail,
    Membership,
    MembershipStatus,
)

LIST = "/admin/declarations"


def declaration(membership: Membership | None = None, **values: Any) -> Declaration:
    facts = {
        "token": f"token-{next(factories.numbers)}",
        "kind": DeclarationKind.CANCELLATION,
        "why": Hindrance.NOT_SURE,
        "name": "Ada Lovelace",
        "identity": "ada@example.com",
        "contract": "my site",
        "confirm_to": "ada@example.com",
        "membership_id": membership.id if membership else None,
        **values,
    }
    found: Declaration = factories.save(lambda: Declaration(**facts))
    return found


@pytest.fixture
def contract(app: Any) -> Membership:
    found: Membership = factories.active_membership(expires_at=clock.now() + timedelta(days=30))
    return found


def test_they_are_listed_found_and_counted_in_the_navigation(look: Look, statements: Any) -> None:
    [declaration() for _ in range(3)]
    declaration(name="Grace Hopper", status=DeclarationStatus.SETTLED)
    statements.clear()
    page = look(LIST)
    assert len(statements) <= 12
    assert len(rows.names(page)) == 4
    assert page.one("span", class_="admin__count").text == "3"
    assert len(rows.names(look(f"{LIST}?search=Grace"))) == 1
    assert len(rows.names(look(f"{LIST}?status=open"))) == 3
    assert rows.names(look(f"{LIST}?kind=withdrawal")) == []


def test_one_says_what_was_declared_why_it_waits_and_which_contract_may_be_meant(
    look: Look, contract: Membership, statements: Any
) -> None:
    one = declaration(contract)
    statements.clear()
    text = look(f"{LIST}/{one.id}").one("main").text
    assert len(statements) <= 12
    assert "my site" in text
    assert "somebody else may have sent it" in text
    assert f"Premium of {contract.customer.display_name}" in text


@pytest.mark.parametrize(("decision", "status"), [("later", "active"), ("now", "cancelled")])
def test_it_is_carried_out_and_the_owner_is_told(
    signed_in: FlaskClient, contract: Membership, decision: str, status: str
) -> None:
    one = declaration()
    form = {"decision": decision, "membership": str(contract.id), "note": "asked by phone"}
    assert signed_in.post(f"{LIST}/{one.id}/decision", data=form).status_code == 303
    assert (rows.fresh(contract).status, contract.cancel_at is not None) == (MembershipStatus(status), True)
    assert (rows.fresh(one).status, one.membership_id, one.note) == (
        DeclarationStatus.CARRIED_OUT,
        contract.id,
        "asked by phone",
    )
    [mail] = db.session.scalars(select(Mail)).all()
    assert (mail.kind, mail.to_address) == ("cancellation_confirmed", contract.customer.email)
    assert ("undo" in mail.text) is (decision == "later")


def test_it_is_settled_otherwise(signed_in: FlaskClient, contract: Membership) -> None:
    one = declaration(contract)
    signed_in.post(f"{LIST}/{one.id}/decision", data={"decision": "nothing", "note": "a joke"})
    assert (rows.fresh(one).status, one.note) == (DeclarationStatus.SETTLED, "a joke")
    assert rows.fresh(contract).cancel_at is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose what to do."),
        ({"decision": "later", "membership": ""}, "No membership has this number."),
        ({"decision": "now", "membership": "987"}, "No membership has this number."),
        ({"decision": "now", "membership": "x"}, "No membership has this number."),
    ],
)
def test_what_is_missing_is_said(signed_in: FlaskClient, form: dict[str, str], sentence: str) -> None:
    one = declaration()
    answer = signed_in.post(f"{LIST}/{one.id}/decision", data=form)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert rows.fresh(one).status == DeclarationStatus.OPEN


def test_it_is_decided_once(signed_in: FlaskClient, contract: Membership) -> None:
    one = declaration(contract, status=DeclarationStatus.SETTLED)
    for decision in ("later", "nothing"):
        form = {"decision": decision, "membership": str(contract.id)}
        assert signed_in.post(f"{LIST}/{one.id}/decision", data=form).status_code == 409
    assert rows.fresh(contract).cancel_at is None


def test_a_contract_that_has_ended_is_not_ended_again(signed_in: FlaskClient) -> None:
    over = factories.membership(status=MembershipStatus.CANCELLED)
    one = declaration(over)
    form = {"decision": "now", "membership": str(over.id)}
    assert signed_in.post(f"{LIST}/{one.id}/decision", data=form).status_code == 409
    assert rows.fresh(one).status == DeclarationStatus.OPEN


def test_a_withdrawal_in_time_says_what_to_do(look: Look, contract: Membership) -> None:
    facts = {"kind": DeclarationKind.WITHDRAWAL, "why": Hindrance.WITHDRAWAL}
    page = look(f"{LIST}/{declaration(contract, **facts).id}").one("main")
    assert "It came within the withdrawal period" in page.text
    assert [one.text for one in page.one("form").all("label") if one.attrs["for"].startswith("decision")] == [
        "Cancel now",
        "Do nothing; it is settled otherwise",
    ]
    late = declaration(contract, **facts, received_at=clock.now() + timedelta(days=17))  # wherever, at any hour
    assert "It came after the withdrawal period." in look(f"{LIST}/{late.id}").text
