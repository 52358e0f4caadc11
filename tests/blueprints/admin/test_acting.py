"""Acting as a customer: with a reason, on the record, for an hour, and with no more than the customer's own pages."""

from __future__ import annotations

import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import TurnedClock
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import acting, network, sessions
from webapp.extensions import db
from webapp.jobs import schedule
from webapp.models import AuditEntry, Customer, Membership, Move, Role, User, UserSession
from webapp.transactions import unit_of_work

ADDRESS = {
    "billing_country": "DE",
    "billing_address_line_1": "Engelweg 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
}
OWN_BUSINESS = (
    ("GET", "/account/security"),
    ("GET", "/account/security/password"),
    ("POST", "/account/security/password"),
    ("GET", "/account/security/email"),
    ("POST", "/account/security/email"),
    ("POST", "/account/security/email/undo"),
    ("POST", "/account/security/sessions/end"),
    ("GET", "/account/security/two-step"),
    ("GET", "/account/data"),
    ("GET", "/account/data/export.json"),
    ("GET", "/account/deletion"),
    ("POST", "/account/deletion"),
    ("POST", "/register"),
)


@pytest.fixture
def membership(app: Flask) -> Membership:
    found: Membership = factories.active_membership(customer=factories.customer(display_name="Ada Lovelace"))
    return found


@pytest.fixture
def ada(membership: Membership) -> Customer:
    return membership.customer


def begin(browser: Browser, customer: Customer, reason: str = "She cannot find her invoice.") -> None:
    browser.get(f"/admin/customers/{customer.id}/acting")
    rows.send(browser, f"/customers/{customer.id}/acting", reason=reason)


def log() -> list[tuple[str, str, str]]:
    db.session.rollback()
    found = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(one.actor, one.action, one.after.get("reason") or one.after.get("what", "")) for one in found]


def test_an_operator_sees_the_account_and_a_banner_on_every_page(browser: Browser, ada: Customer) -> None:
    begin(browser, ada)
    assert browser.url == "/account/"
    for path in ("/account/", "/account/payments", "/account/profile", "/admin/customers", "/", "/none/such"):
        page = browser.get(path)
        assert "You are acting as Ada Lovelace." in page.text, path
        assert "End" in page.buttons, path
    assert "Ada Lovelace" in browser.get("/account/profile").html


def test_whoever_acts_is_not_asked_about_cookies(browser: Browser, ada: Customer) -> None:
    with unit_of_work("test"):
        network.change({"ga4_measurement_id": "G-ABC123DEF4", "ga4_api_secret": "secret"})
    assert "cookie-bar" in browser.get("/").html
    begin(browser, ada)
    assert "cookie-bar" not in browser.get("/").html


def test_beginning_and_ending_are_on_the_record_with_the_reason(
    browser: Browser, ada: Customer, operator: User
) -> None:
    begin(browser, ada)
    page = rows.send(browser, "/admin/acting/end")
    assert browser.url == f"/admin/customers/{ada.id}"
    assert "You are acting as" not in page.text
    who = f"operator:{operator.id}"
    assert log() == [(who, "acting.begin", "She cannot find her invoice."), (who, "acting.end", "ended")]
    assert browser.client.get("/account/").status_code == 403
    assert "Acting as the customer begun" in page.text


def test_without_a_reason_nothing_begins(signed_in: FlaskClient, ada: Customer) -> None:
    answer = signed_in.post(f"/admin/customers/{ada.id}/acting", data={"reason": " "})
    assert (answer.status_code, "Say why you act as this customer." in answer.text) == (422, True)
    assert signed_in.get("/account/").status_code == 403


def test_what_is_changed_is_recorded_with_both(
    browser: Browser, ada: Customer, membership: Membership, operator: User
) -> None:
    begin(browser, ada)
    browser.get(f"/account/memberships/{membership.id}/cancellation")
    rows.send(browser, "/cancellation")
    who = f"operator:{operator.id} as customer:{ada.id}"
    assert (who, "acting.change", "create_cancellation") in log()
    moves = db.session.scalars(select(Move).where(Move.object_type == "memberships")).all()
    assert {one.actor for one in moves} == {who}
    assert "Olga Peters as the customer" in browser.get(f"/admin/customers/{ada.id}").text


def test_a_change_and_its_entry_are_kept_together_or_not_at_all(
    browser: Browser, ada: Customer, membership: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_arguments: object) -> None:
        raise RuntimeError("the log is full")

    begin(browser, ada)
    monkeypatch.setattr(acting, "note_change", stumble)
    browser.get(f"/account/memberships/{membership.id}/cancellation")
    with pytest.raises(RuntimeError, match="the log is full"):
        rows.send(browser, "/cancellation")
    assert rows.fresh(membership).cancel_at is None


def test_what_is_refused_is_no_change(browser: Browser, ada: Customer, membership: Membership) -> None:
    begin(browser, ada)
    browser.client.post(f"/account/memberships/{membership.id}/cancellation", data={"version": "99"})
    browser.client.post(f"/account/memberships/{membership.id}/cancellation/reason", data={"reason": "nonsense"})
    assert [action for _who, action, _why in log()] == ["acting.begin"]


def test_every_change_in_the_account_is_made_in_a_unit_that_notes_it(app: Flask) -> None:
    """`changing` opens it; no page of the account opens one itself."""
    rooms = {name: room for name, room in sys.modules.items() if name.startswith("webapp.blueprints.account.")}
    assert [name for name, room in rooms.items() if hasattr(room, "unit_of_work")] == ["webapp.blueprints.account.base"]


