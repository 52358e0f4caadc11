"""A further site for a membership whose plan has room for one, made from a template or from an export."""

from __future__ import annotations

from functools import partial

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from webapp import unit
from webapp.domain import network, site_filling, site_jobs, site_room, site_templates, sites
from webapp.domain.site_import import Package
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.models import Membership, Site
from webapp.models.site import BUILT_IN


def is_made_here(membership: Membership) -> bool:
    """Whether its new sites are made by the network itself: only these can begin with an export."""
    return (membership.plan.provisioner or network.settings().provisioner) == BUILT_IN


def add(
    membership: Membership, *, title: str, address: str, template: str = "", package: Package | None = None
) -> Site:
    """Reserve it and have a worker make it. Call it with the membership locked: of two who want the last room one
    gets it.

    `package`: what it begins with, instead of a template. Raises Conflict, and Invalid for its fields.
    """
    site_room.check(membership)
    title, slug = " ".join(title.split()), sites.check_address(address)
    if not title or len(title) > 200:
        raise Invalid(_("Enter a name for your site."), field="site_title")
    template = site_templates.check(template, membership.plan)
    if package is not None and not is_made_here(membership):
        raise Conflict(_("Sites of this plan are made elsewhere, and cannot begin with an export."), code="elsewhere")
    site = reserve(membership, slug, title, template)
    if package is not None:
        site_filling.fill(site, package)
        site.title = title
    unit.current().before_commit(partial(site_jobs.request, site))
    return site


def reserve(membership: Membership, slug: str, title: str, template: str) -> Site:
    """Written at once: that somebody else takes the address in this very moment, only its index sees."""
    facts = {"slug": slug, "title": title, "template": template}
    try:
        with db.session.begin_nested():
            site = Site(customer=membership.customer, membership=membership, **facts)
            db.session.add(site)
            db.session.flush()
    except IntegrityError as error:
        raise sites.taken(slug) from error
    return site
