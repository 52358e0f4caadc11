"""Giving a site another address. The old one leads on to it for a while, and is nobody else's until then."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import outbox, site_changes, sites
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import FormerAddress, Site, SiteStatus

LEADS_ON_FOR = timedelta(days=90)
KEPT_AT_MOST = 5  # so that nobody keeps hundreds of names from others; the oldest is free before its time
MADE = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED)


def may_be_renamed(site: Site, *, there: bool = False) -> bool:
    """`there`: whether who made it elsewhere can be asked for that now."""
    return site.status in MADE and (there or not site.is_elsewhere)


def rename(site: Site, text: str, *, there: bool = False) -> str:
    """Give it this address, or ask for it where the site is made. Returns the wanted one, as it is kept.

    Call it with its membership locked. Raises Invalid for an address that cannot be had, and Conflict.
    """
    if not may_be_renamed(site, there=there):
        raise Conflict(_("The address of this site cannot be changed at the moment."), code="not_renameable")
    old, new = site.slug, sites.check_address(text, for_site=site.id)
    if new == old:
        raise Invalid(_("This is its address already."), code="same_address", field="site_url")
    if site.is_elsewhere:
        site_changes.ask_for_name(site, new)
    else:
        arrive(site, new)
    return new


def arrive(site: Site, new: str) -> None:
    """It has this address from now on. Records `site.renamed` and fires `wu_site_renamed`. Raises Invalid."""
    old = site.slug
    take(site, new)
    forget(old, new)
    db.session.add(FormerAddress(site_id=site.id, slug=old, until=clock.now() + LEADS_ON_FOR))
    give_oldest_free(site)
    db.session.expire(site, ["former_addresses"])
    outbox.record("site.renamed", site, old_slug=old)
    do_action("wu_site_renamed", site, old)


def take(site: Site, slug: str) -> None:
    """Written at once: that somebody else takes it in this very moment, only the index of addresses sees."""
    try:
        with db.session.begin_nested():
            site.slug = slug
            site.note_change()
            db.session.flush()
    except IntegrityError as error:
        raise sites.taken(slug) from error


def forget(*slugs: str) -> None:
    """Whoever had one of them before has lost it by now, or it is this site itself."""
    db.session.execute(delete(FormerAddress).where(FormerAddress.slug.in_(slugs)))


def give_oldest_free(site: Site) -> None:
    db.session.flush()
    kept = select(FormerAddress.id).where(FormerAddress.site_id == site.id)
    newest = kept.order_by(FormerAddress.until.desc(), FormerAddress.id.desc()).limit(KEPT_AT_MOST)
    ids = db.session.scalars(newest).all()
    db.session.execute(delete(FormerAddress).where(FormerAddress.site_id == site.id, FormerAddress.id.not_in(ids)))


def leading_on(site: Site) -> list[FormerAddress]:
    """The addresses that lead to it still, the newest first."""
    known = select(FormerAddress).where(FormerAddress.site_id == site.id, FormerAddress.until > clock.now())
    return list(db.session.scalars(known.order_by(FormerAddress.until.desc(), FormerAddress.id.desc())))


def sweep(limit: int = 500) -> int:
    """Drop what leads on no longer; how many."""
    over = select(FormerAddress.id).where(FormerAddress.until <= clock.now()).order_by(FormerAddress.until).limit(limit)
    result = db.session.execute(delete(FormerAddress).where(FormerAddress.id.in_(over)))
    return int(getattr(result, "rowcount", 0))
