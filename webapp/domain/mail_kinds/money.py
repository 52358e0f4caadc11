"""The messages about money that was taken, was not, or went back, and their documents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Placeholder, declare, link
from webapp.domain.mail_kinds.placeholders import ORDER, PAY, PLAN, TAX_NOTE, TOTAL

INVOICE_NUMBER = Placeholder("number", _l("The number of the document"), "2026-1042")
declare(
    "payment_failed",
    _l("A payment failed"),
    NAME,
    ORDER,
    PLAN,
    TOTAL,
    Placeholder(
        "switched_off_on", _l("The day on which the site is switched off; may be empty"), _l("6 December 2026")
    ),
    Placeholder("next_try_on", _l("The day on which it is tried again by itself; may be empty"), _l("4 December 2026")),
    Placeholder("to_confirm", _l("Not empty when the bank only wants the customer to confirm it"), "yes"),
    Placeholder(
        "methods_link",
        _l("The link to the payment methods in the account; empty when it is no renewal"),
        "https://example.com/account/payment-methods",
    ),
    PAY,
    when=_l("A renewal could not be charged, or a first payment failed after the buyer had left."),
)
declare(
    "refund_made",
    _l("Money was given back"),
    NAME,
    ORDER,
    Placeholder("amount", _l("The amount that was given back"), _l("€10.00")),
    link(_l("The link to the receipt"), "/account/payments/…"),
    when=_l("A payment was refunded, in full or in part."),
)
declare(
    "invoice",
    _l("An invoice"),
    NAME,
    INVOICE_NUMBER,
    TOTAL,
    TAX_NOTE,
    ORDER,
    link(_l("The link to the PDF, good for 30 days"), "/invoice/…"),
    when=_l("A payment was settled, or somebody of the staff sent its invoice again."),
)
declare(
    "credit_note",
    _l("A credit note"),
    NAME,
    INVOICE_NUMBER,
    TOTAL,
    TAX_NOTE,
    ORDER,
    link(_l("The link to the PDF, good for 30 days"), "/invoice/…"),
    when=_l("Money was given back, or somebody of the staff sent the credit note again."),
)
