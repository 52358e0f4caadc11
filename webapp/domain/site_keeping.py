"""How long a site that is shown no more is kept: its owner is warned twice, then what it holds is deleted.

The time runs while a site is suspended because its membership is over, and while it is archived. It ends when the
site is shown again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from webapp import clock
from webapp.domain import network, outbox, site_jobs
from webapp.extensions import db
from webapp.models import (
    DomainName,
    FormerAddress,
    Site,
    SiteCopy,
    SiteImport,
    SitePage,
    SitePicture,
    SiteStatus,
    SiteVisits,
)

S = SiteStatus
MAILS = "webapp.integrations.mailing.sites"
NOT_SHOWN = (S.SUSPENDED, S.ARCHIVED)


def leads(days: int) -> tuple[timedelta, ...]:
    """How long before the deletion each warning is sent, of so many days for which a site is kept."""
    return timedelta(days=days) / 3, min(timedelta(days=7), timedelta(days=days) / 10)


def begin(site: Site) -> None:
    """From now on its time runs; one that runs already is not begun anew. What was never made holds nothing."""
    days = network.settings().site_retention_days
    if site.delete_at is not None or site.published_at is None or not days:
        return
    site.delete_at = clock.now() + timedelta(days=days)
    site.next_step_at = site.delete_at - leads(days)[0]


def end(site: Site) -> None:
    """It is shown again, or there is nothing left to keep."""
    site.delete_at = site.next_step_at = None
    site.warned = 0


def work_off(limit: int = 50) -> int:
    """Warn of what is soon deleted, and delete what was warned of; how many sites were looked at."""
    due = select(Site).where(Site.next_step_at.is_not(None), Site.next_step_at <= clock.now())
    due = due.order_by(Site.next_step_at, Site.id).limit(limit).with_for_update(of=Site, skip_locked=True)
    found = db.session.scalars(due.execution_options(populate_existing=True)).all()
    for site in found:
        step(site)
    return len(found)


def step(site: Site) -> None:
    """The next warning, or the deletion. However late it is: nothing goes without its warnings and the days after."""
    lead = leads(network.settings().site_retention_days)
    if site.delete_at is None or site.status not in NOT_SHOWN or not any(lead):
        end(site)
        return
    if site.warned == len(lead):
        empty(site, reason="kept long enough")
        return
    site.delete_at = max(site.delete_at, clock.now() + lead[site.warned])
    site.warned += 1
    site.next_step_at = site.delete_at - lead[site.warned] if site.warned < len(lead) else site.delete_at
    outbox.add("site", f"{MAILS}:warn_of_deletion", MAILS, [site], customer_id=site.customer_id)


def empty(site: Site, *, reason: str) -> None:
    """Delete what it holds, for good. That there was a site is kept, for the contract. Records `site.deleted`."""
    if site.status != S.ARCHIVED:
        site.move_to(S.ARCHIVED, reason=reason)
    for kind in (SitePage, SitePicture, SiteCopy, SiteImport, SiteVisits, FormerAddress, DomainName):
        db.session.execute(delete(kind).where(kind.site_id == site.id))
    db.session.expire(site, ["pages", "pictures", "former_addresses", "domain_names"])
    site.logo = site.main_domain = ""
    end(site)
    site.move_to(S.DELETED, reason=reason)
    site_jobs.follow(site)
    outbox.record("site.deleted", site)
