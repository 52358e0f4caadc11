"""Deliveries as operators see them, and sending again what failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.pages import Browser
from webapp.domain.references import pack
from webapp.extensions import queue
from webapp.models import DeliveryStatus
from webapp.money import Money

D = DeliveryStatus


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Which destinations the workers are rung for."""
    destinations: list[list[str]] = []
    monkeypatch.setattr(queue, "ring_soon", lambda chore, arguments=(): destinations.append(list(arguments)))
    return destinations


def test_the_list_shows_what_was_called_why_and_when_it_is_tried_next(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    made = rows.delivery(next_at=clock.now + timedelta(minutes=5), attempts_made=2, last_error="time-out after 10 s")
    (row,) = look("/admin/deliveries").one("tbody").all("tr")
    assert rows.cells(row) == [
        str(made.id),
        "sync_contact wu_customer_post_create time-out after 10 s",
        "crm. listeners",
        "waiting next try 2027-01-31 10:05 UTC",
        "2",
        "2027-01-31 10:00 UTC",
    ]


def test_the_dead_are_offered_first_and_summed_up_by_destination(look: Look) -> None:
    rows.dead(2)
    rows.dead(3, handler="analytics.ga4")
    rows.delivery()
    root = look("/admin/deliveries")
    segments = [one.text for one in root.one(class_="segments").all("a")]
    assert segments == ["All", "Dead", "Waiting", "Running", "Done"]
    notice = root.one(class_="notice notice--error")
    assert [one.text for one in notice.all("li")] == ["analytics.ga4 Send 3 again", "crm.listeners Send 2 again"]
    assert rows.link(notice, "Send 2 again") == "/admin/deliveries/retries?handler=crm.listeners"
    assert len(rows.names(look(rows.link(notice, "crm.listeners")))) == 2


def test_while_nothing_is_dead_nothing_is_said_of_it(look: Look) -> None:
    rows.delivery()
    assert look("/admin/deliveries").all(class_="notice notice--error") == []


def test_a_delivery_shows_every_attempt_with_its_answer(look: Look, clock: TurnedClock, statements: Statements) -> None:
    clock.use("2027-01-31T10:00Z")
    ada = factories.customer(display_name="Ada Lovelace")
    [made] = rows.dead(1, customer=ada, last_error="refused the credentials", ordering_key="customer:1")
    rows.attempt(made, milliseconds=10003, answer="time-out")
    clock.tick(60)
    rows.attempt(made, outcome="dead", http_status=401, answer='{"error": "<b>no</b>"}\nsecond line')
    statements.clear()

    root = look(f"/admin/deliveries/{made.id}")
    assert len(statements) <= 12
    lines = [[cell.text for cell in row.all("th", "td")] for row in root.by_id("attempt-rows").one("tbody").all("tr")]
    assert lines == [
        ["2027-01-31 10:01 UTC", "120 ms", "failed for good", "401", '{"error": "<b>no</b>"} second line'],
        ["2027-01-31 10:00 UTC", "10003 ms", "failed", "–", "time-out"],
    ]
    assert root.all("pre")[0].children == ['{"error": "<b>no</b>"}\nsecond line']
    said = facts(root)
    assert said["What is called"] == "crm.listeners:sync_contact"
    assert said["Key"] == made.key
    assert rows.link(root, "Ada Lovelace") == f"/admin/customers/{ada.id}"
    assert "refused the credentials" in root.one(class_="notice notice--error").text


def test_what_is_handed_over_is_named_and_linked(look: Look) -> None:
    payment = factories.payment()
    membership = payment.membership
    arguments = [
        pack(payment),
        pack(payment.customer),
        pack(membership),
        pack(Money(2999, "EUR")),
        pack("a text"),
        pack([1, None]),
    ]
    made = rows.delivery(hook="wu_checkout_completed", arguments=arguments)
    root = look(f"/admin/deliveries/{made.id}")
    section = root.one(aria_labelledby="arguments-title")
    assert facts(section) == {
        "payment": f"Payment {payment.id}",
        "customer": f"Customer {payment.customer_id}",
        "membership": f"Membership {membership.id}",
        "argument 4": "€29.99",
        "argument 5": "a text",
        "argument 6": "[1, null]",
    }
    assert [one.attrs["href"] for one in section.all("a")] == [
        f"/admin/payments/{payment.id}",
        f"/admin/customers/{payment.customer_id}",
        f"/admin/memberships/{membership.id}",
    ]


def test_a_delivery_that_waits_for_another_says_for_which(look: Look) -> None:
    first, second, other = (rows.delivery(ordering_key=key) for key in ("customer:1", "customer:1", "customer:2"))
    root = look(f"/admin/deliveries/{second.id}")
    assert rows.link(root, f"Delivery {first.id}") == f"/admin/deliveries/{first.id}"
    for one in (first, other):
        assert "It waits for an earlier one" not in look(f"/admin/deliveries/{one.id}").text


@pytest.mark.parametrize(
    ("values", "looks_again"),
    [
        ({"status": D.RUNNING}, True),
        ({"status": D.PENDING}, True),
        ({"status": D.DONE}, False),
        ({"status": D.DEAD}, False),
    ],
)
def test_a_page_that_is_about_to_change_looks_again_by_itself(
    look: Look, values: dict[str, Any], looks_again: bool
) -> None:
    made = rows.delivery(**values)
    root = look(f"/admin/deliveries/{made.id}")
    assert ("hx-trigger" in root.by_id("delivery").attrs) is looks_again
    block = look(f"/admin/deliveries/{made.id}", **{"HX-Request": "true"})
    assert block.all("html") == []
    assert block.by_id("delivery").attrs["data-says"]


def test_what_is_due_much_later_is_not_asked_for_again_and_again(look: Look, clock: TurnedClock) -> None:
    made = rows.delivery(next_at=clock.now + timedelta(hours=1))
    assert "hx-trigger" not in look(f"/admin/deliveries/{made.id}").by_id("delivery").attrs


# -- sending again -------------------------------------------------------------------------------------------
def test_a_dead_one_goes_out_again_with_all_its_tries(
    browser: Browser, rung: list[list[str]], clock: TurnedClock
) -> None:
    [made] = rows.dead()
    browser.get(f"/admin/deliveries/{made.id}")
    assert "Send again" in browser.page.buttons
    page = browser.submit(rows.form_of(browser.page, "/retry"))
    rows.fresh(made)
    assert (made.status, made.attempts_made, made.next_at) == (D.PENDING, 0, clock.now)
    assert rung == [[rows.CRM]]
    assert "The delivery goes out now." in page.text


def test_a_waiting_one_does_not_wait_any_longer(browser: Browser, rung: list[list[str]], clock: TurnedClock) -> None:
    made = rows.delivery(next_at=clock.now + timedelta(hours=3), attempts_made=4)
    assert "Try now" in browser.get(f"/admin/deliveries/{made.id}").buttons
    browser.client.post(f"/admin/deliveries/{made.id}/retry")
    rows.fresh(made)
    assert (made.status, made.attempts_made, made.next_at) == (D.PENDING, 4, clock.now)
    assert rung == [[rows.CRM]]


@pytest.mark.parametrize("status", [D.DONE, D.RUNNING])
def test_what_is_done_or_under_way_is_not_sent_twice(
    signed_in: FlaskClient, look: Look, rung: list[list[str]], status: D
) -> None:
    made = rows.delivery(status=status)
    root = look(f"/admin/deliveries/{made.id}")
    assert [one.text for one in root.one("main").all("button") if one.attrs["type"] == "submit"] == []
    answer = signed_in.post(f"/admin/deliveries/{made.id}/retry")
    assert "Nothing was sent" in signed_in.get(answer.headers["Location"]).text
    assert rows.fresh(made).status == status
    assert rung == []


def test_all_dead_ones_of_a_destination_go_out_after_a_question(browser: Browser, rung: list[list[str]]) -> None:
    ours, others = rows.dead(12), rows.dead(2, handler="analytics.ga4")
    page = browser.get(f"/admin/deliveries/retries?handler={rows.CRM}")
    assert "Send 12 dead deliveries again?" in page.text
    assert "and 2 more" in page.text
    assert len([text for _href, text in page.links if text.startswith("Delivery ")]) == 10
    page = browser.submit()

    assert "12 deliveries go out again." in page.text
    assert {rows.fresh(one).status for one in ours} == {D.PENDING}
    assert {rows.fresh(one).status for one in others} == {D.DEAD}
    assert rung == [[rows.CRM]]


def test_a_number_that_changed_is_asked_about_again(browser: Browser, rung: list[list[str]]) -> None:
    made = rows.dead(2)
    browser.get(f"/admin/deliveries/retries?handler={rows.CRM}")
    rows.dead(1)
    page = browser.submit()
    assert browser.response.status_code == 409
    assert "The number has changed in the meantime." in page.text
    assert "Send 3 deliveries again" in page.buttons
    assert {rows.fresh(one).status for one in made} == {D.DEAD}
    assert rung == []


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("20", 422), ("many", 422), ("21", 200)])
def test_for_many_the_number_is_typed(browser: Browser, typed: str, status: int) -> None:
    made = rows.dead(21)
    assert "Type 21 to confirm." in browser.get(f"/admin/deliveries/retries?handler={rows.CRM}").text
    page = browser.submit(typed=typed)
    assert browser.response.status_code == status
    assert ("Enter 21 to confirm." in page.text) == (status == 422)
    assert {rows.fresh(one).status for one in made} == {D.DEAD if status == 422 else D.PENDING}


def test_where_nothing_is_dead_there_is_nothing_to_send(look: Look, signed_in: FlaskClient) -> None:
    rows.delivery()
    assert "Nothing is dead here" in look(f"/admin/deliveries/retries?handler={rows.CRM}").text
    assert "Nothing is dead here" in look("/admin/deliveries/retries").text
    assert signed_in.post("/admin/deliveries/retries").status_code == 422
