"""What is provisioned for a membership: addresses, and the requests to make, stop and serve a site."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import partial

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, union_all

from webapp import clock, new_rows, unit
from webapp.domain import locks, network, outbox, site_jobs, site_keeping
from webapp.errors import Conflict, IllegalMove, Invalid, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Customer, FormerAddress, Membership, Sale, Site, SiteChange, SiteStatus

S = SiteStatus
INSTANT = FormerAddress.until.type
SHORTEST, LONGEST = 3, 40
SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
# Whose an address is: the site's that has it, had it before and still leads on from there, or is about to get it.
HOLDERS = union_all(
    select(Site.id, Site.membership_id).where(Site.slug == bindparam("slug"), Site.keeps_address()),
    select(Site.id, Site.membership_id)
    .join(FormerAddress, FormerAddress.site_id == Site.id)
    .where(FormerAddress.slug == bindparam("slug"), FormerAddress.until > bindparam("now", type_=INSTANT))
    .where(Site.keeps_address()),
    select(Site.id, Site.membership_id)
    .join(SiteChange, SiteChange.site_id == Site.id)
    .where(SiteChange.slug == bindparam("slug"), SiteChange.slug != "", SiteChange.waits(), Site.keeps_address()),
)
# Names that the network, its mail, or common practice needs, or that would pass for it.
RESERVED = frozenset(
    """
    about abuse account accounts acme admin administrator api app apps assets auth autoconfig autodiscover billing
    blog cdn checkout dashboard demo dev dns docs domain domains email ftp help hooks host hostmaster imap info
    invoice invoices jobs login logout mail mailer marketing media mx network news noreply ns ns1 ns2 ns3 ns4
    official operator parzelle pay payment payments pop pop3 postmaster press preview register root sandbox security
    shop signup site sites smtp ssl ssladmin staff staging static stats status store support sysadmin team test
    thank-you tls webhook webhooks webmail webmaster wpad ws www www1 www2
    """.split()
)


def normalise(text: str) -> str:
    """An address is typed in any case, and pasted with its domain: `www.My-Shop.example.org` is `my-shop`."""
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0].rstrip(".")
    return host.removeprefix("www.").partition(".")[0]


def check_shape(text: str) -> str:
    """The address in the form in which it is kept. Raises Invalid with what to enter instead."""
    slug = normalise(text)
    if not slug:
        raise Invalid(_("Enter an address for your site."), field="site_url")
    if not SHAPE.fullmatch(slug) or "--" in slug[2:4]:
        raise Invalid(_("Use only letters, digits and hyphens."), field="site_url")
    if not SHORTEST <= len(slug) <= LONGEST:
        raise Invalid(_("Use 3 to 40 characters."), field="site_url")
    return slug


def check_name(text: str) -> str:
    """The address as it is kept, were it free: well formed, and not reserved. Raises Invalid."""
    slug = check_shape(text)
    if slug in RESERVED:
        raise taken(slug)
    return slug


def check_address(text: str, *, for_sale_of: int | None = None, for_site: int | None = None) -> str:
    """The address, ready to be kept: well formed, not reserved, not taken. Raises Invalid."""
    slug = check_name(text)
    if is_taken(slug, for_sale_of=for_sale_of, for_site=for_site):
        raise taken(slug)
    return slug


def taken(slug: str) -> Invalid:
    text = _("This address is taken. Try %(suggestion)s.", suggestion=suggest(slug))
    return Invalid(text, code="site_taken", field="site_url")


def is_taken(slug: str, *, for_sale_of: int | None = None, for_site: int | None = None) -> bool:
    """Whether a site has it, or had it lately. An open sale's own claim (by its payment) does not count against itself,
    nor does a site's own address, of now or before."""
    holders = db.session.execute(HOLDERS, {"slug": slug, "now": clock.now()}).all()
    if for_site is not None:
        return any(site_id != for_site for site_id, _membership in holders)
    if not holders or for_sale_of is None:
        return bool(holders)
    own = db.session.scalar(select(Sale.membership_id).where(Sale.payment_id == for_sale_of))
    return any(membership != own for _site, membership in holders)


def suggest(slug: str) -> str:
    """An address like it that is free."""
    base = slug[: LONGEST - 4].strip("-") or "site"
    candidates = [f"{base}-{number}" for number in range(2, 8)]
    now = select(Site.slug).where(Site.slug.in_(candidates), Site.keeps_address())
    before = select(FormerAddress.slug).where(FormerAddress.slug.in_(candidates), FormerAddress.until > clock.now())
    wanted = select(SiteChange.slug).where(SiteChange.slug.in_(candidates), SiteChange.waits())
    used = set(db.session.scalars(union_all(now, before, wanted)))
    return next((one for one in candidates if one not in used), f"{base}-{secrets.randbelow(9000) + 1000}"[:LONGEST])


def slug_from(title: str) -> str:
    """An address made of a title, in plain letters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST]


def find(site_id: int, *, customer_id: int | None = None) -> Site:
    """Somebody else's is not found. Raises NotFound."""
    site = db.session.get(Site, site_id)
    if site is None or (customer_id is not None and site.customer_id != customer_id):
        raise NotFound()
    return site


