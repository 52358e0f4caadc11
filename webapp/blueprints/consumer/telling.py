"""Who is written to about a declaration: the sender, the owner of the contract at their own address, the operator."""

from __future__ import annotations

from flask_babel import force_locale
from sqlalchemy import select

from webapp.blueprints.consumer import words
from webapp.blueprints.errors import settings
from webapp.domain import customers, mail_texts, mails, network, throttles
from webapp.extensions import db
from webapp.formatting import exact_time, long_date
from webapp.models import Declaration, DeclarationKind, DeclarationStatus, Mail, Membership


def tell(declaration: Declaration) -> None:
    """To be called in the unit that keeps it, when it has its number. A second call does nothing."""
    tell_sender(declaration)
    membership = declaration.membership
    if declaration.status == DeclarationStatus.CARRIED_OUT and membership is not None:
        tell_owner(membership, f"declaration-{declaration.id}-owner")
    elif declaration.status == DeclarationStatus.OPEN:
        tell_operator(declaration)


def tell_sender(declaration: Declaration) -> None:
    """What was declared, and when. Somebody who names others' addresses sends them only a few."""
    once = key_of(declaration)
    known = db.session.scalar(select(Mail.id).where(Mail.once == once))
    if known is not None or throttles.attempt("receipt", declaration.confirm_to.lower()):
        return
    withdrawal = declaration.kind == DeclarationKind.WITHDRAWAL
    mails.send(
        "withdrawal_received" if withdrawal else "cancellation_received",
        to=declaration.confirm_to,
        locale=declaration.locale,
        values={
            "received_at": exact_time(declaration.received_at),
            "content": "\n".join(f"{label}: {text}" for label, text in words.lines(declaration)),
        },
        once=once,
    )


def key_of(declaration: Declaration) -> str:
    return f"declaration-{declaration.id}"


def is_mailed(declaration: Declaration) -> bool:
    """Whether the sender gets a copy."""
    return db.session.scalar(select(Mail.id).where(Mail.once == key_of(declaration))) is not None


def tell_owner(membership: Membership, once: str) -> None:
    """At the address that the contract has: it ends, when, and how to take that back, if it has not ended yet."""
    owner = customers.find(membership.customer_id)
    if membership.cancel_at is None:
        return
    with force_locale(mail_texts.language(owner.locale)):
        ends_on = long_date(membership.cancel_at)
    mails.send(
        "cancellation_confirmed",
        to=owner.email,
        locale=owner.locale,
        values={
            "name": owner.display_name,
            "plan": membership.plan.name,
            "contract_number": str(membership.id),
            "ends_on": ends_on,
            "link": f"{settings().base_url}/account/memberships/{membership.id}" if membership.is_served else "",
        },
        customer_id=owner.id,
        once=once,
    )


def tell_operator(declaration: Declaration) -> None:
    """It needs a decision, and the law gives little time for it."""
    usual = network.settings()
    mails.send(
        "declaration_waits",
        to=usual.support_email,
        locale=usual.default_locale,
        values={
            "number": str(declaration.id),
            "link": f"{settings().base_url}/admin/declarations/{declaration.id}",
        },
        once=f"declaration-{declaration.id}-operator",
    )
