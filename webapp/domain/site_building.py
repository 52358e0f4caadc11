"""From a template to the pages of a site, all of them or none: a site that has pages is never built a second time."""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain import site_templates
from webapp.domain.pictures import Picture
from webapp.extensions import db
from webapp.models import Site, SitePage, SitePicture


def build(site: Site) -> None:
    """Fill a new site with its template's pages and pictures, in its owner's language. Does nothing to a filled one."""
    if db.session.scalar(select(SitePage.id).where(SitePage.site_id == site.id).limit(1)) is not None:
        return
    template = site_templates.find_or_default(site.template)
    site.template, site.design = template.slug, template.design
    site.locale = template.language(site.customer.locale)
    for name, picture in template.pictures.items():
        add_picture(site, picture, name)
    for position, page in enumerate(template.filled(site.locale, placeholders(site)), start=1):
        site.pages.append(SitePage(slug=page.slug, title=page.title, body=page.body, position=position))
    site.note_change()


def placeholders(site: Site) -> dict[str, str]:
    """What the sale knows of its buyer, for the texts of a template."""
    customer = site.customer
    place = " ".join(one for one in (customer.billing_zip_code, customer.billing_city) if one)
    return {
        "site_title": site.title,
        "owner_name": customer.company_name or customer.display_name,
        "email": customer.email,
        "address": ", ".join(one for one in (customer.billing_address_line_1, place) if one) or "…",
    }


def add_picture(site: Site, picture: Picture, label: str) -> SitePicture:
    """One row for the same picture, however often it is added."""
    for kept in site.pictures:
        if kept.name == picture.name:
            return kept
    row = SitePicture(
        name=picture.name,
        label=label[:120],
        width=round(picture.width),
        height=round(picture.height),
        size=len(picture.content),
        content=picture.content,
    )
    site.pictures.append(row)
    return row
