"""Another address for a customer's site, given by the staff."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import Optional

from webapp.blueprints.access import needs
from webapp.blueprints.admin import sites as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.site_forms import AddressForm, told_of_address
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, site_renaming, sites
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError, Invalid
from webapp.flows import site_changing
from webapp.models import SiteChangeKind
from webapp.transactions import unit_of_work

address_view = View("admin/site_address.html")


class RenamingForm(AddressForm):
    """`version`: of the site that was looked at."""

    version = IntegerField(_l("Version"), validators=[Optional()])


@bp.get("/sites/<int:site_id>/address")
@needs(Capability.SITES_EDIT)
def edit_site_address(site_id: int) -> ResponseReturnValue:
    return ask(site_id, RenamingForm(formdata=None))


def ask(site_id: int, form: RenamingForm, *, status: int = 200) -> Response:
    site = pages.look_at(site_id)
    return address_view.show(status=status, **told_of_address(site, form))


@bp.post("/sites/<int:site_id>/address")
@needs(Capability.SITES_EDIT)
def update_site_address(site_id: int) -> ResponseReturnValue:
    form = RenamingForm()
    if not form.validate():
        return ask(site_id, form, status=422)
    try:
        is_done = rename(site_id, form)
    except Invalid as problem:
        form.site_url.errors = [problem.message]
        return ask(site_id, form, status=422)
    except DomainError as error:
        return pages.show(pages.look_at(site_id), problem=error.message, status=error.status)
    if is_done:
        flash(_("The site has another address. The old one leads there."), "success")
    else:
        flash(_("The hosting system is asked for it. The site stays as it is until that says yes."), "info")
    return go_to(url_for("admin.show_site", site_id=site_id))


def rename(site_id: int, form: RenamingForm) -> bool:
    """Whether it is done; else it is asked for where the site is made. Raises DomainError."""
    with unit_of_work(actor()):
        site = sites.locked(site_id)
        if form.version.data not in (None, site.version):
            raise Conflict()
        old, there = site.slug, site_changing.may_be_asked(site, SiteChangeKind.RENAME)
        new = site_renaming.rename(site, str(form.site_url.data or ""), there=there)
        audit.note(site, "sites.rename", before={"slug": old}, after={"slug": new})
        return site.slug == new
