"""Views of lists: filters, sort and columns under a name, for oneself or for all of the staff."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from tests.templates.conftest import Element
from webapp.extensions import db
from webapp.models import AuditEntry, Role, SavedView, User

PAID = "search=ada&sort=amount&status=completed"


def view(owner: User, name: str = "Paid", query: str = "status=completed", **values: Any) -> SavedView:
    facts = {"noun": "payments", "name": name, "query": query, **values}
    return factories.save(lambda: SavedView(owner_id=owner.id, **facts))


def tabs(root: Element) -> dict[str, str]:
    """The tabs above the list, by what they say."""
    found = [one for one in root.all("nav") if one.attrs.get("class") == "tabs"]
    return {one.text: one.attrs["href"] for nav in found for one in nav.all("a")}


def current(root: Element) -> list[str]:
    return [one.text for nav in root.all("nav", class_="tabs") for one in nav.all("a") if "aria-current" in one.attrs]


def headings(root: Element) -> list[str]:
    return [one.text for one in root.all("th", scope="col") if one.attrs.get("class") != "table__pick"]


def test_a_list_as_it_is_now_is_kept_under_a_name_and_is_a_tab(browser: Browser, look: Look) -> None:
    browser.get("/admin/payments?status=completed&sort=amount&search=ada&after=7")
    rows.send(browser, "/admin/views", name="Paid, by amount")
    assert browser.url == f"/admin/payments?{PAID}"
    kept = db.session.scalars(select(SavedView)).one()
    assert (kept.noun, kept.query, kept.shared, kept.is_default) == ("payments", PAID, False, False)
    root = look("/admin/payments?sort=amount&status=completed&search=ada")
    assert tabs(root) == {"All": "/admin/payments?view=all", "Paid, by amount": f"/admin/payments?{PAID}"}
    assert current(root) == ["Paid, by amount"]
    assert current(look("/admin/payments")) == ["All"]


def test_what_is_kept_already_or_narrows_nothing_is_not_offered_to_be_kept(look: Look, operator: User) -> None:
    view(operator)
    for path, offered in (("", False), ("?status=completed", False), ("?status=failed", True)):
        root = look(f"/admin/payments{path}")
        assert bool(root.all("input", id="view-name")) == offered, path


def test_a_column_is_hidden_and_shown_by_a_link(look: Look) -> None:
    customer = factories.customer(display_name="Ada <td> Lovelace", billing_country="DE")
    root = look("/admin/customers")
    before = headings(root)
    assert "Country" in before
    hidden = look(root.one(aria_label="Hide column: Country").attrs["href"])
    assert headings(hidden) == [one for one in before if one != "Country"]
    row = hidden.by_id("rows").all("tr")[-1]
    assert rows.cells(row)[:2] == ["Ada <td> Lovelace", customer.email]
    assert len(rows.cells(row)) == len(before) - 1
    shown = look(hidden.one(aria_label="Show column: Country").attrs["href"])
    assert headings(shown) == before


def test_the_column_that_names_the_row_stays(look: Look) -> None:
    factories.customer()
    root = look("/admin/customers?hidden=name,country,nonsense")
    assert headings(root)[0] == "Name"
    assert "Country" not in headings(root)


def test_columns_are_part_of_a_view(browser: Browser) -> None:
    browser.get("/admin/customers?hidden=country")
    rows.send(browser, "/admin/views", name="Without countries")
    assert db.session.scalars(select(SavedView)).one().query == "hidden=country"


def test_a_view_is_renamed_and_deleted_by_its_owner(browser: Browser, operator: User) -> None:
    kept = view(operator)
    browser.get(f"/admin/views/{kept.id}")
    page = rows.send(browser, f"/admin/views/{kept.id}", name="Settled", shared="y")
    assert "Settled" in page.text
    assert rows.fresh(kept).shared
    browser.get(f"/admin/views/{kept.id}")
    rows.send(browser, f"/admin/views/{kept.id}/deletion")
    assert browser.url == "/admin/payments?view=all"
    assert db.session.scalars(select(SavedView)).all() == []
    log = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [one.action for one in log] == ["views.change", "views.delete"]


def test_what_others_share_is_seen_and_not_changed(signed_in: FlaskClient, look: Look) -> None:
    other = factories.operator(name="Otto", email="otto@example.com")
    shared, private = view(other, "Otto's", shared=True), view(other, "Secret", "status=failed")
    seen = tabs(look("/admin/payments"))
    assert "Otto's · Otto" in seen
    assert not any("Secret" in one for one in seen)
    for one in (shared, private):
        assert signed_in.get(f"/admin/views/{one.id}").status_code == 404
        assert signed_in.post(f"/admin/views/{one.id}", data={"name": "x"}).status_code == 404
        assert signed_in.post(f"/admin/views/{one.id}/deletion").status_code == 404


def test_a_list_begins_with_the_view_that_one_chose(signed_in: FlaskClient, look: Look, operator: User) -> None:
    view(operator, is_default=True)
    assert signed_in.get("/admin/payments").headers["Location"] == "/admin/payments?status=completed"
    root = look("/admin/payments?status=completed")
    assert root.one(aria_label="Remove filter: status paid").attrs["href"] == "/admin/payments?view=all"
    assert current(look("/admin/payments?view=all")) == ["All"]
    fragment = {"HX-Request": "true"}
    assert signed_in.get("/admin/payments", headers=fragment).status_code == 200


def test_anothers_default_is_not_mine(signed_in: FlaskClient) -> None:
    view(factories.operator(email="otto@example.com"), shared=True, is_default=True)
    assert signed_in.get("/admin/payments").status_code == 200


def test_a_list_begins_with_one_view_only(browser: Browser, operator: User) -> None:
    first = view(operator, is_default=True)
    browser.get("/admin/payments?status=failed")
    rows.send(browser, "/admin/views", name="Failed", default="y")
    assert rows.fresh(first).is_default is False
    assert [one.name for one in db.session.scalars(select(SavedView).where(SavedView.is_default))] == ["Failed"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": " ", "query": "status=failed"}, "Enter a name for the view."),
        ({"name": "x" * 61, "query": "status=failed"}, "Use at most 60 characters."),
        ({"name": "x", "query": "search=" + "y" * 1001}, "These filters are too long to be kept."),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(signed_in: FlaskClient, data: dict[str, str], says: str) -> None:
    answer = signed_in.post("/admin/views", data={"noun": "payments", **data})
    assert (answer.status_code, says in answer.text) == (422, True)


def test_a_view_is_of_a_list_that_there_is_and_leads_nowhere_else(signed_in: FlaskClient) -> None:
    assert signed_in.post("/admin/views", data={"noun": "nothing", "name": "x"}).status_code == 404
    answer = signed_in.post(
        "/admin/views", data={"noun": "payments", "name": "x", "query": "status=failed&//evil.example&next=%0d%0a"}
    )
    assert answer.headers["Location"] == "/admin/payments?next=%0D%0A&status=failed"


def test_whoever_only_looks_keeps_views_and_shares_none(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    data = {"noun": "payments", "name": "Mine", "query": "status=failed", "shared": "y"}
    assert client.post("/admin/views", data=data).status_code == 303
    assert db.session.scalars(select(SavedView)).one().shared is False
    assert "Show it to all of the staff" not in client.get("/admin/payments?status=completed").text


def test_what_was_shared_stays_so_when_its_owner_may_no_longer_share(client: FlaskClient) -> None:
    person = factories.operator(role=Role.READ_ONLY)
    shared = view(person, shared=True)
    factories.signed_in(client, person)
    assert client.post(f"/admin/views/{shared.id}", data={"name": "Other"}).status_code == 303
    kept = db.session.scalars(select(SavedView)).one()
    assert (kept.name, kept.shared) == ("Other", True)


def test_a_view_keeps_no_more_than_so_many(signed_in: FlaskClient, operator: User) -> None:
    rows.many(30, lambda number: view(operator, str(number)))
    answer = signed_in.post("/admin/views", data={"noun": "payments", "name": "x", "query": "status=failed"})
    assert (answer.status_code, "You have kept very many views of this list." in answer.text) == (422, True)


def test_views_cost_one_statement(look: Look, operator: User, statements: Statements) -> None:
    for number in range(5):
        view(operator, str(number), shared=True)
    statements.clear()
    look("/admin/payments?view=all")
    assert len([one for one in statements if "saved_views" in one]) == 1
    assert len(statements) <= 12
