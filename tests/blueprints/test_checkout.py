"""Buying as a person without script does it: read the page, fill in its form, press the button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock, only
from tests.pages import Browser, Page
from webapp import hooks
from webapp.extensions import db as database
from webapp.models import Customer, Membership, MembershipStatus, Payment, PaymentStatus, Sale, Site, Try, User

BUYER = {
    "customer_type": "person",
    "email_address": "ada@example.com",
    "password": "a long enough sentence",
    "full_name": "Ada Lovelace",
    "billing_country": "DE",
    "billing_address_line_1": "Hauptstr. 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
    "site_title": "Ada's bakery",
    "site_url": "adas-bakery",
    "early_start": "y",
}


@pytest.fixture
def shop(app: Flask) -> None:
    factories.free_product(list_order=1)
    factories.product("premium", setup_fee_minor=9900, year=29900, list_order=2)
    factories.product("studio", name="Studio", amount_minor=4900, trial_duration=14, list_order=3)


@pytest.fixture
def guarded(app: Flask) -> Iterator[None]:
    """Forms need their token, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def count(kind: type) -> int:
    database.session.rollback()
    return database.session.scalar(select(func.count()).select_from(kind)) or 0


def order(browser: Browser, path: str = "/register/premium", **values: Any) -> Page:
    browser.get(path)
    return browser.submit(**{**BUYER, **values})


def error_of(page: Page, field: str) -> str:
    found = re.search(rf'id="{field}-error"[^>]*>([^<]*)<', page.html)
    assert found, f"no place for an error of {field}"
    return found.group(1).strip()


def test_a_free_plan_is_bought_in_one_step(browser: Browser, shop: None, guarded: None) -> None:
    page = order(browser, "/register/free")
    assert browser.url.startswith("/thank-you/")
    assert "Order received" in page.text
    assert only(Membership).status == MembershipStatus.ACTIVE
    assert only(Customer).billing_city == "Berlin"


def test_a_paid_plan_is_approved_on_the_gateways_page(browser: Browser, shop: None, guarded: None) -> None:
    page = order(browser)
    assert browser.url.startswith("/sandbox/pay/")
    assert [one for one in page.buttons if one in ("Approve", "Decline", "Approve, but tell us late")] == [
        "Approve",
        "Decline",
        "Approve, but tell us late",
    ]
    page = browser.submit(press={"decision": "approve"})
    assert "Order received" in page.text
    assert "128.99" in page.text
    assert only(Payment).status == PaymentStatus.COMPLETED


def test_after_a_decline_nothing_is_typed_again(browser: Browser, shop: None) -> None:
    order(browser)
    page = browser.submit(press={"decision": "decline"})
    assert browser.url.startswith("/pay/")
    assert "Your payment was declined and nothing was charged. Use another card or ask your bank." in page.text
    browser.submit(gateway="sandbox")
    page = browser.submit(press={"decision": "approve"})
    assert "Order received" in page.text
    assert (count(Sale), count(Try), count(User)) == (1, 2, 1)


def test_told_late_the_page_says_that_it_waits(browser: Browser, shop: None, clock: Any) -> None:
    order(browser)
    page = browser.submit(press={"decision": "late"})
    assert "We are confirming your payment" in page.text
    assert "Pay" not in page.buttons
    clock.tick(minutes=2)
    database.session.rollback()
    from webapp.flows import asking

    asking.ask_due()
    assert "Order received" in browser.get(browser.url).text


@pytest.mark.ux("P17")
def test_leaving_the_gateways_page_says_that_nothing_was_charged(browser: Browser, shop: None) -> None:
    order(browser)
    page = browser.submit(press={"decision": "cancel"})
    assert "charged" in page.text
    assert "Continue to payment" in page.buttons


def test_a_trial_begins_without_a_charge(browser: Browser, shop: None) -> None:
    page = order(browser, "/register/studio")
    assert "Free until" not in page.text or browser.url.startswith("/sandbox/")
    page = browser.submit(press={"decision": "approve"})
    assert "Order received" in page.text
    assert only(Membership).status == MembershipStatus.TRIALING


