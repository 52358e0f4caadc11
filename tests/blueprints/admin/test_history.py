"""The history of a row: who did what to it, when, from what to what."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests import factories
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.domain import audit
from webapp.models import User
from webapp.transactions import unit_of_work


def history(root: Element) -> list[str]:
    (timeline,) = [one for one in root.all("ol") if one.attrs.get("class") == "timeline"]
    return [one.text for one in timeline.all("li")]


def test_a_change_of_status_is_told_once_with_who_and_why(signed_in: FlaskClient, look: Look) -> None:
    membership = factories.active_membership()
    signed_in.post(f"/admin/memberships/{membership.id}/cancellation", data={"at_once": "1", "reason": "moved away"})
    told = [one for one in history(look(f"/admin/memberships/{membership.id}")) if "Olga Peters" in one]
    assert len(told) == 1
    assert told[0].startswith("Membership: active → cancelled")
    assert "moved away" in told[0]


def test_what_was_changed_without_a_status_is_told_with_before_and_after(look: Look, operator: User) -> None:
    customer = factories.customer()
    with unit_of_work(f"operator:{operator.id}"):
        audit.note(customer, "customers.change", before={"name": "Ada", "x": 1}, after={"name": "Ada B.", "x": 1})
    told = history(look(f"/admin/customers/{customer.id}"))
    assert any("Name: Ada → Ada B." in one and "Olga Peters" in one and "x:" not in one for one in told)


def test_a_customers_history_has_the_steps_of_all_that_is_theirs(signed_in: FlaskClient, look: Look) -> None:
    membership = factories.active_membership()
    payment = factories.payment(membership=membership)
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    told = history(look(f"/admin/customers/{membership.customer_id}"))
    assert any(one.startswith("Payment: unpaid → paid") and f"Payment {payment.id}" in one for one in told)


def test_who_acted_as_a_customer_is_told_with_both(look: Look, operator: User) -> None:
    customer = factories.customer()
    with unit_of_work(f"operator:{operator.id} as customer:{customer.id}"):
        audit.note(customer, "customers.change", before={"name": "A"}, after={"name": "B"})
    told = history(look(f"/admin/customers/{customer.id}"))
    assert any("Olga Peters as the customer" in one for one in told)
