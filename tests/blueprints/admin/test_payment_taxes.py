"""What staff and customers see of a payment's tax, and what needs a decision because of a VAT id."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.looking import Look
from webapp.domain import payments, tax_id_checks
from webapp.domain.customers import Profile
from webapp.extensions import db as database
from webapp.flows import ordering
from webapp.integrations.mailing import words
from webapp.models import Payment
from webapp.settings import Settings
from webapp.transactions import unit_of_work

FRENCH = "FR40303265045"


def bought(settings: Settings, *, country: str = "FR", tax_id: str = "", inclusive: bool = True) -> Payment:
    factories.taxed(inclusive=inclusive, company_country="DE")
    factories.tax_rate("20", "FR")
    factories.tax_rate("5.5", "FR", category="books", title="TVA")
    factories.product("plan", amount_minor=12000)
    profile = Profile("Ada", bool(tax_id), "Ada SARL", tax_id, billing_country=country, billing_city="Lyon")
    cart = {"country": country, "city": "Lyon", "tax_id": tax_id, "ip_country": "CH"}
    placed = ordering.place(factories.order("plan", gateway="manual", cart=cart, profile=profile), settings)
    database.session.expire_all()
    payment = database.session.scalars(select(Payment).where(Payment.reference == placed.reference)).one()
    number = payment.id
    with unit_of_work("test"):
        payments.confirm_by_hand(payments.locked(number), actor="operator:1")
    return database.session.get_one(Payment, number)


def test_staff_see_each_tax_and_what_it_was_decided_on(db: Session, settings: Settings, look: Look) -> None:
    payment = bought(settings)
    text = look(f"/admin/payments/{payment.id}").text
    assert "20% VAT €20.00" in text
    assert "Prices contain the tax" in text
    assert "Place Lyon, France" in text
    assert "Where the browser seemed to be Switzerland" in text
    assert "Evidence of the place address and network do not agree" in text


def test_a_customers_receipt_names_net_rate_and_tax(client: FlaskClient, db: Session, settings: Settings) -> None:
    payment = bought(settings)
    page = factories.signed_in(client, payment.customer).get(f"/account/payments/{payment.reference}").text
    for said in ("Net", "€100.00", "20% VAT", "€20.00", "€120.00"):
        assert said in page


def test_the_confirmation_names_the_rate(db: Session, settings: Settings) -> None:
    assert words.tax(bought(settings)) == "€20.00 (20% VAT)"


def test_a_shifted_tax_is_said_to_both(client: FlaskClient, db: Session, settings: Settings, look: Look) -> None:
    factories.tax_id_check(FRENCH, consultation="WAPI1")
    payment = bought(settings, tax_id=FRENCH)
    assert payment.total_minor == 10000
    text = look(f"/admin/payments/{payment.id}").text
    assert "Reverse charge" in text
    assert "EU registry: valid (WAPI1)" in text


def test_a_tax_that_was_charged_in_doubt_needs_attention(
    signed_in: FlaskClient, db: Session, settings: Settings, clock: Any
) -> None:
    payment_id = bought(settings, tax_id=FRENCH).id
    page = "/admin/attention"
    assert "tax was charged" not in signed_in.get(page).text  # the answer may come any moment
    clock.tick(minutes=6)
    assert "tax was charged" in signed_in.get(page).text
    with unit_of_work("worker"):
        check_id = tax_id_checks.claim(FRENCH)
        assert check_id is not None
        tax_id_checks.record_answer(check_id, valid=True, consultation="WAPI2")
    assert "turned out to be valid" in signed_in.get(page).text
    text = signed_in.get(f"/admin/payments/{payment_id}").text
    assert "Give €20.00 tax back" in text
    assert "WAPI2" in text
    form = {"share": "tax", "reason": "VAT ID confirmed later"}
    assert signed_in.post(f"/admin/payments/{payment_id}/refunds", data=form).status_code == 303


def test_a_tax_that_was_given_back_needs_nobody_any_more(
    signed_in: FlaskClient, db: Session, settings: Settings, clock: Any
) -> None:
    payment_id = bought(settings, tax_id=FRENCH).id
    clock.tick(minutes=6)
    signed_in.post(f"/admin/payments/{payment_id}/refunds", data={"share": "tax"})
    refund = database.session.get_one(Payment, payment_id).refunds[-1].id
    signed_in.post(f"/admin/payments/{payment_id}/refunds/{refund}/settlement", data={"sent": "y"})
    database.session.rollback()
    payment = database.session.get_one(Payment, payment_id)
    assert (payment.tax_doubt, [one.amount_minor for one in payment.refunds]) == (None, [2000])
    assert "tax was charged" not in signed_in.get("/admin/attention").text
