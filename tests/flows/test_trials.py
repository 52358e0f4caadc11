"""A trial once for each person, whoever they say they are, and nobody charged who was promised one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import Statements, TurnedClock
from tests.flows.at_once import at_once
from tests.flows.test_ordering import count, only
from tests.lives import live_until, taken
from webapp.domain import customers, receivables, trial_claims
from webapp.domain import memberships as domain_memberships
from webapp.domain.checkout import Order
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.flows import asking, ordering, relaying, sandbox_bank
from webapp.models import (
    Customer,
    KnownBy,
    Mail,
    Membership,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Sale,
    SiteStatus,
    TrialClaim,
    Try,
    User,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

S = MembershipStatus


def wish(email: str, plan: str = "studio", **values: Any) -> Order:
    """An order of somebody whose form promised a trial."""
    return replace(factories.order(plan, email=email, **values), saw_trial=True)


@pytest.fixture
def studio(app: Flask) -> None:
    factories.product("studio", trial_duration=14)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@example.com", "ada+again@example.com"),
        ("ada.lovelace@gmail.com", "AdaLovelace+2@googlemail.com"),
        ("ada@müller.example", "ada@xn--mller-kva.example"),
    ],
)
def test_another_spelling_is_the_same_person(studio: None, settings: Settings, first: str, second: str) -> None:
    ordering.place(wish(first), settings)
    with pytest.raises(Invalid) as problem:
        ordering.place(wish(second), settings)
    assert problem.value.code == trial_claims.TAKEN
    assert [count(kind) for kind in (User, Sale, Membership, Payment)] == [1] * 4


def test_others_have_trials_of_their_own(studio: None, settings: Settings) -> None:
    for email in ("ada@example.com", "a.da@example.com", "ada@example.org", "ada@gmail.com"):
        ordering.place(wish(email), settings)
    assert [one.status for one in db.session.scalars(select(Membership))] == [S.TRIALING] * 4


def test_the_address_had_then_and_the_address_had_now_count(studio: None, settings: Settings) -> None:
    ordering.place(wish("ada@example.com"), settings)
    with unit_of_work("test"):
        customers.change_email(only(Customer), "countess@example.com")
    for email in ("ada+2@example.com", "countess+2@example.com"):
        with pytest.raises(Invalid):
            ordering.place(wish(email), settings)


def test_an_order_that_was_never_paid_was_no_trial(app: Flask, studio: None, settings: Settings) -> None:
    factories.product("extra", amount_minor=500, type="package", recurring=False)
    both = factories.order("studio", email="ada@example.com")
    ordering.place(replace(both, cart=replace(both.cart, products=["studio", "extra"])), settings)
    assert only(Membership).status == S.PENDING
    ordering.place(wish("ada+2@example.com"), settings)
    assert count(Membership) == 2


def test_it_is_found_by_an_index_among_any_number(studio: None, settings: Settings, statements: Statements) -> None:
    ordering.place(wish("ada@example.com"), settings)
    statements.clear()
    assert trial_claims.had_by("Ada+5@example.com")
    assert not trial_claims.had_by("grace@example.com")
    assert len(statements) == 2
    assert not any("LIKE" in one.upper() for one in statements)


def test_of_many_who_order_at_once_one_has_the_trial(app: Flask, studio: None, settings: Settings) -> None:
    emails = ["a.d.a@gmail.com", "ada@googlemail.com", "ada+1@gmail.com", "ad.a+2@gmail.com"]
    orders = [wish(one) for one in emails]
    said = at_once(app, *(lambda order=one: ordering.place(order, settings) for one in orders))
    refused = [one for one in said if isinstance(one, Exception)]
    assert [getattr(one, "code", repr(one)) for one in refused] == [trial_claims.TAKEN] * 3
    assert only(Membership).status == S.TRIALING
    assert [count(kind) for kind in (User, Customer, Sale, Payment)] == [1] * 4
    assert count(TrialClaim) == 2
    assert only(Payment).status == PaymentStatus.COMPLETED


# -- cards -----------------------------------------------------------------------------------------------------------
def pay(reference: str, **manner: bool) -> None:
    """The bank's page of this payment's last try is approved, and the bank asked."""
    attempt = receivables.find_by_reference(reference).tries[-1]
    assert attempt.gateway_reference is not None
    sandbox_bank.approve(attempt.gateway_reference, **manner)
    asking.ask(attempt.id)
    db.session.rollback()


def memberships() -> list[Membership]:
    db.session.rollback()
    return list(db.session.scalars(select(Membership).order_by(Membership.id)))


def begin(settings: Settings, email: str, **manner: bool) -> int:
    placed = ordering.place(wish(email), settings)
    pay(placed.reference, **manner)
    return memberships()[-1].id


def test_a_second_trial_with_a_card_that_had_one_is_none(
    app: Flask, studio: None, settings: Settings, clock: TurnedClock
) -> None:
    begin(settings, "ada@example.com", same_card=True)
    number = begin(settings, "grace@example.com", same_card=True)
    first, second = memberships()
    assert first.status == S.TRIALING
    assert first.credential is not None
    assert (second.status, second.trial_ends_at, second.credential, second.auto_renew) == (S.EXPIRED, None, None, False)
    asked = payment_of(number)
    assert (asked.total_minor, asked.status) == (2999, PaymentStatus.PENDING)
    assert second.sites[0].status == SiteStatus.ARCHIVED
    live_until(clock, "2027-03-31T10:00Z")
    assert taken() == [0, 0, 2999, 2999]  # nothing of the second one, whatever time goes by


def payment_of(number: int) -> Payment:
    query = select(Payment).where(Payment.membership_id == number, Payment.status == PaymentStatus.PENDING)
    return db.session.scalars(query).one()


def test_who_confirms_the_price_has_a_period_from_then_on(
    app: Flask, studio: None, settings: Settings, clock: TurnedClock
) -> None:
    begin(settings, "ada@example.com", same_card=True)
    number = begin(settings, "grace@example.com", same_card=True)
    clock.tick(days=1)
    asked = payment_of(number)
    ordering.pay_again(asked.id, "sandbox", settings)
    pay(asked.reference, same_card=True)
    second = memberships()[1]
    assert (second.status, second.periods_paid, second.trial_ends_at) == (S.ACTIVE, 1, None)
    assert second.anchor == second.activated_at == clock.now
    assert second.credential is not None
    assert [one.status for one in second.sites] == [SiteStatus.DELETED, SiteStatus.REQUESTED]
    live_until(clock, "2027-03-02T10:00Z")
    assert memberships()[1].periods_paid == 2


def test_a_set_up_fee_and_a_code_of_the_order_count_for_the_price_without_a_trial(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.product("studio", trial_duration=14, setup_fee_minor=500)
    factories.discount_code("TEN", 10)
    begin(settings, "ada@example.com", same_card=True)
    placed = ordering.place(wish("grace@example.com", cart={"discount_code": "TEN"}), settings)
    pay(placed.reference, same_card=True)
    assert payment_of(memberships()[-1].id).total_minor == 2999 - 300 + 500


def test_another_card_has_a_trial_and_so_has_who_was_refused_one_for_the_card(
    app: Flask, studio: None, settings: Settings
) -> None:
    begin(settings, "ada@example.com", same_card=True)
    begin(settings, "grace@example.com", same_card=True)
    begin(settings, "grace+2@example.com")
    assert [one.status for one in memberships()] == [S.TRIALING, S.EXPIRED, S.TRIALING]


def test_what_the_bank_says_twice_and_late_changes_nothing_more(
    app: Flask, studio: None, settings: Settings, clock: TurnedClock
) -> None:
    begin(settings, "ada@example.com", same_card=True)
    begin(settings, "grace@example.com", same_card=True)
    before = count(Payment)
    for attempt in db.session.scalars(select(Try)).all():
        asking.ask(attempt.id)
    assert [one.status for one in memberships()] == [S.TRIALING, S.EXPIRED]
    assert count(Payment) == before


def test_a_trial_that_was_cancelled_meanwhile_ends_and_nothing_is_asked_for(
    app: Flask, studio: None, settings: Settings
) -> None:
    begin(settings, "ada@example.com", same_card=True)
    placed = ordering.place(wish("grace@example.com"), settings)
    with unit_of_work("customer"):
        domain_memberships.cancel(memberships_now()[-1], reason="changed my mind")
    pay(placed.reference, same_card=True)
    assert memberships()[-1].status == S.CANCELLED
    assert {one.status for one in db.session.scalars(select(Payment))} == {PaymentStatus.COMPLETED}


def memberships_now() -> list[Membership]:
    return list(db.session.scalars(select(Membership).order_by(Membership.id)))


def test_of_many_whose_one_card_is_kept_at_once_one_has_the_trial(app: Flask, studio: None, settings: Settings) -> None:
    placed = [ordering.place(wish(f"person-{number}@example.com"), settings).reference for number in range(4)]
    tries = [receivables.find_by_reference(one).tries[-1] for one in placed]
    for one in tries:
        sandbox_bank.approve(one.gateway_reference or "", same_card=True)
    said = at_once(app, *(lambda number=one.id: asking.ask(number) for one in tries))
    assert [one for one in said if isinstance(one, Exception)] == []
    assert sorted(one.status for one in memberships()) == [S.EXPIRED] * 3 + [S.TRIALING]
    assert db.session.scalars(select(TrialClaim.known_by).order_by(TrialClaim.known_by)).all() == [
        KnownBy.CARD,
        KnownBy.CUSTOMER,
        KnownBy.MAILBOX,
    ]


def test_the_customer_is_asked_once_by_a_message_with_the_price(app: Flask, studio: None, settings: Settings) -> None:
    begin(settings, "ada@example.com", same_card=True)
    number = begin(settings, "grace@example.com", same_card=True)
    for handler in ("webapp.integrations.mailing.listeners", "webapp.integrations.mailing.renewals"):
        relaying.drain(app, handler, lease=timedelta(minutes=1))
    db.session.rollback()
    sent = db.session.scalars(select(Mail).where(Mail.to_address == "grace@example.com").order_by(Mail.kind)).all()
    assert [one.kind for one in sent] == ["order_confirmation", "trial_refused"]
    assert "29.99" in sent[-1].text
    assert payment_of(number).reference in sent[-1].text


# -- what is paid beside a trial -------------------------------------------------------------------------------------
def test_of_two_trials_that_begin_with_a_payment_the_second_paid_is_none(app: Flask, settings: Settings) -> None:
    factories.product("studio", trial_duration=14)
    factories.product("extra", amount_minor=500, type="package", recurring=False)
    both = []
    for email in ("ada@example.com", "ada+2@example.com"):
        order = wish(email)
        both.append(ordering.place(replace(order, cart=replace(order.cart, products=["studio", "extra"])), settings))
    tries = [receivables.find_by_reference(one.reference).tries[-1] for one in both]
    for one in tries:
        sandbox_bank.approve(one.gateway_reference or "")
    said = at_once(app, *(lambda number=one.id: asking.ask(number) for one in tries))
    assert [one for one in said if isinstance(one, Exception)] == []
    assert sorted(one.status for one in memberships()) == [S.EXPIRED, S.TRIALING]
    assert taken() == [500, 500]
    refused = next(one for one in memberships() if one.status == S.EXPIRED)
    assert payment_of(refused.id).total_minor == 2999
