"""Deleting an account: what names the person goes; what was paid is kept, as the law on books asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from webapp import clock
from webapp.domain import (
    checkout_drafts,
    form_answers,
    notes,
    outbox,
    payment_methods,
    sessions,
    site_keeping,
    site_transfers,
)
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import (
    Attempt,
    AuditEntry,
    CredentialSetup,
    Customer,
    Declaration,
    Delivery,
    DomainName,
    Event,
    FormerAddress,
    Invoice,
    Mail,
    Membership,
    MembershipStatus,
    Meta,
    OneTimeLink,
    Passkey,
    Payment,
    RecoveryCode,
    ResetRequest,
    Sale,
    SecurityEvent,
    Site,
    SiteStatus,
    TotpSecret,
    User,
)
from webapp.models.payment import PAID

OVER = (MembershipStatus.CANCELLED, MembershipStatus.EXPIRED)
NAMELESS = "deleted.invalid"  # a domain that nobody can ever have (RFC 2606)
BILLED_TO = "billed_to"
KEPT_YEARS = 10  # to the end of that year; the longest that a member state of the EU asks of books
OF_A_PERSON = (
    "company_name",
    "tax_id",
    "billing_address_line_1",
    "billing_address_line_2",
    "billing_zip_code",
    "billing_city",
    "billing_state",
)
PROOFS = (SecurityEvent, TotpSecret, RecoveryCode, Passkey, OneTimeLink)


def running(customer_id: int) -> list[Membership]:
    """What must be ended first."""
    query = select(Membership).where(Membership.customer_id == customer_id, Membership.status.not_in(OVER))
    return list(db.session.scalars(query.order_by(Membership.id)))


def delete_account(customer: Customer) -> None:
    """Make the customer nobody, now and for good. Raises Conflict while a membership is running, and for staff."""
    if running(customer.id):
        raise Conflict(code="still_running")
    if customer.user.is_operator:
        raise Conflict(_("You are of the staff. An owner has to take you off it first."), code="is_staff")
    names = named(customer)
    keep_who_was_billed(customer)
    site_transfers.forget(customer)
    forget_person(customer)
    forget_proofs(customer.user)
    forget_traces(customer, names)
    give_sites_up(customer.id)
    notes.forget(customer.id)
    outbox.record("customer.deleted", customer)


def named(customer: Customer) -> frozenset[str]:
    """Every text by which this person would be known again."""
    found = {customer.email, customer.user.email, customer.display_name, customer.user.name, customer.user.username}
    for slug, title in db.session.execute(select(Site.slug, Site.title).where(Site.customer_id == customer.id)):
        found |= {slug, title}
    former = select(FormerAddress.slug).join(Site).where(Site.customer_id == customer.id)
    found |= set(db.session.scalars(former))
    own = select(DomainName.name).join(Site).where(Site.customer_id == customer.id)
    found |= set(db.session.scalars(own))
    removed = select(Event.data).where(Event.customer_id == customer.id, Event.object_type == DomainName.__tablename__)
    found |= {data.get("domain", "") for data in db.session.scalars(removed)}
    return frozenset(one for one in found | {getattr(customer, name) for name in OF_A_PERSON} if one)


def keep_who_was_billed(customer: Customer) -> None:
    """Books name who paid. It stands with each payment from now on, and goes when its years are over."""
    told = {"name": customer.display_name, "country": customer.billing_country}
    told |= {name: getattr(customer, name) for name in OF_A_PERSON if getattr(customer, name)}
    paid = select(Payment).where(Payment.customer_id == customer.id, Payment.status.in_(PAID), Payment.total_minor > 0)
    for payment in db.session.scalars(paid):
        payment.meta[BILLED_TO] = {**told, "until": kept_until(payment.completed_at or payment.created_at)}


def kept_until(paid_at: datetime) -> str:
    return f"{paid_at.year + KEPT_YEARS}-12-31"


def forget_person(customer: Customer) -> None:
    address = f"customer-{customer.id}@{NAMELESS}"
    customer.display_name = f"Deleted customer {customer.id}"
    customer.email = address
    for name in OF_A_PERSON:
        setattr(customer, name, "")
    customer.analytics_consent_at = customer.news_requested_at = None
    customer.meta.pop("analytics", None)
    customer.deleted_at = clock.now()


def forget_proofs(user: User) -> None:
    """Nobody signs in as them any more, anywhere."""
    db.session.execute(delete(ResetRequest).where(ResetRequest.email_key == user.email_key))
    user.email = f"user-{user.id}@{NAMELESS}"
    user.username, user.name, user.password_hash = f"deleted-{user.id}", "", "!"
    user.two_step_at = None
    sessions.forget_all(user.id)
    for kind in PROOFS:
        db.session.execute(delete(kind).where(kind.user_id == user.id))


def forget_traces(customer: Customer, names: frozenset[str]) -> None:
    """What was entered, told and answered about them; that it happened is kept."""
    unpaid = update(Payment).where(Payment.customer_id == customer.id, Payment.status.not_in(PAID))
    db.session.execute(
        unpaid.values(tax_evidence=None)
    )  # what was paid keeps on what its tax was decided, for the books
    for sale in db.session.scalars(select(Sale).where(Sale.customer_id == customer.id)):
        sale.form = {}
    customer.answers = None
    checkout_drafts.forget_person(customer)
    for membership in db.session.scalars(select(Membership).where(Membership.customer_id == customer.id)):
        membership.answers = None
    for site in db.session.scalars(select(Site).where(Site.customer_id == customer.id)):
        site.answers = None
    for event in db.session.scalars(select(Event).where(Event.customer_id == customer.id)):
        event.data = without(event.data, names)
    forget_mails(customer, names)
    for entry in db.session.scalars(select(AuditEntry).where(about(customer))):
        entry.before, entry.after = without(entry.before, names), without(entry.after, names)
    told = update(Declaration).where(Declaration.customer_id == customer.id)
    db.session.execute(told.values(name="", identity="", contract="", reason="", confirm_to=""))
    own = select(Delivery.id).where(Delivery.customer_id == customer.id)
    for delivery in db.session.scalars(select(Delivery).where(Delivery.customer_id == customer.id)):
        delivery.arguments = without(delivery.arguments, names)
    db.session.execute(update(Attempt).where(Attempt.delivery_id.in_(own)).values(answer=""))
    forget_ways_to_pay(customer)


def forget_ways_to_pay(customer: Customer) -> None:
    """Here, and at the gateways that keep them."""
    mine = Membership.customer_id == customer.id
    db.session.execute(update(Membership).where(mine).values(credential_id=None, auto_renew=False))
    for credential in payment_methods.of_customer(customer.id):
        payment_methods.forget(credential)
    db.session.execute(delete(CredentialSetup).where(CredentialSetup.customer_id == customer.id))


def forget_mails(customer: Customer, names: frozenset[str]) -> None:
    """Receipts that were sent to whoever wrote the address into a form are kept without a number."""
    theirs = (Mail.customer_id == customer.id, Mail.user_id == customer.user_id)
    addresses = {one.lower() for one in names if "@" in one}
    own = select(Declaration.id).where(Declaration.customer_id == customer.id)
    receipts = [f"declaration-{number}" for number in db.session.scalars(own)]
    to_them = (func.lower(Mail.to_address).in_(addresses), Mail.once.in_(receipts))
    db.session.execute(delete(Mail).where(or_(*theirs, *to_them)))


def about(customer: Customer) -> ColumnElement[bool]:
    """What the staff changed of the customer's own row, and of their sites, whose addresses may name a person."""
    own = and_(AuditEntry.object_type == Customer.__tablename__, AuditEntry.object_id == customer.id)
    sites = select(Site.id).where(Site.customer_id == customer.id)
    return or_(own, and_(AuditEntry.object_type == Site.__tablename__, AuditEntry.object_id.in_(sites)))


