"""What a customer is written from the order to the end: each moment once, in both languages, with a way on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock, only
from tests.factories import signed_in
from tests.flows.test_changes import MONTH, ask, confirm_newest, settle
from tests.integrations.mailbox import written
from tests.lives import buy, fail, forget_card, live_until, pay, taken
from webapp.domain import memberships, network, reactivations
from webapp.domain.customers import Profile
from webapp.extensions import db
from webapp.flows import ordering, relaying
from webapp.jobs import schedule
from webapp.models import (
    Delivery,
    DeliveryStatus,
    Mail,
    Membership,
    Payment,
    PaymentStatus,
    Site,
    SiteStatus,
    StoredCredential,
    TaxIdCheck,
    TaxIdStatus,
    Try,
)
from webapp.paying import TO_CONFIRM
from webapp.settings import Settings
from webapp.transactions import unit_of_work

Post = Callable[[], list[Mail]]
FRENCH = "FR40303265045"
LANGUAGES = pytest.mark.parametrize("locale", ["en", "de"])


@pytest.fixture
def post(app: Flask) -> Post:
    """Have a worker do all that is due; the mails that were written since the last time, each checked for its link."""
    seen: set[int] = set()

    def drain() -> list[Mail]:
        for _ in range(3):
            db.session.rollback()
            waiting = select(Delivery.handler).where(Delivery.status == DeliveryStatus.PENDING).distinct()
            for handler in db.session.scalars(waiting).all():
                relaying.drain(app, handler, lease=timedelta(minutes=1))
        new = [one for one in written() if one.id not in seen]
        seen.update(one.id for one in new)
        assert all("http" in one.text for one in new)
        assert all("{" not in one.subject + one.text for one in new)
        return new

    return drain


def kinds(mails: list[Mail]) -> list[str]:
    return sorted(one.kind for one in mails)


def one(mails: list[Mail], kind: str) -> Mail:
    [found] = [mail for mail in mails if mail.kind == kind]
    return found


@LANGUAGES
def test_a_trial_its_end_and_what_follows(settings: Settings, clock: TurnedClock, post: Post, locale: str) -> None:
    factories.product("premium", trial_duration=14)
    number = buy("premium", settings, locale=locale)
    assert "trial_started" in kinds(post())
    live_until(clock, "2027-02-11T10:00Z")
    told = one(post(), "trial_ending")
    day, price = {"en": ("14 February 2027", "€29.99"), "de": ("14. Februar 2027", "29,99")}[locale]
    assert day in told.subject
    assert price in told.text.replace("\xa0", " ")
    assert f"/account/memberships/{number}" in told.text
    live_until(clock, "2027-02-14T10:00Z")
    receipt = one(post(), "renewal_receipt")
    assert {"en": "14 March 2027", "de": "14. März 2027"}[locale] in receipt.text
    live_until(clock, "2027-03-11T10:00Z")
    assert kinds(post()) == ["renewal_notice"]


def test_a_notice_names_the_plan_and_the_sum_that_are_charged_then(
    settings: Settings, clock: TurnedClock, post: Post, client: FlaskClient
) -> None:
    factories.product("premium", product_group="all")
    factories.product("small", name="Small", amount_minor=1000, product_group="all")
    number = buy("premium", settings)
    ask(number, "small")
    post()
    owner = signed_in(client, db.session.get_one(Membership, number).customer)
    shown = " ".join(owner.get(f"/account/memberships/{number}").text.split())
    assert re.search(r"Next charge.{1,200}€10\.00</span> ·", shown)
    for path in ("", "payment-methods"):  # which do not reckon it: they name the day alone
        page = owner.get(f"/account/{path}").text
        assert "Premium" in page
        assert "€29.99" not in page
    live_until(clock, "2027-02-25T10:00Z")
    notice = one(post(), "renewal_notice")
    assert "Small renews on 28 February 2027" in notice.subject
    assert "we charge €10.00" in notice.text
    live_until(clock, "2027-02-28T10:00Z")
    assert taken()[-1] == 1000


@LANGUAGES
def test_dunning_says_when_it_is_tried_again_and_when_it_ends(
    settings: Settings, clock: TurnedClock, post: Post, locale: str
) -> None:
    factories.product("premium")
    number = buy("premium", settings, locale=locale)
    post()
    fail()
    live_until(clock, "2027-02-28T10:00Z")
    failed = one(post(), "payment_failed")
    assert {"en": "try again on 1 March 2027", "de": "am 1. März 2027 noch einmal"}[locale] in failed.text
    assert "/pay/" in failed.text
    assert f"/account/payment-methods?contract={number}" in failed.text
    live_until(clock, "2027-03-01T10:00Z")
    again = one(post(), "payment_failed")
    assert {"en": "3 March 2027", "de": "3. März 2027"}[locale] in again.text
    live_until(clock, "2027-04-01T10:00Z")
    mails = post()
    assert kinds(mails)[0] == "membership_expired"
    last = [mail for mail in mails if mail.kind == "payment_failed"][-1]
    assert {"en": "try again", "de": "noch einmal"}[locale] not in last.text
    assert f"/account/memberships/{number}" in one(mails, "membership_expired").text


@LANGUAGES
def test_without_a_card_it_is_asked_for(settings: Settings, clock: TurnedClock, post: Post, locale: str) -> None:
    factories.product("premium")
    number = buy("premium", settings, locale=locale)
    forget_card(number)
    post()
    live_until(clock, "2027-02-26T10:00Z")
    asked = one(post(), "renewal_request")
    assert "/pay/" in asked.text
    assert {"en": "28 February 2027", "de": "28. Februar 2027"}[locale] in asked.text
    live_until(clock, "2027-02-28T10:01Z")
    reminder = one(post(), "renewal_reminder")
    assert "/pay/" in reminder.text
    assert {"en": "€29.99", "de": "29,99"}[locale] in reminder.text
    assert {"en": "3 March 2027", "de": "3. März 2027"}[locale] in reminder.text
    live_until(clock, "2027-03-02T10:00Z")
    assert kinds(post()) == []
    live_until(clock, "2027-03-04T10:00Z")
    assert kinds(post()) == ["membership_expired"]


@LANGUAGES
def test_before_a_site_is_deleted_its_owner_is_warned_twice(
    settings: Settings, clock: TurnedClock, post: Post, locale: str
) -> None:
    factories.product("premium")
    number = buy("premium", settings, locale=locale)
    post()
    forget_card(number)
    live_until(clock, "2027-03-03T10:00Z")
    post()
    for now, day in (
        ("2027-04-01", ()),
        ("2027-05-02", ("1 June 2027", "1. Juni 2027")),
        ("2027-05-24", ()),
        ("2027-05-25", ("1 June 2027", "1. Juni 2027")),
    ):
        live_until(clock, f"{now}T12:00Z")
        schedule.keep_sites()
        mails = post()
        assert kinds(mails) == (["site_deletion"] if day else [])
        assert all(day[locale == "de"] in mail.text for mail in mails)
        assert all(f"/account/memberships/{number}" in mail.text for mail in mails)
    live_until(clock, "2027-06-01T12:00Z")
    schedule.keep_sites()
    assert only(Site).status == SiteStatus.DELETED
    assert kinds(post()) == []


def test_who_is_asked_only_now_is_not_reminded(settings: Settings, clock: TurnedClock, post: Post) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    live_until(clock, "2027-02-28T09:00Z")
    forget_card(number)
    post()
    live_until(clock, "2027-03-02T10:00Z")
    assert kinds(post()) == ["renewal_request"]


def test_who_has_paid_meanwhile_is_not_reminded(settings: Settings, clock: TurnedClock, post: Post) -> None:
    factories.product("premium")
    number = buy("premium", settings)
    forget_card(number)
    live_until(clock, "2027-02-28T10:01Z")
    asked = db.session.scalars(select(Payment).where(Payment.status == PaymentStatus.PENDING)).one()
    pay(asked, settings)
    assert "renewal_reminder" not in kinds(post())


@LANGUAGES
def test_other_terms_are_confirmed_once(settings: Settings, clock: TurnedClock, post: Post, locale: str) -> None:
    clock.use("2027-04-01T10:00Z")
    for slug, minor in (("basic", 1000), ("gold", 3000)):
        factories.product(slug, amount_minor=minor, product_group="pro", name=slug.capitalize())
    number = buy("basic", settings, locale=locale)
    post()
    settle(ask(number, "gold", period=MONTH))
    paid = post()
    assert "plan_changed" not in kinds(paid)
    assert "Gold" in one(paid, "change_receipt").text
    assert "renewal_receipt" not in kinds(paid)
    ask(number, "basic", period=MONTH)
    live_until(clock, "2027-05-02T10:00Z")
    changed = one([mail for mail in post() if mail.kind == "plan_changed"], "plan_changed")
    assert {"en": "from Gold to", "de": "von Gold auf"}[locale] in changed.text


@LANGUAGES
def test_what_has_ended_goes_on_again(settings: Settings, clock: TurnedClock, post: Post, locale: str) -> None:
    factories.product("premium")
    number = buy("premium", settings, locale=locale)
    post()
    with unit_of_work("clock"):
        memberships.cancel(memberships.find(number), reason="x", at_once=True)
    assert "membership_ended" in kinds(post())
    clock.use("2027-06-01T10:00Z")
    with unit_of_work("customer"):
        payment = reactivations.ask(memberships.find(number))
    pay(payment, settings)
    mail = one(post(), "membership_reactivated")
    assert {"en": "1 July 2027", "de": "1. Juli 2027"}[locale] in mail.text
    assert "/account/payments/" in mail.text


@LANGUAGES
def test_a_reverse_charge_is_said_on_receipt_and_invoice(
    settings: Settings, clock: TurnedClock, post: Post, locale: str
) -> None:
    factories.taxed(company_country="DE")
    factories.tax_rate("20", "FR")
    factories.product("premium", amount_minor=12000)
    known = {"number": FRENCH, "status": TaxIdStatus.VALID, "asked_at": clock.now, "answered_at": clock.now}
    factories.save(lambda: TaxIdCheck(**known))
    profile = Profile("Ada", True, "Ada SARL", FRENCH, billing_country="FR")
    cart = {"country": "FR", "tax_id": FRENCH, "business": True}
    ordering.place(factories.order("premium", gateway="manual", cart=cart, profile=profile, locale=locale), settings)
    confirm_newest()
    said = {"en": "the tax is owed by the recipient", "de": "Steuerschuldnerschaft des Leistungsempfängers"}[locale]
    assert kinds([mail for mail in post() if said in mail.text]) == ["invoice", "order_confirmation"]


def test_a_small_business_says_why_it_charges_no_tax(settings: Settings, post: Post) -> None:
    reason = "No VAT under § 19 UStG."
    with unit_of_work("test"):
        network.change({"invoice_untaxed_note": reason})
    factories.product("premium")
    buy("premium", settings)
    assert kinds([mail for mail in post() if reason in mail.text]) == ["invoice", "order_confirmation"]


@LANGUAGES
def test_a_card_that_expires_before_the_next_charge_is_said_instead_of_the_notice(
    settings: Settings, clock: TurnedClock, post: Post, locale: str
) -> None:
    factories.product("premium")
    number = buy("premium", settings, locale=locale)
    post()
    with unit_of_work("test") as session:
        session.scalars(select(StoredCredential)).one().expires_on = date(2027, 2, 27)
    live_until(clock, "2027-02-27T10:00Z")
    told = post()
    assert kinds(told) == ["card_expiring"]
    assert "02/2027" in told[0].text
    assert {"en": "28 February 2027", "de": "28. Februar 2027"}[locale] in told[0].text
    assert f"/account/payment-methods?contract={number}" in told[0].text


@LANGUAGES
def test_a_bank_that_wants_a_renewal_confirmed_is_said(
    settings: Settings, clock: TurnedClock, post: Post, locale: str
) -> None:
    factories.product("premium")
    buy("premium", settings, locale=locale)
    fail()
    live_until(clock, "2027-02-28T10:00Z")
    with unit_of_work("test") as session:
        session.scalars(select(Try).order_by(Try.id.desc()).limit(1)).one().reason = TO_CONFIRM
    failed = one(post(), "payment_failed")
    assert {"en": "wants you to confirm it", "de": "dass Sie die Zahlung bestätigen"}[locale] in failed.text
    assert {"en": "another card", "de": "andere Karte"}[locale] not in failed.text
