"""Documents, credit and changes of terms in the story of a membership: the admin's and the account's say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import url_for
from flask_babel import gettext as _

from webapp.blueprints.credit_words import KINDS
from webapp.formatting import money, per_period
from webapp.models import Change, ChangeKind, CreditMovement, Invoice, InvoiceKind

Told = TypeVar("Told")


def of_invoice(entry: Callable[..., Told], one: Invoice) -> Told:
    title = _("Credit note %(number)s") if one.kind == InvoiceKind.CREDIT_NOTE else _("Invoice %(number)s")
    url = url_for("invoices.show_pdf", reference=one.reference)
    return entry(when=one.issued_at, title=title % {"number": one.number}, text=money(one.total), url=url)


def of_credit(entry: Callable[..., Told], one: CreditMovement) -> Told:
    title = _("Credit: %(kind)s", kind=KINDS[one.kind])
    return entry(when=one.created_at, title=title, text=money(one.amount))


def of_change(entry: Callable[..., Told], one: Change) -> Told:
    """What was asked for; what became of it is told by its steps."""
    kinds = {
        ChangeKind.UPGRADE: _("Other terms ordered: more"),
        ChangeKind.DOWNGRADE: _("Other terms ordered: less"),
        ChangeKind.ADDON: _("More ordered for the rest of the period"),
    }
    price = f"{money(one.price)} {per_period(one.period)}" if one.recurring else _("without further charges")
    return entry(when=one.created_at, title=kinds[one.kind], text=f"{one.plan.name}, {price}")
