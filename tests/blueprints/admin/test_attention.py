"""Needs attention: what is open, who takes care of it, and a mail a day about it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_bulk import job
from tests.blueprints.admin.test_declarations import declaration
from tests.blueprints.admin.test_inbound_events import notice
from tests.blueprints.admin.test_sites import site
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.plans import read_through, steps
from tests.templates.conftest import Element
from webapp import clock
from webapp.blueprints.admin.attention_words import WORDS
from webapp.domain import attention, network, payments
from webapp.domain.attention import Everybody
from webapp.domain.attention_sources import SOURCES
from webapp.extensions import db as database
from webapp.jobs import schedule
from webapp.models import (
    AttentionMark,
    BulkStatus,
    DeliveryStatus,
    EmailVerification,
    InboundStatus,
    Mail,
    MailStatus,
    PaymentStatus,
    Refund,
    Role,
    SiteStatus,
    Try,
    TryStatus,
    User,
)
from webapp.money import Money
from webapp.paying import Outcome, Verdict
from webapp.transactions import unit_of_work

PAGE = "/admin/attention"


def attempt(status: TryStatus = TryStatus.UNKNOWN, **values: Any) -> Try:
    payment = factories.payment()
    facts = {"payment_id": payment.id, "number": 1, "gateway": "sandbox", "status": status, **values}
    found: Try = factories.save(lambda: Try(**facts))
    return found


def overdue(clock: TurnedClock) -> Any:
    return factories.payment(gateway="manual", due_at=clock.now - timedelta(days=1))


def mail(status: MailStatus = MailStatus.DEAD, **values: Any) -> Mail:
    facts = dict.fromkeys(("subject", "text", "html"), "x") | {"kind": "test", "locale": "en", "last_error": "refused"}
    number = next(factories.numbers)
    facts |= {"to_address": f"ada{number}@example.com", "message_id": f"<{number}@x>", "status": status, **values}
    found: Mail = factories.save(lambda: Mail(**facts))
    return found


def open_now(user: User | None = None) -> dict[str, int]:
    database.session.rollback()
    return attention.counts(database.session(), user or Everybody())


def found(root: Element) -> dict[str, list[str]]:
    """What is shown, by its heading."""
    return {part.one("h2").text: rows.names(part) for part in root.all("div", class_="stack stack--tight titled")}


def mark(source: str, row: Any) -> AttentionMark | None:
    database.session.rollback()
    query = select(AttentionMark).where(AttentionMark.source == source, AttentionMark.object_id == row.id)
    return database.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


# -- what is open ----------------------------------------------------------------------------------------------------
def test_what_was_paid_for_and_is_not_there_after_five_minutes_is_open(app: Flask, clock: TurnedClock) -> None:
    waiting = [site(f"site-{status}", status=status) for status in (SiteStatus.REQUESTED, SiteStatus.FAILED)]
    site("there", status=SiteStatus.PUBLISHED)
    site("unpaid", membership=factories.membership())
    assert open_now() == {}
    clock.tick(minutes=5)
    assert open_now() == {"sites": len(waiting)}


def test_a_site_that_waits_for_its_owners_confirmation_is_open_after_a_day(
    app: Flask, clock: TurnedClock, look: Look
) -> None:
    with unit_of_work("test"):
        network.change({"require_email_verification": True})
    waiting = factories.customer(email_verification=EmailVerification.PENDING)
    site("waits", membership=factories.active_membership(customer=waiting), status=SiteStatus.REQUESTED)
    site("stuck", status=SiteStatus.REQUESTED)
    clock.tick(minutes=5)
    assert open_now() == {"sites": 1}
    clock.tick(hours=24)
    assert open_now() == {"sites": 2}
    assert "Its owner has not confirmed their e-mail address, so it waits." in look(PAGE).text


def test_a_site_that_does_not_stand_elsewhere_as_it_should_is_open(app: Flask, look: Look) -> None:
    """What is still tried again is not: only what nobody tries any more."""
    far = {"provisioner": "webhook", "reference": "abc", "job": "key", "address": "https://far.example/"}
    told = site("told", status=SiteStatus.SUSPENDED, problem="the hosting system: no", **far)
    site("asked", status=SiteStatus.SUSPENDED, **{**far, "reference": "def"})
    site("here", status=SiteStatus.SUSPENDED, problem="x", job="key")
    tried = site("tried", status=SiteStatus.DELETED, problem="away", **{**far, "reference": "ghi"})
    rows.delivery(handler="webapp.flows.provisioning", ordering_key=f"site:{tried.id}")
    assert open_now() == {"sites_elsewhere": 1}
    page = look(PAGE)
    assert rows.link(page, "told") == f"/admin/sites/{told.id}"
    assert "Ask now" in page.text
    plan = steps(SOURCES["sites_elsewhere"].query(factories.operator()))
    assert "ix_sites_not_as_wanted" in " ".join(plan), plan


def test_a_payment_that_no_gateway_answers_for_is_open(app: Flask, clock: TurnedClock) -> None:
    for status in (TryStatus.UNKNOWN, TryStatus.STARTED, TryStatus.NEEDS_ACTION, TryStatus.DECLINED):
        attempt(status)
    assert open_now() == {}
    clock.tick(minutes=5)
    assert open_now() == {"tries": 2}


def test_money_that_does_not_fit_is_open_until_it_is_settled(app: Flask, clock: TurnedClock) -> None:
    tried = attempt(TryStatus.NEEDS_ACTION)
    with unit_of_work("test"):
        payments.record_answer(tried, Outcome(Verdict.SUCCEEDED, amount=Money(1, "EUR")))
    assert open_now() == {"puzzles": 1}
    with unit_of_work("test"):
        payments.confirm_by_hand(payments.locked(tried.payment_id), actor="operator:1")
    assert open_now() == {}


def test_money_that_came_twice_is_open(app: Flask, clock: TurnedClock) -> None:
    tried = attempt(TryStatus.DECLINED)
    with unit_of_work("test"):
        payments.settle(payments.locked(tried.payment_id), reason="otherwise")
        payments.record_answer(tried, Outcome(Verdict.SUCCEEDED))
    assert open_now() == {"puzzles": 1}


def test_each_other_source_finds_its_own(app: Flask, clock: TurnedClock, operator: User) -> None:
    overdue(clock)
    factories.payment(due_at=clock.now + timedelta(days=1))
    declaration()
    rows.dead(3)
    rows.delivery(status=DeliveryStatus.DONE)
    notice(status=InboundStatus.FAILED)
    notice(status=InboundStatus.DONE)
    mail()
    mail(MailStatus.FAILED)
    mail(MailStatus.SENT)
    job(status=BulkStatus.DONE, failed=1)
    job(status=BulkStatus.STOPPED, problem="no access")
    job(status=BulkStatus.DONE, failed=1, seen_at=clock.now)
    counted = {"overdue": 1, "declarations": 1, "deliveries": 3, "notices": 1, "mails": 2, "jobs": 2}
    assert open_now() == counted
    helper = factories.operator(role=Role.SUPPORT)
    assert open_now(helper) == {name: number for name, number in counted.items() if name != "jobs"}


def test_counting_stops_where_it_tells_nothing_more(look: Look) -> None:
    rows.dead(120)
    assert open_now() == {"deliveries": 100}
    assert look(PAGE).by_id("admin-nav").one(class_="admin__count").text == "99+"


# -- the page --------------------------------------------------------------------------------------------------------
def test_the_page_says_what_is_open_why_and_what_happens_by_itself(look: Look, clock: TurnedClock) -> None:
    broken = site("bakery", status=SiteStatus.FAILED, problem="no space left")
    asked = attempt(ask_at=clock.now + timedelta(hours=2))
    clock.tick(minutes=6)
    [dead] = rows.dead(last_error="HTTP 410")
    root = look(PAGE)
    order = f"Order {asked.payment_id:06d} of Ada Person"
    assert found(root) == {
        "Paid for, and not there": ["bakery"],
        "Payments whose outcome is unknown": [order],
        "Deliveries that were given up": [f"Delivery {dead.id}: sync_contact"],
    }
    text = root.text
    assert "no space left" in text
    assert "2027-01-31 12:00 UTC" in text
    assert "HTTP 410" in text
    assert rows.link(root, "bakery") == f"/admin/sites/{broken.id}"
    assert root.by_id("admin-nav").one(class_="admin__count").text == "3"


def test_a_network_without_trouble_says_so(look: Look) -> None:
    assert "All is well" in look(PAGE).text
    assert "Nothing is yours" in look(f"{PAGE}?whose=mine").text
    assert "Nothing is put aside" in look(f"{PAGE}?whose=aside").text


def test_the_rest_of_many_is_one_press_away(look: Look) -> None:
    rows.dead(30)
    root = look(PAGE)
    assert len(rows.names(root)) == 5
    root = look(rows.link(root, "Show more: Deliveries that were given up"))
    assert len(rows.names(root)) == 30


def test_the_page_costs_the_same_for_nothing_and_for_much(
    signed_in: FlaskClient, operator: User, clock: TurnedClock, statements: Statements
) -> None:
    def cost() -> tuple[int, int]:
        statements.clear()
        size = len(signed_in.get(PAGE, headers={"Accept-Encoding": "gzip"}).data)
        return len(statements), size

    nothing, _size = cost()
    for number in range(12):
        site(f"site-{number}", status=SiteStatus.FAILED)
        attempt()
        overdue(clock)
        declaration()
        notice(status=InboundStatus.FAILED)
        mail()
    rows.dead(20)
    clock.tick(minutes=6)
    much, size = cost()
    assert nothing == much <= 12
    assert size < 15_000


def test_it_is_tried_again_by_the_button_of_its_own_page(
    signed_in: FlaskClient, look: Look, clock: TurnedClock
) -> None:
    [dead] = rows.dead()
    broken = site("bakery", status=SiteStatus.FAILED)
    clock.tick(minutes=6)
    root = look(PAGE)
    for name in (f"Send again: Delivery {dead.id}: sync_contact", "Set up now: bakery"):
        [button] = [one for one in root.all("button") if one.text == name]
        assert signed_in.post(button.attrs["formaction"]).status_code == 303
    assert rows.fresh(dead).status == DeliveryStatus.PENDING
    assert look(f"/admin/sites/{broken.id}")
    assert open_now() == {"sites": 1}


def test_a_gateway_is_asked_at_once(signed_in: FlaskClient, clock: TurnedClock) -> None:
    tried = attempt()
    asked_before = tried.asked
    assert signed_in.post(f"/admin/payments/{tried.payment_id}/question").status_code == 303
    assert rows.fresh(tried).asked == asked_before + 1
    other = factories.payment().id
    signed_in.post(f"/admin/payments/{other}/question")
    assert "Nothing was asked" in signed_in.get(f"/admin/payments/{other}").text


def test_who_may_only_look_is_shown_no_button(client: FlaskClient) -> None:
    rows.dead()
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    text = client.get(PAGE).text
    assert "sync_contact" in text
    assert re.findall(r'formaction="[^"]*"', text) == []


# -- who takes care of it --------------------------------------------------------------------------------------------
def test_what_is_taken_is_mine_until_i_release_it(signed_in: FlaskClient, look: Look, operator: User) -> None:
    first, _second = rows.dead(2)
    url = f"{PAGE}/deliveries/{first.id}"
    assert (
        signed_in.post(f"{url}/taking", data={"back": f"{PAGE}?whose=mine"}).headers["Location"] == f"{PAGE}?whose=mine"
    )
    assert found(look(f"{PAGE}?whose=mine")) == {
        "Deliveries that were given up": [f"Delivery {first.id}: sync_contact"]
    }
    assert "Olga Peters" in look(PAGE).text
    signed_in.post(f"{url}/release")
    assert found(look(f"{PAGE}?whose=mine")) == {}


def test_the_slower_of_two_is_told_who_was_quicker(app: Flask, signed_in: FlaskClient) -> None:
    [dead] = rows.dead()
    url = f"{PAGE}/deliveries/{dead.id}/taking"
    other = factories.operator(name="Paul Other")
    paul = factories.signed_in(app.test_client(), other)
    assert paul.post(url, data={"held_by": ""}).status_code == 303
    refused = signed_in.post(url, data={"held_by": ""})
    assert (refused.status_code, "Paul Other takes care of it already." in refused.text) == (409, True)
    assert mark("deliveries", dead).user_id == other.id
    assert signed_in.post(url, data={"held_by": str(other.id)}).status_code == 303
    assert paul.post(url, data={"held_by": str(other.id)}).status_code == 409
    paul.post(f"{PAGE}/deliveries/{dead.id}/release")
    assert mark("deliveries", dead).user_id not in (None, other.id)


def test_what_is_put_aside_is_counted_no_more_and_can_be_brought_back(signed_in: FlaskClient, look: Look) -> None:
    [dead] = rows.dead()
    url = f"{PAGE}/deliveries/{dead.id}/aside"
    signed_in.post(url, data={"on": "1"})
    assert open_now() == {}
    assert list(found(look(f"{PAGE}?whose=aside"))) == ["Deliveries that were given up"]
    signed_in.post(url, data={"on": "0"})
    assert open_now() == {"deliveries": 1}


def test_a_refund_that_is_put_aside_is_not_shown_any_more(signed_in: FlaskClient, look: Look) -> None:
    payment = factories.payment(status=PaymentStatus.COMPLETED, completed_at=clock.now())
    factories.save(lambda: Refund(payment_id=payment.id, amount_minor=500, currency="EUR", by_hand=True))
    assert list(found(look(PAGE))) == ["Refunds that need a person"]
    signed_in.post(f"{PAGE}/refunds/{payment.id}/aside", data={"on": "1"})
    assert open_now() == {}
    assert found(look(PAGE)) == {}


def test_nothing_is_noted_on_what_is_not_open(signed_in: FlaskClient, client: FlaskClient) -> None:
    done = rows.delivery(status=DeliveryStatus.DONE)
    for url in (f"deliveries/{done.id}", "deliveries/99", "nonsense/1"):
        assert signed_in.post(f"{PAGE}/{url}/taking").status_code == 404, url
    [dead] = rows.dead()
    assert signed_in.post(f"{PAGE}/deliveries/{dead.id}/release").status_code == 404


def test_a_way_back_leads_nowhere_else(signed_in: FlaskClient) -> None:
    [dead] = rows.dead()
    for back in ("https://evil.example/", "//evil.example", "/admin/attentionx", ""):
        answer = signed_in.post(f"{PAGE}/deliveries/{dead.id}/taking", data={"back": back})
        assert answer.headers["Location"] == PAGE


def test_notes_on_what_is_no_longer_open_are_forgotten(signed_in: FlaskClient, clock: TurnedClock) -> None:
    one, two = rows.dead(2)
    for dead in (one, two):
        signed_in.post(f"{PAGE}/deliveries/{dead.id}/taking")
    signed_in.post(f"/admin/deliveries/{one.id}/retry")
    assert schedule.forget_marks() == 1
    assert (mark("deliveries", one), mark("deliveries", two) is not None) == (None, True)


# -- a mail a day ----------------------------------------------------------------------------------------------------
def digests(db: Session) -> list[Mail]:
    db.rollback()
    return list(db.scalars(select(Mail).where(Mail.kind == "attention_digest").order_by(Mail.id)))


def test_a_mail_a_day_tells_what_is_open(
    db: Session, signed_in: FlaskClient, operator: User, clock: TurnedClock, look: Look
) -> None:
    clock.use("2027-02-01T10:00Z")
    rows.dead(3)
    notice(status=InboundStatus.FAILED)
    signed_in.post(f"{PAGE}/digest", data={"hour": "7"})
    assert look(PAGE).by_id("hour").one("option", selected="").text == "07:00"
    schedule.send_digests()
    assert digests(db) == []
    clock.use("2027-02-02T06:59Z")
    schedule.send_digests()
    assert digests(db) == []
    clock.use("2027-02-02T07:03Z")
    for _clock in range(3):
        schedule.send_digests()
    [sent] = digests(db)
    assert sent.to_address == operator.email
    assert "Deliveries that were given up: 3\nNotices that could not be handled: 1" in sent.text
    assert "/admin/attention" in sent.text
    clock.use("2027-02-03T23:59Z")
    schedule.send_digests()
    assert len(digests(db)) == 2


def test_nothing_open_is_no_mail_and_neither_is_no_wish(
    db: Session, signed_in: FlaskClient, operator: User, clock: TurnedClock
) -> None:
    clock.use("2027-02-01T10:00Z")
    signed_in.post(f"{PAGE}/digest", data={"hour": "7"})
    clock.tick(days=1)
    schedule.send_digests()
    rows.dead()
    schedule.send_digests()
    assert digests(db) == []
    signed_in.post(f"{PAGE}/digest", data={"hour": ""})
    clock.tick(days=1)
    schedule.send_digests()
    assert digests(db) == []


def test_it_is_written_in_the_persons_language_and_only_while_they_are_of_the_staff(
    db: Session, client: FlaskClient, clock: TurnedClock
) -> None:
    clock.use("2027-02-01T10:00Z")
    person = factories.operator(locale="de", role=Role.SUPPORT)
    factories.signed_in(client, person).post(f"{PAGE}/digest", data={"hour": "23"})
    rows.dead()
    clock.use("2027-02-01T23:00Z")
    schedule.send_digests()
    assert "Aufgegebene Zustellungen: 1" in digests(db)[0].text
    with unit_of_work("test") as session:
        session.get_one(User, person.id).role = Role.CUSTOMER
    clock.tick(days=1)
    schedule.send_digests()
    assert len(digests(db)) == 1


def test_an_hour_that_is_none_is_refused(signed_in: FlaskClient) -> None:
    for hour in ("24", "-1", "soon"):
        assert signed_in.post(f"{PAGE}/digest", data={"hour": hour}).status_code == 422


def test_every_source_is_named() -> None:
    assert set(WORDS) == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_is_found_by_an_index(app: Flask, operator: User, name: str) -> None:
    """The plans of its count, and of its items with one more condition, read no table from end to end."""
    query = SOURCES[name].query(operator).order_by(None)
    for asked in (query, query.where(text("1 = 1"))):
        plan = steps(asked)
        assert read_through(plan) == [], plan


def test_what_was_paid_is_not_read_through_to_find_the_few_in_doubt(app: Flask, operator: User) -> None:
    """Nearly all payments are paid: an index of their status would find all of them."""
    plan = steps(SOURCES["taxes"].query(operator).order_by(None))
    assert [one for one in plan if "ix_payments_status" in one] == [], plan
