"""Where the things come from that need a person: one function each, which says by an indexed query what is open.

Every query gives rows of (object_id, since, next_at, about, reason): when it began, when something tries again by
itself (none: nothing does), what it is about in a word, and why it is open, as it was noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, String, case, cast, false, func, literal, null, or_, select, text

from webapp import clock
from webapp.domain import network
from webapp.domain.outbox import is_in_hand, unfinished
from webapp.domain.staff import Capability
from webapp.models import (
    BulkJob,
    Customer,
    Declaration,
    Delivery,
    DeliveryStatus,
    Dispute,
    DomainName,
    DomainStatus,
    EmailVerification,
    InboundEvent,
    InboundStatus,
    Mail,
    MailStatus,
    Membership,
    Payment,
    RateFetch,
    Reconciliation,
    Refund,
    Role,
    Site,
    SiteStatus,
    TaxDoubt,
    TaxIdCheck,
    Try,
    TryStatus,
)
from webapp.models.membership import SERVED
from webapp.models.payment import DOUBTED, OVERDUE, PAID
from webapp.models.rates import FAILING
from webapp.models.refund import FOR_A_PERSON
from webapp.models.site import NOT_AS_WANTED


class Person(Protocol):
    """Who looks: somebody of the staff."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> Role: ...


Query = Callable[[Person], Select[Any]]
INSTANT = Payment.created_at.type
NEVER = cast(null(), INSTANT)
# What is younger is on its way: a worker makes the site, the clock asks the gateway.
PATIENCE = timedelta(minutes=5)
# For who is asked to confirm their e-mail address first; then somebody may write to them by another way.
UNCONFIRMED_FOR, UNCONFIRMED = timedelta(days=1), "unconfirmed"
# Another system has taken it over, and may need a while.
WORKED_ON_FOR, WORKED_ON = timedelta(hours=1), "it is being worked on"
NOT_DONE = re.sub("problem|job|provisioner|status", lambda found: f"sites.{found[0]}", NOT_AS_WANTED)
FAILS_FOR = timedelta(days=2)  # who moves a domain may need a day, and its owner sees it before
REFUNDS = FOR_A_PERSON.replace("status", "refunds.status")
JOBS_KEPT = timedelta(days=14)
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Source:
    """`title` names all of its items; who has the capability sees them."""

    name: str
    title: str
    capability: Capability
    query: Query


SOURCES: dict[str, Source] = {}


def source(name: str, title: str, capability: Capability) -> Callable[[Query], Query]:
    def add(query: Query) -> Query:
        SOURCES[name] = Source(name, title, capability, query)
        return query

    return add


def items(
    object_id: Any, since: Any, about: Any, reason: Any, *, next_at: Any = NEVER, in_index: bool = False
) -> Select[Any]:
    """The newest first. `in_index`: the index that finds them has them in this order, so however many there are, the
    first are had at once. Where it has not, it must not look so: to have the order for nothing, SQLite would read all
    rows of the table by their ids, instead of the few that the index finds."""
    order = object_id if in_index else object_id + 0
    return select(
        object_id.label("object_id"),
        since.label("since"),
        next_at.label("next_at"),
        cast(about, String(SHOWN)).label("about"),
        cast(reason, String(SHOWN)).label("reason"),
    ).order_by(order.desc())


@source("sites", _l("Paid for, and not there"), Capability.SITES_VIEW)
def sites_not_made(_user: Person) -> Select[Any]:
    """Sites of served memberships that are not made five minutes after these began; an hour, while another system works
    on it; a day, while their owner has not confirmed an e-mail address."""
    job = literal("site:", String(8)) + cast(Site.id, String(20))
    next_at = (
        select(func.min(Delivery.next_at))
        .where(unfinished("deliveries"), Delivery.handler == "webapp.flows.provisioning", Delivery.ordering_key == job)
        .scalar_subquery()
    )
    began = func.coalesce(Membership.activated_at, Site.created_at)
    pending = Customer.email_verification == EmailVerification.PENDING
    unconfirmed = pending if network.settings().require_email_verification else false()
    worked_on = Site.waits_since.is_not(None)
    why = case((unconfirmed, UNCONFIRMED), (worked_on, WORKED_ON), else_=Site.problem)
    return (
        items(Site.id, began, Site.slug, why, next_at=next_at)
        .join(Membership, Membership.id == Site.membership_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Site.status.in_((SiteStatus.REQUESTED, SiteStatus.CREATING, SiteStatus.FAILED)))
        .where(Membership.status.in_(SERVED), began <= clock.now() - PATIENCE)
        .where(or_(~unconfirmed, began <= clock.now() - UNCONFIRMED_FOR))
        .where(or_(~worked_on, Site.waits_since <= clock.now() - WORKED_ON_FOR))
    )


