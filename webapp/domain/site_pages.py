"""A site as visitors get it: found by its host, with the page they ask for. Few columns, few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, case, select, text, union_all

from webapp import clock
from webapp.extensions import db
from webapp.models import DomainName, FormerAddress, Site, SitePage, SitePicture, SiteStatus


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
    slug: str = ""
    main_domain: str = ""


class Moved(NamedTuple):
    """Where a site is by now that answered at another address before."""

    slug: str
    main_domain: str


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
BY_DOMAIN = (
    select(*COLUMNS)
    .join(DomainName, DomainName.site_id == Site.id)
    .where(DomainName.name == bindparam("name"), DomainName.serves(), Site.keeps_address())
)
LED_ON = (
    select(Site.slug, Site.main_domain)
    .join(FormerAddress, FormerAddress.site_id == Site.id)
    .where(FormerAddress.slug == bindparam("slug"), FormerAddress.until > bindparam("now", type_=INSTANT))
    .where(Site.keeps_address())
)
# The names for which somebody may fetch a certificate: those that are answered with a site, a refusal or a redirect.
SHOWN = text("sites.status IN ('published', 'suspended')")
CERTIFIED_DOMAIN = (
    select(DomainName.id)
    .join(Site, Site.id == DomainName.site_id)
    .where(DomainName.name == bindparam("name"), DomainName.serves(), SHOWN)
)
CERTIFIED_SLUG = union_all(
    select(Site.id).where(Site.slug == bindparam("name"), Site.keeps_address(), SHOWN),
    select(FormerAddress.id)
    .join(Site, Site.id == FormerAddress.site_id)
    .where(FormerAddress.slug == bindparam("name"), FormerAddress.until > bindparam("now", type_=INSTANT), SHOWN),
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


def by_domain(name: str) -> Found | None:
    """Of a customer's own domain, once it was shown to be theirs."""
    row = db.session.execute(BY_DOMAIN, {"name": name}).one_or_none()
    return None if row is None else Found(*row)


def moved_to(slug: str) -> Moved | None:
    """Where the site is by now that answered at this address before."""
    row = db.session.execute(LED_ON, {"slug": slug, "now": clock.now()}).one_or_none()
    return None if row is None else Moved(*row)


def is_certified(host: str, suffix: str) -> bool:
    """Whether a certificate may be fetched for a host: a site's, or a customer's own that was shown to be theirs."""
    if host.endswith(suffix):
        asked = {"name": host.removesuffix(suffix), "now": clock.now()}
        return db.session.execute(CERTIFIED_SLUG, asked).first() is not None
    return db.session.execute(CERTIFIED_DOMAIN, {"name": host}).first() is not None


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