def without(value: Any, names: frozenset[str]) -> Any:
    """The same JSON, with the texts that are one of these names left empty, and without answers to own questions."""
    if isinstance(value, dict):
        return {key: {} if key == form_answers.ANSWERS else without(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [without(one, names) for one in value]
    return "" if isinstance(value, str) and value in names else value


def give_sites_up(customer_id: int) -> None:
    """What they hold goes at once. Addresses and titles may name a person, too."""
    kept = select(Site).where(Site.customer_id == customer_id, Site.status != SiteStatus.DELETED)
    for site in db.session.scalars(kept):
        site_keeping.empty(site, reason="account deleted")
        site.slug, site.title = f"deleted-{site.id}", f"Site {site.id}"


def sweep(limit: int = 200) -> int:
    """Drop who was billed where the years are over; how many."""
    today = f"{clock.now():%Y-%m-%d}"
    until = Meta.value["until"].as_string()
    query = select(Meta).where(Meta.owner_type == Payment.__tablename__, Meta.key == BILLED_TO, until < today)
    over = db.session.scalars(query.limit(limit)).all()
    for payment in db.session.scalars(select(Payment).where(Payment.id.in_([row.owner_id for row in over]))):
        if payment.tax_evidence:
            payment.tax_evidence = {**payment.tax_evidence, **dict.fromkeys(("tax_id", "city", "ip_country"), "")}
    for row in over:
        db.session.delete(row)
    return len(over) + forget_buyers(limit)


def forget_buyers(limit: int) -> int:
    """Whose account is deleted is not named on their invoices either, once the years of those are over."""
    over = datetime(clock.now().year - KEPT_YEARS, 1, 1, tzinfo=UTC)
    query = (
        select(Invoice)
        .join(Customer)
        .where(Invoice.issued_at < over, Customer.deleted_at.is_not(None))
        .where(Invoice.content["buyer"]["email"].as_string() != "")
    )
    named = db.session.scalars(query.order_by(Invoice.issued_at).limit(limit)).all()
    for invoice in named:
        nobody = dict.fromkeys(invoice.content["buyer"], "") | {"country": invoice.content["buyer"]["country"]}
        invoice.content = invoice.content | {"buyer": nobody}
    return len(named)
