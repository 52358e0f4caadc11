"""Contracts ended and withdrawn from without signing in (§ 312k and § 356a BGB).

Everything that is declared is kept, and nothing tells the sender whether there is such a contract. What names both the
e-mail address and the number of a running contract is carried out at the end of its paid period: that is the least it
can mean, its owner is told at their own address, and can take it back. All else waits for the operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from webapp import clock
from webapp.domain import customers, memberships, network, throttles
from webapp.domain.sites import normalise
from webapp.errors import DomainError, NotFound
from webapp.extensions import db
from webapp.models import (
    Customer,
    Declaration,
    DeclarationKind,
    DeclarationStatus,
    Hindrance,
    Membership,
    Payment,
    Site,
)

WORDS = re.compile(r"[\w-]+")
HIGHEST_ID = 2**63 - 1
LATELY = timedelta(days=90)
EASTERNMOST, WESTERNMOST = timedelta(hours=3), timedelta(hours=-1)  # Finland in summer, the Azores in winter
BY_DECLARATION = "cancelled without signing in"


@dataclass(frozen=True, slots=True)
class Told:
    """What the form says."""

    kind: DeclarationKind
    name: str
    identity: str
    contract: str
    confirm_to: str
    locale: str
    extraordinary: bool = False
    reason: str = ""
    end_date: date | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """`sure`: the declaration names the e-mail address and the number of this very contract."""

    customer: Customer | None = None
    membership: Membership | None = None
    sure: bool = False


def receive(told: Told, token: str) -> Declaration:
    """Keep it, and do at once what it surely asks for. The same form sent twice is one declaration."""
    known = db.session.scalars(select(Declaration).where(Declaration.token == token)).one_or_none()
    if known is not None:
        return known
    too_many = bool(throttles.attempt("declaration", told.identity.lower()))  # who tries numbers gets not far
    match = find_contract(told)
    declaration = Declaration(
        token=token,
        kind=told.kind,
        name=told.name,
        identity=told.identity,
        contract=told.contract,
        extraordinary=told.extraordinary,
        reason=told.reason,
        end_date=told.end_date,
        confirm_to=told.confirm_to,
        locale=told.locale,
        customer_id=match.customer.id if match.customer else None,
        membership=match.membership,
    )
    db.session.add(declaration)
    declaration.why = why_not(told, match, too_many=too_many) or carry_out(declaration, at_once=False)
    return declaration


def why_not(told: Told, match: Match, *, too_many: bool = False) -> Hindrance:
    """Why a person has to look at it; NONE when it can be carried out."""
    membership = match.membership
    if told.kind == DeclarationKind.WITHDRAWAL:
        return Hindrance.WITHDRAWAL
    if membership is None:
        return Hindrance.NO_MATCH
    if told.extraordinary:
        return Hindrance.EXTRAORDINARY
    if not match.sure:
        return Hindrance.NOT_SURE
    if too_many:
        return Hindrance.TOO_MANY
    if not (memberships.can_wait(membership) or memberships.can_be_kept(membership)):
        return Hindrance.NO_PERIOD
    if was_undone_lately(membership):
        return Hindrance.UNDONE_BEFORE
    ends = membership.cancel_at or membership.expires_at
    if told.end_date is not None and ends is not None and told.end_date > ends.date():
        return Hindrance.LATER_DATE
    return Hindrance.NONE


def was_undone_lately(membership: Membership) -> bool:
    """Whether its owner took one back: then the next may come from the same stranger."""
    undone = select(Declaration.id).where(
        Declaration.membership_id == membership.id,
        Declaration.status == DeclarationStatus.UNDONE,
        Declaration.received_at > clock.now() - LATELY,
    )
    return db.session.scalar(undone.limit(1)) is not None


def carry_out(declaration: Declaration, *, at_once: bool) -> Hindrance:
    """End the contract: with its paid period, or now. OBJECTION when an integrator's callback refuses."""
    membership = declaration.membership
    if membership is None:
        raise NotFound()
    try:
        memberships.cancel(membership, reason=BY_DECLARATION, at_once=at_once)
    except DomainError:
        return Hindrance.OBJECTION
    declaration.ends_at = membership.cancel_at
    declaration.decided_at = clock.now()
    declaration.move_to(DeclarationStatus.CARRIED_OUT, reason="carried out")
    return Hindrance.NONE


