"""What gateways told us, as operators see it, and having it looked at again."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from webapp.models import InboundEvent, InboundStatus, Site, Try


def notice(**values: Any) -> InboundEvent:
    facts = {
        "gateway": "sandbox",
        "external_id": f"evt_{next(factories.numbers)}",
        "type": "charge.succeeded",
        "object_reference": "sb_1",
        "payload": {"id": "evt", "client_secret": "not-for-the-screen"},
        **values,
    }
    return factories.save(lambda: InboundEvent(**facts))


def test_the_list_shows_what_came_and_what_came_of_it(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    made = notice(status=InboundStatus.DONE, effect="paid")
    (row,) = look("/admin/inbound-events").one("tbody").all("tr")
    assert rows.cells(row) == [
        str(made.id),
        "Test payment",
        "charge.succeeded",
        "done",
        "paid",
        "2027-01-31 10:00 UTC",
    ]


def test_notices_are_narrowed_and_found(look: Look) -> None:
    failed = notice(status=InboundStatus.FAILED, object_reference="sb_2")
    notice(gateway="manual")
    one = [str(failed.id)]
    assert rows.names(look("/admin/inbound-events?status=failed")) == one
    assert rows.names(look("/admin/inbound-events?gateway=sandbox")) == one
    assert rows.names(look("/admin/inbound-events?search=sb_2")) == one
    assert rows.names(look(f"/admin/inbound-events?search={failed.external_id}")) == one


def test_a_notice_is_shown_with_its_payment_and_without_secrets(look: Look, statements: Statements) -> None:
    payment = factories.payment()
    factories.save(lambda: Try(payment=payment, number=1, gateway="sandbox", gateway_reference="sb_1"))
    made = notice(status=InboundStatus.FAILED, effect="the gateway cannot be asked")
    statements.clear()
    root = look(f"/admin/inbound-events/{made.id}")
    assert len(statements) <= 12
    assert facts(root)["About"] == f"Payment {payment.order_number}"
    assert "the gateway cannot be asked" in root.one(class_="notice notice--error").text
    assert "not-for-the-screen" not in root.text
    assert facts(look(f"/admin/inbound-events/{notice(object_reference='').id}"))["About"] == "nothing of this network"


def test_a_notice_is_looked_at_again_with_all_its_tries(signed_in: FlaskClient, clock: TurnedClock) -> None:
    made = notice(status=InboundStatus.FAILED, attempts_made=10)
    clock.tick(3600)
    assert signed_in.post(f"/admin/inbound-events/{made.id}/processing").status_code == 303
    again = rows.fresh(made)
    assert (again.status, again.attempts_made, again.next_at) == (InboundStatus.RECEIVED, 0, clock.now)
    assert signed_in.post("/admin/inbound-events/999999/processing").status_code == 404


def test_a_page_of_notices_costs_the_same_for_one_and_for_many(look: Look, statements: Statements) -> None:
    rows.many(60, lambda _: notice())
    statements.clear()
    look("/admin/inbound-events")
    assert len(statements) <= 12


def test_a_notice_about_a_site_leads_to_it(look: Look) -> None:
    agreement = factories.active_membership()
    made = {"customer": agreement.customer, "membership": agreement, "title": "Bakery", "reference": "ref-1"}
    site = factories.save(lambda: Site(slug="bakery", **made))
    about = notice(gateway="provisioner:webhook", object_reference="ref-1", type="site.changed")
    root = look(f"/admin/inbound-events/{about.id}")
    assert facts(root)["About"] == "bakery"
    assert rows.link(root, "bakery") == f"/admin/sites/{site.id}"
    notice(object_reference="ref-1")
    one = [str(about.id)]
    assert rows.names(look("/admin/inbound-events?gateway=provisioner%3Awebhook")) == one
    assert "provisioner:webhook" in look("/admin/inbound-events").text