def locked(site_id: int, *, customer_id: int | None = None) -> Site:
    """As it is now, its membership locked until the unit ends: nobody else moves it meanwhile. Raises NotFound."""
    site = find(site_id, customer_id=customer_id)
    locks.membership(site.membership_id)
    db.session.refresh(site)
    return site


def reserve(customer: Customer, membership: Membership, *, slug: str, title: str, template: str = "") -> Site:
    """Keep the address for a sale; the site is made when the sale is settled. Unique in the database."""
    site = Site(customer=customer, membership=membership, slug=slug, title=title, template=template)
    new_rows.keep(site)
    return site


def request_for(membership: Membership) -> None:
    """Have a worker make the sites of a membership that has just begun, or serve them again."""
    for site in list(membership.sites):
        if site.status == S.REQUESTED:
            unit.current().before_commit(partial(site_jobs.request, site))
        elif site.status == S.FAILED:
            site_jobs.request_at_once(site)
        elif site.status == S.SUSPENDED and site.held_at is None:
            serve_again(site)
        elif site.status == S.SUSPENDED:
            site_keeping.end(site)
        elif site.status == S.ARCHIVED and site.published_at is None:
            unit.current().before_commit(partial(site_jobs.request, reserve_again(site)))


def reserve_again(site: Site) -> Site:
    """The address of an order that was given up and is paid all the same; one like it when it has gone."""
    slug = suggest(site.slug) if is_taken(site.slug) else site.slug
    site.move_to(S.DELETED, reason="made anew")  # there never was anything of it, and one is made in its place
    return reserve(site.customer, site.membership, slug=slug, title=site.title, template=site.template)


def may_be_made(site: Site) -> bool:
    """Whether somebody pays for it and it is not there."""
    return site.membership.is_served and site.status in site_jobs.NOT_MADE


def may_be_told_again(site: Site) -> bool:
    """Whether another system shows it, and does not stand as it should."""
    return site.is_elsewhere and bool(site.job and site.problem) and site.status not in site_jobs.NOT_MADE


def request_again(site: Site) -> None:
    """An operator does not want to wait, or its job was lost. Raises Conflict when there is nothing to make."""
    if not (may_be_made(site) or may_be_told_again(site)):
        raise Conflict(_("This site is made already, or its membership is not served."))
    site_jobs.request_at_once(site)


def serve_again(site: Site) -> None:
    site_keeping.end(site)
    site.move_to(S.PUBLISHED, reason="membership is served again")
    site_jobs.follow(site)
    outbox.record("site.reactivated", site)


def suspend(site: Site, *, reason: str) -> None:
    """An operator blocks it, whatever its membership says, until it is resumed. Raises IllegalMove."""
    site.held_at = clock.now()
    site.move_to(S.SUSPENDED, reason=reason)
    site_jobs.follow(site)
    outbox.record("site.suspended", site)


def resume(site: Site) -> None:
    """Show it again, if somebody pays for it; else it comes back with its membership. Raises Conflict."""
    if site.status != S.SUSPENDED:
        raise IllegalMove(f"sites {site.id}: {site.status} -> {S.PUBLISHED} (resumed)")
    if not site.membership.is_served:
        raise Conflict(_("Its membership is not served."))
    site.held_at = None
    site.move_to(S.PUBLISHED, reason="resumed")
    site_jobs.follow(site)
    outbox.record("site.reactivated", site)


def stop_serving(membership: Membership, *, reason: str) -> None:
    """The membership is over: what is published is blocked, what was not made yet gives its address free."""
    for site in membership.sites:
        if site.status == S.PUBLISHED:
            site.move_to(S.SUSPENDED, reason=reason)
            site_jobs.follow(site)
            outbox.record("site.suspended", site)
            site_keeping.begin(site)
        elif site.status == S.SUSPENDED:
            site_keeping.begin(site)
        elif site.status in site_jobs.NOT_MADE:
            site.move_to(S.ARCHIVED, reason=reason)
            site_jobs.follow(site)


def waits_for_confirmation(site: Site) -> bool:
    """Whether its owner must first confirm their e-mail address. The one place that holds a site back for it."""
    return network.settings().require_email_verification and not site.customer.is_verified


def begin_creating(site_id: int) -> Site | None:
    """Take the job of making a site; None when it is made already, no longer wanted, or has to wait."""
    site = find(site_id)
    if waits_for_confirmation(site):
        return None
    if site.status in (S.REQUESTED, S.FAILED):
        site.move_to(S.CREATING, reason="provisioning")
    if site.status != S.CREATING:
        return None
    return site


def publish(site: Site) -> None:
    """It answers on its address. Fires wu_site_created, then wu_site_published."""
    site.published_at = clock.now()
    site.problem = ""
    site.move_to(S.PUBLISHED, reason="provisioned")
    outbox.record("site.created", site)
    do_action("wu_site_created", site, site.membership)
    outbox.record("site.published", site)
    do_action("wu_site_published", site, site.membership)