def test_who_had_a_trial_sees_the_price_without_one_before_anything_is_ordered(
    app: Flask, browser: Browser, shop: None
) -> None:
    order(browser, "/register/studio")
    other = Browser(app.test_client())
    page = order(other, "/register/studio", email_address="ada+2@example.com", site_url="another")
    assert (other.response.status_code, other.url) == (422, "/register/studio")
    assert "this order costs €49.00 today. You have not ordered yet." in page.text
    assert "Due today €49.00" in page.text
    assert "Free until" not in page.text
    assert (count(Sale), count(User)) == (1, 1)
    looked = other.client.post("/checkout/summary", data={**page.fields, "products": "studio"})
    assert "Due today €49.00" in Page(looked.text).text

    page = other.submit(password=BUYER["password"], early_start="y")
    assert other.url.startswith("/sandbox/pay/")
    assert "€49.00" in page.text
    other.submit(press={"decision": "approve"})
    assert [one.status for one in database.session.scalars(select(Membership).order_by(Membership.id))] == [
        MembershipStatus.TRIALING,
        MembershipStatus.ACTIVE,
    ]


def test_without_a_trial_for_one_address_another_has_one(app: Flask, browser: Browser, shop: None) -> None:
    order(browser, "/register/studio")
    other = Browser(app.test_client())
    order(other, "/register/studio", email_address="ada+2@example.com", site_url="another")
    values = {"password": BUYER["password"], "early_start": "y", "email_address": "grace@example.com", "quoted": None}
    other.submit(**values)
    assert other.url.startswith("/sandbox/pay/")
    assert [one.total_minor for one in database.session.scalars(select(Payment))] == [0, 0]


def test_a_known_customer_who_had_a_trial_sees_the_price_before_their_password_orders(
    app: Flask, browser: Browser, shop: None
) -> None:
    order(browser, "/register/studio")
    other = Browser(app.test_client())
    page = order(other, "/register/studio", site_url="another")
    assert other.response.status_code == 422
    assert "Due today €49.00" in page.text
    assert count(Sale) == 1
    other.submit(password=BUYER["password"], early_start="y")
    assert other.url.startswith("/sandbox/pay/")
    assert [one.total_minor for one in database.session.scalars(select(Payment).order_by(Payment.id))] == [0, 4900]


def test_with_a_card_that_had_a_trial_the_price_is_shown_again_and_confirmed(
    app: Flask, browser: Browser, shop: None
) -> None:
    order(browser, "/register/studio")
    browser.submit(press={"decision": "approve", "same_card": "1"})
    assert "Order received" in browser.page.text
    other = Browser(app.test_client())
    order(other, "/register/studio", email_address="grace@example.com", site_url="another")
    page = other.submit(press={"decision": "approve", "same_card": "1"})
    assert other.url.startswith("/pay/")
    assert "This order begins without a free trial" in page.text
    assert "Due today €49.00" in page.text
    assert "€49.00 per month" in page.text
    assert "Runs for 1 month" in page.text
    assert "Order with obligation to pay" in page.buttons
    ordered = database.session.scalars(select(Payment).order_by(Payment.id)).all()
    assert [(one.total_minor, one.status) for one in ordered] == [(0, "completed"), (0, "completed"), (4900, "pending")]
    asked = other.url
    assert "without a free trial" in other.get(f"/thank-you/{ordered[1].reference}").text

    other.get(asked)
    other.submit(gateway="sandbox")
    page = other.submit(press={"decision": "approve", "same_card": "1"})
    assert "Order received" in page.text
    assert [one.status for one in database.session.scalars(select(Membership).order_by(Membership.id))] == [
        MembershipStatus.TRIALING,
        MembershipStatus.ACTIVE,
    ]


def test_a_bank_transfer_shows_how_to_pay(browser: Browser, shop: None) -> None:
    page = order(browser, gateway="manual")
    assert "Payment reference" in page.text
    assert only(Payment).status == PaymentStatus.PENDING


@pytest.mark.parametrize(
    ("path", "amount"),
    [
        ("/register/premium", "€128.99"),
        ("/register/premium/1/year", "€398.00"),
        ("/register/premium/12", "€398.00"),
        ("/register/premium?duration=1&duration_unit=year", "€398.00"),
        ("/register?products=premium&period=1-year", "€398.00"),
    ],
)
def test_an_address_preselects_plan_and_period(browser: Browser, shop: None, path: str, amount: str) -> None:
    assert f"Due today {amount}" in browser.get(path).text


