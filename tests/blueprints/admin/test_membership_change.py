"""An operator changes plan, period, quantities and extras: previewed, from when they say, with a reason, in the log."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.lives import buy, forget_card, live_until, membership, taken
from tests.looking import Look
from tests.pages import Browser
from webapp.extensions import db
from webapp.models import AuditEntry, Change, Product
from webapp.settings import Settings
from webapp.transactions import unit_of_work


@pytest.fixture
def april(clock: TurnedClock) -> TurnedClock:
    """A month of 30 days, so that half of it is 15."""
    clock.use("2027-04-01T10:00Z")
    return clock


@pytest.fixture
def number(settings: Settings, april: TurnedClock) -> int:
    """Basic, bought half a month ago, with a card that is kept."""
    seat = factories.product("seat", type="package", amount_minor=600, name="Seat")
    basic = {"amount_minor": 3000, "year": 30000, "name": "Basic", "product_group": "web", "list_order": 1}
    factories.product("basic", available_addons=[seat.id], **basic)
    factories.product("more", amount_minor=5000, name="More", product_group="web", list_order=2)
    factories.product("old", amount_minor=4000, name="Old", product_group="then", active=False, list_order=3)
    found = buy("basic", settings)
    april.tick(days=15)
    return found


@pytest.fixture
def browser(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


def page_of(number: int, **chosen: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    return f"/admin/memberships/{number}/change" + (f"?chosen=1&{query}" if query else "")


def confirm(browser: Browser, **values: str) -> str:
    [index] = [place for place, one in enumerate(browser.page.forms) if "offer" in one["fields"]]
    return browser.submit(index, **values).text


def logged() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    db.session.rollback()
    return [(one.action, one.before, one.after) for one in db.session.scalars(select(AuditEntry))]


def test_it_is_shown_before_and_charged_to_the_stored_card(browser: Browser, number: int) -> None:
    assert "Change plan, period or extras" in browser.get(f"/admin/memberships/{number}").text
    assert "This is how it is now." in browser.get(page_of(number)).text
    page = browser.get(page_of(number, plan="more"))
    for words in ("Unused time of Basic -€15.00", "Due today €35.00", "New price €50.00 per month"):
        assert words in page.text, words
    assert "Next charge: €50.00 on 16 May 2027." in page.text
    assert "It is charged at once to" in page.text
    assert logged() == []
    assert "The membership is changed." in confirm(browser, reason="asked by telephone")
    assert (membership(number).plan.slug, taken()) == ("more", [3000, 3500])


def test_who_why_and_what_are_in_the_log_and_in_its_story(browser: Browser, number: int) -> None:
    browser.get(page_of(number, plan="more"))
    confirm(browser, reason="asked by telephone")
    [(action, before, after)] = logged()
    assert action == "memberships.change"
    assert before == {"plan": "Basic", "period": "1-month", "products": "1 × Basic", "price": "30.00 EUR"}
    same = {"plan": "More", "period": "1-month", "products": "1 × More", "price": "50.00 EUR"}
    assert after == {**same, "reason": "asked by telephone"}
    story = browser.get(f"/admin/memberships/{number}").text
    assert "Other terms given" in story
    assert "Plan: Basic → More" in story
    assert "Reason: asked by telephone" in story


def test_it_waits_when_the_operator_says_so(browser: Browser, number: int, april: TurnedClock) -> None:
    page = browser.get(page_of(number, plan="more", begins="later"))
    assert "Begins on 1 May 2027; until then nothing changes" in page.text
    assert "The change comes on 1 May 2027." in confirm(browser)
    assert "A change waits: More It comes on 1 May 2027." in browser.get(f"/admin/memberships/{number}").text
    assert logged()[0][2]["begins"] == "2027-05-01T10:00:00Z"
    live_until(april, "2027-05-01T10:00Z")
    assert (membership(number).plan.slug, taken()) == ("more", [3000, 5000])


def test_what_is_less_comes_at_once_when_the_operator_says_so(
    browser: Browser, number: int, settings: Settings
) -> None:
    dear = buy("more", settings)
    assert "Begins on 16 May 2027" in browser.get(page_of(dear, plan="basic")).text
    assert "The customer loses" not in browser.page.text
    page = browser.get(page_of(dear, plan="basic", begins="now"))
    assert "To the credit balance €20.00" in page.text
    assert "The membership is changed." in confirm(browser)
    assert membership(dear).plan.slug == "basic"


def test_what_is_to_pay_is_a_link_for_the_customer_and_nobody_is_sent_there(browser: Browser, number: int) -> None:
    forget_card(number)
    page = browser.get(page_of(number, plan="more"))
    assert "The customer pays it by a link" in page.text
    text = confirm(browser)
    assert browser.url == f"/admin/memberships/{number}"
    payment = db.session.scalars(select(Change)).one().payment
    assert payment is not None
    assert f"http://localhost/pay/{payment.reference}" in text
    assert "Link for the customer to pay €35.00:" in text
    assert membership(number).plan.slug == "basic"


def test_what_waits_is_withdrawn_again(browser: Browser, number: int) -> None:
    browser.get(page_of(number, plan="more", begins="later"))
    confirm(browser)
    [index] = [place for place, one in enumerate(browser.page.forms) if one["action"].endswith("/withdrawal")]
    assert "The change is withdrawn." in browser.submit(index).text
    assert "A change waits" not in browser.page.text
    assert [one[0] for one in logged()] == ["memberships.change", "memberships.withdraw-change"]


def test_how_many_there_are_is_changed(browser: Browser, number: int) -> None:
    page = browser.get(page_of(number, plan="basic", addon="seat", **{"quantity-seat": "4"}))
    assert "Seat 4 × €3.00 €12.00" in page.text
    assert "New price €54.00 per month" in page.text
    confirm(browser)
    assert {one.product.slug: one.quantity for one in membership(number).items} == {"basic": 1, "seat": 4}
    fewer = {"quantity-seat": "1"}
    page = browser.get(page_of(number, plan="basic", addon="seat", **fewer))
    assert "The customer loses this 3 × Seat" in page.text


@pytest.mark.parametrize("typed", ["0", "-1", "1001", "two", "", "1.5", "٣"])
def test_a_number_that_is_none_is_said_beside_its_field(look: Look, number: int, typed: str) -> None:
    page = look(page_of(number, plan="more", **{"quantity-more": typed}))
    assert page.one("p", id="quantity-more-error").text == "Enter a whole number from 1 to 1000."
    assert page.one("input", id="quantity-more").attrs["value"] == typed


def test_what_is_off_sale_and_of_another_group_can_be_given(browser: Browser, number: int) -> None:
    page = browser.get(page_of(number, plan="old"))
    assert "Off sale" in page.text
    assert "The membership is changed." in confirm(browser)
    assert membership(number).plan.slug == "old"


def test_a_customer_cannot_order_what_the_staff_was_shown(browser: Browser, number: int, client: FlaskClient) -> None:
    browser.get(page_of(number, plan="old"))
    [offer] = [one["fields"]["offer"] for one in browser.page.forms if "offer" in one["fields"]]
    owner = factories.signed_in(browser.client.application.test_client(), membership(number).customer.user)
    own = f"/account/memberships/{number}/change"
    assert owner.post(own, data={"offer": offer}).headers["Location"] == own
    assert db.session.scalars(select(Change)).all() == []


def test_a_price_that_changed_meanwhile_is_shown_again_and_the_reason_is_kept(browser: Browser, number: int) -> None:
    browser.get(page_of(number, plan="more"))
    with unit_of_work("test"):
        db.session.scalars(select(Product).where(Product.slug == "more")).one().amount_minor = 6000
    text = confirm(browser, reason="asked by telephone")
    assert browser.response.status_code == 409
    assert "The price changed from €35.00 to €45.00 meanwhile. Nothing was changed." in text
    [reason] = [one["fields"]["reason"] for one in browser.page.forms if "offer" in one["fields"]]
    assert reason == "asked by telephone"
    assert logged() == []


def test_a_reason_that_is_too_long_changes_nothing(browser: Browser, number: int) -> None:
    browser.get(page_of(number, plan="more"))
    assert "Use at most 300 characters." in confirm(browser, reason="x" * 301)
    assert (browser.response.status_code, logged()) == (422, [])


def test_pressing_twice_changes_and_charges_once(browser: Browser, number: int) -> None:
    browser.get(page_of(number, plan="more"))
    [form] = [one["fields"] for one in browser.page.forms if "offer" in one["fields"]]
    assert [browser.client.post(page_of(number), data=form).status_code for _time in range(2)] == [303, 422]
    assert taken() == [3000, 3500]


@pytest.mark.parametrize("offer", ["", "nonsense"])
def test_what_was_not_shown_is_not_done(signed_in: FlaskClient, number: int, offer: str) -> None:
    answer = signed_in.post(page_of(number), data={"offer": offer})
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(number))
    assert logged() == []


def test_what_has_ended_is_not_changed(browser: Browser, number: int) -> None:
    browser.client.post(f"/admin/memberships/{number}/cancellation", data={"at_once": "1"})
    assert "Change plan, period or extras" not in browser.get(f"/admin/memberships/{number}").text
    browser.get(page_of(number))
    assert browser.url == f"/admin/memberships/{number}"
