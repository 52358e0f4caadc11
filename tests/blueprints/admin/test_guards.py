"""Who may see the admin: operators, and nobody else, whatever the address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.blueprints.admin import rows
from tests.looking import Look
from tests.pages import Page
from webapp.extensions import db
from webapp.models import MembershipStatus

PLACES = (
    "api_key_id",
    "tax_rate_id",
    "form_slug",
    "template_id",
    "template_slug",
    "field_id",
    "reconciliation_id",
    "customer_id",
    "membership_id",
    "membership_step",
    "payment_id",
    "delivery_id",
    "code_id",
    "product_id",
    "site_id",
    "domain_id",
    "site_step",
    "event_id",
    "inbound_event_id",
    "declaration_id",
    "legal_page",
    "locale",
    "version",
    "job_id",
    "refund_id",
    "invoice_id",
    "object_id",
    "source",
    "step",
    "noun",
    "name",
    "gateway",
    "section",
    "vendor",
    "user_id",
    "note_id",
    "row_id",
    "view_id",
    "mail_id",
    "kind",
)


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """(method, path) of everything the admin answers, with 1 for every id."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin."):
            with app.test_request_context():
                path = app.url_map.bind("localhost").build(
                    rule.endpoint, dict.fromkeys(rule.arguments, 1), force_external=False
                )
            for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield method, path


def test_there_are_routes_to_guard(app: Flask) -> None:
    found = list(routes(app))
    assert len(found) >= 16
    assert {method for method, _path in found} == {"GET", "POST"}
    assert {
        name for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.") for name in rule.arguments
    } == {*PLACES}


def test_visitors_are_asked_to_sign_in_everywhere(app: Flask, client: FlaskClient) -> None:
    for method, path in routes(app):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/login"), (method, path)


def test_a_visitor_comes_back_to_the_page_that_was_asked_for(client: FlaskClient) -> None:
    answer = client.get("/admin/payments?status=pending")
    assert answer.headers["Location"] == "/login?next=/admin/payments?status%3Dpending"


