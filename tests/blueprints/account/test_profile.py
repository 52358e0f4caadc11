"""Who the customer is, and how they say so."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.blueprints.admin.rows import fresh
from tests.looking import Look
from tests.pages import Browser
from webapp import hooks
from webapp.extensions import db
from webapp.models import Customer, Event, Membership

ADDRESS = {"billing_address_line_1": "Hauptstr. 1", "billing_zip_code": "10115", "billing_city": "Berlin"}


def test_a_profile_is_changed_and_told_once(browser: Browser, ada: Customer) -> None:
    told: list[str] = []
    hooks.add_action("wu_customer_post_update", lambda customer: told.append(customer.display_name))
    browser.get("/account/profile")
    page = browser.submit(full_name="Ada King", customer_type="business", company_name="Engines Ltd", **ADDRESS)
    assert "Changes saved." in page.text
    assert page.fields["company_name"] == "Engines Ltd"
    own = fresh(ada)
    assert (own.display_name, own.user.name, own.business, own.billing_city) == ("Ada King", "Ada King", True, "Berlin")
    assert told == ["Ada King"]
    assert db.session.scalars(select(Event.type)).all() == ["customer.updated"]


def test_what_is_emptied_is_empty_and_nothing_changed_is_told_to_nobody(browser: Browser, ada: Customer) -> None:
    browser.get("/account/profile")
    browser.submit(full_name="Ada King", customer_type="business", company_name="Engines Ltd", **ADDRESS)
    browser.submit()
    browser.submit(customer_type="person", billing_city="")
    own = fresh(ada)
    assert (own.business, own.company_name, own.billing_city) == (False, "", "")
    assert len(db.session.scalars(select(Event)).all()) == 2


def test_it_is_checked_as_the_checkout_checks(look: Look, browser: Browser, agreement: Membership) -> None:
    browser.get("/account/profile")
    page = browser.submit(
        full_name="",
        customer_type="business",
        company_name="",
        tax_id="FR1",
        billing_zip_code="1",
        billing_city="",
        locale="xx",
    )
    assert browser.response.status_code == 422
    for sentence in (
        "Enter your full name.",
        "Enter the company name.",
        "This VAT ID does not fit the chosen country.",
        "Enter a postcode with 5 digits.",
        "Enter a town or city.",
        "Enter street and number.",
    ):
        assert sentence in page.text, sentence
    assert page.fields["tax_id"] == "FR1"


def test_a_language_that_we_do_not_speak_is_refused(browser: Browser) -> None:
    browser.get("/account/profile")
    assert "Choose one of the languages." in browser.submit(locale="xx").text


def test_the_language_is_that_of_the_pages_from_then_on(browser: Browser, ada: Customer) -> None:
    browser.get("/account/profile")
    page = browser.submit(locale="de")
    assert "Änderungen gespeichert." in page.text
    assert (fresh(ada).locale, ada.user.locale) == ("de", "de")


def test_the_tabs_say_where_one_is(look: Look, agreement: Membership) -> None:
    for path, label in (
        ("", "Overview"),
        (f"memberships/{agreement.id}", "Overview"),
        ("payments", "Payments"),
        ("invoices", "Invoices"),
        ("messages", "Messages"),
        ("profile", "Profile"),
        ("data", "Profile"),
        ("security", "Security"),
        ("security/password", "Security"),
    ):
        tabs = look(f"/account/{path}").one("nav", class_="tabs")
        assert [one.text for one in tabs.all("a", aria_current="page")] == [label], path
        assert [one.text for one in tabs.all("a")] == [
            "Overview",
            "Payments",
            "Invoices",
            "Payment methods",
            "Messages",
            "Profile",
            "Security",
        ]


def test_customers_arrive_at_their_overview(client: FlaskClient, ada: Customer) -> None:
    from tests.factories import PASSWORD

    data: dict[str, Any] = {"email_address": ada.email, "password": PASSWORD}
    assert client.post("/login", data=data).location == "/account/"
