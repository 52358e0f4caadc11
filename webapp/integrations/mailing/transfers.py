"""What we write to whoever pays by bank transfer: how to, that it is due, and that an order was given up."""

from __future__ import annotations

from webapp import clock, transfer_words
from webapp.domain import mails, transfers
from webapp.formatting import long_date, money
from webapp.hooks import idempotency_key
from webapp.integrations.mailing import words
from webapp.integrations.mailing.writing import write
from webapp.models import Payment, PaymentStatus
from webapp.money import Money

NOT_NEEDED = "not needed any more"


def send_instructions(payment: Payment) -> str:
    """Where the money goes; asked for when a try waits for it."""
    return _ask("payment_instructions", payment, "instructions")


def send_reminder(payment: Payment, day: int) -> str:
    """`day`: of those that the operator has chosen, counted from when the money is due."""
    late = payment.due_at is not None and payment.due_at <= clock.now()
    if day < 0 and late:
        return "overdue by now, which has a message of its own"
    return _ask("transfer_reminder" if day < 0 else "transfer_overdue", payment, f"transfer:{day}")


def tell_of_part(payment: Payment, received: int) -> str:
    """`received`: what has come now, in minor units."""
    if payment.status != PaymentStatus.PENDING or not payment.asked:
        return NOT_NEEDED

    def values(_locale: str) -> dict[str, str]:
        return _to_pay(payment) | {"received": money(Money(received, payment.currency))}

    return write("transfer_part", payment.customer, f"part:{payment.id}:{idempotency_key()}", values)


def _ask(kind: str, payment: Payment, once: str) -> str:
    if transfers.awaited(payment) is None or payment.status != PaymentStatus.PENDING:
        return NOT_NEEDED
    return write(kind, payment.customer, f"{once}:{payment.tries[-1].id}", lambda _locale: _to_pay(payment))


def _to_pay(payment: Payment) -> dict[str, str]:
    """Who was told nothing of a transfer yet is led to where it is paid."""
    told = transfers.awaited(payment)
    lines = transfer_words.lines(told, payment.asked, payment.due_at) if told is not None else []
    return {
        **_of(payment),
        "instructions": "\n".join(lines),
        "pay_until": long_date(payment.due_at) if payment.due_at else "",
        "void_on": words.void_on(payment),
        "link": words.payment_link(payment) if told is None else mails.url(f"/thank-you/{payment.reference}"),
    }


def tell_of_giving_up(payment: Payment) -> str:
    """Not where the money has come after all."""
    if payment.status != PaymentStatus.CANCELLED:
        return NOT_NEEDED

    def values(_locale: str) -> dict[str, str]:
        credit = money(payment.credit) if payment.credit_minor else ""
        return {**_of(payment), "credit": credit, "link": mails.url("/register")}

    return write("order_given_up", payment.customer, f"given-up:{payment.id}", values)


def _of(payment: Payment) -> dict[str, str]:
    return {
        "order_number": payment.order_number,
        "plan": payment.membership.plan.name if payment.membership else "",
        "total": money(payment.asked),
        "reference": transfers.quoted(payment),
    }