def test_an_expired_session_leads_htmx_to_the_sign_in_page(client: FlaskClient) -> None:
    answer = client.get("/admin/customers?search=a", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"].startswith("/login?next=")


def test_customers_are_refused_everywhere(app: Flask, client: FlaskClient) -> None:
    factories.signed_in(client, factories.customer())
    for method, path in routes(app):
        assert client.open(path, method=method).status_code == 403, (method, path)


def test_operators_are_let_in_everywhere(app: Flask, signed_in: FlaskClient) -> None:
    """No row has the id 1 here, so a page of one row is not found; but nothing is refused, and nothing breaks."""
    for method, path in routes(app):
        assert signed_in.open(path, method=method).status_code in (200, 303, 404, 409, 422), (method, path)


def test_nothing_is_changed_by_looking(signed_in: FlaskClient, app: Flask) -> None:
    membership = factories.active_membership()
    payment = factories.payment(membership=membership)
    [delivery] = rows.dead()
    for path in (
        f"/admin/memberships/{membership.id}/cancellation?at_once=1",
        f"/admin/payments/{payment.id}/confirmation",
        f"/admin/deliveries/retries?handler={rows.CRM}",
    ):
        assert signed_in.get(path).status_code == 200
    assert signed_in.get(f"/admin/deliveries/{delivery.id}/retry").status_code == 405
    assert [rows.fresh(one).status for one in (membership, payment, delivery)] == ["active", "pending", "dead"]


@pytest.fixture
def guarded(app: Flask) -> Iterator[None]:
    """With the check that is off in other tests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.usefixtures("guarded")
def test_a_form_without_its_token_changes_nothing(app: Flask, signed_in: FlaskClient) -> None:
    membership = factories.active_membership()
    for method, path in routes(app):
        if method == "POST":
            assert signed_in.post(path).status_code == 400, path
    answer = signed_in.post(f"/admin/memberships/{membership.id}/cancellation", data={"at_once": "1"})
    assert answer.status_code == 400
    assert rows.fresh(membership).status == MembershipStatus.ACTIVE


@pytest.mark.usefixtures("guarded")
def test_every_form_that_writes_carries_its_token(signed_in: FlaskClient) -> None:
    membership = factories.active_membership()
    payment = factories.payment(membership=membership)
    [delivery] = rows.dead()
    places = (
        f"/admin/memberships/{membership.id}",
        f"/admin/memberships/{membership.id}/cancellation",
        f"/admin/payments/{payment.id}",
        f"/admin/payments/{payment.id}/confirmation",
        f"/admin/deliveries/{delivery.id}",
        f"/admin/deliveries/retries?handler={rows.CRM}",
    )
    found = {path: Page(signed_in.get(path).text).forms for path in places}
    for path, forms in found.items():
        writing = [one for one in forms if one["method"] == "post"]
        own = [one for one in writing if one["action"].startswith("/admin/")]
        assert own, path
        assert all(one["fields"]["csrf_token"] for one in writing), path
        assert signed_in.post(own[0]["action"], data=own[0]["fields"]).status_code in (303, 409, 422), path


def test_the_admin_leads_to_its_rooms_and_names_the_one_one_is_in(look: Look) -> None:
    rows.dead(3)
    root = look("/admin/payments")
    rooms = [one for one in root.by_id("admin-nav") if one.tag == "a" and one.attrs["href"].startswith("/admin")]
    assert [one.attrs["href"] for one in rooms] == [
        f"/admin/{one}"
        for one in (
            "",
            "attention",
            "customers",
            "memberships",
            "payments",
            "invoices",
            "products",
            "discount-codes",
            "checkout-forms",
            "sites",
            "site-templates",
            "domains",
            "declarations",
            "notes",
            "figures",
            "emails",
            "events",
            "deliveries",
            "inbound-events",
            "reconciliations",
            "jobs",
            "hooks",
            "add-ons",
            "audit",
            "components",
            "settings",
            "tax-rates",
            "exchange-rates",
            "api-keys",
            "staff",
        )
    ]
    assert [one.text for one in rooms if "aria-current" in one.attrs] == ["Payments"]
    assert "Needs attention 3" in [one.text for one in rooms]


@pytest.mark.parametrize(
    "noun",
    [
        "customers",
        "memberships",
        "payments",
        "products",
        "sites",
        "domains",
        "declarations",
        "events",
        "deliveries",
        "inbound-events",
        "jobs",
    ],
)
@pytest.mark.parametrize("number", ["999999", "99999999999999999999", "0"])
def test_a_row_that_does_not_exist_is_not_found(look: Look, noun: str, number: str) -> None:
    look(f"/admin/{noun}/{number}", status=404)


@pytest.mark.ux("S5")
def test_no_page_of_the_admin_is_kept_by_a_cache(signed_in: FlaskClient) -> None:
    assert signed_in.get("/admin/customers").headers["Cache-Control"] == "no-store"


def test_an_operator_who_is_refused_keeps_the_navigation(look: Look) -> None:
    root = look("/admin/customers/999999", status=404)
    assert root.by_id("admin-nav")
    assert rows.link(root, "Go to the start page") == "/admin/"


def test_a_customer_who_is_refused_sees_nothing_of_the_admin(client: FlaskClient) -> None:
    factories.signed_in(client, factories.customer())
    page = Page(client.get("/admin/customers").text)
    assert "admin-nav" not in page.ids
    assert ("/", "Go to the start page") in page.links


def test_the_page_that_says_what_failed_does_not_fail_without_the_database(look: Look) -> None:
    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked_by_the_guards = "FROM user" in statement or "FROM settings" in statement
        if statement.startswith("SELECT") and not asked_by_the_guards:
            raise OperationalError(statement, None, Exception("no connection"))

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        root = look("/admin/customers", status=503)
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)
    assert rows.has_link(root, "Retry")
    assert root.by_id("admin-nav")
