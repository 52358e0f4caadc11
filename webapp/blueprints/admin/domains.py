"""Customers' own domains: how each stands, what its records say; looking at them now, and taking one away."""

from __future__ import annotations

import idna
from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.blueprints import domain_words
from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches, timeline
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Filter, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, found
from webapp.blueprints.site_addresses import address_at
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, domain_names, sites
from webapp.domain.staff import Capability
from webapp.errors import Invalid
from webapp.models import DomainName, DomainStatus, Site
from webapp.transactions import unit_of_work

SITE = joinedload(DomainName.site)


def search(text: str) -> ColumnElement[bool]:
    """By number, or by the beginning of the name, in letters of any script."""
    return searches.any_of(
        DomainName.id,
        select(DomainName.id).where(searches.begins_with(DomainName.name, in_ascii(text))),
        *searches.by_number(DomainName.id, text),
    )


def in_ascii(text: str) -> str:
    """As a name is kept, as far as what was typed can be one."""
    try:
        return idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        return text.lower()


def of_site() -> Filter:
    condition, name = filters.one_row(DomainName.site_id, Site.id, Site.slug)
    return Filter(name="site", condition=condition, words=lambda value: _("site %(name)s", name=name(value)))


DOMAINS = Listing(
    endpoint="admin.list_domains",
    model=DomainName,
    title=_l("Domains"),
    columns=(
        Column(_l("Domain"), sort="name"),
        Column(_l("Site")),
        Column(_l("Customer")),
        Column(_l("Status")),
        Column(_l("Added"), sort="-created"),
    ),
    search=search,
    sorts={"created": DomainName.created_at, "name": DomainName.name},
    sort="-created",
    filters=(
        filters.by_status(DomainName.status, DomainStatus, first=DomainStatus.FAILING),
        *filters.by_day(filters.in_order(DomainName.created_at), "created"),
        of_site(),
    ),
    options=(SITE.joinedload(Site.customer).options(CUSTOMER_NAME),),
)
list_view = View("admin/domains.html", block="list")
domain_view = View("admin/domain.html")
removal_view = View("admin/domain_removal.html")


@bp.get("/domains")
@needs(Capability.SITES_VIEW)
def list_domains() -> ResponseReturnValue:
    return lists.show(DOMAINS, list_view)


@bp.get("/domains/<int:domain_id>")
@needs(Capability.SITES_VIEW)
def show_domain(domain_id: int) -> ResponseReturnValue:
    domain = look_at(domain_id)
    return domain_view.show(
        domain=domain,
        url=address_at(domain.name),
        records=[domain_words.proof(domain), domain_words.alias(domain), *domain_words.pointers(domain)],
        history=timeline.of_rows({"domain_names": [domain.id]}),
    )


def look_at(domain_id: int) -> DomainName:
    domain: DomainName = found(DomainName, domain_id, SITE.joinedload(Site.customer).options(CUSTOMER_NAME))
    return domain


@bp.post("/domains/<int:domain_id>/check")
@needs(Capability.SITES_PROVISION)
def create_domain_check(domain_id: int) -> ResponseReturnValue:
    try:
        with unit_of_work(actor()):
            domain = domain_names.find(domain_id)
            sites.locked(domain.site_id)
            domain_names.check_again(domain)
            audit.note(domain, "domains.check", before={}, after={"domain": domain.name})
    except Invalid as problem:
        flash(problem.message, "error")
        return go_to(url_for("admin.show_domain", domain_id=domain_id))
    flash(_("A worker is looking at the records now. Reload this page in a moment."), "success")
    return go_to(url_for("admin.show_domain", domain_id=domain_id))


@bp.get("/domains/<int:domain_id>/removal")
@needs(Capability.SITES_EDIT)
def confirm_domain_removal(domain_id: int) -> ResponseReturnValue:
    return removal_view.show(domain=look_at(domain_id))


@bp.post("/domains/<int:domain_id>/removal")
@needs(Capability.SITES_EDIT)
def create_domain_removal(domain_id: int) -> ResponseReturnValue:
    """The audit log keeps it with its site, which stays."""
    with unit_of_work(actor()):
        domain = domain_names.find(domain_id)
        site = sites.locked(domain.site_id)
        domain_names.remove(domain)
        audit.note(site, "domains.remove", before={"domain": domain.name}, after={"domain": ""})
        site_id = site.id
    flash(_("The domain is removed."), "success")
    return go_to(url_for("admin.show_site", site_id=site_id))
