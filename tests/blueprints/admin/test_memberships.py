"""Memberships as operators see them, and how they end one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.pages import Browser
from webapp import hooks
from webapp.extensions import db
from webapp.models import Event, Membership, MembershipItem, MembershipStatus, Move, PaymentStatus, Site, User

S = MembershipStatus


@pytest.fixture
def membership(app: Any, clock: TurnedClock) -> Membership:
    """Paid for until the last day of February."""
    clock.use("2027-01-31T10:00Z")
    ada = factories.customer(display_name="Ada Lovelace")
    plan = factories.product(name="Premium")
    made = factories.active_membership(
        customer=ada, plan=plan, expires_at=clock.now + timedelta(days=28), periods_paid=1, gateway="manual"
    )
    factories.save(lambda: MembershipItem(membership=made, product=plan, unit_price_minor=2999))
    return made


def test_the_list_shows_what_was_agreed_and_when_it_goes_on(look: Look, membership: Membership) -> None:
    (row,) = look("/admin/memberships").one("tbody").all("tr")
    assert rows.cells(row) == [
        str(membership.id),
        f"Ada Lovelace {membership.customer.email}",
        "Premium",
        "active",
        "€29.99 per month",
        "renews 2027-02-28 10:00 UTC",
        "2027-01-31 10:00 UTC",
    ]


@pytest.mark.ux("N12")
def test_a_membership_has_everything_on_one_page(look: Look, membership: Membership, statements: Statements) -> None:
    payment = factories.payment(membership=membership)
    factories.save(lambda: Site(customer=membership.customer, membership=membership, slug="ada", title="Ada's"))
    statements.clear()

    root = look(f"/admin/memberships/{membership.id}")
    assert len(statements) <= 16
    assert root.one("h1").text == "Premium – Ada Lovelace"
    said = facts(root)
    assert said["Price"] == "€29.99 per month"
    assert said["Next charge"] == said["Paid until"] == "2027-02-28 10:00 UTC"
    assert said["Paid with"] == "Bank transfer"
    assert rows.link(root, "Ada Lovelace") == f"/admin/customers/{membership.customer_id}"
    assert rows.link(root, payment.order_number) == f"/admin/payments/{payment.id}"
    assert {"ada", "Premium"} <= set(rows.names(root))


@pytest.mark.parametrize("number", [1, 12])
def test_a_page_costs_no_more_however_much_there_is(
    look: Look, statements: Statements, membership: Membership, number: int
) -> None:
    rows.many(number, lambda _: factories.payment(membership=membership))
    rows.many(
        number,
        lambda _: factories.save(
            lambda: MembershipItem(membership=membership, product=factories.product(), unit_price_minor=1)
        ),
    )
    statements.clear()
    look(f"/admin/memberships/{membership.id}")
    assert len(statements) <= 16


@pytest.mark.ux("N12")
def test_dangerous_actions_are_last_and_asked_about(look: Look, membership: Membership) -> None:
    root = look(f"/admin/memberships/{membership.id}")
    assert [one.text for one in root.one("main").all("h2") if not one.inside("dialog")][-1] == "End this membership"
    openers = {one.text: one.attrs for one in root.all("a") if "data-opens" in one.attrs}
    assert list(openers) == ["Cancel at 28 February 2027 …", "Cancel now …"]
    for attrs in openers.values():
        dialog = root.by_id(attrs["data-opens"])
        (focused,) = [one for one in dialog if "autofocus" in one.attrs]
        assert (focused.text, focused.attrs["type"]) == ("Keep the membership", "button")
    assert look(openers["Cancel now …"]["href"]).one("h1").text == "Cancel this membership now?"


def test_the_question_names_what_is_lost(look: Look, membership: Membership) -> None:
    factories.save(lambda: Site(customer=membership.customer, membership=membership, slug="ada", title="Ada's"))
    payment = factories.payment(membership=membership)
    factories.payment(membership=membership, status=PaymentStatus.COMPLETED)

    panel = look(f"/admin/memberships/{membership.id}/cancellation?at_once=1").one(class_="panel narrow")
    assert "Premium of Ada Lovelace." in panel.text
    assert [one.text for one in panel.all("li")] == ["ada", f"{payment.order_number}, €29.99"]
    (focused,) = [one for one in panel if "autofocus" in one.attrs]
    assert (focused.text, focused.attrs["href"]) == ("Keep the membership", f"/admin/memberships/{membership.id}")


def test_it_ends_with_the_paid_period(browser: Browser, membership: Membership, operator: User) -> None:
    browser.get(f"/admin/memberships/{membership.id}/cancellation")
    assert "Cancel at 28 February 2027" in browser.page.buttons
    page = browser.submit(reason="Moved abroad")

    rows.fresh(membership)
    assert (membership.status, membership.cancel_at) == (S.ACTIVE, membership.expires_at)
    assert membership.cancellation_reason == "Moved abroad"
    assert "The membership ends on 28 February 2027. Until then nothing changes." in page.text
    assert "Cancel at 28 February 2027 …" not in [text for _href, text in page.links]
    assert "Cancel now …" in [text for _href, text in page.links]


def test_it_ends_at_once(browser: Browser, membership: Membership, operator: User) -> None:
    payment = factories.payment(membership=membership)
    browser.get(f"/admin/memberships/{membership.id}/cancellation?at_once=1")
    page = browser.submit()

    assert rows.fresh(membership).status == S.CANCELLED
    assert rows.fresh(payment).status == PaymentStatus.CANCELLED
    assert "The membership is cancelled." in page.text
    assert "End this membership" not in page.text
    move = db.session.scalars(select(Move).where(Move.object_type == "memberships")).one()
    assert (move.old, move.new, move.actor) == ("active", "cancelled", f"operator:{operator.id}")
    assert move.reason == "cancelled by an operator"
    assert "active → cancelled cancelled by an operator" in page.text
    assert "Olga Peters" in page.text
    assert "membership.cancelled" in set(db.session.scalars(select(Event.type)))


def test_without_a_period_to_wait_for_only_the_end_at_once_is_offered(look: Look, clock: TurnedClock) -> None:
    for values in ({"expires_at": None}, {"expires_at": clock.now - timedelta(1)}, {"status": S.PENDING}):
        made = factories.active_membership(**values)
        openers = [one.text for one in look(f"/admin/memberships/{made.id}").all("a") if "data-opens" in one.attrs]
        assert openers == ["Cancel now …"]
        asked = look(f"/admin/memberships/{made.id}/cancellation")
        assert asked.one("h1").text == "Cancel this membership now?"


@pytest.mark.parametrize("status", [S.CANCELLED, S.EXPIRED])
def test_what_has_ended_cannot_be_ended_again(signed_in: FlaskClient, look: Look, status: MembershipStatus) -> None:
    made = factories.membership(status=status)
    url = f"/admin/memberships/{made.id}"
    assert "End this membership" not in look(url).text
    answer = signed_in.post(f"{url}/cancellation", data={"at_once": "1"})
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert rows.fresh(made).status == status


@pytest.mark.ux("N13")
def test_the_slower_of_two_operators_is_shown_how_it_stands_now(browser: Browser, membership: Membership) -> None:
    url = f"/admin/memberships/{membership.id}/cancellation"
    browser.get(url)
    browser.client.post(url, data={"at_once": "", "reason": "the first one"})
    page = browser.submit(reason="the second one")

    assert browser.response.status_code == 409
    assert "This was changed in the meantime." in page.text
    assert rows.fresh(membership).cancellation_reason == "the first one"


def test_an_integrator_who_objects_is_quoted(signed_in: FlaskClient, membership: Membership) -> None:
    def object_to(_membership: Membership) -> None:
        raise hooks.Reject("The contract still runs.")

    hooks.add_action("wu_membership_pre_cancel", object_to)
    answer = signed_in.post(f"/admin/memberships/{membership.id}/cancellation", data={"at_once": "1"})
    assert answer.status_code == 422
    assert "The contract still runs." in answer.text
    assert rows.fresh(membership).status == S.ACTIVE


def test_a_reason_that_is_too_long_is_refused_and_kept(browser: Browser, membership: Membership) -> None:
    browser.get(f"/admin/memberships/{membership.id}/cancellation?at_once=1")
    page = browser.submit(reason="x" * 301)
    assert browser.response.status_code == 422
    assert "Use at most 300 characters." in page.text
    assert "x" * 301 in page.html
    assert rows.fresh(membership).status == S.ACTIVE
