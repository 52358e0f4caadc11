"""A customer changes plan, period and extras: what they are shown, what they confirm, and what comes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin.rows import send
from tests.conftest import Statements, TurnedClock
from tests.lives import at, buy, fail, forget_card, live_until, membership, taken
from tests.looking import Look
from tests.pages import Browser, Page
from webapp.domain import credits
from webapp.extensions import db
from webapp.models import Change, ChangeStatus, Customer, Payment
from webapp.settings import Settings
from webapp.transactions import unit_of_work

L1 = "Order with obligation to pay"


@pytest.fixture
def april(clock: TurnedClock) -> TurnedClock:
    """A month of 30 days, so that half of it is 15."""
    clock.use("2027-04-01T10:00Z")
    return clock


@pytest.fixture
def plans(april: TurnedClock) -> None:
    features = {"feature_list": ["1 site", "Telephone support"]}
    factories.product("basic", amount_minor=3000, year=30000, name="Basic", product_group="web", list_order=1)
    more = {"product_group": "web", "list_order": 2, "name": "More", **features}
    extra = factories.product("extra", type="package", amount_minor=900, name="Extra")
    factories.product("more", amount_minor=5000, year=50000, available_addons=[extra.id], **more)
    factories.product("foreign", amount_minor=4000, name="Foreign", product_group="mail")


@pytest.fixture
def mine(ada: Customer, plans: None, settings: Settings, april: TurnedClock) -> int:
    """Basic, bought with a card that is kept, half a month ago."""
    number = buy("basic", settings, customer_id=ada.id)
    april.tick(days=15)
    return number


def page_of(number: int, **chosen: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    return f"/account/memberships/{number}/change" + (f"?chosen=1&{query}" if query else "")


def changes_of(number: int) -> list[ChangeStatus]:
    db.session.rollback()
    return [one.status for one in membership(number).changes]


def order_form(page: Page) -> int:
    [index] = [place for place, one in enumerate(page.forms) if "offer" in one["fields"]]
    return index


def confirm(browser: Browser) -> str:
    return browser.submit(order_form(browser.page)).text


@pytest.mark.ux("K4", "L6")
def test_what_it_costs_is_shown_before_it_is_ordered(browser: Browser, mine: int) -> None:
    first = browser.get(page_of(mine))
    assert "Your plan now" in first.text
    assert "Foreign" not in first.text
    assert L1 not in first.buttons
    page = browser.get(page_of(mine, plan="more"))
    for words in ("More €50.00", "Unused time of Basic -€15.00", "Due today €35.00", "New price €50.00 per month"):
        assert words in page.text, words
    assert "Begins as soon as it is paid" in page.text
    assert "Our terms apply. Read the withdrawal information and the privacy notice" in page.text
    assert "Next charge: €50.00 on 16 May 2027." in page.text
    assert L1 in page.buttons
    assert changes_of(mine) == []


@pytest.mark.ux("K4", "L1")
def test_a_dearer_plan_is_charged_to_the_stored_card(browser: Browser, mine: int) -> None:
    browser.get(page_of(mine, plan="more"))
    assert "Your contract has been changed." in confirm(browser)
    assert membership(mine).plan.slug == "more"
    assert taken() == [3000, 3500]


def test_what_is_declined_is_to_be_paid_otherwise(browser: Browser, mine: int) -> None:
    fail()
    browser.get(page_of(mine, plan="more"))
    text = confirm(browser)
    assert browser.url.startswith("/pay/")
    assert "Your payment was declined" in text
    assert (membership(mine).plan.slug, taken()) == ("basic", [3000])
    page = browser.get(f"/account/memberships/{mine}")
    assert "A change waits: More It comes as soon as it is paid." in page.text
    assert "Pay now" in [words for _url, words in page.links]


def test_without_a_card_it_is_to_be_paid_and_can_be_withdrawn(browser: Browser, mine: int) -> None:
    forget_card(mine)
    browser.get(page_of(mine, plan="more"))
    confirm(browser)
    assert browser.url.startswith("/pay/")
    browser.get(f"/account/memberships/{mine}")
    page = send(browser, "/withdrawal")
    assert "The change is withdrawn." in page.text
    assert "A change waits" not in page.text
    assert changes_of(mine) == [ChangeStatus.WITHDRAWN]


@pytest.mark.ux("K4")
def test_a_cheaper_plan_names_what_is_lost_and_waits(
    browser: Browser, ada: Customer, plans: None, settings: Settings, april: TurnedClock
) -> None:
    number = buy("more", settings, customer_id=ada.id)
    page = browser.get(page_of(number, plan="basic"))
    assert "You lose this 1 site Telephone support" in page.text
    assert "Begins on 1 May 2027; until then nothing changes" in page.text
    assert "Due today €0.00" in page.text
    assert (L1 in page.buttons, "Change plan" in page.buttons) == (False, True)
    assert "The change comes on 1 May 2027." in confirm(browser)
    page = browser.get(f"/account/memberships/{number}")
    assert "It comes on 1 May 2027." in page.text
    assert "Then it costs €30.00 per month." in page.text
    live_until(april, "2027-05-01T10:00Z")
    assert (membership(number).plan.slug, taken()) == ("basic", [5000, 3000])


def test_an_extra_is_added_and_taken_out(
    browser: Browser, ada: Customer, plans: None, settings: Settings, april: TurnedClock
) -> None:
    number = buy("more", settings, customer_id=ada.id)
    april.tick(days=20)
    page = browser.get(page_of(number, plan="more", addon="extra"))
    assert "Due today €3.00" in page.text
    assert "New price €59.00 per month" in page.text
    confirm(browser)
    assert (membership(number).price_minor, taken()) == (5900, [5000, 300])
    page = browser.get(page_of(number, plan="more"))
    assert "You lose this Extra" in page.text
    confirm(browser)
    assert membership(number).changes[-1].starts_at == at("2027-05-01T10:00Z")


def test_credit_counts_before_the_card_and_the_period_can_be_chosen(
    browser: Browser, ada: Customer, plans: None, settings: Settings, april: TurnedClock
) -> None:
    number = buy("more", settings, customer_id=ada.id)
    with unit_of_work("test"):
        credits.add(ada.id, membership(number).price, "granted", reason="sorry")
    page = browser.get(page_of(number, plan="more", period="1-year"))
    assert "From your credit -€50.00" in page.text
    assert "Billing period" in page.text


@pytest.mark.ux("O6", "M8")
def test_a_price_that_changed_meanwhile_is_shown_again(browser: Browser, mine: int) -> None:
    browser.get(page_of(mine, plan="more"))
    with unit_of_work("test"):
        db.session.query(type(membership(mine).plan)).filter_by(slug="more").one().amount_minor = 6000
    text = confirm(browser)
    assert browser.response.status_code == 409
    assert "The price changed from €35.00 to €45.00 while you were ordering. You have not ordered yet." in text
    assert changes_of(mine) == []
    assert "Your contract has been changed." in confirm(browser)
    assert taken() == [3000, 4500]


def test_what_was_shown_holds_for_half_an_hour(browser: Browser, mine: int, april: TurnedClock) -> None:
    browser.get(page_of(mine, plan="more"))
    april.tick(minutes=31)
    assert "You were inactive for a while." in confirm(browser)
    assert (browser.response.status_code, changes_of(mine)) == (422, [])
    assert "Your contract has been changed." in confirm(browser)


def test_pressing_twice_changes_and_charges_once(browser: Browser, mine: int) -> None:
    page = browser.get(page_of(mine, plan="more"))
    form = page.forms[order_form(page)]["fields"]
    answers = [browser.client.post(page_of(mine), data=form).status_code for _time in range(2)]
    assert answers == [303, 422]
    assert taken() == [3000, 3500]


@pytest.mark.parametrize("offer", ["", "nonsense", "WyJ4Il0.forged"])
def test_what_was_not_shown_cannot_be_ordered(signed_in: FlaskClient, mine: int, offer: str) -> None:
    answer = signed_in.post(page_of(mine), data={"offer": offer})
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(mine))
    assert changes_of(mine) == []


def test_what_was_shown_for_one_contract_is_not_ordered_for_another(
    browser: Browser, ada: Customer, mine: int, settings: Settings
) -> None:
    other = buy("basic", settings, customer_id=ada.id)
    page = browser.get(page_of(mine, plan="more"))
    form = page.forms[order_form(page)]["fields"]
    assert browser.client.post(page_of(other), data=form).headers["Location"] == page_of(other)
    assert changes_of(other) == []


@pytest.mark.parametrize(
    "chosen",
    [
        {"plan": "foreign"},
        {"plan": "nothing"},
        {"period": "99-century"},
        {"period": "2-week"},
        {"plan": "basic", "addon": "extra"},
    ],
)
def test_nonsense_and_what_is_not_offered_is_no_choice(browser: Browser, mine: int, chosen: dict[str, str]) -> None:
    assert "This is what you have now." in browser.get(page_of(mine, **chosen)).text


# -- what is typed ---------------------------------------------------------------------------------------------------
def test_a_code_makes_it_cheaper(browser: Browser, mine: int) -> None:
    factories.discount_code("TEN", 10)
    assert "A code counts for what is ordered with it." in browser.get(page_of(mine, discount_code="ten")).text
    page = browser.get(page_of(mine, plan="more", discount_code="ten"))
    assert "Discount -€5.00" in page.text
    assert "Due today €30.00" in page.text
    confirm(browser)
    assert (taken(), membership(mine).discount is not None) == ([3000, 3000], True)


def test_what_a_code_makes_cheaper_than_now_waits_and_costs_what_was_shown(
    browser: Browser, mine: int, april: TurnedClock
) -> None:
    factories.discount_code("HALF", 50)
    page = browser.get(page_of(mine, plan="more", discount_code="half"))
    assert "New price €50.00 per month" in page.text
    assert "Next charge: €25.00 on 1 May 2027." in page.text
    confirm(browser)
    live_until(april, "2027-06-01T10:00Z")
    assert taken() == [3000, 2500, 5000]


@pytest.mark.ux("C4", "C24")
def test_a_wrong_code_is_said_beside_its_field_and_kept(browser: Browser, look: Look, mine: int) -> None:
    url = page_of(mine, plan="more", discount_code="NONSENSE")
    page = look(url)
    field = page.one("input", id="discount_code")
    assert (field.attrs["value"], field.attrs["aria-invalid"]) == ("NONSENSE", "true")
    message = page.one("p", id="discount_code-error").text
    assert message
    assert message in page.one("section", id="error-summary").text
    assert L1 not in browser.get(url).buttons


@pytest.fixture
def gift(april: TurnedClock, plans: None) -> None:
    named = {"pricing_type": "pay_what_you_want", "pwyw_minimum_minor": 500, "pwyw_suggested_minor": 6000}
    factories.product("gift", name="Gift", product_group="web", pwyw_recurring_mode="force_recurring", **named)


def test_who_pays_as_they_like_says_how_much(browser: Browser, gift: None, mine: int) -> None:
    page = browser.get(page_of(mine, plan="gift"))
    assert "Gift €60.00" in page.text
    page = browser.get(page_of(mine, plan="gift", **{"amount-gift": "45"}))
    assert "Due today €30.00" in page.text
    confirm(browser)
    assert (membership(mine).plan.slug, taken()) == ("gift", [3000, 3000])
    page = browser.get(page_of(mine))
    assert page.forms[1]["fields"]["amount-gift"] == "45.00"
    page = browser.get(page_of(mine, **{"amount-gift": "20"}))
    assert "Begins on 16 May 2027; until then nothing changes" in page.text


@pytest.mark.parametrize(
    ("typed", "message"), [("4", "Pay €5.00 or more for Gift."), ("x", "Enter an amount like 29.99.")]
)
def test_an_amount_that_is_none_is_said_beside_its_field(
    look: Look, gift: None, mine: int, typed: str, message: str
) -> None:
    page = look(page_of(mine, plan="gift", **{"amount-gift": typed}))
    assert page.one("p", id="amount-gift-error").text == message
    assert page.one("input", id="amount-gift").attrs["value"] == typed


def test_as_many_of_the_other_plan_as_there_are_of_this_one(browser: Browser, mine: int) -> None:
    with unit_of_work("test"):
        membership(mine).items[0].quantity = 2
    assert "More 2 × €50.00 €100.00" in browser.get(page_of(mine, plan="more")).text


def test_somebody_elses_contract_is_not_found(client: FlaskClient, mine: int) -> None:
    stranger = factories.signed_in(client, factories.customer())
    assert stranger.get(page_of(mine)).status_code == 404
    assert stranger.post(page_of(mine)).status_code == 404
    assert stranger.post(f"/account/memberships/{mine}/change/withdrawal").status_code == 404


def test_a_choice_is_answered_in_a_part_of_the_page(signed_in: FlaskClient, mine: int) -> None:
    answer = signed_in.get(page_of(mine, plan="more"), headers={"HX-Request": "true"})
    assert re.match(r'\s*<div class="stack" id="change">', answer.text)
    assert "Due today" in answer.text


def test_what_is_cancelled_is_not_changed(browser: Browser, mine: int) -> None:
    browser.get(f"/account/memberships/{mine}/cancellation")
    send(browser, "/cancellation")
    browser.get(page_of(mine))
    assert browser.url == f"/account/memberships/{mine}"
    assert "Change plan" not in [words for _url, words in browser.page.links]


def test_looking_writes_nothing_and_costs_few_statements(
    look: Look, mine: int, statements: Statements, signed_in: FlaskClient
) -> None:
    look(page_of(mine, plan="more"))
    statements.clear()
    look(page_of(mine, plan="more", addon="extra"))
    assert len(statements) <= 20
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert db.session.query(Change).count() == 0
    assert db.session.query(Payment).count() == 1
