"""A customer's contract: what it says, how it is ended, and how that is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin.rows import fresh, send
from tests.looking import Look
from tests.pages import Browser
from webapp import clock, hooks
from webapp.domain import memberships
from webapp.extensions import db
from webapp.formatting import long_date
from webapp.models import Customer, Event, Mail, Membership, MembershipStatus, Site, SiteStatus
from webapp.transactions import unit_of_work


def page_of(membership: Membership, more: str = "") -> str:
    return f"/account/memberships/{membership.id}{more}"


def site_of(membership: Membership, title: str = "Bakery") -> Site:
    facts = {"customer": membership.customer, "membership": membership, "slug": "bakery", "title": title}
    found: Site = factories.save(lambda: Site(status=SiteStatus.PUBLISHED, **facts))
    return found


def test_the_page_tells_what_comes_next_and_what_happened(look: Look, agreement: Membership) -> None:
    site_of(agreement)
    payment = factories.payment(membership=agreement)
    main = look(page_of(agreement)).one("main")
    assert f"Payment {payment.order_number} €29.99" in main.text
    assert "Premium" in main.one("h1").text
    assert "€29.99 is due for the next period." in main.text
    assert "Bakery" in main.text
    assert "Nothing has happened yet" in main.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_somebody_elses_contract_is_not_found(signed_in: FlaskClient, method: str) -> None:
    theirs = factories.active_membership(expires_at=clock.now() + timedelta(days=3))
    paths = ["/cancellation"] if method == "GET" else ["/cancellation", "/cancellation/undo"]
    for more in ["", *paths] if method == "GET" else paths:
        assert signed_in.open(page_of(theirs, more), method=method).status_code == 404, more
    answer = signed_in.post(page_of(theirs, "/cancellation/reason"), data={"reason": "other"})
    assert answer.status_code == 404
    assert fresh(theirs).cancel_at is None


def test_a_number_no_row_can_have_is_not_found(signed_in: FlaskClient) -> None:
    assert signed_in.get(f"/account/memberships/{2**63}").status_code == 404


@pytest.mark.ux("K8", "W15")
def test_cancelling_says_what_it_means_then_waits_for_the_period_to_end(
    browser: Browser, look: Look, agreement: Membership
) -> None:
    site_of(agreement)
    asked = look(page_of(agreement, "/cancellation")).one("main").text
    day = long_date(agreement.expires_at or clock.now())
    assert f"The contract ends on {day}." in asked
    assert "Bakery" in asked
    assert "Download your data" in asked
    browser.get(page_of(agreement, "/cancellation"))
    page = send(browser, "/cancellation")
    assert f"Your contract ends on {day}. Until then nothing changes." in page.text
    assert (fresh(agreement).status, agreement.cancel_at) == (MembershipStatus.ACTIVE, agreement.expires_at)


def test_pressing_twice_cancels_once_and_writes_once(signed_in: FlaskClient, agreement: Membership) -> None:
    form = {"version": str(agreement.version)}
    for _ in range(2):
        assert signed_in.post(page_of(agreement, "/cancellation"), data=form).status_code == 303
    db.session.rollback()
    [mail] = db.session.scalars(select(Mail)).all()
    assert (mail.kind, mail.to_address) == ("cancellation_confirmed", "ada@example.com")
    assert f"/account/memberships/{agreement.id}" in mail.text


@pytest.mark.ux("X7")
def test_a_reason_is_asked_once_and_only_afterwards(browser: Browser, agreement: Membership) -> None:
    assert "Why did you cancel" not in browser.get(page_of(agreement, "/cancellation")).text
    page = send(browser, "/cancellation")
    assert "Why did you cancel?" in page.text
    page = send(browser, "/reason", reason="too_expensive")
    assert "Why did you cancel" not in page.text
    assert fresh(agreement).cancellation_reason == "too_expensive"


def test_no_answer_to_the_question_is_fine(signed_in: FlaskClient, agreement: Membership) -> None:
    with unit_of_work("test"):
        memberships.cancel(memberships.find(agreement.id), reason="cancelled by the customer")
    for answer in ({}, {"reason": "my own words about Bob"}):
        assert signed_in.post(page_of(agreement, "/cancellation/reason"), data=answer).status_code == 303
    assert fresh(agreement).cancellation_reason == "cancelled by the customer"


@pytest.mark.ux("X7")
def test_a_cancellation_is_undone(browser: Browser, look: Look, agreement: Membership) -> None:
    browser.get(page_of(agreement, "/cancellation"))
    send(browser, "/cancellation")
    page = send(browser, "/undo")
    assert "Your cancellation is undone." in page.text
    assert (fresh(agreement).cancel_at, agreement.cancellation_reason) == (None, "")
    happened = [one.text for one in look(page_of(agreement)).one("ol", class_="timeline").all("li")]
    assert happened[0].startswith("Cancellation undone")
    day = long_date(agreement.expires_at or clock.now())
    assert happened[1].startswith(f"Cancelled for the end of the period Ends on {day}")
    assert len(happened) == 2


def test_what_has_ended_cannot_be_undone(signed_in: FlaskClient, agreement: Membership) -> None:
    with unit_of_work("test"):
        memberships.cancel(memberships.find(agreement.id), reason="x", at_once=True)
    answer = signed_in.post(page_of(agreement, "/cancellation/undo"))
    assert (answer.status_code, "Nothing was changed" in answer.text) == (409, True)


def test_without_a_paid_period_it_ends_at_once_and_says_so_before(browser: Browser, ada: Customer) -> None:
    free = factories.active_membership(customer=ada, price_minor=0, expires_at=None)
    page = browser.get(page_of(free, "/cancellation"))
    assert "The contract ends at once" in page.text
    assert "This cannot be undone." in page.text
    send(browser, "/cancellation")
    assert fresh(free).status == MembershipStatus.CANCELLED


def test_who_looked_at_something_else_than_there_is_cancels_nothing(browser: Browser, agreement: Membership) -> None:
    browser.get(page_of(agreement, "/cancellation"))
    with unit_of_work("test"):
        memberships.find(agreement.id).price_minor = 4999
    send(browser, "/cancellation")
    assert (browser.response.status_code, fresh(agreement).cancel_at) == (409, None)


def test_an_integrator_may_object_to_a_cancellation(browser: Browser, agreement: Membership) -> None:
    def object_to(membership: Membership) -> None:
        raise hooks.Reject("Return the router first.")

    hooks.add_action("wu_membership_pre_cancel", object_to)
    browser.get(page_of(agreement, "/cancellation"))
    page = send(browser, "/cancellation")
    assert "Return the router first." in page.text
    assert fresh(agreement).cancel_at is None


def test_the_timeline_names_payments_and_sites_in_plain_words(look: Look, agreement: Membership) -> None:
    payment, site = factories.payment(membership=agreement), site_of(agreement)
    facts = {"total": 2999, "currency": "EUR", "error_message": "lost_card"}
    rows = [
        ("payment.failed", "payments", payment.id, facts),
        ("payment.completed", "payments", payment.id, facts),
        ("site.published", "sites", site.id, {"title": "Bakery"}),
        ("checkout.completed", "payments", payment.id, facts),
    ]
    for kind, table, number, data in rows:
        made: dict[str, Any] = {"type": kind, "object_type": table, "object_id": number, "data": data}
        factories.save(lambda made=made: Event(customer_id=agreement.customer_id, **made))
    text = look(page_of(agreement)).one("ol", class_="timeline").text
    assert f"Payment received €29.99, order number {payment.order_number}" in text
    assert "Payment declined; nothing was charged" in text
    assert "Site online Bakery" in text
    assert "lost_card" not in text
    assert "Sale completed" not in text


def test_a_full_page_costs_few_statements(look: Look, agreement: Membership, statements: Any) -> None:
    for number in range(5):
        facts = {"customer": agreement.customer, "membership": agreement, "slug": f"s-{number}", "title": "S"}
        factories.save(lambda facts=facts: Site(status=SiteStatus.PUBLISHED, **facts))
    factories.payment(membership=agreement)
    db.session.rollback()
    statements.clear()
    look(page_of(agreement))
    assert len(statements) <= 13


@pytest.mark.parametrize(
    ("limits", "said"), [({}, []), ({"sites": 3, "custom_domains": 2}, ["Sites 0 of 3", "Own domains 0 of 2"])]
)
def test_what_there_is_to_use_is_said_where_it_is_no_matter_of_course(
    client: FlaskClient, limits: dict[str, int], said: list[str]
) -> None:
    mine = factories.active_membership(plan=factories.product("premium", limits=limits))
    text = Browser(factories.signed_in(client, mine.customer)).get(page_of(mine)).text
    assert ("What you use" in text) == bool(said)
    assert [one for one in said if one not in text] == []
