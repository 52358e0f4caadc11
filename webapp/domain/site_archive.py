"""Putting a site away by hand, and taking it out again."""

from __future__ import annotations

from flask_babel import gettext as _

from webapp.domain import outbox, site_jobs, site_keeping, site_room, sites
from webapp.errors import Conflict
from webapp.models import Site, SiteStatus

S = SiteStatus


def may_be_archived(site: Site) -> bool:
    return site.status in (S.PUBLISHED, S.SUSPENDED)


def archive(site: Site, *, reason: str) -> None:
    """Put it away: it answers nobody, its address is free for others, and its time runs. Raises Conflict."""
    if not may_be_archived(site):
        raise Conflict(_("Only a site that is shown or suspended can be archived."), code="not_archivable")
    was_shown = site.status == S.PUBLISHED
    site.move_to(S.ARCHIVED, reason=reason)
    if was_shown:
        site_jobs.follow(site)
        outbox.record("site.suspended", site)
    site_keeping.begin(site)


def may_be_restored(site: Site) -> bool:
    """Whether it was put away, and holds what it showed."""
    return site.status == S.ARCHIVED and site.published_at is not None and site.customer.deleted_at is None


def restore(site: Site, *, reason: str) -> None:
    """Take it out again: shown if its membership is served, else suspended. Raises Conflict.

    When somebody else has its address by now, it gets one like it.
    """
    if not may_be_restored(site):
        raise Conflict(_("There is nothing left to bring back."), code="not_restorable")
    site_room.check_return(site.membership)
    if sites.is_taken(site.slug):
        site.slug = sites.suggest(site.slug)
    if site.membership.is_served and site.held_at is None:
        site_keeping.end(site)
        site.move_to(S.PUBLISHED, reason=reason)
        site_jobs.follow(site)
        outbox.record("site.reactivated", site)
    else:
        site.move_to(S.SUSPENDED, reason=reason)