@pytest.mark.parametrize(("method", "path"), OWN_BUSINESS)
def test_what_is_the_customers_own_business_is_out_of_reach(
    browser: Browser, ada: Customer, method: str, path: str
) -> None:
    begin(browser, ada)
    answer = browser.client.open(path, method=method)
    assert answer.status_code == 403
    assert "This is for the customer alone" in answer.text


def test_every_route_about_signing_in_is_out_of_reach(app: Flask, browser: Browser, ada: Customer) -> None:
    begin(browser, ada)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("security."):
            path = app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
            for method in (rule.methods or set()) & {"GET", "POST"}:
                assert browser.client.open(path, method=method).status_code == 403, (method, path)


def test_it_ends_after_an_hour(browser: Browser, ada: Customer, operator: User, clock: TurnedClock) -> None:
    begin(browser, ada)
    clock.tick(minutes=59)
    assert browser.client.get("/account/").status_code == 200
    clock.tick(minutes=1)
    assert browser.client.get("/account/").status_code == 403
    assert "You are acting as" not in browser.client.get("/admin/customers").text
    assert schedule.end_acting() == 1
    assert log()[-1] == (f"operator:{operator.id}", "acting.end", "time is over")
    assert schedule.end_acting() == 0


def test_signing_out_ends_it(browser: Browser, ada: Customer, operator: User) -> None:
    begin(browser, ada)
    browser.client.post("/logout")
    assert log()[-1] == (f"operator:{operator.id}", "acting.end", "signed out")
    factories.signed_in(browser.client, operator)
    assert browser.client.get("/account/").status_code == 403


def test_a_session_that_is_ended_elsewhere_takes_it_along(browser: Browser, ada: Customer, operator: User) -> None:
    begin(browser, ada)
    with unit_of_work("test"):
        sessions.end_all(operator.id)
    assert browser.client.get("/account/").headers["Location"].startswith("/login")
    assert schedule.end_acting() == 1
    assert log()[-1][1:] == ("acting.end", "signed out")


def test_who_may_no_longer_does_not_any_more(browser: Browser, ada: Customer, operator: User) -> None:
    begin(browser, ada)
    with unit_of_work("test"):
        db.session.get_one(User, operator.id).role = Role.SUPPORT
    assert browser.client.get("/account/").status_code == 403


def test_another_browser_of_the_same_operator_is_not_acting(
    app: Flask, browser: Browser, ada: Customer, operator: User
) -> None:
    begin(browser, ada)
    other = factories.signed_in(app.test_client(), operator)
    with other.session_transaction() as cookie:
        cookie["acting"] = True  # as if it were copied
    assert other.get("/account/").status_code == 403


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.READ_ONLY])
def test_support_and_those_who_look_may_not(client: FlaskClient, ada: Customer, role: Role) -> None:
    factories.signed_in(client, factories.operator(role=role))
    assert "Act as this customer" not in client.get(f"/admin/customers/{ada.id}").text
    assert client.get(f"/admin/customers/{ada.id}/acting").status_code == 403
    assert client.post(f"/admin/customers/{ada.id}/acting", data={"reason": "x"}).status_code == 403


def test_nobody_acts_as_one_of_the_staff(signed_in: FlaskClient, look: Look, ada: Customer) -> None:
    with unit_of_work("test"):
        db.session.get_one(Customer, ada.id).user.role = Role.READ_ONLY
    assert not rows.has_link(look(f"/admin/customers/{ada.id}"), "Act as this customer …")
    assert signed_in.get(f"/admin/customers/{ada.id}/acting").status_code == 409
    assert signed_in.post(f"/admin/customers/{ada.id}/acting", data={"reason": "x"}).status_code == 409
    assert db.session.scalars(select(UserSession).where(UserSession.acting_as_id.is_not(None))).all() == []


def test_a_customer_who_becomes_staff_meanwhile_is_left(browser: Browser, ada: Customer) -> None:
    begin(browser, ada)
    with unit_of_work("test"):
        db.session.get_one(Customer, ada.id).user.role = Role.OWNER
    assert browser.client.get("/account/").status_code == 403


def test_acting_as_another_leaves_the_first(browser: Browser, ada: Customer) -> None:
    begin(browser, ada)
    begin(browser, factories.customer(display_name="Grace Hopper"))
    assert "You are acting as Grace Hopper." in browser.get("/account/profile").text
    assert [action for _who, action, _why in log()] == ["acting.begin", "acting.end", "acting.begin"]


def test_ending_twice_is_no_trouble(browser: Browser, ada: Customer) -> None:
    begin(browser, ada)
    browser.client.post("/admin/acting/end")
    assert browser.client.post("/admin/acting/end").headers["Location"] == "/admin/customers"
    assert [action for _who, action, _why in log()] == ["acting.begin", "acting.end"]


def test_the_operators_own_language_stays(browser: Browser, ada: Customer, operator: User) -> None:
    assert acting.actor(operator, ada) == f"operator:{operator.id} as customer:{ada.id}"
    begin(browser, ada)
    page = browser.get("/account/profile")
    browser.submit(rows.form_of(page, "/account/profile"), locale="de", **ADDRESS)
    assert "Profile" in browser.get("/account/profile").text
    assert db.session.get_one(User, ada.user_id).locale == "de"
