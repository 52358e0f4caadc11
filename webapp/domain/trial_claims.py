"""A trial once per person, who is known again by their account, their mailbox and their card.

Whether there was one is looked up when a cart is reckoned; who gets it is decided when the trial begins, by the rows
that this module writes: of two who order in the same instant, the second finds that it is taken.
"""

from __future__ import annotations

import hashlib

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from webapp.errors import Invalid
from webapp.extensions import db
from webapp.mailboxes import mailbox
from webapp.models import Customer, KnownBy, Membership, TrialClaim
from webapp.models.inserts import insert_once

TAKEN = "trial_taken"


def had(customer: Customer) -> bool:
    """Whether this person had a trial: as this customer, or as another one with the same mailbox."""
    return _had(customer.mailbox, customer.id)


def had_by(email: str) -> bool:
    """The same of somebody who is not signed in."""
    return _had(mailbox(email))


def _had(address: str, customer_id: int = 0) -> bool:
    """By the mailbox that they had then, or by the one that they have now."""
    then = _is(KnownBy.MAILBOX, address)
    now = select(TrialClaim.id).join(Customer, Customer.id == TrialClaim.customer_id).where(Customer.mailbox == address)
    own = TrialClaim.customer_id == customer_id
    return bool(db.session.scalar(select(or_(exists().where(then), exists(now), exists().where(own)))))


def claim(membership: Membership) -> bool:
    """Its trial begins: it is this person's one. False when they had it already; then nothing is noted of this one.

    The last of what is locked (locks.py): who else wants it waits until this unit ends.
    """
    customer = membership.customer
    return _claim(membership, KnownBy.MAILBOX, customer.mailbox) and _claim(
        membership, KnownBy.CUSTOMER, str(customer.id)
    )


def claim_card(membership: Membership, fingerprint: str) -> bool:
    """The same for the card that is kept with its trial; True where the gateway tells none."""
    return not fingerprint or _claim(membership, KnownBy.CARD, fingerprint)


def release(membership: Membership) -> None:
    """It was no trial after all."""
    db.session.execute(delete(TrialClaim).where(TrialClaim.membership_id == membership.id))


def _claim(membership: Membership, known_by: KnownBy, what: str) -> bool:
    db.session.flush()
    values = {
        "known_by": known_by,
        "key": digest(known_by, what),
        "customer_id": membership.customer_id,
        "membership_id": membership.id,
    }
    if insert_once(db.session(), TrialClaim, values, ("known_by", "key")):
        return True
    return db.session.scalar(select(TrialClaim.membership_id).where(_is(known_by, what))) == membership.id


def _is(known_by: KnownBy, what: str) -> ColumnElement[bool]:
    return and_(TrialClaim.known_by == known_by, TrialClaim.key == digest(known_by, what))


def digest(known_by: KnownBy, what: str) -> str:
    return hashlib.sha256(f"{known_by}:{what}".encode()).hexdigest()


def taken() -> Invalid:
    """For an order that was made believing in a trial: it is looked at again, at the price without one."""
    return Invalid(_("There was a free trial for you before. Look at the price without one."), code=TAKEN)
