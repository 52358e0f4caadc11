"""What another system is asked to change about a site that it made: its address, or whose it is.

The site stays as it is until that system says yes; the address that is wanted is kept for it meanwhile. One at a time.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import network, outbox
from webapp.domain.site_jobs import HANDLER, LATEST, SOONEST, order_of
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import (
    Membership,
    Site,
    SiteChange,
    SiteChangeKind,
    SiteChangeStatus,
    SiteStatus,
    SiteTransfer,
    TransferStatus,
)

CALLBACK = "webapp.flows.site_changing:change"
MADE = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED)
LOST = timedelta(hours=1)  # nobody has it in hand, and it was not begun only just now


# -- asking ----------------------------------------------------------------------------------------------------------
def waiting(site: Site) -> SiteChange | None:
    """The one that is not answered; then it is the `last`."""
    query = select(SiteChange).where(SiteChange.site_id == site.id, SiteChange.waits())
    return db.session.scalars(query).one_or_none()


def last(site: Site) -> SiteChange | None:
    """What was asked last; no question for a site that is made here."""
    if not site.is_elsewhere:
        return None
    query = select(SiteChange).where(SiteChange.site_id == site.id).order_by(SiteChange.id.desc()).limit(1)
    return db.session.scalars(query).one_or_none()


def ask_for_name(site: Site, slug: str) -> SiteChange:
    """Call it with the site's membership locked, for an address that is free. Raises Conflict."""
    return ask(SiteChange(site_id=site.id, kind=SiteChangeKind.RENAME, slug=slug))


def ask_for_owner(site: Site, membership: Membership, transfer: SiteTransfer | None = None) -> SiteChange:
    """Call it with both memberships locked. Raises Conflict."""
    facts = {"membership_id": membership.id, "transfer_id": transfer.id if transfer is not None else None}
    return ask(SiteChange(site_id=site.id, kind=SiteChangeKind.TRANSFER, **facts))


def ask(change: SiteChange) -> SiteChange:
    try:
        with db.session.begin_nested():
            db.session.add(change)
            db.session.flush()
    except IntegrityError:  # another one was quicker, or the address went in this very moment
        raise Conflict(
            _("This cannot be changed at the moment. Try again in a minute."), code="being_changed"
        ) from None
    send(change)
    return change


def send(change: SiteChange) -> None:
    """Have a worker ask for it, behind whatever else is to be done about the site."""
    site = change.site
    args, order = [site, change.id], order_of(site)
    outbox.add("provisioning", CALLBACK, HANDLER, args, customer_id=site.customer_id, ordering_key=order)


# -- in a worker's hand ----------------------------------------------------------------------------------------------
def find(change_id: int) -> SiteChange | None:
    """As it is now, while it waits."""
    query = select(SiteChange).where(SiteChange.id == change_id, SiteChange.waits())
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def pause(change: SiteChange) -> timedelta:
    """It was taken, and is being worked on: after how long to ask again."""
    return min(max((clock.now() - (change.asked_at or clock.now())) / 4, SOONEST), LATEST)


def is_overdue(change: SiteChange) -> bool:
    patience = timedelta(hours=network.settings().provisioner_patience_hours)
    return change.asked_at is not None and clock.now() >= change.asked_at + patience


def end(change: SiteChange) -> None:
    """It is done there, and here."""
    change.problem = change.code = ""
    change.move_to(SiteChangeStatus.DONE, reason="done there")
    if change.transfer is not None:
        change.transfer.move_to(TransferStatus.ACCEPTED, reason="taken over")


def refuse(change: SiteChange, problem: str, *, code: str = "") -> None:
    """The site stays as it is."""
    change.problem, change.code = problem[:300], code[:40]
    change.move_to(SiteChangeStatus.REFUSED, reason=problem)
    if change.transfer is not None:
        change.transfer.move_to(TransferStatus.REFUSED, reason="not done where the site is made")


def give_up_lost(limit: int = 50) -> int:
    """Those that nobody works on any more: their deliveries were given up, or deleted. How many."""
    in_hand = outbox.is_in_hand(HANDLER, "site", SiteChange.site_id)
    lost = select(SiteChange).where(SiteChange.waits(), SiteChange.updated_at <= clock.now() - LOST, ~in_hand)
    found = db.session.scalars(lost.order_by(SiteChange.id).limit(limit).with_for_update(skip_locked=True)).all()
    for change in found:
        refuse(change, change.problem or "nobody works on it any more")
    return len(found)
