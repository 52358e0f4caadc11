"""Another template for a site that is there, and the way back for a while.

What the site showed is kept as an export before anything takes its place; the new pages are made in the same
transaction, so visitors see the old ones until all of the new ones are there, and nothing else if that fails.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select

from webapp import clock
from webapp.domain import (
    entitlements,
    limit_sentences,
    site_building,
    site_export,
    site_filling,
    site_import,
    site_templates,
)
from webapp.domain.limits import Use
from webapp.domain.site_import import Package
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import Site, SiteCopy, SitePage

KEPT_FOR = timedelta(days=30)
COPIES_AT_MOST = 5  # of one site: the oldest goes when there is one more


def may_be_switched(site: Site) -> bool:
    """Only what is written and shown here."""
    return site_filling.may_be_filled(site)


def switch(site: Site, template: str, *, seen: int) -> SiteCopy:
    """The pages of this template take the place of those of now. Call it with the site locked.

    The name, the address, the pictures and the logo stay; pages, menu, design and colour are the template's. `seen`:
    the version of the content that its owner looked at. Raises NotFound, Invalid, and Conflict when it is another now.
    """
    check(site, seen)
    if not template:
        raise Invalid(_("Choose one of the templates."), code="template_not_available", field="template_id")
    slug = site_templates.check(template, site.membership.plan)
    copy, before = keep(site), entitlements.uses_of(site)
    db.session.execute(delete(SitePage).where(SitePage.site_id == site.id))
    db.session.expire(site, ["pages"])
    site.template, site.accent = slug, ""
    site_building.build(site)
    db.session.flush()
    check_room(site, before)
    return copy


def check_room(site: Site, before: Sequence[Use]) -> None:
    """Raises Invalid when the template brings more than the plan allows; what was too much before may stay so."""
    for now, earlier in zip(entitlements.uses_of(site), before, strict=True):
        if now.is_over and now.used > earlier.used:
            raise Invalid(limit_sentences.no_room(now), code=entitlements.REACHED, field="template_id")


def bring_back(site: Site, copy_id: int, *, seen: int) -> None:
    """What it showed then takes the place of what it shows now, which is kept in turn. Raises as `switch`."""
    check(site, seen)
    copy = find(site, copy_id)
    package = site_import.read(io.BytesIO(copy.content))
    template = copy.template
    keep(site)
    site_filling.replace(site, package, checked=False)
    site.template = template
    db.session.delete(copy)
    db.session.flush()


def take_over(site: Site, package: Package) -> None:
    """An export takes the place of what it shows. Call it with the site locked. Raises NotFound, Invalid, Conflict."""
    if not may_be_switched(site):
        raise NotFound()
    keep(site)
    site_filling.replace(site, package)


def check(site: Site, seen: int) -> None:
    if not may_be_switched(site):
        raise NotFound()
    if site.content_version != seen:
        raise Conflict(_("This site was changed meanwhile, perhaps in another window."), code="changed_meanwhile")


# -- copies ----------------------------------------------------------------------------------------------------------
def keep(site: Site) -> SiteCopy:
    """A copy of all that it shows now. Raises Conflict for what could not be brought back, as it is too large."""
    with site_export.write(site) as file:
        try:
            site_import.read(file)
        except Invalid as problem:
            raise Conflict(_("What the site shows now could not be kept: %(why)s", why=problem.message)) from None
        file.seek(0)
        facts = {"template": site.template, "pages": len(site.pages), "until": clock.now() + KEPT_FOR}
        copy = SiteCopy(site_id=site.id, content=file.read(), **facts)
    db.session.add(copy)
    db.session.flush()
    oldest = select(SiteCopy.id).where(SiteCopy.site_id == site.id).order_by(SiteCopy.id.desc()).offset(COPIES_AT_MOST)
    too_many = db.session.scalars(oldest).all()
    if too_many:
        db.session.execute(delete(SiteCopy).where(SiteCopy.id.in_(too_many)))
    return copy


def copies(site: Site) -> Sequence[SiteCopy]:
    """Those that can be brought back, the newest first."""
    query = select(SiteCopy).where(SiteCopy.site_id == site.id, SiteCopy.until > clock.now())
    return db.session.scalars(query.order_by(SiteCopy.id.desc())).all()


def find(site: Site, copy_id: int) -> SiteCopy:
    """Raises NotFound, also for what is over."""
    found = db.session.get(SiteCopy, copy_id)
    if found is None or found.site_id != site.id or found.until <= clock.now():
        raise NotFound()
    return found


def sweep(limit: int = 50) -> int:
    """Delete what is kept no longer; how many copies that were."""
    over = select(SiteCopy.id).where(SiteCopy.until <= clock.now()).order_by(SiteCopy.until, SiteCopy.id).limit(limit)
    gone = db.session.scalars(over).all()
    if gone:
        db.session.execute(delete(SiteCopy).where(SiteCopy.id.in_(gone)))
    return len(gone)
