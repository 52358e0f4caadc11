"""Ways to pay as the operator sets them up: order and switches, words, to whom; keys that work, notices that come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.addons import installed
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_customers import facts
from tests.blueprints.admin.test_inbound_events import notice
from tests.fakes import stripe as stripe_fake
from tests.fakes.paypal import PayPalFake
from tests.fakes.stripe import StripeFake
from tests.fakes.vendor import HangUp, Status
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import gateway_options, network
from webapp.domain.carts import CartRequest, build
from webapp.domain.gateway_options import Options
from webapp.extensions import db
from webapp.flows import offering
from webapp.models import AuditEntry
from webapp.transactions import unit_of_work

PAGE = "/admin/settings/gateways"


def press(client: FlaskClient, **step: str) -> int:
    """One step of the list; the answer's status."""
    code = client.post(PAGE, data=step).status_code
    db.session.rollback()
    db.session().info.pop(network.CACHE, None)
    return code


def order(root: Any) -> list[str]:
    return [one.one("code").text for one in root.all("th") if one.all("code")]


def keep(name: str, **options: Any) -> None:
    with unit_of_work("test"):
        gateway_options.change(name, Options(**options), seen=gateway_options.state(name))
    db.session.rollback()


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


@contextmanager
def at_address(app: Flask, address: str) -> Iterator[None]:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, base_url=address)
    try:
        yield
    finally:
        app.extensions["settings"] = before


@pytest.fixture
def stripe(app: Flask) -> Iterator[StripeFake]:
    env_of = ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_API_BASE")
    with StripeFake() as fake:
        env = {name: value for name, value in fake.env.items() if name in env_of}
        with installed(app, env=env), at_address_of(app):
            yield fake


@contextmanager
def at_address_of(app: Flask) -> Iterator[None]:
    with at_address(app, "https://shop.example"):
        yield


# -- order and switches ----------------------------------------------------------------------------------------------
def test_they_are_moved_and_switched_and_so_they_are_offered(look: Look, signed_in: FlaskClient) -> None:
    first, second = order(look(PAGE))[:2]
    assert press(signed_in, down=first) == 303
    assert order(look(PAGE))[:2] == [second, first]
    assert press(signed_in, off="manual") == 303
    assert "manual" not in offering.active_gateways()
    assert press(signed_in, on="manual") == 303
    assert list(offering.active_gateways())[-1:] == ["manual"]
    assert [one.action for one in entries()] == ["settings.change"] * 3


def test_one_of_them_stays_on(signed_in: FlaskClient, look: Look) -> None:
    with unit_of_work("test"):
        network.change({"active_gateways": ["manual"]})
    answer = signed_in.post(PAGE, data={"off": "manual"})
    assert answer.status_code == 422
    assert "Keep at least one way to pay" in answer.text


@pytest.mark.parametrize("step", [{}, {"up": "nobody"}, {"up": "free"}, {"sideways": "manual"}])
def test_what_is_no_step_is_refused(signed_in: FlaskClient, step: dict[str, str]) -> None:
    assert press(signed_in, **step) == 422


# -- words, and to whom ----------------------------------------------------------------------------------------------
def test_its_words_are_the_operators_in_each_language(browser: Browser, client: FlaskClient) -> None:
    factories.product("premium")
    browser.get(f"{PAGE}/manual")
    form = rows.form_of(browser.page, "/gateways/manual")
    page = browser.submit(form, title_en="Wire transfer", title_de="Überweisung", description_en="Takes two days.")
    assert "Changes saved." in page.text
    assert "Wire transfer" in client.get("/register/premium").text
    assert "Takes two days." in client.get("/register/premium").text
    assert "Überweisung" in client.get("/register/premium", headers={"Accept-Language": "de"}).text
    assert entries()[-1].after["titles"] == {"en": "Wire transfer", "de": "Überweisung"}


def cart_ways(country: str, currency: str = "") -> list[str]:
    cart = build(CartRequest(products=["premium"], country=country, currency=currency))
    return list(offering.available_gateways(cart))


def test_it_is_offered_where_its_countries_and_currencies_fit(app: Flask) -> None:
    factories.product("premium")
    keep("manual", countries=("DE", "AT"))
    assert "manual" in cart_ways("AT")
    assert "manual" not in cart_ways("FR")
    assert "manual" in cart_ways("")
    keep("manual", currencies=("USD",))
    assert "manual" not in cart_ways("DE")