def test_a_code_in_the_address_counts_at_once(browser: Browser, shop: None) -> None:
    factories.discount_code("TEN", 10)
    page = browser.get("/register/premium?discount_code=ten")
    assert "€125.99" in page.text


@pytest.mark.ux("C4")
def test_everything_wrong_is_said_at_its_field_and_nothing_typed_is_lost(browser: Browser, shop: None) -> None:
    browser.get("/register/premium")
    page = browser.submit(
        **{**BUYER, "email_address": "ada@", "password": "short", "site_url": "-x", "early_start": None}
    )
    assert browser.response.status_code == 422
    assert page.html.count("There is a problem") == 1
    assert "<title>Error:" in page.html
    assert error_of(page, "email_address") == "Enter an e-mail address like name@example.com."
    assert error_of(page, "password") == "Use at least 12 characters."
    assert error_of(page, "site_url") == "Use only letters, digits and hyphens."
    assert error_of(page, "early_start").startswith("Confirm the early start.")
    kept = page.forms[browser._main_form()]["fields"]
    assert (kept["email_address"], kept["full_name"], kept["site_url"]) == ("ada@", "Ada Lovelace", "-x")
    assert kept["password"] == ""
    assert count(User) == 0


def test_an_empty_order_names_every_field(browser: Browser, shop: None) -> None:
    browser.get("/register/premium")
    page = browser.submit(**dict.fromkeys(BUYER, ""))
    for field in ("email_address", "password", "full_name", "billing_country", "site_title", "site_url"):
        assert error_of(page, field), field


@pytest.mark.parametrize("slug", ["www", "admin", "api", "mail", "ADMIN", "Www"])
def test_reserved_addresses_are_taken(browser: Browser, shop: None, slug: str) -> None:
    page = order(browser, site_url=slug)
    assert error_of(page, "site_url").startswith("This address is taken. Try ")


def test_a_business_gives_its_name_and_no_early_start(browser: Browser, shop: None) -> None:
    business = {"customer_type": "business", "early_start": None, "company_name": ""}
    page = order(browser, **business)
    assert error_of(page, "company_name") == "Enter the company name."
    page = order(browser, **business | {"company_name": "Ada GmbH", "tax_id": "DE136695976"})
    assert browser.url.startswith("/sandbox/pay/")
    assert (only(Customer).company_name, only(Customer).business) == ("Ada GmbH", True)


@pytest.mark.ux("C17")
def test_a_vat_id_must_fit_the_country(browser: Browser, shop: None) -> None:
    page = order(browser, customer_type="business", company_name="Ada", tax_id="FR40303265045")
    assert error_of(page, "tax_id").startswith("This VAT ID does not fit the chosen country.")


@pytest.mark.ux("O6", "M8")
def test_a_price_that_changed_meanwhile_stops_the_order(browser: Browser, shop: None) -> None:
    browser.get("/register/premium")
    from webapp.models import Product
    from webapp.transactions import unit_of_work

    with unit_of_work() as session:
        session.scalars(select(Product).where(Product.slug == "premium")).one().amount_minor = 3999
    page = browser.submit(**BUYER)
    assert browser.response.status_code == 422
    assert "The price changed from €128.99 to €138.99 while you were ordering." in page.text
    assert count(Sale) == 0
    page = browser.submit(password=BUYER["password"])
    assert browser.url.startswith("/sandbox/pay/")


def test_a_price_from_the_browser_means_nothing(browser: Browser, shop: None) -> None:
    order(browser, amount="1", total="1", price="0", unit_price="0", products="premium")
    assert only(Payment).total_minor == 12899


@pytest.mark.ux("P3")
def test_a_repeated_post_is_one_sale(browser: Browser, shop: None) -> None:
    browser.get("/register/free")
    form = browser.page.forms[browser._main_form()]["fields"]
    data = {**form, **BUYER}
    answers = [browser.client.post("/register/free", data=data) for _ in range(3)]
    assert {answer.headers["Location"] for answer in answers} == {answers[0].headers["Location"]}
    assert (count(Sale), count(User), count(Site)) == (1, 1, 1)


