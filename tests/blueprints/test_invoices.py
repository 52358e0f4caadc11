"""Who gets an invoice's PDF, what is in it, and how it reaches people."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import TurnedClock
from tests.domain.test_invoices import change, due, settle
from tests.domain.test_refunds import give_back
from webapp.documents import invoice_pdf
from webapp.domain import invoice_links, invoices
from webapp.extensions import db
from webapp.integrations.mailing import invoices as by_mail
from webapp.models import Customer, Event, Invoice, Mail, Membership, Payment, Role

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def ada() -> Customer:
    facts = {"display_name": "Ada Lovelace", "company_name": "Größenwahn & Söhne", "billing_city": "Köln"}
    customer: Customer = factories.customer(**facts)
    return customer


def bought(customer: Customer, *lines: tuple[int, int], **values: Any) -> Payment:
    membership: Membership = factories.membership(customer=customer)
    payment_id = due(*(lines or ((11900, 1900),)), membership=membership, gateway_reference=None, **values)
    settle(payment_id)
    return db.session.get_one(Payment, payment_id)


def pdf_of(client: FlaskClient, reference: str, query: str = "") -> PdfReader:
    answer = client.get(f"/invoice/{reference}.pdf{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(answer.data))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split()).replace("\u00a0", " ")


# -- the door ----------------------------------------------------------------------------------------------------------
def test_its_owner_and_the_staff_open_it_and_nobody_else(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    path = f"/invoice/{payment.reference}.pdf"
    assert client.get(path).status_code == 404
    assert factories.signed_in(client, factories.customer()).get(path).status_code == 404
    assert factories.signed_in(client, ada).get(path).status_code == 200
    for role in (Role.OWNER, Role.READ_ONLY):
        assert factories.signed_in(client, factories.operator(role=role)).get(path).status_code == 200
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="invoice-2')


def test_the_link_of_a_mail_opens_it_for_thirty_days(client: FlaskClient, ada: Customer, clock: TurnedClock) -> None:
    payment, other = bought(ada), bought(ada)
    token = invoice_links.token(payment.reference)
    assert pdf_of(client, payment.reference, f"?token={token}")
    assert client.get(f"/invoice/{other.reference}.pdf?token={token}").status_code == 404
    clock.tick(days=29)
    assert pdf_of(client, payment.reference, f"?token={token}")
    clock.tick(days=2)
    assert client.get(f"/invoice/{payment.reference}.pdf?token={token}").status_code == 404


@pytest.mark.parametrize("spoil", [str.upper, lambda one: one[:-1], lambda one: "9" + one, lambda one: one + "0"])
def test_a_forged_link_opens_nothing(client: FlaskClient, ada: Customer, spoil: Any) -> None:
    payment = bought(ada)
    token = spoil(invoice_links.token(payment.reference))
    assert client.get(f"/invoice/{payment.reference}.pdf", query_string={"token": token}).status_code == 404


@pytest.mark.parametrize("token", ["", "-", "x-y", "1-", "9999999999999999-ab", "²-ab", "\ud83d", "0" * 9999])
def test_nonsense_opens_nothing(client: FlaskClient, ada: Customer, token: str) -> None:
    assert not invoice_links.is_good(bought(ada).reference, token)
    assert client.get("/invoice/nothing.pdf?token=1-a").status_code == 404


def test_what_is_not_settled_has_none(client: FlaskClient, ada: Customer) -> None:
    payment = factories.payment(membership=factories.membership(customer=ada))
    assert factories.signed_in(client, ada).get(f"/invoice/{payment.reference}.pdf").status_code == 404


# -- the paper ---------------------------------------------------------------------------------------------------------
def test_its_text_can_be_selected_and_says_it_all(client: FlaskClient, ada: Customer) -> None:
    change(company_name="Parzelle GmbH", company_address="Hauptstr. 1\n10115 Berlin", bank_details="IBAN DE02 1203")
    payment = bought(ada, (11900, 1900), (5350, 350))
    text = text_of(pdf_of(factories.signed_in(client, ada), payment.reference))
    for said in (
        "Invoice 2",
        "Größenwahn & Söhne",
        "Köln",
        "Parzelle GmbH",
        "IBAN DE02 1203",
        "19% VAT on €100.00",
        "7% VAT on €50.00",
        "€172.50",
        payment.order_number,
    ):
        assert said.replace("19%", "19 %").replace("7%", "7 %") in text, said


def test_it_speaks_the_language_it_was_issued_in(client: FlaskClient, clock: TurnedClock) -> None:
    clock.use("2027-03-05T10:00Z")
    ada = factories.customer(locale="de")
    payment = bought(ada, evidence={"reverse_charge": True})
    reader = pdf_of(factories.signed_in(client, ada), payment.reference)
    assert "Rechnung 2027-1" in text_of(reader)
    assert "5. März 2027" in text_of(reader)
    assert reader.root_object["/Lang"] == "de"


def test_a_reverse_charge_says_who_owes_the_tax(client: FlaskClient, ada: Customer) -> None:
    evidence = {"reverse_charge": True, "tax_id": "ATU12345675"}
    payment = bought(ada, (10000, 0), evidence=evidence)
    text = text_of(pdf_of(factories.signed_in(client, ada), payment.reference))
    assert "the tax is owed by the recipient" in text
    assert "ATU12345675" in text


def test_the_same_invoice_has_the_same_bytes_for_good(client: FlaskClient, ada: Customer, clock: TurnedClock) -> None:
    payment = bought(ada)
    client = factories.signed_in(client, ada)
    first = client.get(f"/invoice/{payment.reference}.pdf").data
    change(company_name="Somebody Else", default_locale="de")
    factories.save(lambda: ada)
    clock.tick(days=400)
    again = client.get(f"/invoice/{payment.reference}.pdf", headers={"Accept-Language": "de"}).data
    assert again == first


def test_a_long_one_has_several_pages_and_its_sums_once(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada, *((1190 + 119 * n, 190 + 19 * n) for n in range(60)))
    reader = pdf_of(factories.signed_in(client, ada), payment.reference)
    assert len(reader.pages) > 1
    assert "Description" in reader.pages[1].extract_text()
    assert text_of(reader).count("Net amount") == 1
    assert f"Page 2 of {len(reader.pages)}" in text_of(reader)


@pytest.mark.parametrize("name", ["日本太郎", "🎉", "<b>&amp;</b>", "x" * 200, "**bold** __u__ --s--", "a\tb"])
def test_no_name_stops_it(client: FlaskClient, name: str) -> None:
    ada = factories.customer(display_name=name)
    payment = bought(ada)
    assert pdf_of(factories.signed_in(client, ada), payment.reference)


# -- on its way --------------------------------------------------------------------------------------------------------
def test_it_is_mailed_once_with_its_link_and_told(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    assert [by_mail.send_invoice(payment) for _ in range(2)] == ["invoice written", "invoice was written already"]
    mail = db.session.scalars(select(Mail)).one()
    invoice = db.session.scalars(select(Invoice)).one()
    assert invoice.number in mail.subject
    link = next(word for word in mail.text.split() if "/invoice/" in word).strip("()<>")
    assert client.get(link.removeprefix("http://localhost")).status_code == 200
    told = db.session.scalars(select(Event).where(Event.type == "invoice.sent")).one()
    assert (told.data["number"], told.data["total"]) == (invoice.number, 11900)


def test_over_nothing_none_is_sent(ada: Customer) -> None:
    assert by_mail.send_invoice(bought(ada, (0, 0))) == "there is none to send"


def test_a_credit_note_is_mailed_too(ada: Customer) -> None:
    payment = bought(ada)
    refund = give_back(payment, 1000)
    assert by_mail.send_credit_note(payment, refund) == "credit_note written"
    assert "Credit note" in db.session.scalars(select(Mail)).one().subject


# -- where they are listed ---------------------------------------------------------------------------------------------
@pytest.mark.ux("K6")
def test_the_account_lists_them_with_their_payment(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    give_back(payment, 1000)
    client = factories.signed_in(client, ada)
    number, note = (one.number for one in invoices.of_payment(payment.id))
    text = client.get("/account/invoices").text
    assert f"Invoice {number} (PDF)" in text
    assert f"Credit note {note} (PDF)" in text
    assert "€119.00" in text
    size = len(client.get(f"/invoice/{payment.reference}.pdf").data)
    assert size > 10_000
    for page in ("/account/invoices", f"/account/payments/{payment.reference}"):
        text = client.get(page).text
        assert f"Invoice {number} (PDF, {round(size / 1000)} KB)" in text
        assert f"Credit note {note} (PDF)" in text


def test_what_was_mailed_is_listed_with_its_size(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    by_mail.send_invoice(payment)
    invoice = db.session.scalars(select(Invoice)).one()
    assert invoice.pdf_bytes == len(invoice_pdf.of(invoice))
    listed = factories.signed_in(client, ada).get("/account/invoices").text
    assert f"(PDF, {round(invoice.pdf_bytes / 1000)} KB)" in listed


def test_the_account_leads_from_a_payment_to_its_invoice(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    client = factories.signed_in(client, ada)
    assert f"/invoice/{payment.reference}.pdf" in client.get(f"/account/payments/{payment.reference}").text


def test_the_admin_finds_them_by_number_order_and_customer(client: FlaskClient, ada: Customer) -> None:
    payment = bought(ada)
    bought(factories.customer(display_name="Grace Hopper"))
    give_back(payment, 1000)
    client = factories.signed_in(client, factories.operator())
    [number, note] = [one.number for one in invoices.of_payment(payment.id)]
    for query, found in ((number, {number}), (payment.order_number, {number, note}), ("Lovelace", {number, note})):
        text = client.get("/admin/invoices", query_string={"search": query}).text
        listed = {one for one in (number, note) if f">{one}<" in text}
        assert listed == found, query
        assert "Grace Hopper" not in text
    assert f">{note}<" in client.get("/admin/invoices?status=credit-note").text
    assert f">{number}<" not in client.get("/admin/invoices?status=credit-note").text
    assert f">{number}<" in client.get(f"/admin/payments/{payment.id}").text


def test_one_of_the_staff_sends_it_again(client: FlaskClient, ada: Customer, clock: TurnedClock) -> None:
    payment = bought(ada)
    [invoice] = invoices.of_payment(payment.id)
    client = factories.signed_in(client, factories.operator())
    assert client.post(f"/admin/invoices/{invoice.id}/mail").status_code == 303
    clock.tick(hours=1)
    assert client.post(f"/admin/invoices/{invoice.id}/mail").status_code == 303
    assert len(db.session.scalars(select(Mail).where(Mail.kind == "invoice")).all()) == 2
    assert rows.fresh(payment).id
    assert invoice.issued_at + timedelta(hours=1) == clock.now


def test_the_logo_of_an_invoice_is_kept_when_another_is_chosen(app: Flask, client: FlaskClient, ada: Customer) -> None:
    from PIL import Image

    from webapp.domain import logos

    def picture(colour: str) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (300, 90), colour).save(file, "PNG")
        return file.getvalue()

    for colour, then in (("green", lambda: bought(ada)), ("red", lambda: None)):
        with_logo(logos, picture(colour))
        then()
    [payment] = db.session.scalars(select(Payment))
    reader = pdf_of(factories.signed_in(client, ada), payment.reference)
    assert len(reader.pages[0].images) == 1


def with_logo(logos: Any, data: bytes) -> None:
    from webapp.transactions import unit_of_work

    with unit_of_work("operator:1"):
        logos.keep(logos.read(data))
