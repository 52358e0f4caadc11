"""Sites: where they are, how they stand, and having one made that was not."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, notes, searches, timeline
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN, found
from webapp.blueprints.admin.site_step_words import WORDS
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View, go_to
from webapp.domain import (
    audit,
    form_answers,
    site_changes,
    site_export,
    site_filling,
    site_jobs,
    site_renaming,
    site_steering,
    site_transfers,
    sites,
)
from webapp.domain.staff import Capability
from webapp.errors import DomainError
from webapp.flows import site_changing
from webapp.models import DomainName, Site, SiteChangeKind, SiteStatus
from webapp.provisioners import provisioners
from webapp.transactions import unit_of_work


def search(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    """By number, by the beginning of an address of its, or by its customer."""
    address = text.lower().removesuffix(f".{settings().network_domain}")
    return searches.any_of(
        Site.id,
        select(Site.id).where(searches.begins_with(Site.slug, address)),
        select(DomainName.site_id).where(searches.begins_with(DomainName.name, address)),
        searches.by_customer(Site.id, Site.customer_id, text, at_most),
        *searches.by_number(Site.id, text),
    )


SITES = Listing(
    endpoint="admin.list_sites",
    model=Site,
    title=_l("Sites"),
    columns=(
        Column(_l("Address"), sort="address"),
        Column(_l("Name")),
        Column(_l("Customer")),
        Column(_l("Status")),
        Column(_l("Created"), sort="-created"),
    ),
    search=search,
    sorts={"created": Site.created_at, "address": Site.slug},
    sort="-created",
    filters=(
        filters.by_status(Site.status, SiteStatus),
        *filters.by_day(filters.in_order(Site.created_at), "created"),
        filters.by_customer(Site.customer_id),
    ),
    options=(joinedload(Site.customer).options(CUSTOMER_NAME),),
    actions=("sites.suspend", "sites.resume"),
)
list_view = View("admin/sites.html", block="list")
site_view = View("admin/site.html")


@bp.get("/sites")
@needs(Capability.SITES_VIEW)
def list_sites() -> ResponseReturnValue:
    return lists.show(SITES, list_view)


@bp.get("/sites/<int:site_id>")
@needs(Capability.SITES_VIEW)
def show_site(site_id: int) -> ResponseReturnValue:
    return show(look_at(site_id))


def look_at(site_id: int) -> Site:
    names = joinedload(Site.customer).options(CUSTOMER_NAME), joinedload(Site.membership).options(PLAN)
    site: Site = found(Site, site_id, *names)
    return site


def show(site: Site, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    change = site_changes.last(site)
    asked = site_changing.possible(site, change)
    return site_view.show(
        status=status,
        problem=problem,
        site=site,
        answers=form_answers.shown(site),
        may_be_made=sites.may_be_made(site),
        may_be_told_again=sites.may_be_told_again(site),
        may_be_renamed=site_renaming.may_be_renamed(site, there=SiteChangeKind.RENAME in asked),
        may_be_exported=site_export.may_be_exported(site),
        may_be_filled=site_filling.may_be_filled(site),
        may_be_given=site_transfers.may_be_given(site, there=SiteChangeKind.TRANSFER in asked),
        change=change,
        maker=maker_of(site),
        job=site_jobs.in_hand(site) if site.is_elsewhere else None,
        steps={step: WORDS[step].do for step in site_steering.possible(site)},
        domains=site.domain_names,
        history=timeline.of_rows({"sites": [site.id]}),
        notes=notes.shown(site),
    )


def maker_of(site: Site) -> str:
    """Who makes it, by its title; by its id when it is gone."""
    found = provisioners.all().get(site.provisioner)
    return str(found.title) if found is not None else site.provisioner


@bp.post("/sites/<int:site_id>/provisioning")
@needs(Capability.SITES_PROVISION)
def create_provisioning(site_id: int) -> ResponseReturnValue:
    """Have it made now, or told once more what is wanted: it failed, takes its time, or its job was lost."""
    try:
        with unit_of_work(actor()):
            site = sites.find(site_id)
            made = site.published_at is not None
            sites.request_again(site)
            audit.note(site, "sites.provision", before={}, after={"status": str(site.status)})
    except DomainError as error:
        return show(look_at(site_id), problem=error.message, status=error.status)
    told = _("It is asked for once more.") if made else _("The site is being set up.")
    flash(told, "success")
    return go_to(url_for("admin.show_site", site_id=site_id))
