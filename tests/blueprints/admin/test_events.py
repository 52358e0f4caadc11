"""Events as operators see them."""

from __future__ import annotations

import json

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements
from tests.looking import Look
from webapp.domain import memberships
from webapp.extensions import db
from webapp.models import Event, Membership
from webapp.transactions import unit_of_work


def cancelled() -> Membership:
    membership = factories.active_membership()
    with unit_of_work("test"):
        memberships.cancel(membership, reason="<b>enough</b>", at_once=True)
    return membership


def test_the_list_says_what_happened_to_what(look: Look) -> None:
    membership = cancelled()
    root = look("/admin/events")
    (row,) = root.one("tbody").all("tr")
    cells = rows.cells(row)
    assert cells[1:4] == ["Membership cancelled", "membership.cancelled", f"Membership {membership.id}"]
    assert rows.link(row, f"Membership {membership.id}") == f"/admin/memberships/{membership.id}"


def test_events_are_narrowed_by_type_and_found_by_id_and_customer(look: Look) -> None:
    membership = cancelled()
    factories.registered("ada@example.com")
    event = db.session.query(Event).filter_by(type="membership.cancelled").one()
    one = [str(event.id)]
    assert rows.names(look("/admin/events?type=membership.cancelled")) == one
    assert rows.names(look(f"/admin/events?search={event.public_id}")) == one
    assert rows.names(look("/admin/events?search=membership.c")) == one
    assert rows.names(look(f"/admin/events?search={membership.customer.email}")) == one
    assert rows.names(look(f"/admin/events?customer={membership.customer_id}")) == one
    assert len(rows.names(look("/admin/events?type=nonsense"))) > 1


def test_an_event_is_shown_as_it_is_told(look: Look, statements: Statements) -> None:
    membership = cancelled()
    event = db.session.query(Event).one()
    statements.clear()
    root = look(f"/admin/events/{event.id}")
    assert len(statements) <= 12
    assert facts(root)["About"] == f"Membership {membership.id}"
    told = json.loads(root.one("pre").text)
    assert (told["id"], told["type"]) == (event.public_id, "membership.cancelled")
    assert told["data"]["cancellation_reason"] == "<b>enough</b>"


def test_a_page_of_events_costs_the_same_for_one_and_for_many(look: Look, statements: Statements) -> None:
    rows.many(
        60, lambda _: factories.save(lambda: Event(type="site.created", data={}, object_type="sites", object_id=1))
    )
    statements.clear()
    look("/admin/events")
    assert len(statements) <= 12
