"""Giving one's site another address."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.site_addresses import site_address
from webapp.blueprints.site_forms import AddressForm, told_of_address
from webapp.blueprints.views import View, go_to
from webapp.domain import site_renaming, sites
from webapp.errors import Invalid, NotFound
from webapp.extensions import limiter
from webapp.flows import site_changing
from webapp.models import Site, SiteChangeKind

address_view = View("account/site_address.html")


def renameable(site_id: int) -> Site:
    """Raises NotFound, also where there is nothing to rename."""
    site = sites.find(site_id, customer_id=customer().id)
    if not site_renaming.may_be_renamed(site, there=site_changing.may_be_asked(site, SiteChangeKind.RENAME)):
        raise NotFound()
    return site


@bp.get("/sites/<int:site_id>/address")
def edit_address(site_id: int) -> ResponseReturnValue:
    return show(site_id, AddressForm(formdata=None))


def show(site_id: int, form: AddressForm, *, status: int = 200) -> Response:
    site = renameable(site_id)
    return address_view.show(status=status, **told_of_address(site, form))


@bp.post("/sites/<int:site_id>/address")
@limiter.limit("30 per hour")
def update_address(site_id: int) -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate():
        return show(site_id, form, status=422)
    try:
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            there = site_changing.may_be_asked(site, SiteChangeKind.RENAME)
            new = site_renaming.rename(site, str(form.site_url.data or ""), there=there)
    except Invalid as problem:
        form.site_url.errors = [problem.message]
        return show(site_id, form, status=422)
    site = sites.find(site_id)
    if site.slug != new:
        flash(
            _("The system that shows your site is asked for the new address. Until it is done, the old one stays."),
            "info",
        )
        return go_to(url_for(".show_site", site_id=site_id))
    now = site_address(site)
    flash(_("Your site is now at %(address)s. Its old address leads there.", address=now), "success")
    return go_to(url_for(".show_site", site_id=site_id))
