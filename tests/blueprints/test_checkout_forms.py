"""Forms of the operator's own: several at addresses of their own, in steps, with own questions, for whom they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock, only
from tests.pages import Browser, Page
from webapp import hooks
from webapp.domain import checkout_drafts, checkout_forms, erasure, form_snippets, own_data
from webapp.domain.form_definitions import Audience, Keep, Snippet, Spec
from webapp.extensions import db as database
from webapp.hooks import remove_filter
from webapp.models import CheckoutDraft, Customer, Event, Membership, Payment, Sale, Site, User
from webapp.transactions import unit_of_work

BUYER = {
    "customer_type": "person",
    "email_address": "ada@example.com",
    "password": "a long enough sentence",
    "full_name": "Ada Lovelace",
    "billing_country": "DE",
    "billing_address_line_1": "Hauptstr. 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
    "early_start": "y",
}
SITE = {"site_title": "Ada's bakery", "site_url": "adas-bakery"}
FORM = "/checkout/spring-offer"


@pytest.fixture
def shop(app: Flask) -> None:
    factories.free_product(list_order=1)
    factories.product("premium", list_order=2)


@pytest.fixture
def guarded(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def count(kind: type) -> int:
    database.session.rollback()
    return database.session.scalar(select(func.count()).select_from(kind)) or 0


def own(name: str, kind: str = "text", label: str = "Shoe size", **more: Any) -> Spec:
    return Spec(name, kind, label={"en": label}, **more)


def buy(browser: Browser, path: str = FORM, **values: Any) -> Page:
    browser.get(path)
    return browser.submit(**{**BUYER, **SITE, "products": "free", **values})


def error_of(page: Page, field: str) -> str:
    found = re.search(rf'id="{field}-error"[^>]*>([^<]*)<', page.html)
    assert found, f"no place for an error of {field}"
    return found.group(1).strip()


# -- own questions ---------------------------------------------------------------------------------------------------
ANSWERS = (
    own("shoe_size", required=True),
    own("story", "paragraph", "Your story", save_as=Keep.MEMBERSHIP),
    own("delivered", "checkbox", "Deliver it"),
    own("size", "select", "Size", text={"en": "s | Small\nl | Large"}, save_as=Keep.SITE),
    own("tint", "color_picker", "Tint", default="#14664a"),
    own("campaign", "hidden", "Campaign", default="tv"),
    own("guess", "text", "Guess", save_as=Keep.NOTHING),
    Spec("words", "html", text={"en": "Read **this**. <script>alert(1)</script>"}),
)


def test_answers_are_kept_where_they_belong(browser: Browser, shop: None, guarded: None) -> None:
    factories.order_form("spring-offer", "single-step", *ANSWERS)
    page = browser.get(FORM)
    assert "<strong>this</strong>" in page.html
    assert "<script>alert" not in page.html
    typed = {"shoe_size": " 42 ", "story": "Once\nupon", "delivered": "y", "size": "l", "guess": "7", "campaign": "x"}
    buy(browser, **typed)
    assert browser.url.startswith("/thank-you/")
    customer, membership, site, sale = only(Customer), only(Membership), only(Site), only(Sale)
    answers = customer.answers or {}
    assert {name: one["value"] for name, one in answers.items()} == {
        "shoe_size": "42",
        "delivered": "yes",
        "tint": "#14664a",
        "campaign": "tv",
    }
    assert answers["shoe_size"]["label"] == "Shoe size"
    assert (membership.answers or {})["story"]["value"] == "Once\nupon"
    assert (site.answers or {})["size"]["value"] == "l"
    assert "guess" not in sale.form
    assert "guess" not in sale.form["answers"]
    assert (sale.checkout_form, customer.signup_form) == ("spring-offer", "spring-offer")
    told = database.session.scalars(select(Event).where(Event.type == "checkout.completed")).one()
    assert told.data["checkout_form"] == "spring-offer"
    assert told.data["answers"]["shoe_size"] == "42"
    kept = own_data.of(customer)
    assert kept["orders"][0]["answers"]["story"] == "Once\nupon"
    assert kept["customer"]["answers"]["shoe_size"]["value"] == "42"


def test_events_and_callbacks_have_the_answers_from_the_first_on(browser: Browser, shop: None) -> None:
    heard: list[dict[str, Any]] = []
    hooks.add_action("wu_customer_post_create", lambda customer: heard.append(customer.answers))
    hooks.add_action("wu_membership_post_create", lambda membership: heard.append(membership.answers))
    factories.order_form("spring-offer", "single-step", *ANSWERS)
    buy(browser, shoe_size="42", story="Once", size="l", guess="7")
    assert [{name: one["value"] for name, one in owner.items()} for owner in heard] == [
        {"shoe_size": "42", "tint": "#14664a", "campaign": "tv"},
        {"story": "Once"},
    ]
    told = {one.type: one.data.get("answers") for one in database.session.scalars(select(Event))}
    assert told["customer.created"] == {"shoe_size": "42", "tint": "#14664a", "campaign": "tv"}
    assert told["membership.created"] == told["membership.activated"] == {"story": "Once"}
    assert "7" not in str(told)


def test_answers_cost_a_sale_no_statement(browser: Browser, shop: None, statements: list[str]) -> None:
    factories.order_form("spring-offer", "single-step", *ANSWERS)
    counted = []
    for at, path in enumerate(("/register", FORM) * 2):  # the first of each reads what is then known
        client = Browser(browser.client.application.test_client())
        client.get(path)
        statements.clear()
        typed = {"shoe_size": "42", "story": "Once", "size": "l"} if path == FORM else {}
        client.submit(
            **BUYER | {"email_address": f"ada{at}@example.com"},
            **SITE | {"site_url": f"ada-{at}"},
            products="free",
            **typed,
        )
        assert client.url.startswith("/thank-you/")
        counted.append(len([one for one in statements if not one.startswith("SELECT checkout_forms")]))
    assert counted[2] == counted[3], counted


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"shoe_size": ""}, "shoe_size"),
        ({"shoe_size": "x" * 2001}, "shoe_size"),
        ({"size": "huge"}, "size"),
        ({"tint": "red"}, "tint"),
    ],
)
def test_a_wrong_answer_is_said_at_its_field(browser: Browser, shop: None, typed: dict[str, str], field: str) -> None:
    factories.order_form("spring-offer", "single-step", *ANSWERS)
    page = buy(browser, **{"shoe_size": "42", **typed})
    assert error_of(page, field)
    assert count(Sale) == 0


def test_what_was_answered_goes_with_the_account(browser: Browser, shop: None) -> None:
    factories.order_form("spring-offer", "single-step", *ANSWERS)
    buy(browser, shoe_size="42")
    with unit_of_work("test"):
        customer = only(Customer)
        erasure.forget_traces(customer, frozenset())
    assert only(Customer).answers is None
    data = database.session.scalars(select(Event.data)).all()
    assert not any("42" in one["answers"].values() for one in data if "answers" in one)
    assert only(Sale).form == {}


# -- which form, and for whom ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("published", [True, False])
def test_a_form_is_there_once_it_is_published(client: FlaskClient, shop: None, published: bool) -> None:
    factories.order_form(published=published)
    assert client.get(FORM).status_code == (200 if published else 404)
    for path in ("/checkout/nothing", "/checkout/summary", "/checkout/return"):
        assert client.get(path).status_code in (404, 405)
    assert client.post("/checkout/nothing", data={}).status_code == 404
    assert client.get("/checkout/main-form").location == "/register"


def test_a_closed_form_is_closed_at_once(client: FlaskClient, shop: None) -> None:
    row = factories.order_form()
    assert client.get(FORM).status_code == 200
    with unit_of_work("test"):
        checkout_forms.switch(checkout_forms.locked(row.slug), active=False)
    assert client.get(FORM).status_code == 404
    assert client.post(FORM, data=BUYER).status_code == 404


def test_the_networks_own_form_is_changed_like_the_others(browser: Browser, shop: None) -> None:
    factories.order_form("spring-offer")
    with unit_of_work("test"):
        row = checkout_forms.locked("main-form")
        made = checkout_forms.worked_at(row)
        step = made.steps[0]
        step = replace(step, fields=(own("shoe_size"), *step.fields))
        checkout_forms.keep(row, made.with_steps([step]), seen=row.version)
    assert "Shoe size" not in browser.get("/register/free").text
    with unit_of_work("test"):
        checkout_forms.publish(checkout_forms.locked("main-form"))
    assert "Shoe size" in browser.get("/register/free").text
    assert "Shoe size" not in browser.get(FORM).text


def test_only_what_the_form_sells_is_sold(browser: Browser, shop: None) -> None:
    factories.order_form()
    with unit_of_work("test"):
        row = checkout_forms.locked("spring-offer")
        made = checkout_forms.worked_at(row)
        fields = [
            replace(one, options={"plans": ["premium"]}) if one.type == "pricing_table" else one for one in made.fields
        ]
        checkout_forms.keep(row, made.with_steps([replace(made.steps[0], fields=tuple(fields))]), seen=row.version)
        checkout_forms.publish(row)
    assert 'value="free"' not in browser.get(FORM).html
    page = buy(browser, products="free")
    assert error_of(page, "products") == "Choose a plan."
    assert count(Sale) == 0


def test_the_form_sells_only_to_its_countries(browser: Browser, shop: None) -> None:
    factories.order_form(countries=("AT", "CH"))
    page = buy(browser)
    assert error_of(page, "billing_country") == "With this form we sell only to: Austria, Switzerland."
    assert count(Sale) == 0


def test_questions_for_guests_and_for_customers(browser: Browser, shop: None) -> None:
    asked = (
        own("new_here", label="New here?", audience=Audience.GUESTS),
        own("been_here", label="Been here?", audience=Audience.MEMBERS),
    )
    factories.order_form("spring-offer", "single-step", *asked)
    text = browser.get(FORM).text
    assert "New here?" in text
    assert "Been here?" not in text
    buy(browser, new_here="yes")
    text = browser.get(FORM).text
    assert "Been here?" in text
    assert "New here?" not in text


def test_the_shortest_form_makes_the_site_of_the_customers_name(browser: Browser, shop: None) -> None:
    factories.order_form("spring-offer", "simple")
    browser.get(FORM)
    browser.submit(**BUYER, products="free")
    assert browser.url.startswith("/thank-you/")
    site = only(Site)
    assert (site.title, site.slug) == ("Ada Lovelace", "ada-lovelace")


def test_a_user_name_may_be_asked_for(browser: Browser, shop: None) -> None:
    factories.order_form("spring-offer", "single-step", Spec("username", "username"))
    assert error_of(buy(browser, username="a b"), "username")
    buy(browser, username="Ada_L")
    assert only(User).username == "ada_l"


def test_fixed_products_are_ordered_without_a_choice(browser: Browser, shop: None) -> None:
    factories.order_form()
    with unit_of_work("test"):
        row = checkout_forms.locked("spring-offer")
        made = checkout_forms.worked_at(row)
        fixed = Spec("products", "products", options={"products": ["free"]})
        fields = [
            fixed if one.type == "pricing_table" else one for one in made.fields if one.type != "period_selection"
        ]
        checkout_forms.keep(row, made.with_steps([replace(made.steps[0], fields=tuple(fields))]), seen=row.version)
        checkout_forms.publish(row)
    buy(browser, products="premium")
    assert only(Membership).plan.slug == "free"


def test_a_filter_has_the_last_word_on_the_fields(browser: Browser, shop: None) -> None:
    def add(fields: list[Spec], form: Any) -> list[Spec]:
        return [own("extra", label=f"Extra for {form.slug}"), *fields]

    factories.order_form()
    hooks.add_filter("wu_checkout_form_final_fields", add)
    try:
        assert "Extra for spring-offer" in browser.get(FORM).text
        assert "Extra for main-form" in browser.get("/register").text
    finally:
        remove_filter("wu_checkout_form_final_fields", add)
    assert "Extra for" not in browser.get(FORM).text


@pytest.mark.parametrize("given", [None, 1, "billing_address"], ids=["nothing", "a number", "a text"])
def test_a_filter_that_forgets_the_fields_changes_none(
    browser: Browser, shop: None, given: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def forget(fields: list[Spec]) -> Any:
        return given

    hooks.add_filter("wu_checkout_form_final_fields", forget)
    try:
        assert "E-mail address" in browser.get("/register").text
    finally:
        remove_filter("wu_checkout_form_final_fields", forget)
    assert "checkout.no_fields" in caplog.text


# -- steps -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def steps(shop: None) -> None:
    factories.order_form("spring-offer", "multi-step", own("shoe_size"))


def test_a_form_in_steps_goes_forward_and_back(browser: Browser, steps: None, guarded: None) -> None:
    page = browser.get(FORM)
    assert "Voucher" in page.text
    assert "Site address" not in page.text
    assert "Full name" not in page.text
    page = browser.submit(press={"go": "next"}, products="premium")
    assert browser.url == f"{FORM}?step=site"
    page = browser.submit(press={"go": "next"}, site_title="Ada's bakery", site_url="admin")
    assert error_of(page, "site_url").startswith("This address is taken.")
    page = browser.submit(press={"go": "next"}, site_url="adas-bakery")
    assert browser.url == f"{FORM}?step=details"
    assert "Premium" in page.text
    browser.submit(press={"go": "back"}, full_name="Ada Lovelace", password="a long enough sentence")
    page = browser.get(f"{FORM}?step=site")
    assert page.fields["site_url"] == "adas-bakery"
    browser.submit(press={"go": "next"})
    page = browser.get(browser.url)  # loaded anew: all is there
    assert (page.fields["full_name"], page.fields.get("password", "")) == ("Ada Lovelace", "")
    browser.submit(**BUYER, shoe_size="42")
    assert browser.url.startswith("/sandbox/pay/")
    assert only(Membership).plan.slug == "premium"
    assert only(Site).slug == "adas-bakery"
    assert (only(Customer).answers or {})["shoe_size"]["value"] == "42"
    assert count(CheckoutDraft) == 0


def test_a_step_that_is_wrong_is_not_left(browser: Browser, steps: None) -> None:
    browser.get(FORM)
    page = browser.submit(press={"go": "next"}, products="")
    assert error_of(page, "products") == "Choose a plan."
    page = browser.submit(press={"go": "next"}, products="free")
    page = browser.submit(press={"go": "next"})
    assert error_of(page, "site_title") == "Enter a name for your site."


def test_what_is_wrong_on_an_earlier_step_leads_back_to_it(client: FlaskClient, steps: None) -> None:
    answer = client.post(FORM, data={**BUYER, "step": "details", "products": "free", "site_url": "x"})
    assert answer.status_code == 422
    assert 'id="site_url"' in answer.text
    assert count(Sale) == 0


def test_no_step_is_skipped_by_its_address(browser: Browser, steps: None) -> None:
    assert "Voucher" in browser.get(f"{FORM}?step=details").text


# -- drafts ----------------------------------------------------------------------------------------------------------
def test_what_was_typed_is_there_on_the_next_visit(browser: Browser, shop: None, guarded: None) -> None:
    browser.get("/register/free")
    browser.submit(**{**BUYER, "full_name": "", "billing_city": "Köln"})
    row = only(CheckoutDraft)
    assert row.answers["billing_city"] == "Köln"
    assert "a long enough sentence" not in str(row.answers)
    assert not {"password", "terms", "early_start", "csrf_token"} & set(row.answers)
    page = browser.get("/register/free")
    assert (page.fields["billing_city"], page.fields["email_address"]) == ("Köln", "ada@example.com")
    assert browser.client.get("/register/free").headers.get("Set-Cookie", "").find("checkout_draft") < 0


def test_what_is_being_typed_is_kept(client: FlaskClient, shop: None) -> None:
    answer = client.post("/checkout/main-form/draft", data={"full_name": "Ada", "password": "secret sentence 1"})
    assert answer.status_code == 204
    assert only(CheckoutDraft).answers["full_name"] == "Ada"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    client.post("/checkout/main-form/draft", data={"full_name": "Ada L"})
    assert only(CheckoutDraft).answers["full_name"] == "Ada L"


def test_nothing_is_kept_without_the_forms_token(client: FlaskClient, shop: None, guarded: None) -> None:
    assert client.post("/checkout/main-form/draft", data={"full_name": "Ada"}).status_code == 204
    assert count(CheckoutDraft) == 0


def test_a_draft_is_nobody_elses(app: Flask, client: FlaskClient, shop: None) -> None:
    client.post("/checkout/main-form/draft", data={"full_name": "Ada Lovelace"})
    assert "Ada Lovelace" in client.get("/register").text
    assert "Ada Lovelace" not in app.test_client().get("/register").text
    other = app.test_client()
    other.set_cookie("checkout_draft", "x" * 32)
    assert "Ada Lovelace" not in other.get("/register").text


def test_drafts_go_with_time_and_with_their_person(client: FlaskClient, shop: None, clock: TurnedClock) -> None:
    client.post("/checkout/main-form/draft", data={"email_address": "Ada@example.com"})
    ada = factories.customer(email="ada@example.com")
    with unit_of_work("test"):
        checkout_drafts.forget_person(ada)
    assert count(CheckoutDraft) == 0
    client.post("/checkout/main-form/draft", data={"full_name": "Ada"})
    clock.tick(days=6)
    with unit_of_work("test"):
        assert checkout_drafts.forget_old() == 0
    clock.tick(days=2)
    with unit_of_work("test"):
        assert checkout_drafts.forget_old() == 1


# -- after the sale --------------------------------------------------------------------------------------------------
SCRIPT = Snippet("script_1", "Ads", "track({{ total }}, {{ plan }}, {{ nothing }})", False, ("https://ads.example",))


def test_thanks_are_the_forms_own(browser: Browser, shop: None) -> None:
    factories.order_form(thanks={"en": "# Welcome\n\nSee you **soon**. <script>x()</script>", "de": "Bis bald"})
    page = buy(browser)
    assert "<strong>soon</strong>" in page.html
    assert "<script>x()" not in page.html
    assert "Welcome" not in buy(browser, "/register/free", site_url="another").text


def frame_of(page: Page) -> str | None:
    found = re.search(r'<iframe[^>]* src="([^"]+/scripts)"', page.html)
    return found[1] if found else None


def test_a_script_runs_once_for_a_sale(app: Flask, browser: Browser, shop: None) -> None:
    name = "</script><b>'\"&"
    factories.product("odd", name=name, amount_minor=0, pricing_type="free")
    factories.order_form(snippets=(SCRIPT,))
    page = buy(browser, products="odd")
    url = frame_of(page)
    assert url is not None
    assert app.test_client().get(url).status_code == 404
    first = browser.client.get(url)
    assert first.text.count("track(") == 1
    assert 'track(0.0, "\\u003c/script\\u003e\\u003cb\\u003e\\u0027\\"\\u0026", {{ nothing }})' in first.text
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in first.text
    assert "unsafe" not in policy
    assert "https://ads.example" in policy
    assert "frame-ancestors 'self'" in policy
    assert "track(" not in browser.client.get(url).text
    assert only(Sale).snippets_run == ["script_1"]


def test_what_counts_people_waits_for_their_consent(browser: Browser, shop: None) -> None:
    factories.order_form(snippets=(replace(SCRIPT, consent=True),))
    page = buy(browser)
    assert frame_of(page) is None
    path = f"/thank-you/{only(Payment).reference}/scripts"
    assert "track(" not in browser.client.get(path).text
    browser.client.set_cookie("cookie_choice", "statistics")
    assert "track(" in browser.client.get(path).text
    assert "track(" not in browser.client.get(path).text


def test_no_script_runs_before_the_sale_is_settled(browser: Browser, shop: None) -> None:
    factories.order_form(snippets=(SCRIPT,))
    buy(browser, f"{FORM}?products=premium", products="premium")
    path = f"/thank-you/{only(Payment).reference}/scripts"
    assert "track(" not in browser.client.get(path).text
    browser.submit(press={"decision": "approve"})
    assert "track(" in browser.client.get(path).text


def test_a_visitor_is_asked_for_a_choice_where_a_script_needs_it(client: FlaskClient, shop: None) -> None:
    assert 'name="choice"' not in client.get("/").text
    factories.order_form(snippets=(replace(SCRIPT, consent=True),))
    assert 'name="choice"' in client.get("/").text


def test_values_cannot_become_code() -> None:
    assert form_snippets.filled("x({{ a }}, {{b}})", {"a": "\u2028</script>", "b": 1.5}) == (
        'x("\\u2028\\u003c/script\\u003e", 1.5)'
    )


# -- speed -----------------------------------------------------------------------------------------------------------
def test_an_own_form_takes_no_more_statements_than_the_first(
    client: FlaskClient, shop: None, statements: list[str]
) -> None:
    factories.order_form("spring-offer", "single-step", own("shoe_size"))
    for path in (FORM, "/register") * 3:  # a page is made anew once, after what it reads is known
        client.get(path)
    statements.clear()
    client.get("/register")
    usual = len(statements)
    statements.clear()
    client.get(FORM)
    assert len(statements) == usual, "\n".join(statements)
    assert not any("checkout_forms" in one for one in statements)
