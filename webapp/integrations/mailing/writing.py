"""Writing one mail to a customer, and the pages that mails lead to."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import force_locale

from webapp.domain import customers, mail_texts, mails
from webapp.models import Customer, Membership, Payment
from webapp.transactions import unit_of_work


def write(kind: str, customer: Customer, once: str, values: Callable[[str], dict[str, str]]) -> str:
    """One mail to a customer, in their language; in words what was done."""
    with unit_of_work("mail"):
        owner = customers.find(customer.id)
        locale = mail_texts.language(owner.locale)
        with force_locale(locale):
            facts = {"name": named(owner), **values(locale)}
        mail = mails.send(
            kind, to=owner.email, locale=locale, customer_id=owner.id, user_id=owner.user_id, values=facts, once=once
        )
        return f"{kind} written" if mail is not None else f"{kind} was written already"


def named(customer: Customer) -> str:
    """As one greets them; nothing for who gave no name."""
    return "" if customer.display_name == customer.email else customer.display_name


def account(membership: Membership) -> str:
    return mails.url(f"/account/memberships/{membership.id}")


def payment_methods(membership: Membership) -> str:
    """Where another one is chosen or added for it."""
    return mails.url(f"/account/payment-methods?contract={membership.id}")


def receipt(payment: Payment) -> str:
    return mails.url(f"/account/payments/{payment.reference}")
