"""Recurring revenue is what is no tax, and it changes when what is charged does."""

from __future__ import annotations

import importlib
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from tests import factories, lives
from tests.conftest import TurnedClock
from tests.domain.test_figures import begin, count, end, look, refund
from tests.flows.test_changes import ask, settle
from webapp.domain import credits, ledger
from webapp.extensions import db as database
from webapp.models import CreditKind, Membership, MrrMovement, Refund, Renewals
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

MIGRATION = "webapp.migrations.versions.20261125_7d2e9c15b4a3_net_figures"


def mrr_of(membership_id: int) -> list[int]:
    query = select(MrrMovement.amount_minor).where(MrrMovement.membership_id == membership_id)
    return list(database.session.scalars(query.order_by(MrrMovement.id)))


@pytest.mark.parametrize(("inclusive", "price", "net"), [(False, 11900, 10000), (True, 10000, 8403)])
def test_tax_is_no_recurring_revenue(
    app: Flask, clock: TurnedClock, settings: Settings, inclusive: bool, price: int, net: int
) -> None:
    factories.taxed(inclusive=inclusive)
    factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=10000)
    membership = lives.membership(lives.buy("plan", settings, cart={"country": "DE"}))
    assert (membership.price_minor, membership.net_price_minor) == (price, net)
    assert mrr_of(membership.id) == [net]


def test_a_code_that_runs_out_is_an_expansion_when_the_full_price_is_paid(
    app: Flask, clock: TurnedClock, settings: Settings
) -> None:
    clock.use("2027-01-31T10:00:00Z")
    factories.product("plan", amount_minor=10000)
    factories.discount_code("HALF", 50, apply_to_renewals=Renewals.FIRST, renewals_limit=1)
    number = lives.buy("plan", settings, cart={"discount_code": "HALF"})
    assert (mrr_of(number), lives.membership(number).price_minor) == ([5000], 5000)
    lives.live_until(clock, "2027-03-01T00:00:00Z")
    assert (mrr_of(number), lives.membership(number).price_minor) == ([5000], 10000)
    lives.live_until(clock, "2027-04-01T12:00:00Z")
    assert (mrr_of(number), lives.taken()) == ([5000, 5000], [5000, 5000, 10000])
    assert ledger.held(database.session()) == ledger.afresh(database.session()) == {"EUR": 10000}


def test_another_tax_changes_the_price_and_not_the_recurring_revenue(
    app: Flask, clock: TurnedClock, settings: Settings
) -> None:
    clock.use("2027-01-31T10:00:00Z")
    factories.taxed()
    rate = factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=10000)
    number = lives.buy("plan", settings, cart={"country": "DE"})
    with unit_of_work("test") as session:
        session.merge(rate).active = False
    lives.live_until(clock, "2027-03-01T00:00:00Z")
    assert (mrr_of(number), lives.membership(number).price_minor) == ([10000], 10000)


def test_other_terms_count_what_they_cost_without_tax(app: Flask, clock: TurnedClock, settings: Settings) -> None:
    clock.use("2027-04-01T10:00:00Z")
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=10000, product_group="hosting")
    factories.product("more", amount_minor=30000, product_group="hosting")
    number = lives.buy("plan", settings, cart={"country": "DE"})
    settle(ask(number, "more"))
    assert (lives.membership(number).price_minor, lives.membership(number).net_price_minor) == (35700, 30000)
    assert mrr_of(number) == [10000, 20000]
    assert ledger.held(database.session()) == ledger.afresh(database.session())


def test_ltv_and_the_churn_of_revenue(app: Flask, clock: TurnedClock) -> None:
    """Of four at 10.00, one ends and one shrinks to 6.00 within 30 days: 26.00 for three."""
    rows = [begin(price_minor=1000) for _ in range(4)]
    clock.tick(days=31)
    end(rows[0])
    with unit_of_work("test") as session:
        session.merge(rows[1]).net_price_minor = 600
    now = look(clock).now
    assert (now.churn, now.revenue_churn) == (Fraction(1, 4), Fraction(1400, 4000))
    assert (now.per_member, now.lifetime_value) == (867, 3418)  # 867 x 30 / 30.4375 x 4


# -- net revenue -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("counted", [False, True])
def test_net_revenue_is_what_was_paid_less_what_went_back_less_its_tax(
    app: Flask, clock: TurnedClock, counted: bool
) -> None:
    payment = begin().payments[0]
    with unit_of_work("test"):
        database.session.merge(payment)
        payment.tax_minor = 479
    clock.tick(days=1)
    back = refund(payment, 1000)
    with unit_of_work("test") as session:
        session.get_one(Refund, back.id).parts = [
            {"category": "S", "rates": [["VAT", "19"]], "net": 840, "taxes": [160]}
        ]
        owner = payment.customer_id
        credits.add(owner, Money(300, "EUR"), CreditKind.GOODWILL, reason="sorry")
    if counted:
        count()
    now = look(clock).now
    assert (now.revenue, now.tax, now.net_revenue) == (2999 - 1000 - 300, 479 - 160, 2999 - 1000 - 300 - 479 + 160)


# -- what was there before -------------------------------------------------------------------------------------------
def test_memberships_and_refunds_that_were_there_before_have_the_tax_of_what_was_paid(
    db: Session, clock: TurnedClock
) -> None:
    began = clock.now
    taxed, plain = begin(price_minor=11900), begin(price_minor=5000)
    clock.tick(days=3)
    with unit_of_work("test") as session:
        payment = session.merge(taxed.payments[0])
        payment.subtotal_minor, payment.tax_minor, payment.total_minor = 10000, 1900, 11900
        row = Refund(payment=payment, amount_minor=1190, currency="EUR")
        row.parts = [{"category": "S", "rates": [["VAT", "19"]], "net": 1000, "taxes": [190]}]
        session.add(row)
    module = importlib.import_module(MIGRATION)
    with unit_of_work("test") as session:
        session.execute(update(Refund).values(tax_minor=0))
        dialect = session.get_bind().dialect.name
        for statement in (module.NET, module.TAX_OF_REFUNDS[dialect], *module.LEDGER):
            session.execute(text(statement))
    kept = dict(iter(db.execute(select(Membership.id, Membership.net_price_minor))))
    assert kept == {taxed.id: 10000, plain.id: 5000}
    assert (mrr_of(taxed.id), mrr_of(plain.id)) == ([10000], [5000])
    assert set(db.scalars(select(MrrMovement.at))) == {began}
    assert list(db.scalars(select(Refund.tax_minor))) == [190]
    assert ledger.held(db) == ledger.afresh(db)