def test_a_known_customer_is_recognised(browser: Browser, shop: None) -> None:
    customer = factories.customer(display_name="Grace Hopper")
    factories.signed_in(browser.client, customer)
    page = browser.get("/register/free")
    assert "Grace Hopper" in page.text
    assert "password" not in page.forms[browser._main_form()]["fields"]
    browser.submit(**{**BUYER, "email_address": None, "password": None})
    assert browser.url.startswith("/thank-you/")
    assert only(Membership).customer_id == customer.id


def test_somebody_elses_address_needs_their_password(browser: Browser, shop: None) -> None:
    factories.customer(user=factories.user(email="ADA@example.com"))
    page = order(browser, "/register/free", password="not the right one")
    assert error_of(page, "email_address") == (
        "There is already an account with this e-mail address. Sign in to order."
    )
    assert count(Sale) == 0
    page = order(browser, "/register/free")
    assert browser.url.startswith("/thank-you/")


def test_a_stranger_with_the_address_sees_no_personal_data(app: Flask, browser: Browser, shop: None) -> None:
    order(browser, "/register/free")
    page = Browser(app.test_client()).get(browser.url)
    assert "Order received" in page.text
    for secret in ("ada@example.com", "Ada", "adas-bakery", "Berlin"):
        assert secret not in page.text


@pytest.mark.ux("P4")
def test_a_status_typed_into_the_address_shows_nothing_paid(browser: Browser, shop: None) -> None:
    order(browser)
    reference = only(Payment).reference
    page = browser.get(f"/thank-you/{reference}?status=success&paid=1")
    assert "Order received" not in page.text
    page = browser.get(f"/checkout/return/{reference}?status=success")
    assert "Order received" not in page.text
    assert only(Payment).status == PaymentStatus.PENDING


def test_a_callback_that_refuses_stops_the_order_with_its_words(browser: Browser, shop: None) -> None:
    def refuse(cart: Any) -> None:
        raise hooks.Reject("We are closed on Sundays.")

    hooks.add_action("wu_checkout_before_processing", refuse)
    page = order(browser)
    assert "We are closed on Sundays." in page.text
    assert page.forms[browser._main_form()]["fields"]["full_name"] == "Ada Lovelace"
    assert count(User) == 0


def test_a_callback_that_breaks_stops_nothing(browser: Browser, shop: None) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("add-on out of order")

    for name in ("wu_customer_post_create", "wu_checkout_completed"):
        hooks.add_action(name, broken)
    hooks.add_filter("wu_available_gateways", broken)
    order(browser, "/register/free")
    assert browser.url.startswith("/thank-you/")


@pytest.mark.ux("H11", "M3")
def test_a_stale_token_keeps_what_was_typed(browser: Browser, shop: None, guarded: None) -> None:
    browser.get("/register/premium")
    page = browser.submit(**BUYER, csrf_token="stale")
    assert browser.response.status_code == 422
    assert "You were inactive for a while. Submit again; your entries are still here." in page.text
    assert page.forms[browser._main_form()]["fields"]["full_name"] == "Ada Lovelace"
    browser.submit(password=BUYER["password"])
    assert browser.url.startswith("/sandbox/pay/")


@pytest.mark.ux("C5")
def test_long_and_strange_entries_are_refused_or_kept_as_they_are(browser: Browser, shop: None) -> None:
    page = order(browser, "/register/free", full_name="x" * 10_000, email_address=f"{'a' * 10_000}@example.com")
    assert "200" in error_of(page, "full_name")
    assert error_of(page, "email_address") == "Enter an e-mail address like name@example.com."
    page = order(browser, "/register/free", full_name="Зоя 👩‍🚀 <b>O'Neil</b>", site_title="<script>alert(1)</script>")
    assert browser.url.startswith("/thank-you/")
    assert only(Customer).display_name == "Зоя 👩‍🚀 <b>O'Neil</b>"
    assert "<script>alert" not in page.html


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
        (b"products=premium&full_name=%ff%fe", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "text/plain"),
    ],
)
def test_broken_bodies_are_answered_with_the_form(browser: Browser, shop: None, data: bytes, kind: str) -> None:
    response = browser.client.post("/register/premium", data=data, content_type=kind)
    assert response.status_code in (400, 422)
    assert count(User) == 0


