"""Invoices and credit notes: issued with the settlement that they are about, in its transaction, and never changed.

Their numbers are drawn and they are written last of all in the unit, so that nobody waits for a number longer than a
commit takes. Every settled payment has one, also over nothing, unless `invoices_for_free` says otherwise: the law asks
for none where nothing was paid, but books without holes are easier to look through.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from webapp import clock, unit
from webapp.domain import invoice_content, invoice_numbers, mail_texts, network
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import Invoice, InvoiceKind, Membership, Payment, Refund
from webapp.models.parts import new_reference

INVOICES = cast(Table, Invoice.__table__)


# -- issuing -----------------------------------------------------------------------------------------------------------
def issue(payment: Payment) -> None:
    """A payment is settled: its invoice is written at the end of this unit, once."""
    if payment.total_minor or network.settings().invoices_for_free:
        unit.current().close_with(write, (payment, None, InvoiceKind.INVOICE))


def credit(refund: Refund) -> None:
    """Money went back: a credit note, if the payment has an invoice."""
    unit.current().close_with(write, (refund.payment, refund, InvoiceKind.CREDIT_NOTE))


def take_back(refund: Refund) -> None:
    """The money of a credit note came back to us: an invoice over the same takes it back."""
    unit.current().close_with(write, (refund.payment, refund, InvoiceKind.INVOICE))


def write(session: Session, wanted: list[tuple[Payment, Refund | None, InvoiceKind]]) -> None:
    """All documents of a unit: their numbers by one statement, their rows by another."""
    known = _written(session, wanted)
    new = [one for one in wanted if not _is_needless(one, known)]
    if not new:
        return
    _look_at(session, [payment for payment, _refund, _kind in new])
    settings, now = network.settings(), clock.now()
    day = now.astimezone(ZoneInfo(settings.time_zone)).date()
    numbers = invoice_numbers.draw(session, len(new), first=settings.invoice_first_number)
    rows = []
    for (payment, refund, kind), count in zip(new, numbers, strict=True):
        number = invoice_numbers.written(settings.invoice_pattern, count, day)
        content = _content(payment, refund, kind, number, day, known)
        row = _row(payment, refund, kind, content) | {"sequence_number": count, "issue_date": day, "issued_at": now}
        known[_key(payment, refund, kind)] = content
        rows.append(row)
    session.execute(INVOICES.insert(), rows)


def _look_at(session: Session, payments: list[Payment]) -> None:
    """Have what stands on many invoices at hand, by a statement a table and not by one an invoice."""
    if len(payments) > 1:
        membership = joinedload(Payment.membership).joinedload(Membership.credential)
        shown = (
            selectinload(Payment.line_items),
            selectinload(Payment.tries),
            joinedload(Payment.customer),
            membership,
        )
        session.scalars(select(Payment).where(Payment.id.in_({one.id for one in payments})).options(*shown)).all()


Key = tuple[int, int | None, str]


def _key(payment: Payment, refund: Refund | None, kind: InvoiceKind) -> Key:
    return payment.id, refund.id if refund is not None else None, str(kind)


def _written(session: Session, wanted: list[Any]) -> dict[Key, dict[str, Any]]:
    """What is there already of the payments that something is given back of; a new payment has nothing yet."""
    ids = {payment.id for payment, refund, _kind in wanted if refund is not None}
    if not ids:
        return {}
    query = select(INVOICES.c.payment_id, INVOICES.c.refund_id, INVOICES.c.kind, INVOICES.c.content)
    found = session.execute(query.where(INVOICES.c.payment_id.in_(ids)))
    return {(payment_id, refund_id, str(kind)): content for payment_id, refund_id, kind, content in found}


def _is_needless(one: tuple[Payment, Refund | None, InvoiceKind], known: dict[Key, dict[str, Any]]) -> bool:
    payment, refund, kind = one
    if refund is None:
        return False
    if kind == InvoiceKind.INVOICE:
        return (payment.id, refund.id, str(InvoiceKind.CREDIT_NOTE)) not in known
    return (payment.id, None, str(InvoiceKind.INVOICE)) not in known


def _content(
    payment: Payment,
    refund: Refund | None,
    kind: InvoiceKind,
    number: str,
    day: date,
    known: dict[Key, dict[str, Any]],
) -> dict[str, Any]:
    locale = mail_texts.language(payment.customer.locale)
    if refund is None:
        return invoice_content.of_payment(payment, number, day, locale)
    if kind == InvoiceKind.INVOICE:
        return invoice_content.taking_back(known[payment.id, refund.id, str(InvoiceKind.CREDIT_NOTE)], number, day)
    invoice = known[payment.id, None, str(InvoiceKind.INVOICE)]
    preceding = {"number": invoice["number"], "date": invoice["issue_date"]}
    return invoice_content.of_refund(refund, number, day, invoice["locale"], preceding)


def _row(payment: Payment, refund: Refund | None, kind: InvoiceKind, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "reference": payment.reference if refund is None else new_reference(),
        "kind": kind,
        "entity": invoice_numbers.ENTITY,
        "number": content["number"],
        "customer_id": payment.customer_id,
        "payment_id": payment.id,
        "refund_id": refund.id if refund is not None else None,
        "currency": content["currency"],
        "total_minor": content["totals"]["gross"],
        "tax_minor": content["totals"]["tax"],
        "locale": content["locale"],
        "content": content,
    }


def note_size(invoice_id: int, size: int) -> None:
    """How large its PDF is, in bytes."""
    db.session.get_one(Invoice, invoice_id).pdf_bytes = size


# -- finding -----------------------------------------------------------------------------------------------------------
def find_by_reference(reference: str) -> Invoice:
    """By the random reference of its address. Raises NotFound."""
    found = db.session.scalars(select(Invoice).where(Invoice.reference == reference)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def of_payment(payment_id: int) -> list[Invoice]:
    """Its invoice, then its credit notes, oldest first."""
    query = select(Invoice).where(Invoice.payment_id == payment_id).order_by(Invoice.id)
    return list(db.session.scalars(query))


def of_refund(refund_id: int) -> Invoice | None:
    """Its credit note."""
    query = select(Invoice).where(Invoice.refund_id == refund_id, Invoice.kind == InvoiceKind.CREDIT_NOTE)
    return db.session.scalars(query).one_or_none()


def of_customer(customer_id: int, *, before: int | None = None, limit: int = 25) -> list[Invoice]:
    """Newest first. `before`: only those older than the one with this id."""
    query = select(Invoice).where(Invoice.customer_id == customer_id)
    query = query.options(defer(Invoice.content), joinedload(Invoice.payment))
    query = query if before is None else query.where(Invoice.id < before)
    return list(db.session.scalars(query.order_by(Invoice.id.desc()).limit(limit)))