@source("sites_elsewhere", _l("Sites that another system did not block, show or delete"), Capability.SITES_VIEW)
def sites_not_as_wanted(_user: Person) -> Select[Any]:
    """What another system was told of a site that it made was given up, or it says that the site stands otherwise."""
    to_come = is_in_hand("webapp.flows.provisioning", "site", Site.id)
    found = items(Site.id, Site.updated_at, Site.slug, Site.problem, in_index=True)
    return found.where(text(NOT_DONE), ~to_come)


@source("tries", _l("Payments whose outcome is unknown"), Capability.PAYMENTS_VIEW)
def tries_without_answer(_user: Person) -> Select[Any]:
    """The gateway was asked more than once, and did not say whether it took the money."""
    return (
        items(Payment.id, Try.created_at, Customer.display_name, Try.reason, next_at=Try.ask_at)
        .join(Try, Try.payment_id == Payment.id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Try.status.in_((TryStatus.STARTED, TryStatus.UNKNOWN)), Try.created_at <= clock.now() - PATIENCE)
        .where(Try.puzzles_since.is_(None))  # what nobody can be asked any more needs a decision, and stands there
    )


@source("puzzles", _l("Payments that need a decision"), Capability.PAYMENTS_VIEW)
def tries_that_puzzle(_user: Person) -> Select[Any]:
    """Another amount came than was asked for, money came twice, or nobody can be asked whether it came at all."""
    return (
        items(Payment.id, Try.puzzles_since, Customer.display_name, Try.reason)
        .join(Try, Try.payment_id == Payment.id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Try.puzzles_since.is_not(None))
    )


@source("reconciliation", _l("Gateways that could not be compared"), Capability.PAYMENTS_VIEW)
def comparison_failed(_user: Person) -> Select[Any]:
    """Of the newest run that came to its end. The next one does what this one could not."""
    newest = select(func.max(Reconciliation.id)).where(Reconciliation.ended_at.is_not(None)).scalar_subquery()
    found = items(Reconciliation.id, Reconciliation.begun_at, literal(""), Reconciliation.problem)
    return found.where(Reconciliation.id == newest, Reconciliation.failed > 0)