def test_the_summary_follows_what_is_chosen(browser: Browser, shop: None) -> None:
    browser.get("/register/premium")
    form = browser.page.forms[browser._main_form()]["fields"]
    answer = browser.client.post("/checkout/summary", data={**form, "period": "1-year"}, headers={"HX-Request": "true"})
    text = answer.get_data(as_text=True)
    assert "€398.00" in text
    assert "<html" not in text
    assert "HX-Request" in answer.headers["Vary"]
    assert count(Sale) == 0


@pytest.mark.ux("C3", "C6")
def test_a_field_is_checked_when_it_is_left(browser: Browser, shop: None) -> None:
    factories.registered("known@example.com")

    def check(field: str, value: str, **more: str) -> str:
        data = {"field": field, field: value, **more}
        return browser.client.post("/checkout/check", data=data).get_data(as_text=True)

    assert Page(check("email_address", "x@")).text == "Enter an e-mail address like name@example.com."
    assert Page(check("email_address", "known@example.com")).text == ""
    assert check("email_address", "known@example.com") == check("email_address", "nobody@example.com")
    assert check("site_url", "admin").startswith("This address is taken. Try ")
    assert "available" in check("site_url", "bakery")
    assert check("password", "password1234") == "This password appears in known data leaks. Choose another."
    assert check("full_name", "") == ""
    assert check("tax_id", "DE1", billing_country="DE").startswith("This VAT ID")


@pytest.mark.ux("C6")
def test_the_address_that_was_meant_is_offered_beside_the_field(browser: Browser, shop: None) -> None:
    data = {"field": "email_address", "email_address": "ada@gmial.com"}
    answer = Page(browser.client.post("/checkout/check", data=data).text)
    assert answer.text == "Did you mean ada@gmail.com ?"
    assert answer.buttons == ["ada@gmail.com"]
    assert 'hx-swap-oob="innerHTML:#email_address-meant"' in answer.html


@pytest.mark.ux("C6")
def test_without_script_the_offered_address_is_put_in_and_nothing_else_changes(browser: Browser, shop: None) -> None:
    page = order(browser, email_address="ada@gmial.com", full_name="")
    assert "Did you mean ada@gmail.com ?" in page.text
    page = browser.submit(press={"email_meant": "ada@gmail.com"}, full_name="Ada Lovelace")
    assert "Did you mean" not in page.text
    assert (page.fields["email_address"], page.fields["full_name"]) == ("ada@gmail.com", "Ada Lovelace")
    assert count(Sale) == 0


@pytest.mark.ux("C6")
def test_an_address_that_looks_mistyped_is_ordered_with_all_the_same(browser: Browser, shop: None) -> None:
    order(browser, "/register/free", email_address="ada@gmial.com")
    assert only(User).email == "ada@gmial.com"


def test_consent_brings_the_visitors_analytics_ids_along(browser: Browser, shop: None) -> None:
    browser.client.set_cookie("_ga", "GA1.1.123456789.1700000000")
    order(browser, "/register/free", analytics_consent="y")
    customer = only(Customer)
    assert customer.analytics_consent_at is not None
    assert customer.meta["analytics"]["client_id"] == "123456789.1700000000"


def test_without_consent_nothing_of_the_visitor_is_kept(browser: Browser, shop: None) -> None:
    browser.client.set_cookie("_ga", "GA1.1.123456789.1700000000")
    order(browser, "/register/free")
    customer = only(Customer)
    assert customer.analytics_consent_at is None
    assert dict(customer.meta) == {}


def test_the_registration_form_takes_six_statements(browser: Browser, shop: None, statements: list[str]) -> None:
    database.session.rollback()
    statements.clear()
    browser.get("/register/premium")
    assert len(statements) <= 6, "\n".join(statements)
    factories.signed_in(browser.client, factories.customer())
    statements.clear()
    browser.get("/register/premium")
    assert len(statements) <= 6, "\n".join(statements)


