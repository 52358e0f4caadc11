"""A customer who has lost their second step is let in again: by those who may, with a reason, and never unnoticed."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.integrations.mailbox import written
from tests.looking import Look
from tests.pages import Browser
from webapp import clock
from webapp.extensions import db
from webapp.models import AuditEntry, Customer, Role, SecurityEvent, TotpSecret, User, UserSession
from webapp.transactions import unit_of_work

REASON = "She showed her passport."


@pytest.fixture
def ada(app: Flask) -> Customer:
    person = factories.user(email="ada@example.com", two_step_at=clock.now())
    owner: Customer = factories.customer(user=person, display_name="Ada Lovelace")
    factories.save(lambda: TotpSecret(user_id=person.id, secret="x", last_step=0))
    factories.save(lambda: UserSession(user_id=person.id, token_hash="x" * 64))
    return owner


@pytest.fixture
def path(ada: Customer) -> str:
    return f"/admin/customers/{ada.id}/two-step/removal"


def all_of(*kinds: type) -> list[int]:
    db.session.rollback()
    return [len(db.session.scalars(select(kind)).all()) for kind in kinds]


def test_it_is_removed_with_a_reason_and_the_person_is_told(browser: Browser, ada: Customer, path: str) -> None:
    page = browser.get(f"/admin/customers/{ada.id}")
    assert (path, "Remove two-step sign-in …") in page.links
    browser.get(path)
    page = browser.submit(rows.form_of(browser.page, path), reason=REASON)
    assert "Their two-step sign-in is removed." in page.text
    assert path not in dict(page.links)
    assert all_of(TotpSecret) == [0]
    assert db.session.get_one(User, ada.user_id).two_step_at is None
    assert db.session.scalars(select(UserSession).where(UserSession.user_id == ada.user_id)).one().ended_at is not None
    [mail] = written()
    assert (mail.kind, mail.to_address) == ("sign_in_changed", "ada@example.com")
    assert "Two-step sign-in removed by the staff" in mail.text
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.object_type, entry.object_id) == ("customers.remove-two-step", "customers", ada.id)
    assert (entry.before, entry.after) == ({"two_step": True}, {"two_step": False, "reason": REASON})


def test_without_a_reason_it_stays(signed_in: FlaskClient, path: str) -> None:
    answer = signed_in.post(path, data={"reason": " "})
    assert (answer.status_code, "Say how you know that it is really them." in answer.text) == (422, True)
    assert all_of(TotpSecret, AuditEntry, SecurityEvent) == [1, 0, 0]


def test_a_second_time_there_is_nothing_to_remove(signed_in: FlaskClient, path: str) -> None:
    assert signed_in.post(path, data={"reason": REASON}).status_code == 303
    assert signed_in.post(path, data={"reason": REASON}).status_code == 409
    assert all_of(AuditEntry, SecurityEvent) == [1, 1]


def test_whoever_sits_at_a_browser_left_open_is_asked_for_the_password(left_open: FlaskClient, path: str) -> None:
    for answer in (left_open.get(path), left_open.post(path, data={"reason": REASON})):
        assert answer.headers["Location"] == f"/account/security/proof?next={path}"
    assert all_of(TotpSecret, AuditEntry) == [1, 0]


def test_of_the_staff_only_an_owner_removes_it_elsewhere(signed_in: FlaskClient, ada: Customer, path: str) -> None:
    with unit_of_work("test"):
        db.session.get_one(Customer, ada.id).user.role = Role.SUPPORT
    assert path not in signed_in.get(f"/admin/customers/{ada.id}").text
    assert signed_in.get(path).status_code == signed_in.post(path, data={"reason": REASON}).status_code == 409
    assert all_of(TotpSecret) == [1]


@pytest.mark.parametrize(("role", "may"), [(Role.MANAGER, True), (Role.SUPPORT, False), (Role.READ_ONLY, False)])
def test_managers_may_and_support_may_not(
    app: Flask, client: FlaskClient, ada: Customer, path: str, role: Role, may: bool
) -> None:
    factories.signed_in(client, factories.operator(role=role))
    assert (path in client.get(f"/admin/customers/{ada.id}").text) == may
    assert (client.post(path, data={"reason": REASON}).status_code == 303) == may


def test_the_question_is_a_page_without_faults(look: Look, path: str) -> None:
    assert look(path).one("h1").text == "Remove two-step sign-in?"
