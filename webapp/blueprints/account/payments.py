"""What was paid and what is still to pay, with a receipt that prints well."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from webapp.blueprints import credit_words, transfers
from webapp.blueprints.account.base import bp, customer, paged
from webapp.blueprints.views import View
from webapp.domain import dues, invoices, network, receivables, tax_names
from webapp.models import RefundStatus

list_view = View("account/payments.html")
invoices_view = View("account/invoices.html")
receipt_view = View("account/receipt.html")


@bp.get("/payments")
def list_payments() -> ResponseReturnValue:
    return list_view.show(**paged(receivables.of_customer), **credit_words.standing(customer().id))


@bp.get("/invoices")
def list_invoices() -> ResponseReturnValue:
    return invoices_view.show(**paged(invoices.of_customer))


@bp.get("/payments/<reference>")
def show_payment(reference: str) -> ResponseReturnValue:
    """A receipt for what is paid; for what is not, what it is for and the way to pay it."""
    payment = receivables.in_full(reference, customer_id=customer().id)
    return receipt_view.show(
        payment=payment,
        due=dues.due_of(payment) if not payment.is_paid else None,
        transfer=transfers.shown(payment),
        refunds=[one for one in payment.refunds if one.status == RefundStatus.SUCCEEDED],
        seller=network.settings(),
        buyer=payment.customer,
        taxes=tax_names.of_payment(payment),
        invoices=invoices.of_payment(payment.id) if payment.is_paid else [],
    )
