"""Comparisons with the gateways as the staff sees them."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.looking import Look

PAGE = "/admin/reconciliations"


def test_each_run_is_listed_with_how_it_went(look: Look) -> None:
    payment = factories.payment()
    factories.reconciliation(payment)
    factories.reconciliation(payment, failed=0)
    factories.reconciliation(payment, ended_at=None)
    text = look(PAGE).text
    assert all(words in text for words in ("not all could be asked", "complete", "has not ended"))


def test_a_run_says_what_was_mended_and_what_could_not_be_asked(look: Look) -> None:
    payment = factories.payment()
    run = factories.reconciliation(payment)
    page = look(f"{PAGE}/{run.id}")
    assert "Nothing is lost: the next comparison asks again" in page.text
    assert "pending → completed" in page.text
    assert "does not answer; 3 more wait for the next run" in page.text
    assert rows.link(page, f"Payment {payment.order_number}") == f"/admin/payments/{payment.id}"


def test_what_could_not_be_compared_needs_attention(look: Look) -> None:
    run = factories.reconciliation(factories.payment())
    assert rows.link(look("/admin/attention"), f"Comparison {run.id}") == f"{PAGE}/{run.id}"


def test_without_a_worker_the_button_says_when_it_happens_by_itself(signed_in: FlaskClient, look: Look) -> None:
    assert signed_in.post(PAGE).status_code == 303
    assert "The comparison is made by itself every hour." in look(PAGE).text
