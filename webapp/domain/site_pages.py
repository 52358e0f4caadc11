"""A site as visitors get it: found by its host, with the page they ask for. Few columns, few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, case, select

from webapp import clock
from webapp.extensions import db
from webapp.models import FormerAddress, Site, SitePage, SitePicture, SiteStatus


class Found(NamedTuple):
    """What decides how a host is answered."""

    id: int
    status: SiteStatus
    title: str
    design: str
    accent: str
    logo: str
    locale: str
    content_version: int
    address: str = ""


class MenuEntry(NamedTuple):
    title: str
    slug: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One page with the menu around it."""

    title: str
    slug: str
    body: str
    menu: tuple[MenuEntry, ...]


INSTANT = FormerAddress.until.type
COLUMNS = [getattr(Site, name) for name in Found._fields]
BY_SLUG = select(*COLUMNS).where(Site.slug == bindparam("slug"), Site.keeps_address())
LED_ON = (
    select(Site.slug)
    .join(FormerAddress, FormerAddress.site_id == Site.id)
    .where(FormerAddress.slug == bindparam("slug"), FormerAddress.until > bindparam("now", type_=INSTANT))
    .where(Site.keeps_address())
)
BODY = case((SitePage.slug == bindparam("slug"), SitePage.body), else_=None)
PAGES = (
    select(SitePage.slug, SitePage.title, SitePage.in_menu, BODY)
    .where(SitePage.site_id == bindparam("site_id"), SitePage.published)
    .order_by(SitePage.position, SitePage.id)
)
SIZES = select(SitePicture.name, SitePicture.width, SitePicture.height).where(
    SitePicture.site_id == bindparam("site_id")
)
CONTENT = select(SitePicture.content).where(
    SitePicture.site_id == bindparam("site_id"), SitePicture.name == bindparam("name")
)


def by_slug(slug: str) -> Found | None:
    row = db.session.execute(BY_SLUG, {"slug": slug}).one_or_none()
    return None if row is None else Found(*row)


def moved_to(slug: str) -> str | None:
    """Where the site is by now that answered at this address before."""
    return db.session.scalar(LED_ON, {"slug": slug, "now": clock.now()})


def page(site_id: int, slug: str) -> Asked | None:
    """A published page; None when there is no such."""
    rows = db.session.execute(PAGES, {"site_id": site_id, "slug": slug}).all()
    found = next((row for row in rows if row[0] == slug), None)
    if found is None:
        return None
    menu = tuple(MenuEntry(title, own, own == slug) for own, title, in_menu, _body in rows if in_menu)
    return Asked(found[1], slug, found[3], menu)


def sizes(site_id: int) -> dict[str, tuple[int, int]]:
    """Width and height of each of its pictures, by name."""
    rows = db.session.execute(SIZES, {"site_id": site_id})
    return {name: (width, height) for name, width, height in rows}


def picture(site_id: int, name: str) -> bytes | None:
    return db.session.scalar(CONTENT, {"site_id": site_id, "name": name})