def test_pages_are_served_with_strict_headers(browser: Browser, shop: None) -> None:
    browser.get("/register/premium")
    headers = browser.response.headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    order(browser, "/register/free")
    assert browser.response.headers["Cache-Control"] == "no-store"


def test_a_mistyped_address_is_put_right_on_the_thank_you_page(browser: Browser, shop: None) -> None:
    page = order(browser, "/register/free", email_address="ada@exmaple.com")
    assert "Wrong address? Change it" in page.text
    page = browser.submit(email_address="ada@")
    assert browser.response.status_code == 422
    assert error_of(page, "email_address") == "Enter an e-mail address like name@example.com."
    page = browser.submit(email_address="ada@example.com")
    assert "ada@example.com" in page.text
    customer = only(Customer)
    assert (customer.email, customer.user.email_key) == ("ada@example.com", "ada@example.com")


def test_nobody_else_changes_the_address_of_an_order(app: Flask, browser: Browser, shop: None) -> None:
    order(browser, "/register/free")
    stranger = app.test_client().post(f"{browser.url}/email-address", data={"email_address": "eve@example.com"})
    assert stranger.status_code == 404
    assert only(Customer).email == "ada@example.com"


def test_an_hour_after_the_sign_up_an_address_is_changed_with_the_password(
    clock: TurnedClock, browser: Browser, shop: None
) -> None:
    """A browser that was left open must not be enough to take an account over."""
    order(browser, "/register/free")
    url = browser.url
    clock.tick(hours=1)
    assert "Wrong address?" not in browser.get(url).text
    assert browser.client.post(f"{url}/email-address", data={"email_address": "eve@example.com"}).status_code == 404
    assert only(Customer).email == "ada@example.com"


def test_an_address_is_put_right_a_few_times_and_not_again_and_again(browser: Browser, shop: None) -> None:
    """Each time, all that was written so far goes to an address that nobody has confirmed."""
    order(browser, "/register/free")
    for number in range(5):
        browser.submit(email_address=f"n{number}@example.com")
    assert browser.response.status_code == 429
    assert only(Customer).email == "n2@example.com"


def test_another_persons_address_cannot_be_taken_over(browser: Browser, shop: None) -> None:
    factories.registered("grace@example.com")
    order(browser, "/register/free")
    page = browser.submit(email_address="GRACE@example.com")
    assert browser.response.status_code == 422
    assert "already an account" in page.text


def test_a_duration_sent_by_name_decides_the_period(browser: Browser, shop: None) -> None:
    order(browser, duration="1", duration_unit="year", quoted=None)
    assert only(Payment).total_minor == 29900 + 9900


def test_a_nul_is_dropped_wherever_it_is_sent(browser: Browser, shop: None) -> None:
    assert browser.client.get("/register?products=prem%00ium&discount_code=%00").status_code == 200
    order(browser, "/register/free", full_name="Ada\x00 Lovelace", site_title="\x00Bakery", order_token="\x00token")
    assert only(Customer).display_name == "Ada Lovelace"
    assert only(Site).title == "Bakery"


def test_under_another_name_of_this_machine_the_buyer_stays_there(app: Flask, shop: None) -> None:
    client = app.test_client()
    page = Page(client.get("/register/premium", base_url="http://127.0.0.1").text)
    form = max((one["fields"] for one in page.forms), key=len)
    answer = client.post("/register/premium", data={**form, **BUYER}, base_url="http://127.0.0.1")
    assert answer.headers["Location"].startswith("http://127.0.0.1/sandbox/pay/")
    elsewhere = client.post("/register/premium", data={**form, **BUYER}, base_url="http://shop.example")
    assert "shop.example" not in elsewhere.headers.get("Location", "")


@pytest.mark.ux("C30")
def test_nobody_is_asked_what_the_order_does_not_need(browser: Browser) -> None:
    factories.product("premium")
    asked = " ".join(max((one["fields"] for one in browser.get("/register/premium").forms), key=len))
    assert "full_name" in asked
    assert not re.search(r"gender|salutation|birth|phone|card|honorific|(?<!site_)title", asked)
