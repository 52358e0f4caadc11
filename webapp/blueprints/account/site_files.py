"""One's site as a file: to take along, and to bring back."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints import site_files
from webapp.blueprints.account.base import actor, bp, changing, customer
from webapp.blueprints.account.sites import own_site
from webapp.blueprints.site_files import ImportForm
from webapp.blueprints.views import View, go_to
from webapp.domain import site_filling, site_imports, site_switching, site_zip, sites
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import csrf, limiter
from webapp.models import Site

import_view = View("account/site_import.html", block="import")


@bp.get("/sites/<int:site_id>/export.zip")
@limiter.limit("30 per hour")
def export_site(site_id: int) -> ResponseReturnValue:
    return site_files.answer_export(sites.find(site_id, customer_id=customer().id))


def filled(site_id: int) -> Site:
    """Raises NotFound for one that is not written here."""
    site = own_site(site_id)
    if not site_filling.may_be_filled(site):
        raise NotFound()
    return site


@bp.get("/sites/<int:site_id>/import")
def confirm_import(site_id: int) -> ResponseReturnValue:
    """What it replaces, before it does; and what became of a large one that was sent."""
    return show(site_id, ImportForm(formdata=None))


def show(site_id: int, form: ImportForm, *, status: int = 200) -> Response:
    site, most = filled(site_id), site_zip.BYTES_AT_MOST
    job = site_imports.latest(site)
    return import_view.show(status=status, site=site, form=form, errors=form.problems(), most=most, job=job)


# The view checks the token itself: what is too large is then said beside the field, and not on a page of its own.
@csrf.exempt
@bp.post("/sites/<int:site_id>/import")
@limiter.limit("20 per hour")
def create_import(site_id: int) -> ResponseReturnValue:
    filled(site_id)
    site_files.take_files()
    form = ImportForm(formdata=None)
    try:
        site_files.chosen()
        form = ImportForm()
        form.validate()
        package = site_files.package_for(form)
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            if package is None:
                site_files.send(site, actor())
            else:
                site_switching.take_over(site, package)
    except Invalid as problem:
        return show(site_id, form, status=site_files.refused(form, problem))
    except Conflict as problem:
        form.file.errors = [problem.message]
        return show(site_id, form, status=problem.status)
    if package is None:
        return go_to(url_for(".confirm_import", site_id=site_id))
    flash(_("Your site shows what the export holds."), "success")
    return go_to(url_for(".show_site", site_id=site_id))