@pytest.mark.parametrize(
    "values",
    [{"title_en": "x" * 10_000}, {"countries": ["XX"]}, {"currencies": ["ABC"]}, {"description_de": "y" * 201}],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(browser: Browser, values: dict[str, Any]) -> None:
    browser.get(f"{PAGE}/manual")
    form = rows.form_of(browser.page, "/gateways/manual")
    page = browser.submit(form, **{"title_de": "Bleibt", **values})
    assert browser.response.status_code == 422
    assert page.forms[rows.form_of(page, "/gateways/manual")]["fields"]["title_de"] == "Bleibt"
    assert 'aria-invalid="true"' in browser.response.text


def test_two_who_edit_it_at_once_are_told(browser: Browser) -> None:
    browser.get(f"{PAGE}/manual")
    form = rows.form_of(browser.page, "/gateways/manual")
    keep("manual", titles={"en": "By a colleague"})
    page = browser.submit(form, title_en="Mine")
    assert browser.response.status_code == 409
    assert "Somebody else changed it meanwhile" in page.text
    assert page.forms[rows.form_of(page, "/gateways/manual")]["fields"]["title_en"] == "Mine"
    browser.submit(rows.form_of(browser.page, "/gateways/manual"))
    assert gateway_options.of("manual").titles == {"en": "Mine"}


# -- keys and notices ------------------------------------------------------------------------------------------------
def test_the_page_says_mode_address_and_what_was_heard_last(look: Look, stripe: StripeFake) -> None:
    heard = notice(gateway="stripe", type="charge.refunded")
    root = look(f"{PAGE}/stripe-checkout")
    said = facts(root)
    assert "https://shop.example/webhooks/stripe" in said["Address for notices"]
    assert "charge.refunded" in said["Last notice"]
    assert rows.link(root, said["Last notice"].split(" UTC")[0] + " UTC") == f"/admin/inbound-events/{heard.id}"
    assert "test" in root.one("main").text


@pytest.mark.parametrize(
    ("trick", "said"),
    [
        (None, "The keys are taken."),
        (Status(401, {}, {"error": {"type": "invalid_request_error", "message": "No."}}), "does not know this secret"),
        (Status(403, {}, {"error": {"type": "invalid_request_error", "message": "No."}}), "The keys are taken."),
        (Status(500, {}, {"error": {"type": "api_error", "message": "No."}}), "Stripe refuses the call"),
        (HangUp(), "Stripe did not answer"),
    ],
)
def test_stripes_keys_are_tried_out(signed_in: FlaskClient, stripe: StripeFake, trick: Any, said: str) -> None:
    if trick is not None:
        stripe.next(trick)
    assert said in signed_in.post(f"{PAGE}/stripe/connection").text


@pytest.mark.parametrize(
    ("trick", "said"),
    [
        (None, "The keys are taken."),
        (Status(401, {}, {"error": "invalid_client"}), "does not know this client id"),
        (HangUp(), "PayPal did not answer"),
    ],
)
def test_paypals_keys_are_tried_out(app: Flask, signed_in: FlaskClient, trick: Any, said: str) -> None:
    with PayPalFake() as fake, installed(app, env=fake.env):
        if trick is not None:
            fake.next(trick)
        assert said in signed_in.post(f"{PAGE}/paypal/connection").text


def test_what_has_no_keys_is_not_asked(signed_in: FlaskClient) -> None:
    assert "Its keys are missing" in signed_in.post(f"{PAGE}/stripe/connection").text
    assert "There is nobody to ask" in signed_in.post(f"{PAGE}/manual/connection").text


def test_stripe_is_told_the_address_once_and_its_secret_is_kept(signed_in: FlaskClient, stripe: StripeFake) -> None:
    for _again in range(2):
        assert signed_in.post(f"{PAGE}/stripe/webhook").status_code == 303
    [made] = [one for one in stripe.things.values() if one["object"] == "webhook_endpoint"]
    assert made["url"] == "https://shop.example/webhooks/stripe"
    assert made["api_version"] == stripe_fake.VERSION
    db.session.rollback()
    db.session().info.pop(network.CACHE, None)
    assert network.value_of({}, "STRIPE_WEBHOOK_SECRET") == made["secret"]
    assert [one.action for one in entries()] == ["gateways.register"]
    assert made["secret"] not in str([(one.before, one.after) for one in entries()])


def test_an_endpoint_whose_secret_nobody_kept_is_made_anew(signed_in: FlaskClient, stripe: StripeFake) -> None:
    old = stripe.make_endpoint(url="https://shop.example/webhooks/stripe", enabled_events=["*"])
    other = stripe.make_endpoint(url="https://other.example/webhooks/stripe", enabled_events=["*"])
    assert signed_in.post(f"{PAGE}/stripe/webhook").status_code == 303
    assert old["id"] not in stripe.things
    assert other["id"] in stripe.things


def test_paypal_is_told_the_address_and_its_id_is_kept(app: Flask, signed_in: FlaskClient) -> None:
    with PayPalFake() as fake:
        env = {name: value for name, value in fake.env.items() if name != "PAYPAL_WEBHOOK_ID"}
        with installed(app, env=env), at_address(app, "https://shop.example"):
            for _again in range(2):
                assert signed_in.post(f"{PAGE}/paypal/webhook").status_code == 303
        [made] = [one for one in fake.things.values() if one["_kind"] == "webhook"]
    db.session.rollback()
    db.session().info.pop(network.CACHE, None)
    assert network.settings().paypal_webhook_id == made["id"]


def test_what_the_vendor_could_not_reach_is_not_registered(
    app: Flask, signed_in: FlaskClient, look: Look, stripe: StripeFake
) -> None:
    with at_address(app, "http://localhost:8000"):
        assert "Register the address there" not in look(f"{PAGE}/stripe").text
        answer = signed_in.post(f"{PAGE}/stripe/webhook")
    assert answer.status_code == 409
    assert "by hand" in answer.text
    assert signed_in.post(f"{PAGE}/manual/webhook").status_code == 409


def test_what_the_environment_says_is_not_written_over(app: Flask, signed_in: FlaskClient) -> None:
    with StripeFake() as fake, installed(app, env=fake.env), at_address(app, "https://shop.example"):
        fake.make_endpoint(url="https://shop.example/webhooks/stripe", enabled_events=["*"])
        assert signed_in.post(f"{PAGE}/stripe/webhook").status_code == 303  # there, and its secret is known
        for name in [one for one in fake.things if one.startswith("we_")]:
            del fake.things[name]
        answer = signed_in.post(f"{PAGE}/stripe/webhook")
    assert answer.status_code == 409
    assert "STRIPE_WEBHOOK_SECRET" in answer.text


def test_a_vendor_that_does_not_answer_changes_nothing(signed_in: FlaskClient, stripe: StripeFake) -> None:
    stripe.next(HangUp())
    answer = signed_in.post(f"{PAGE}/stripe/webhook")
    assert answer.status_code == 503
    assert "It was not registered" in answer.text
    assert entries() == []
