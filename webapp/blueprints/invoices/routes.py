"""The PDF of an invoice: for its owner, for the staff, and for whoever has the link from a mail."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from webapp.blueprints import access
from webapp.documents import invoice_pdf
from webapp.domain import invoice_links, invoices
from webapp.domain.staff import Capability
from webapp.errors import NotFound
from webapp.models import Invoice
from webapp.transactions import unit_of_work

bp = Blueprint("invoices", __name__)
bp.before_request(access.public)


@bp.get("/invoice/<reference>.pdf")
def show_pdf(reference: str) -> Response:
    """To all others it is as if it were not there: they are told nothing by this door."""
    invoice = invoices.find_by_reference(reference)
    if not is_theirs(invoice):
        raise NotFound()
    pdf = invoice_pdf.of(invoice)
    if invoice.pdf_bytes is None:
        with unit_of_work("system"):
            invoices.note_size(invoice.id, len(pdf))
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{file_name(invoice)}"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def is_theirs(invoice: Invoice) -> bool:
    if invoice_links.is_good(invoice.reference, request.args.get("token", "")):
        return True
    if not current_user.is_authenticated:
        return False
    return access.customer_id() == invoice.customer_id or access.may(Capability.INVOICES_VIEW)


def file_name(invoice: Invoice) -> str:
    """Of letters and digits that every system takes."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{invoice.kind}-{invoice.number}") + ".pdf"
