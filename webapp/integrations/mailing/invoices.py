"""Invoices by mail: with each settlement of money, and when somebody of the staff sends one again."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale

from webapp.documents import invoice_pdf
from webapp.domain import customers, invoice_links, invoices, mails, outbox, receivables
from webapp.extensions import db
from webapp.formatting import money
from webapp.hooks import add_action
from webapp.integrations.mailing import words
from webapp.models import Invoice, InvoiceKind, Payment, Refund
from webapp.transactions import unit_of_work


def listen() -> None:
    add_action("wu_payment_completed", send_invoice, background=True)
    add_action("wu_payment_refunded", send_credit_note, background=True)


def send_invoice(payment: Payment) -> str:
    """Over nothing, none is sent: it lies in the account."""
    found = [one for one in invoices.of_payment(payment.id) if one.refund_id is None]
    if not found or not found[0].total_minor:
        return "there is none to send"
    return send(found[0].id, once=f"invoice:{found[0].id}")


def send_credit_note(_payment: Payment, refund: Refund) -> str:
    note = invoices.of_refund(refund.id)
    return "there is none to send" if note is None else send(note.id, once=f"invoice:{note.id}")


def send(invoice_id: int, *, once: str | None) -> str:
    """Write the mail with its link, and that it was sent; in words what was done."""
    size = len(invoice_pdf.of(db.session.get_one(Invoice, invoice_id)))  # drawn while no transaction waits for it
    with unit_of_work("mail") as session:
        invoices.note_size(invoice_id, size)
        return write(session.get_one(Invoice, invoice_id), once=once)


def write(invoice: Invoice, *, once: str | None) -> str:
    owner = customers.find(invoice.customer_id)
    with force_locale(invoice.locale):
        values = values_of(invoice)
    named = "" if owner.display_name == owner.email else owner.display_name
    kind = "credit_note" if invoice.kind == InvoiceKind.CREDIT_NOTE else "invoice"
    mail = mails.send(
        kind,
        to=owner.email,
        locale=invoice.locale,
        customer_id=owner.id,
        user_id=owner.user_id,
        values={"name": named, **values},
        once=once,
    )
    if mail is None:
        return f"{kind} was written already"
    outbox.record("invoice.sent", invoice)
    return f"{kind} written"


def values_of(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "total": money(invoice.total),
        "tax_note": words.tax_note(receivables.find(invoice.payment_id)),
        "order_number": invoice.content["order_number"],
        "link": invoice_links.url(invoice.reference),
    }
