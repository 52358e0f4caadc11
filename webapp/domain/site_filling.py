"""What an export holds, put into a site: all of it, or nothing."""

from __future__ import annotations

from sqlalchemy import delete

from webapp.domain import entitlements, limit_sentences, site_editing
from webapp.domain.limits import Limit, Use
from webapp.domain.site_import import Package
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import Site, SitePage, SitePicture


def may_be_filled(site: Site) -> bool:
    """Whether an export can take the place of what it shows."""
    return site.status in site_editing.EDITABLE and bool(site.design) and not site.is_elsewhere


def replace(site: Site, package: Package, *, checked: bool = True) -> None:
    """All that the site showed goes, and this comes. Call it in a unit that holds the site's membership.

    `checked`: whether it must fit into what the plan allows; what was there before need not.
    """
    for kind in (SitePage, SitePicture):
        db.session.execute(delete(kind).where(kind.site_id == site.id))
    db.session.expire(site, ["pages", "pictures"])
    fill(site, package, checked=checked)


def _check_room(site: Site, package: Package) -> None:
    most = entitlements.of_site(site).limits
    held = {Limit.PAGES: len(package.pages), Limit.DISK: sum(one.size for one in package.pictures)}
    for limit, number in held.items():
        if not entitlements.has_room(site.membership, Use(limit, 0, most[limit]), site=site, more=number):
            raise Invalid(
                limit_sentences.no_room(Use(limit, number, most[limit])), code=entitlements.REACHED, field="file"
            )


def fill(site: Site, package: Package, *, checked: bool = True) -> None:
    """Into a site that holds nothing. Its address is its own; its name is the export's.

    Raises Invalid where its plan has not so much room.
    """
    if checked:
        _check_room(site, package)
    site.title, site.design, site.accent = package.title, package.design, package.accent
    site.logo, site.locale = package.logo, package.locale
    for position, page in enumerate(package.pages, start=1):
        facts = {"in_menu": page.in_menu, "published": page.published, "position": position}
        db.session.add(SitePage(site_id=site.id, slug=page.slug, title=page.title, body=page.body, **facts))
    for one in package.pictures:
        row = SitePicture(site_id=site.id, name=one.name, label=one.label, width=one.width, height=one.height)
        row.size, row.content = one.size, one.content()
        db.session.add(row)
        db.session.flush()
        db.session.expunge(row)  # or all of them would be held in memory at once
    site.note_change()
    db.session.flush()
    db.session.expire(site, ["pages", "pictures"])
