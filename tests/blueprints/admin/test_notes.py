"""Notes of the staff: written where the row is, read by all, changed by their authors only."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_sites import site
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import erasure, own_data
from webapp.extensions import db
from webapp.models import AuditEntry, Customer, MembershipStatus, Note, Role, User
from webapp.transactions import unit_of_work


def places() -> dict[str, Any]:
    """A row of each kind that notes are kept of."""
    membership = factories.active_membership()
    return {
        "customers": membership.customer,
        "memberships": membership,
        "payments": factories.payment(membership=membership),
        "sites": site(),
    }


def note(row: Any, author: User, body: str = "Prefers the telephone.") -> Note:
    owner = row.id if row.__tablename__ == "customers" else row.customer_id
    facts = {"object_type": row.__tablename__, "object_id": row.id, "customer_id": owner, "author_id": author.id}
    return factories.save(lambda: Note(body=body, **facts))


def test_a_note_is_written_on_the_page_of_its_row_and_read_there(browser: Browser) -> None:
    for noun, row in places().items():
        browser.get(f"/admin/{noun}/{row.id}")
        page = rows.send(browser, f"/admin/notes/{noun}/{row.id}", body="Called.\r\nWill pay on Monday.")
        assert browser.url == f"/admin/{noun}/{row.id}", noun
        assert "Called. Will pay on Monday. Olga Peters" in page.text, noun
        assert "The note is saved." in page.text
    kept = db.session.scalars(select(Note)).all()
    assert {(one.object_type, one.body) for one in kept} == {
        (noun, "Called.\nWill pay on Monday.") for noun in ("customers", "memberships", "payments", "sites")
    }


def test_markup_in_a_note_stands_there_as_it_was_typed(look: Look, operator: User) -> None:
    customer = factories.customer()
    note(customer, operator, "<b>bold</b> <script>alert(1)</script> & {{ 7 * 7 }}")
    root = look(f"/admin/customers/{customer.id}")
    (text,) = [one for one in root.all("p") if one.attrs.get("class") == "note__text"]
    assert text.text == "<b>bold</b> <script>alert(1)</script> & {{ 7 * 7 }}"
    assert text.all("b", "script") == []


def test_an_empty_note_is_refused_and_said_why(signed_in: FlaskClient) -> None:
    customer = factories.customer()
    answer = signed_in.post(f"/admin/notes/customers/{customer.id}", data={"body": " "})
    assert (answer.status_code, "Write something, or leave the page." in answer.text) == (422, True)
    long = signed_in.post(f"/admin/notes/customers/{customer.id}", data={"body": "x" * 5001})
    assert (long.status_code, "x" * 5001 in long.text) == (422, True)


def test_only_kinds_of_rows_that_have_notes_take_one(signed_in: FlaskClient) -> None:
    assert signed_in.post("/admin/notes/users/1", data={"body": "x"}).status_code == 404
    assert signed_in.post("/admin/notes/customers/1", data={"body": "x"}).status_code == 404


def test_an_author_changes_and_deletes_a_note(browser: Browser, operator: User) -> None:
    customer = factories.customer()
    kept = note(customer, operator)
    browser.get(f"/admin/notes/{kept.id}")
    page = rows.send(browser, f"/admin/notes/{kept.id}", body="Prefers letters.")
    assert "Prefers letters." in page.text
    assert "changed" in page.text
    browser.get(f"/admin/notes/{kept.id}")
    page = rows.send(browser, f"/admin/notes/{kept.id}/deletion")
    assert "Prefers letters." not in page.text
    log = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [one.action for one in log] == ["notes.change", "notes.delete"]
    assert "letters" not in str([(one.before, one.after) for one in log])


def test_somebody_elses_note_is_read_and_not_changed(signed_in: FlaskClient, look: Look) -> None:
    customer = factories.customer()
    other = note(customer, factories.operator(name="Otto", email="otto@example.com"))
    assert rows.has_link(look(f"/admin/customers/{customer.id}"), f"Edit: note {other.id}") is False
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/deletion")):
        assert signed_in.open(f"/admin/notes/{other.id}{path}", method=method, data={"body": "x"}).status_code == 404
    assert rows.fresh(other).body == "Prefers the telephone."


def test_what_another_window_saved_meanwhile_is_shown_before_it_is_lost(browser: Browser, operator: User) -> None:
    kept = note(factories.customer(), operator)
    browser.get(f"/admin/notes/{kept.id}")
    seen = browser.page
    rows.send(browser, f"/admin/notes/{kept.id}", body="From the first window.")
    browser.page = seen
    page = rows.send(browser, f"/admin/notes/{kept.id}", body="From the second window.")
    assert browser.response.status_code == 409
    assert "Somebody else saved this while you were editing" in page.text
    assert "From the first window." in page.text
    assert rows.fresh(kept).body == "From the first window."
    rows.send(browser, f"/admin/notes/{kept.id}")
    assert rows.fresh(kept).body == "From the second window."


def test_who_only_looks_writes_none(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    customer = factories.customer()
    assert "/admin/notes/customers" not in client.get(f"/admin/customers/{customer.id}").text
    assert client.post(f"/admin/notes/customers/{customer.id}", data={"body": "x"}).status_code == 403


def test_notes_are_found_by_any_word_in_them(signed_in: FlaskClient, look: Look, operator: User) -> None:
    customer = factories.customer()
    kept = note(customer, operator, "Asked for a discount of 100%.")
    note(customer, operator, "Something else.")
    assert rows.names(look("/admin/notes?search=discount")) == [str(kept.id)]
    assert rows.names(look("/admin/notes?search=100%25")) == [str(kept.id)]
    assert "Asked for a discount of 100%." in signed_in.get("/admin/search?q=discount").text


def test_notes_go_with_the_person_they_are_about(app: Flask, operator: User) -> None:
    membership = factories.membership(status=MembershipStatus.CANCELLED)
    note(membership, operator)
    with unit_of_work("test"):
        erasure.delete_account(membership.customer)
    assert db.session.scalars(select(Note)).all() == []


@pytest.mark.parametrize("noun", ["customers", "memberships", "payments", "sites"])
def test_a_page_costs_the_same_however_many_notes_and_changes_there_are(
    look: Look, operator: User, statements: Statements, noun: str
) -> None:
    row = places()[noun]
    for _ in range(5):
        note(row, operator)
    statements.clear()
    look(f"/admin/{noun}/{row.id}")
    assert len(statements) <= 14


def test_the_staff_knows_that_customers_may_ask_for_what_is_written(look: Look, operator: User) -> None:
    customer = factories.customer()
    note(customer, operator)
    assert "only in the copy of their data" in look(f"/admin/customers/{customer.id}").text
    kept = own_data.of(db.session.get_one(Customer, customer.id))
    assert [one["body"] for one in kept["notes_of_the_staff"]] == ["Prefers the telephone."]
