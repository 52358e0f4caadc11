"""Invoices and credit notes: found by number or buyer, opened, exported, sent again."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import defer, joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, found
from webapp.blueprints.views import View, go_to
from webapp.domain import audit
from webapp.domain.staff import Capability
from webapp.integrations.mailing import invoices as by_mail
from webapp.models import Invoice, InvoiceKind
from webapp.transactions import unit_of_work


def search(text: str) -> ColumnElement[bool]:
    """By the beginning of its number, by its order, or by its customer."""
    return searches.any_of(
        Invoice.id,
        select(Invoice.id).where(searches.begins_with(Invoice.number, text)),
        searches.by_customer(Invoice.id, Invoice.customer_id, text),
        *by_order(text),
    )


def by_order(text: str) -> list[Select[Any]]:
    number = searches.number(text)
    return [] if number is None else [select(Invoice.id).where(Invoice.payment_id == number)]


INVOICES = Listing(
    endpoint="admin.list_invoices",
    model=Invoice,
    title=_l("Invoices"),
    columns=(
        Column(_l("Number")),
        Column(_l("Kind")),
        Column(_l("Customer")),
        Column(_l("Payment")),
        Column(_l("Tax"), align="end"),
        Column(_l("Amount"), sort="amount", align="end"),
        Column(_l("Issued"), sort="-issued"),
    ),
    search=search,
    sorts={"issued": Invoice.issued_at, "amount": Invoice.total_minor},
    sort="-issued",
    filters=(
        filters.by_status(Invoice.kind, InvoiceKind),
        *filters.by_day(filters.in_order(Invoice.issued_at), "issued"),
        filters.by_customer(Invoice.customer_id),
    ),
    options=(joinedload(Invoice.customer).options(CUSTOMER_NAME), defer(Invoice.content)),
)
list_view = View("admin/invoices.html", block="list")


@bp.get("/invoices")
@needs(Capability.INVOICES_VIEW)
def list_invoices() -> ResponseReturnValue:
    return lists.show(INVOICES, list_view)


@bp.post("/invoices/<int:invoice_id>/mail")
@needs(Capability.EMAILS_SEND)
def create_invoice_mail(invoice_id: int) -> ResponseReturnValue:
    """Send it to its customer once more, with a new link."""
    with unit_of_work(actor()):
        invoice: Invoice = found(Invoice, invoice_id)
        by_mail.write(invoice, once=None)
        audit.note(invoice, "invoices.send", before={}, after={"number": invoice.number})
        payment_id = invoice.payment_id
    flash(_("The invoice is on its way to the customer."), "success")
    return go_to(url_for("admin.show_payment", payment_id=payment_id))
