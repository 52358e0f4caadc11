"""From a template to the pages of a site, all of them or none: a site that has pages is never built a second time."""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain import own_templates, placeholders, site_packing, site_templates, site_text
from webapp.domain.built_in_templates import BuiltIn
from webapp.domain.site_pictures import add_picture
from webapp.domain.site_templates import Own
from webapp.extensions import db
from webapp.models import Site, SitePage, SitePicture


def build(site: Site) -> None:
    """Fill a new site with its template's pages and pictures, in its owner's language. Does nothing to a filled one."""
    if db.session.scalar(select(SitePage.id).where(SitePage.site_id == site.id).limit(1)) is not None:
        return
    template = site_templates.for_site(site.template, site.membership.plan)
    site.template, site.design = template.slug, template.design
    if isinstance(template, Own):
        build_own(site, template)
    else:
        build_built_in(site, template)
    site.note_change()


def build_built_in(site: Site, template: BuiltIn) -> None:
    site.locale = template.language(site.customer.locale)
    for name, picture in template.pictures.items():
        add_picture(site, picture, name)
    for position, page in enumerate(template.filled(site.locale, placeholders.values(site)), start=1):
        site.pages.append(SitePage(slug=page.slug, title=page.title, body=page.body, position=position))


def build_own(site: Site, template: Own) -> None:
    """One of the operator's, in the language that it is written in.

    Raises NotFound where it was deleted in this moment: next time another takes its place.
    """
    package = own_templates.package(template)
    site.design, site.accent, site.locale = package.design, package.accent, package.locale
    known = set(db.session.scalars(select(SitePicture.name).where(SitePicture.site_id == site.id)))
    for one in site_packing.shown(package):
        if one.name not in known:
            picture = SitePicture(site_id=site.id, name=one.name, label=one.label, size=one.size)
            picture.width, picture.height, picture.content = one.width, one.height, one.content()
            db.session.add(picture)
            db.session.flush()
            db.session.expunge(picture)  # or all of them would be held in memory at once
    values = placeholders.values(site)
    for position, page in enumerate(package.pages, start=1):
        title = site_text.filled_words(page.title, values)[:120] or page.title
        body = site_text.filled(page.body, values)[: site_text.LONGEST]
        facts = {"in_menu": page.in_menu, "published": page.published, "position": position}
        site.pages.append(SitePage(slug=page.slug, title=title, body=body, **facts))
    db.session.flush()
    db.session.expire(site, ["pictures"])
