"""What an operator may set of an order form's fields: how an account is made, what is offered, how wide a field is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.blueprints.test_checkout_forms import BUYER, FORM, SITE, buy, count, error_of, own
from tests.conftest import only
from tests.pages import Browser
from webapp import clock
from webapp.domain import checkout_forms, form_problems, mails, passwords
from webapp.domain.form_definitions import Spec, Width
from webapp.extensions import db as database
from webapp.models import CheckoutDraft, Customer, Mail, Membership, ProductType, Sale, Site, User
from webapp.periods import Unit
from webapp.transactions import unit_of_work


@pytest.fixture(autouse=True)
def shop(app: Flask) -> None:
    factories.free_product(list_order=1)
    factories.product(
        "premium", year=29900, list_order=2, feature_list=["Fast servers"], description="For many visitors."
    )


def form_with(pattern: str = "single-step", *fields: Spec, **options: dict[str, Any]) -> None:
    """A published form whose fields of these types have these options."""
    factories.order_form("spring-offer", pattern, *fields)
    with unit_of_work("test"):
        row = checkout_forms.locked("spring-offer")
        made = checkout_forms.worked_at(row)
        steps = [
            replace(step, fields=tuple(replace(one, options=options.get(one.type, one.options)) for one in step.fields))
            for step in made.steps
        ]
        checkout_forms.keep(row, made.with_steps(steps), seen=row.version)
        checkout_forms.publish(row)


# -- how an account is made ------------------------------------------------------------------------------------------
def test_an_address_and_a_password_may_be_asked_for_twice(browser: Browser) -> None:
    form_with(email={"confirm": True}, password={"confirm": True})
    page = buy(browser, email_address_conf="adda@example.com", password_conf="another long sentence")
    assert error_of(page, "email_address_conf") == "The two e-mail addresses are not the same."
    assert error_of(page, "password_conf") == "The two passwords are not the same."
    assert "another long sentence" not in page.html
    listed = re.findall(r'<a href="#(\w+)">', page.html.partition("error-summary__list")[2].partition("</ul>")[0])
    assert listed == ["email_address_conf", "password_conf"]
    assert "password_conf" not in only(CheckoutDraft).answers
    buy(browser, email_address_conf=" ADA@example.com", password_conf=BUYER["password"])
    assert browser.url.startswith("/thank-you/")
    assert "password_conf" not in only(Sale).form


def test_what_is_asked_once_is_not_asked_twice(browser: Browser) -> None:
    form_with()
    html = browser.get(FORM).html
    assert "_conf" not in re.sub(r'hx-params="[^"]*"', "", html)
    assert "account_password" not in re.sub(r'hx-params="[^"]*"', "", html)


@pytest.mark.parametrize(
    ("password", "strong"),
    [
        ("tulip salad bicycle", True),
        ("Tulip-2-salad", True),
        ("tulipsaladxx", False),
        ("aaaaaaaaaaaaaaaaaaaa", False),
        ("ada.lovelace is my name", False),
        ("Abcabc1-Abcabc1-", False),
    ],
)
def test_a_password_may_have_to_be_hard_to_guess(browser: Browser, password: str, strong: bool) -> None:
    assert passwords.is_strong(password, not_of="ada.lovelace@example.com") is strong
    form_with(password={"strength": "strong"})
    page = buy(browser, email_address="ada.lovelace@example.com", password=password)
    if strong:
        assert browser.url.startswith("/thank-you/")
    else:
        assert error_of(page, "password")
    sent = {"field": "password", "password": password, "email_address": "ada.lovelace@example.com"}
    said = browser.client.post("/checkout/check?strength=strong", data=sent).text
    assert bool(said) is not strong


def test_a_form_without_a_password_mails_a_link_and_never_a_password(browser: Browser, app: Flask) -> None:
    form_with(password={"generated": True})
    page = browser.get(FORM)
    assert 'name="password"' not in page.html
    assert "You choose your password later" in page.text
    page = browser.submit(**{name: one for name, one in BUYER.items() if name != "password"}, **SITE, products="free")
    assert browser.url.startswith("/thank-you/")
    assert "Choose a password for the next time" in page.text
    database.session.rollback()
    [mail] = database.session.query(Mail).filter_by(kind="first_password").all()
    assert mail.to_address == "ada@example.com"
    link = re.search(r"/password/[\w-]+", mails.revealed(mail.text, mail.secrets))
    assert link is not None
    stranger = Browser(app.test_client())
    stranger.get(link[0])
    stranger.submit(new_password="a sentence of my own")
    stranger.get("/login")
    stranger.submit(email_address="ada@example.com", password="a sentence of my own")
    assert stranger.url.startswith("/account")


def test_an_account_that_is_there_is_not_taken_over_by_a_form_without_a_password(browser: Browser) -> None:
    factories.customer(user=factories.user(email="ada@example.com"))
    form_with(password={"generated": True})
    browser.get(FORM)
    page = browser.submit(**{name: one for name, one in BUYER.items() if name != "password"}, **SITE, products="free")
    assert error_of(page, "email_address").startswith("There is already an account")
    assert count(Sale) == count(Mail) == 0


# -- signing in within the form --------------------------------------------------------------------------------------
@pytest.fixture
def ada() -> Customer:
    user = factories.user(email="ada@example.com", password_hash=passwords.hash_password("the one she knows"))
    return factories.customer(user=user)


def test_who_has_an_account_signs_in_without_losing_what_they_entered(browser: Browser, ada: Customer) -> None:
    form_with("single-step", own("shoe_size"), email={"inline_login": True})
    page = browser.get(FORM)
    assert "account_password" not in page.fields
    page = buy(browser, shoe_size="42")
    assert "account_password" in page.fields
    page = browser.submit(press={"sign_in": "1"}, account_password="wrong and long enough")
    assert error_of(page, "account_password").startswith("E-mail address and password do not match.")
    assert page.fields["account_password"] == ""
    page = browser.submit(press={"sign_in": "1"}, account_password="the one she knows")
    assert "You are signed in as" in page.text
    assert (page.fields["shoe_size"], page.fields["site_url"]) == ("42", "adas-bakery")
    browser.submit(early_start="y")
    assert only(Sale).customer_id == ada.id


def test_signing_in_there_tells_no_stranger_who_has_an_account(browser: Browser, ada: Customer) -> None:
    form_with(email={"inline_login": True})
    said = []
    for address in ("ada@example.com", "nobody@example.com"):
        browser.get(FORM)
        page = browser.submit(press={"sign_in": "1"}, email_address=address, account_password="wrong and long enough")
        said.append(re.sub(r'value="[^"]*"', "", page.html.replace(address, "…")))
    assert said[0] == said[1]


def test_a_form_that_does_not_offer_it_signs_nobody_in(browser: Browser, ada: Customer) -> None:
    form_with()
    page = buy(browser)
    assert "account_password" not in page.fields
    browser.submit(press={"sign_in": "1"}, account_password="the one she knows")
    assert "You are signed in as" not in browser.get(FORM).text


# -- what is offered -------------------------------------------------------------------------------------------------
def test_a_form_sells_for_some_periods_only(browser: Browser) -> None:
    factories.product("solo", name="Solo", list_order=3)
    form_with(period_selection={"periods": ["12-month"]})
    page = browser.get(f"{FORM}?products=premium")
    assert "€299.00" in page.text
    assert 'value="1-month"' not in page.html
    buy(browser, f"{FORM}?products=premium", products="premium", period="1-month")
    assert only(Membership).duration_unit == Unit.YEAR
    page = browser.get(f"{FORM}?products=solo")  # sold for none of these: then for its own
    assert page.fields["period"] == "1-month"


def test_plans_may_be_shown_without_what_they_include(browser: Browser) -> None:
    form_with(pricing_table={"brief": True})
    assert "Fast servers" in browser.get("/register").text
    text = browser.get(FORM).text
    assert "Premium" in text
    assert "Fast servers" not in text
    assert "For many visitors." not in text


def test_a_template_that_the_address_says_is_not_asked_for(browser: Browser) -> None:
    form_with(template_selection={"hide_when_chosen": True})
    assert 'type="radio" name="template_id"' in browser.get(FORM).html
    page = browser.get(f"{FORM}?template=event")
    assert 'type="radio" name="template_id"' not in page.html
    page = browser.submit(**BUYER, **SITE | {"site_url": ""}, products="free")
    assert 'type="radio" name="template_id"' not in page.html
    browser.submit(**BUYER, **SITE)
    assert only(Site).template == "event"


def test_templates_are_offered_by_category(browser: Browser) -> None:
    form_with(template_selection={"categories": ["events"], "templates": ["portfolio"]})
    page = browser.get(FORM)
    assert sorted(re.findall(r'name="template_id" id="[^"]*" value="([^"]*)"', page.html)) == ["event", "portfolio"]
    assert error_of(buy(browser, template_id="business"), "template_id") == "Choose one of the templates."


def test_fixed_products_are_one_plan(app: Flask) -> None:
    factories.product("backup", type=ProductType.PACKAGE)
    with app.test_request_context():
        for slugs, fine in ((["free", "backup"], True), (["free", "premium"], False), (["backup"], False)):
            spec = Spec("products", "products", options={"products": slugs})
            assert (list(form_problems._products([spec])) == []) is fine


# -- how wide a field is ---------------------------------------------------------------------------------------------
def test_two_halves_in_a_row_stand_side_by_side(browser: Browser) -> None:
    half = Width.HALF
    factories.order_form(
        *("spring-offer", "single-step", own("one", width=half), own("two", width=half)),
        *(own("three", width=half), own("four"), own("five", width=half)),
    )
    html = browser.get(FORM).html
    rows = re.findall(r'<div class="side-by-side">(.*?)\n</div>', html, re.DOTALL)
    assert [re.findall(r'name="(\w+)"', one) for one in rows] == [["one", "two"]]
    assert html.index('name="three"') < html.index('name="four"') < html.index('name="five"')


def test_a_link_is_good_for_days(browser: Browser) -> None:
    from webapp.models import OneTimeLink

    form_with(password={"generated": True})
    browser.get(FORM)
    browser.submit(**{name: one for name, one in BUYER.items() if name != "password"}, **SITE, products="free")
    left = only(OneTimeLink).expires_at - clock.now()
    assert left.days >= 6
    assert only(User).password_hash.startswith("$argon2id$")
