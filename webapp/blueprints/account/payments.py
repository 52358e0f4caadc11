"""What was paid and what is still to pay, with a receipt that prints well."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.account.base import bp, customer
from webapp.blueprints.views import View
from webapp.domain import dues, network, receivables
from webapp.models import RefundStatus

PER_PAGE = 25
list_view = View("account/payments.html")
receipt_view = View("account/receipt.html")


@bp.get("/payments")
def list_payments() -> ResponseReturnValue:
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    rows = receivables.of_customer(customer().id, before=before, limit=PER_PAGE + 1)
    more = len(rows) > PER_PAGE
    return list_view.show(
        payments=rows[:PER_PAGE],
        older_url=url_for(".list_payments", before=rows[PER_PAGE - 1].id) if more else None,
        newer_url=url_for(".list_payments") if before else None,
    )


@bp.get("/payments/<reference>")
def show_payment(reference: str) -> ResponseReturnValue:
    """A receipt for what is paid; for what is not, what it is for and the way to pay it."""
    payment = receivables.in_full(reference, customer_id=customer().id)
    return receipt_view.show(
        payment=payment,
        due=dues.due_of(payment) if not payment.is_paid else None,
        refunds=[one for one in payment.refunds if one.status == RefundStatus.SUCCEEDED],
        seller=network.settings(),
        buyer=payment.customer,
    )
