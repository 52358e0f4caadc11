"""The audit log: each change by the staff leaves an entry."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.conftest import Look
from webapp.domain import audit
from webapp.extensions import db
from webapp.models import AuditEntry, User
from webapp.transactions import unit_of_work


def test_changes_are_kept_with_who_and_what_and_listed(signed_in: FlaskClient, operator: User, look: Look) -> None:
    payment = factories.payment(membership=factories.active_membership())
    [delivery] = rows.dead()
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    signed_in.post(f"/admin/deliveries/{delivery.id}/retry")
    kept = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.actor, one.action, one.object_id) for one in kept] == [
        (f"operator:{operator.id}", "payments.confirm", payment.id),
        (f"operator:{operator.id}", "deliveries.retry", delivery.id),
    ]
    assert (kept[0].before, kept[0].after) == ({"status": "pending"}, {"status": "completed"})
    text = str(signed_in.get("/admin/audit").text)
    assert "Olga Peters" in text
    assert "pending → completed" in text
    look("/admin/audit")


def test_a_refused_change_leaves_no_entry(signed_in: FlaskClient) -> None:
    payment = factories.payment(membership=factories.active_membership())
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    assert len(db.session.scalars(select(AuditEntry)).all()) == 1


def test_secrets_are_masked(operator: User) -> None:
    with unit_of_work("test"):
        entry = audit.note(operator, "settings.edit", before={}, after={"api_key": "abc", "name": "x"})
    assert entry.after == {"api_key": "••••", "name": "x"}
