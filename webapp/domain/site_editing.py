"""What an owner changes of a site: its pages, their order, its name and colours. Each change is shown at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.domain import entitlements, site_designs, site_text, sites
from webapp.domain.limits import Limit
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import Site, SitePage, SiteStatus

PAGES_AT_MOST = 200
LONGEST_SLUG = 60
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
EDITABLE = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class PageWish:
    """A page as its owner wants it. `slug`: its address; of the front page it is ignored."""

    title: str
    slug: str
    body: str
    in_menu: bool
    published: bool


def own(site_id: int, customer_id: int) -> Site:
    """A site that this customer may edit. Raises NotFound for somebody else's, and for one that is not made."""
    site = sites.find(site_id, customer_id=customer_id)
    if site.status not in EDITABLE or not site.design:
        raise NotFound()
    return site


def page_of(site: Site, page_id: int) -> SitePage:
    page = db.session.get(SitePage, page_id)
    if page is None or page.site_id != site.id:
        raise NotFound()
    return page


def add_page(site: Site, title: str) -> SitePage:
    """A draft at the end, with an address made of its title. Raises Invalid."""
    title = _checked_title(title)
    if len(site.pages) >= PAGES_AT_MOST:
        raise Invalid(_("A site has %(number)s pages at most.", number=PAGES_AT_MOST), field="title")
    entitlements.room_for(site.membership, Limit.PAGES, site=site, field="title")
    last = max((page.position for page in site.pages), default=0)
    page = SitePage(title=title, slug=_free_slug(site, title), body="", position=last + 1, published=False)
    site.pages.append(page)
    site.note_change()
    db.session.flush()
    return page


def change_page(page: SitePage, wish: PageWish, *, seen: int) -> None:
    """`seen`: the version that its owner looked at. Raises Invalid, and Conflict when it was changed meanwhile."""
    if page.version != seen:
        raise Conflict(_("This page was changed meanwhile, perhaps in another window."), code="changed_meanwhile")
    if len(wish.body) > site_text.LONGEST:
        raise Invalid(_("This text is too long for one page."), field="body")
    page.title = _checked_title(wish.title)
    if not page.is_front:
        page.slug = _checked_slug(page, wish.slug)
        page.published = wish.published
    page.in_menu, page.body = wish.in_menu, wish.body.replace("\r\n", "\n")
    page.site.note_change()


def move_page(page: SitePage, *, up: bool) -> None:
    """One place towards the start or the end of the menu; at the edge it stays."""
    pages = list(page.site.pages)
    at = pages.index(page)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(pages):
        return
    pages[at], pages[to] = pages[to], pages[at]
    for position, one in enumerate(pages, start=1):
        one.position = position
    page.site.note_change()


def remove_page(page: SitePage) -> None:
    """Raises Conflict for the front page: something must answer there."""
    if page.is_front:
        raise Conflict(_("The front page cannot be deleted."))
    page.site.note_change()
    page.site.pages.remove(page)


def change_look(site: Site, *, title: str, design: str, accent: str) -> None:
    """Its name, design and colour (`#14664a`; empty: the design's own). Raises Invalid."""
    title, accent = " ".join(title.split()), accent.strip().lower()
    if not title or len(title) > 200:
        raise Invalid(_("Enter a name for your site."), field="title")
    if design not in site_designs.TITLES:
        raise Invalid(_("Choose one of the designs."), field="design")
    if accent and not site_designs.COLOUR.fullmatch(accent):
        raise Invalid(_("Enter a colour like #14664a, or nothing."), field="accent")
    site.title, site.design, site.accent = title, design, accent
    site.note_change()


def _checked_title(text: str) -> str:
    title = " ".join(text.split())
    if not title or len(title) > 120:
        raise Invalid(_("Enter a title of at most 120 characters."), field="title")
    return title


def _checked_slug(page: SitePage, text: str) -> str:
    slug = text.strip().strip("/").lower()
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Invalid(_("Use only letters, digits and hyphens."), field="slug")
    taken = select(SitePage.id).where(SitePage.site_id == page.site_id, SitePage.slug == slug, SitePage.id != page.id)
    if db.session.scalar(taken) is not None:
        raise Invalid(_("Another page of this site has this address."), field="slug")
    return slug


def _free_slug(site: Site, title: str) -> str:
    used = {page.slug for page in site.pages}
    base = sites.slug_from(title).strip("-") or "page"
    return next(one for one in (base, *(f"{base}-{n}" for n in range(2, PAGES_AT_MOST + 2))) if one not in used)
