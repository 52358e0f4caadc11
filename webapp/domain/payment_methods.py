"""A customer's ways to be charged again: kept, chosen for a membership, removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, lazyload

from webapp import clock
from webapp.domain import outbox
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.models import Membership, Payment, Product, StoredCredential, Try, TryStatus
from webapp.models.membership import SERVED
from webapp.paying import Credential

# Called by a worker, by their names.
STORING, MAILS = "webapp.flows.storing", "webapp.integrations.mailing.payment_methods"
SOON = timedelta(days=45)
UNANSWERED = (TryStatus.STARTED, TryStatus.UNKNOWN)


# -- kept ------------------------------------------------------------------------------------------------------------
def keep(customer_id: int, gateway: str, credential: Credential) -> StoredCredential:
    """What a gateway keeps for a customer, with what a person knows it by."""
    query = select(StoredCredential).where(
        StoredCredential.gateway == gateway, StoredCredential.reference == credential.reference
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        found = StoredCredential(customer_id=customer_id, gateway=gateway, reference=credential.reference)
        db.session.add(found)
    note(found, credential)
    return found


def note(found: StoredCredential, credential: Credential) -> None:
    """The gateway has named it once more: a bank may have replaced the card by a new one."""
    found.label = credential.label[:80] or found.label or ""
    found.expires_on = credential.expires or found.expires_on


def renew(known: StoredCredential, now: Credential) -> bool:
    """Whether that is news: another number, or another day on which it ends."""
    before = (known.label, known.expires_on)
    note(known, now)
    return (known.label, known.expires_on) != before


def of_customer(customer_id: int) -> list[StoredCredential]:
    """The newest first, without what a gateway charged by itself and does not any more."""
    mine = select(StoredCredential).where(StoredCredential.customer_id == customer_id)
    mine = mine.where(or_(StoredCredential.usable, StoredCredential.agreement.is_(None)))
    return list(db.session.scalars(mine.order_by(StoredCredential.id.desc())))


def find(credential_id: int, *, customer_id: int) -> StoredCredential:
    """Somebody else's is not found. Raises NotFound."""
    mine = select(StoredCredential).where(StoredCredential.customer_id == customer_id)
    found = db.session.scalars(mine.where(StoredCredential.id == credential_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def ends_soon(credential: StoredCredential) -> bool:
    return not credential.is_expired and credential.expires_by(clock.now() + SOON)


# -- chosen ----------------------------------------------------------------------------------------------------------
def can_renew(membership: Membership) -> bool:
    """Whether it goes on by being paid for, so that there is something to charge."""
    return membership.is_served and membership.recurring and not membership.is_paid_up


def renewing(customer_id: int) -> list[Membership]:
    """Those of a customer that a way to pay can be chosen for."""
    query = (
        select(Membership)
        .where(Membership.customer_id == customer_id, Membership.status.in_(SERVED), Membership.recurring)
        .options(joinedload(Membership.plan).lazyload(Product.variations), joinedload(Membership.credential))
        .order_by(Membership.id)
    )
    return [one for one in db.session.scalars(query) if can_renew(one)]


def choose(membership: Membership, credential: StoredCredential) -> None:
    """From now on it renews with this one, by itself. Its row must be locked. Raises Conflict, and NotFound for
    somebody else's."""
    if credential.customer_id != membership.customer_id:
        raise NotFound()
    if not can_renew(membership):
        raise Conflict(_("This contract is not renewed, so nothing is charged for it."), code="not_renewed")
    mine = membership.credential is credential
    if not credential.usable or (credential.agreement is not None and not mine):
        raise Conflict(_("This payment method cannot be charged any more."), code="not_usable")
    if mine and membership.auto_renew:
        return
    leave_agreement(membership, besides=credential)
    membership.credential, membership.gateway = credential, credential.gateway
    membership.auto_renew = True
    membership.due_at = clock.now()
    outbox.record("membership.updated", membership, change="payment_method")


# -- removed ---------------------------------------------------------------------------------------------------------
def remove(credential: StoredCredential, memberships: Sequence[Membership]) -> None:
    """Here at once, and at its gateway by a worker. `memberships`: all of its customer's, locked.

    Those that renewed with it are not charged by themselves any more: their customer is asked for the money. Raises
    Conflict while nobody knows what became of a charge of it.
    """
    charged = (
        select(Try.id)
        .join(Payment)
        .where(
            Payment.customer_id == credential.customer_id,
            Try.credential_reference == credential.reference,
            Try.status.in_(UNANSWERED),
        )
    )
    if db.session.scalar(charged.limit(1)) is not None:
        raise Conflict(_("This payment method is being charged. Wait until that is decided."), code="try_open")
    for membership in memberships:
        if membership.credential_id == credential.id:
            _leave_without(membership)
    db.session.flush()
    forget(credential)


def lose(credential: StoredCredential, memberships: Sequence[Membership]) -> bool:
    """Its gateway can charge it no longer, whoever removed it there; whether that is news. `memberships`: as `remove`.

    Its customer still sees it, as not usable, and removes it or adds another; who relies on it is written to.
    """
    if not credential.usable:
        return False
    credential.usable = False
    mine = [one for one in memberships if one.credential_id == credential.id]
    relying = [one for one in mine if one.renews_at is not None]
    for membership in mine:
        _leave_without(membership)
    if relying:
        told = [credential.id, credential.label, relying]
        outbox.add("payment_methods", f"{MAILS}:tell_of_loss", MAILS, told, customer_id=credential.customer_id)
    return True


def _leave_without(membership: Membership) -> None:
    membership.credential, membership.auto_renew = None, False
    if membership.is_served:
        membership.due_at = clock.now()
        outbox.record("membership.updated", membership, change="payment_method")


def forget(credential: StoredCredential) -> None:
    """It is nobody's way to pay any more; its gateway is told. What a gateway charged by itself stays known by its name
    alone, for what it takes in this moment is still to be accounted for."""
    tell_gateway(credential, "forget")
    if credential.agreement is None:
        db.session.delete(credential)
    else:
        credential.usable, credential.label = False, ""


def leave_agreement(membership: Membership, *, besides: StoredCredential | None = None) -> None:
    """A gateway that charges it by itself must not any more: it is paid otherwise from now on."""
    known = membership.credential
    if known is not None and known is not besides and known.agreement is not None and known.usable:
        membership.credential = None
        forget(known)


def tell_gateway(credential: StoredCredential, verb: str) -> None:
    """Have a worker say it: `forget`, `pause` or `resume`; for one customer, in the order in which it was said here."""
    arguments = [credential.gateway, credential.reference]
    outbox.add("payment_methods", f"{STORING}:{verb}", STORING, arguments, customer_id=credential.customer_id)


def all_locked(customer_id: int) -> Sequence[Membership]:
    """All memberships of a customer, locked in their order: nobody chooses a way to pay for them meanwhile."""
    query = select(Membership).where(Membership.customer_id == customer_id).order_by(Membership.id)
    query = query.options(joinedload(Membership.credential), lazyload(Membership.plan))
    return db.session.scalars(query.with_for_update(of=Membership).execution_options(populate_existing=True)).all()
