"""What can be done to many rows at once, one after the other: each as it is done to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from webapp.domain import audit, inbox, locks, mails, memberships, outbox, payments, sites
from webapp.domain.staff import Capability
from webapp.models import (
    BulkJob,
    Delivery,
    DeliveryStatus,
    InboundEvent,
    InboundStatus,
    Mail,
    MailStatus,
    Membership,
    MembershipStatus,
    Payment,
    Site,
    SiteStatus,
)

EXPORT = "export"


class Skip(Exception):
    """The row is not as the action needs it (any more): it is left alone, and why is said."""


@dataclass(frozen=True, slots=True)
class Action:
    """`do` changes one row in the open unit, and says so in the audit log. Raises Skip, or what a rule refuses with."""

    model: Any
    capability: Capability
    do: Callable[[Session, Any, BulkJob], None]


def retry_delivery(session: Session, delivery: Delivery, _job: BulkJob) -> None:
    if delivery.status not in (DeliveryStatus.DEAD, DeliveryStatus.PENDING):
        raise Skip(_("It is done, or on its way at this moment."))
    before = {"status": str(delivery.status)}
    outbox.try_now(session, delivery.id)
    audit.note(delivery, "deliveries.retry", before=before, after={"status": "pending"})


def send_mail(_session: Session, mail: Mail, _job: BulkJob) -> None:
    if mail.status == MailStatus.SENT:
        raise Skip(_("It was sent already."))
    before = {"status": str(mail.status)}
    mails.retry(mail)
    audit.note(mail, "emails.send", before=before, after={"status": "pending"})


def process_notice(session: Session, notice: InboundEvent, _job: BulkJob) -> None:
    if notice.status == InboundStatus.RECEIVED:
        raise Skip(_("It waits for a worker already."))
    inbox.again(session, notice.id)
    audit.note(notice, "notices.process", before={"status": str(notice.status)}, after={})


def confirm_payment(session: Session, payment: Payment, job: BulkJob) -> None:
    payment = payments.locked(payment.id)
    if payment.is_paid:
        raise Skip(_("This payment is completed already."))
    before = {"status": str(payment.status)}
    payments.confirm_by_hand(payment, actor=f"operator:{job.user_id}")
    audit.note(payment, "payments.confirm", before=before, after={"status": str(payment.status)})


def cancel_membership(session: Session, membership: Membership, job: BulkJob) -> None:
    """At the end of what is paid for; what was never paid ends at once."""
    membership = locks.membership(membership.id)
    if membership.status in (MembershipStatus.CANCELLED, MembershipStatus.EXPIRED):
        raise Skip(_("It has ended already."))
    if membership.cancel_at is not None:
        raise Skip(_("Its end is recorded already."))
    before = {"status": str(membership.status)}
    reason = str(job.options.get("reason") or _("cancelled by an operator"))
    memberships.cancel(membership, reason=reason)
    audit.note(
        membership, "memberships.cancel", before=before, after={"status": str(membership.status), "reason": reason}
    )


def suspend_site(session: Session, site: Site, job: BulkJob) -> None:
    if site.status != SiteStatus.PUBLISHED:
        raise Skip(_("Only a published site can be suspended."))
    sites.suspend(site, reason=str(job.options.get("reason") or _("suspended by an operator")))
    audit.note(site, "sites.suspend", before={"status": "published"}, after={"status": str(site.status)})


def resume_site(session: Session, site: Site, _job: BulkJob) -> None:
    if site.status != SiteStatus.SUSPENDED:
        raise Skip(_("It is not suspended."))
    sites.resume(site)
    audit.note(site, "sites.resume", before={"status": "suspended"}, after={"status": str(site.status)})


ACTIONS: Mapping[str, Action] = {
    "deliveries.retry": Action(Delivery, Capability.DELIVERIES_RETRY, retry_delivery),
    "emails.send": Action(Mail, Capability.EMAILS_SEND, send_mail),
    "notices.process": Action(InboundEvent, Capability.NOTICES_PROCESS, process_notice),
    "payments.confirm": Action(Payment, Capability.PAYMENTS_CONFIRM, confirm_payment),
    "memberships.cancel": Action(Membership, Capability.MEMBERSHIPS_CANCEL, cancel_membership),
    "sites.suspend": Action(Site, Capability.SITES_SUSPEND, suspend_site),
    "sites.resume": Action(Site, Capability.SITES_SUSPEND, resume_site),
}


def capability_of(action: str) -> Capability:
    return Capability.EXPORTS_MAKE if action == EXPORT else ACTIONS[action].capability


def name_of(row: Any) -> str:
    """What people call it: an order's number, a site's address; else its number."""
    for name in ("order_number", "slug", "display_name", "number"):
        if hasattr(row, name):
            return str(getattr(row, name))
    return str(row.id)