@source("refunds", _l("Refunds that need a person"), Capability.PAYMENTS_VIEW)
def refunds_open(_user: Person) -> Select[Any]:
    """To be sent by hand and confirmed, or nobody knows what became of them."""
    return (
        items(Payment.id, Refund.created_at, Customer.display_name, Refund.problem)
        .join(Refund, Refund.payment_id == Payment.id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(text(f"({REFUNDS})"))
    )


@source("domains", _l("Domains that do not lead here any more"), Capability.SITES_VIEW)
def domains_failing(_user: Person) -> Select[Any]:
    """Served all the same: their owners have to correct their records, or to remove them."""
    found = items(
        DomainName.id,
        DomainName.failing_since,
        DomainName.name,
        DomainName.problem,
        next_at=DomainName.next_check_at,
    )
    return found.where(DomainName.status == DomainStatus.FAILING, DomainName.failing_since <= clock.now() - FAILS_FOR)


@source("disputes", _l("Disputes about payments"), Capability.PAYMENTS_VIEW)
def disputes_open(_user: Person) -> Select[Any]:
    """The payer's bank wants the money back, and has not decided."""
    return (
        items(Payment.id, Dispute.created_at, Customer.display_name, Dispute.reason)
        .join(Dispute, Dispute.payment_id == Payment.id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(text("disputes.status = 'open'"))
    )


@source("taxes", _l("Tax that may have to be given back"), Capability.PAYMENTS_VIEW)
def taxes_doubted(_user: Person) -> Select[Any]:
    """Paid with a tax because the VAT id could not be looked up in time; until it is given back, or was right."""
    found = items(
        Payment.id, Payment.completed_at, Customer.display_name, Payment.tax_doubt, next_at=TaxIdCheck.next_at
    )
    return (
        found.join(Customer, Customer.id == Payment.customer_id)
        .join(TaxIdCheck, TaxIdCheck.id == Payment.tax_check_id)
        # Not the bare status: without statistics SQLite would read all that was ever paid by its index, on every page.
        .where(text(f"payments.{DOUBTED}"), func.coalesce(Payment.status, "").in_(PAID))
        .where((Payment.tax_doubt == TaxDoubt.REFUNDABLE) | (Payment.completed_at <= clock.now() - PATIENCE))
    )


@source("overdue", _l("Transfers that have not come"), Capability.PAYMENTS_VIEW)
def payments_overdue(_user: Person) -> Select[Any]:
    """Nobody can be asked about a transfer: an operator looks at the account, and confirms or follows up."""
    return (
        items(Payment.id, Payment.due_at, Customer.display_name, literal(""))
        .join(Customer, Customer.id == Payment.customer_id)
        .where(text(f"payments.{OVERDUE}"), Payment.due_at <= clock.now())
    )


@source("rates", _l("Exchange rates that could not be fetched"), Capability.SETTINGS_VIEW)
def rates_not_fetched(_user: Person) -> Select[Any]:
    """Asked for again by itself; meanwhile the last known ones count."""
    found = items(RateFetch.id, RateFetch.failing_since, RateFetch.source, RateFetch.problem, next_at=RateFetch.next_at)
    return found.where(text(f"rate_fetches.{FAILING}"))


@source("declarations", _l("Declarations that need a decision"), Capability.DECLARATIONS_VIEW)
def declarations_open(_user: Person) -> Select[Any]:
    about = items(Declaration.id, Declaration.received_at, Declaration.name, Declaration.why)
    return about.where(text("declarations.status = 'open'"))


@source("deliveries", _l("Deliveries that were given up"), Capability.DELIVERIES_VIEW)
def deliveries_dead(_user: Person) -> Select[Any]:
    found = items(Delivery.id, Delivery.next_at, Delivery.callback, Delivery.last_error, in_index=True)
    return found.where(Delivery.status == DeliveryStatus.DEAD)


@source("notices", _l("Notices that could not be handled"), Capability.NOTICES_VIEW)
def notices_failed(_user: Person) -> Select[Any]:
    about = InboundEvent.gateway + literal(": ", String(2)) + InboundEvent.type
    found = items(InboundEvent.id, InboundEvent.created_at, about, InboundEvent.effect)
    return found.where(InboundEvent.status == InboundStatus.FAILED)


@source("mails", _l("Mail that could not be sent"), Capability.EMAILS_VIEW)
def mails_failed(_user: Person) -> Select[Any]:
    found = items(Mail.id, Mail.created_at, Mail.to_address, Mail.last_error)
    return found.where(Mail.status.in_((MailStatus.FAILED, MailStatus.DEAD)))


@source("jobs", _l("Jobs that left something undone"), Capability.JOBS_VIEW)
def jobs_failed(user: Person) -> Select[Any]:
    """Until who asked for the job has looked at it; others are shown it only where they see all jobs."""
    own: list[ColumnElement[bool]] = [] if user.role == Role.OWNER else [BulkJob.user_id == user.id]
    return items(BulkJob.id, BulkJob.finished_at, BulkJob.action, BulkJob.problem).where(
        BulkJob.finished_at >= clock.now() - JOBS_KEPT,
        BulkJob.seen_at.is_(None),
        (BulkJob.failed > 0) | (BulkJob.problem != ""),
        *own,
    )