def find_contract(told: Told) -> Match:
    """The contract that is meant, as far as it can be found; never more than one."""
    customer = find_customer(told.identity)
    if customer is None:
        return Match(membership=by_reference(told.contract))
    query = select(Membership).where(Membership.customer_id == customer.id).order_by(Membership.id)
    own = db.session.scalars(query.with_for_update()).all()
    named = numbered(own, customer.id, told.contract)
    if len(named) == 1:
        return Match(customer, named[0], sure="@" in told.identity and is_one_number(told.contract))
    meant = named or by_site(own, told.contract) or [one for one in own if one.is_served]
    return Match(customer, meant[0] if len(meant) == 1 else None)


def find_customer(identity: str) -> Customer | None:
    """By the address that signs in, or by the customer number."""
    if "@" in identity:
        user = customers.user_by_email(identity)
        return user.customer if user is not None else None
    number = as_number(identity)
    return db.session.get(Customer, number) if number is not None else None


def as_number(word: str) -> int | None:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None
    return number if number is not None and number <= HIGHEST_ID else None


def by_reference(contract: str) -> Membership | None:
    query = select(Membership).where(Membership.reference.in_(WORDS.findall(contract)[:20]))
    found = db.session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def numbered(own: Iterable[Membership], customer_id: int, contract: str) -> list[Membership]:
    """Those of a customer's contracts that are named by reference, number or order number, which has six digits."""
    words = set(WORDS.findall(contract)[:20])
    long = {number for one in words if len(one) >= 6 and (number := as_number(one)) is not None}
    orders = select(Payment.membership_id).where(Payment.customer_id == customer_id, Payment.id.in_(long))
    ordered = set(db.session.scalars(orders)) if long else set()
    return [one for one in own if one.reference in words or str(one.id) in words or one.id in ordered]


def is_one_number(contract: str) -> bool:
    """Who names many numbers tries them out: to guess one in twenty is not to know it."""
    return len({one for one in WORDS.findall(contract) if as_number(one) is not None}) <= 1


def by_site(own: Iterable[Membership], contract: str) -> list[Membership]:
    """By the address of a site. Everybody can know that, so it is never sure."""
    ids = [one.id for one in own]
    slug = normalise(contract)
    found = set(db.session.scalars(select(Site.membership_id).where(Site.membership_id.in_(ids), Site.slug == slug)))
    return [one for one in own if one.id in found]


def locked(declaration_id: int) -> Declaration:
    """Its row locked until the unit ends, so that it is decided once. Raises NotFound."""
    declaration = db.session.get(Declaration, declaration_id, with_for_update=True, populate_existing=True)
    if declaration is None:
        raise NotFound()
    return declaration


def find_by_reference(reference: str) -> Declaration:
    """By the random reference of its receipt. Raises NotFound."""
    declaration = db.session.scalars(select(Declaration).where(Declaration.reference == reference)).one_or_none()
    if declaration is None:
        raise NotFound()
    return declaration


def is_in_time(declaration: Declaration) -> bool:
    """Whether a withdrawal came within its period. The last day counts to its end; the first is the day after.

    Days are the consumer's, whose clock we do not know: of those in the EU the one that gives them most counts.
    """
    membership = declaration.membership
    if membership is None:
        return False
    ordered_on = (membership.created_at + EASTERNMOST).date()
    last = ordered_on + timedelta(days=network.settings().withdrawal_days)
    return (declaration.received_at + WESTERNMOST).date() <= last


def settle(declaration: Declaration, note: str) -> None:
    """The operator decided that nothing is to be done, and says why. Raises IllegalMove when it is decided."""
    declaration.move_to(DeclarationStatus.SETTLED, reason=note or "settled")
    declaration.note, declaration.decided_at = note[:300], clock.now()


def assign(declaration: Declaration, membership_id: int) -> None:
    """The operator knows which contract is meant. Raises NotFound."""
    declaration.membership = memberships.find(membership_id)
    declaration.customer_id = declaration.membership.customer_id


def note_undone(membership: Membership) -> None:
    """The customer keeps the contract after all: what was declared about it is taken back."""
    carried_out = (
        Declaration.membership_id == membership.id,
        Declaration.status == DeclarationStatus.CARRIED_OUT,
    )
    for declaration in db.session.scalars(select(Declaration).where(*carried_out)):
        declaration.move_to(DeclarationStatus.UNDONE, reason="undone by the customer")
