"""The customer finds what is theirs, and nothing of anybody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from webapp.models import Site, SiteStatus


@pytest.mark.ux("K2")
def test_a_customer_sees_their_own_memberships_only(client: Any, db: Any) -> None:
    mine = factories.active_membership(plan=factories.product(name="Mine"))
    factories.active_membership(plan=factories.product(name="Theirs"))
    page = factories.signed_in(client, mine.customer).get("/account/")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Mine" in page.text
    assert "Theirs" not in page.text


def test_visitors_are_asked_to_sign_in_and_staff_are_refused(client: Any, db: Any) -> None:
    assert "/login" in client.get("/account/").location
    assert factories.signed_in(client, factories.operator()).get("/account/").status_code == 403


def test_many_memberships_cost_what_one_does_and_lead_to_their_sites(client: Any, statements: Any) -> None:
    customer = factories.customer()
    for number in range(12):
        agreement = factories.active_membership(customer=customer)
        made = {"customer": customer, "membership": agreement, "slug": f"site-{number}", "title": f"Site {number}"}
        factories.save(lambda made=made: Site(status=SiteStatus.PUBLISHED, **made))
    factories.signed_in(client, customer)
    statements.clear()
    page = client.get("/account/")
    assert len(statements) <= 12
    assert '<a href="http://site-7.localhost/">Site 7</a>' in page.text
