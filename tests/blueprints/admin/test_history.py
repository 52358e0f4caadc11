"""The history of a row: who did what to it, when, from what to what."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from tests import factories
from tests.conftest import TurnedClock
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.domain import audit
from webapp.extensions import db
from webapp.models import Change, ChangeKind, ChangeStatus, Mail, MailStatus, User
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


def test_a_customers_history_has_other_terms_and_what_was_sent(look: Look, clock: TurnedClock) -> None:
    membership = factories.active_membership(expires_at=clock.now + timedelta(days=30))
    ada = membership.customer
    facts = {
        "currency": "EUR",
        "price_minor": 1000,
        "net_price_minor": 1000,
        "duration": 1,
        "recurring": True,
        "duration_unit": "month",
        "kind": ChangeKind.DOWNGRADE,
    }
    change = factories.save(lambda: Change(membership=membership, plan=membership.plan, items=[], **facts))
    with unit_of_work("test"):
        db.session.get_one(Change, change.id).move_to(ChangeStatus.WITHDRAWN, reason="replaced by another change")
    told = dict.fromkeys(("text", "html"), "x") | {"kind": "renewal_notice", "locale": "en", "message_id": "<1@x>"}
    sent = factories.save(
        lambda: Mail(
            status=MailStatus.SENT, subject="Your plan renews", to_address=ada.email, customer_id=ada.id, **told
        )
    )
    factories.save(
        lambda: Mail(status=MailStatus.SENT, subject="Other", to_address="b@x", **told | {"message_id": "<2@x>"})
    )
    page = look(f"/admin/customers/{ada.id}")
    found = history(page)
    assert any(one.startswith("Change of terms: ") and "replaced by another change" in one for one in found)
    assert any(one.startswith("E-mail to the customer") and "Your plan renews" in one for one in found)
    assert not any("Other" in one for one in found)
    assert f"/admin/emails/{sent.id}" in [link.attrs.get("href") for link in page.all("a")]
