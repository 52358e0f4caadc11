"""What the texts of more than one family of messages may name."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import Placeholder, link

PLAN = Placeholder("plan", _l("The plan's name"), "Premium")
CONTRACT = Placeholder("contract_number", _l("The contract's number"), "12")
ORDER = Placeholder("order_number", _l("The order's number"), "000042")
TAX_NOTE = Placeholder(
    "tax_note",
    _l("Why there is no tax in it: reverse charge, or that you charge none; empty where there is some"),
    _l("Reverse charge: the tax is owed by the recipient of the service (Art. 196 of Directive 2006/112/EC)."),
)
TOTAL = Placeholder("total", _l("The amount"), _l("€29.99"))
PAID_BY = Placeholder("paid_by", _l("How it is paid; may be empty"), "Visa •••• 4242")
ACCOUNT = link(_l("The link to the contract in the account"), "/account/memberships/12")
PAY = link(_l("The link to the page where it is paid"), "/pay/…")
NEXT = Placeholder(
    "next_charge", _l("The next charge and its day; empty when there is none"), "€29.99 on 3 December 2026"
)
