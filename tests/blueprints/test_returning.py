"""Who comes back to an order: paid, open, ended, or without their address."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import update

from tests import factories
from tests.blueprints.test_checkout import order
from tests.conftest import TurnedClock, only
from tests.flows.test_mails_of_a_life import Post, one, post
from tests.pages import Browser, Page
from webapp.domain import sale_holds
from webapp.extensions import db
from webapp.models import Invoice, Payment, Product, Site, SiteStatus
from webapp.transactions import unit_of_work

__all__ = ["post"]  # a fixture
HELD = 31  # minutes, and a little more than an order is held


@pytest.fixture
def premium(app: Flask) -> None:
    factories.product("premium", setup_fee_minor=9900, year=29900)


def dearer() -> None:
    with unit_of_work("test") as session:
        session.execute(update(Product).values(amount_minor=3999))


def end_order(clock: TurnedClock) -> None:
    clock.tick(minutes=HELD)
    with unit_of_work("clock"):
        assert sale_holds.give_up_due() == 1


@pytest.mark.ux("P16")
def test_a_paid_order_is_shown_as_it_is(browser: Browser, premium: None) -> None:
    order(browser)
    browser.submit(press={"decision": "approve"})
    reference = only(Payment).reference
    page = browser.get(f"/pay/{reference}")
    assert browser.url == f"/thank-you/{reference}"
    assert "Order received" in page.text


@pytest.mark.ux("P16")
def test_an_open_order_goes_on_at_the_price_it_was_placed_at(browser: Browser, premium: None) -> None:
    order(browser)
    dearer()
    page = browser.get(f"/pay/{only(Payment).reference}")
    assert "€128.99" in page.text
    assert "Continue to payment" in page.buttons
    browser.submit(gateway="sandbox")
    assert "€128.99" in browser.page.text


@pytest.mark.ux("P16", "L1")
def test_an_order_that_has_ended_is_placed_anew_at_today_s_price(
    browser: Browser, premium: None, clock: TurnedClock
) -> None:
    order(browser)
    dearer()
    end_order(clock)
    page = browser.get(f"/pay/{only(Payment).reference}")
    assert "This order has ended" in page.text
    assert "You have not been charged." in page.text
    [again] = [href for href, words in page.links if words == "Order again"]
    assert again == "/register/premium/1/month"
    page = browser.get(again)
    assert "Due today €138.99" in page.text
    assert "Order with obligation to pay" in page.buttons


@pytest.mark.ux("P16")
def test_what_is_not_on_sale_any_more_leads_to_what_is(browser: Browser, premium: None, clock: TurnedClock) -> None:
    order(browser)
    end_order(clock)
    with unit_of_work("test") as session:
        session.execute(update(Product).values(active=False))
    page = browser.get(f"/pay/{only(Payment).reference}")
    assert ("/register", "Order again") in page.links


@pytest.mark.ux("P16")
def test_money_that_came_for_an_address_that_is_gone_keeps_its_order_and_chooses_another(
    app: Flask, browser: Browser, premium: None, clock: TurnedClock, post: Post
) -> None:
    order(browser)
    bank = browser.url
    end_order(clock)
    other = factories.active_membership()
    factories.save(lambda: Site(customer=other.customer, membership=other, slug="adas-bakery", title="Theirs"))
    browser.get(bank)
    page = browser.submit(press={"decision": "approve"})
    assert "Order received" in page.text
    mine = db.session.query(Site).filter_by(slug="adas-bakery-2").one()
    assert mine.status != SiteStatus.DELETED
    post()  # a worker has made it
    page = browser.get(f"/account/sites/{mine.id}/address")
    [at] = [at for at, form in enumerate(page.forms) if "site_url" in form["fields"]]
    page = browser.submit(at, site_url="ada-bakes")
    assert "Your site is now at" in page.text
    db.session.expire_all()
    assert db.session.get_one(Site, mine.id).slug == "ada-bakes"


@pytest.mark.ux("P16")
def test_signing_in_again_leads_back_to_the_order(app: Flask, browser: Browser, premium: None) -> None:
    order(browser)
    reference = only(Payment).reference
    stranger = Browser(app.test_client())
    page = stranger.get(f"/pay/{reference}")
    assert "Continue to payment" in page.buttons
    assert "ada@example.com" not in page.html


@pytest.mark.ux("O8")
@pytest.mark.parametrize(("language", "sum_"), [("en", "€1,299.00"), ("de", "1.299,00 €")])
def test_the_sum_is_the_same_wherever_it_is_said(app: Flask, post: Post, language: str, sum_: str) -> None:
    factories.product("premium", amount_minor=120000, setup_fee_minor=9900)
    browser = Browser(app.test_client())
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    def says(page: Page) -> bool:
        return sum_ in page.text.replace("\u00a0", " ")

    assert says(browser.get("/register/premium"))
    assert says(order(browser))
    assert browser.url.startswith("/sandbox/pay/")
    assert says(browser.submit(press={"decision": "approve"}))
    assert browser.url.startswith("/thank-you/")
    mails = post()
    for kind in ("order_confirmation", "invoice"):
        assert sum_ in one(mails, kind).text.replace("\u00a0", " ")
    pdf = PdfReader(io.BytesIO(browser.client.get(f"/invoice/{only(Invoice).payment.reference}.pdf").data))
    assert sum_ in " ".join(pdf.pages[0].extract_text().split()).replace("\u00a0", " ")
