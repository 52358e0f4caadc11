"""Putting one's site away, and taking it out again."""

from __future__ import annotations

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.views import View, go_to
from webapp.domain import site_archive, sites
from webapp.errors import Conflict, NotFound

BY_OWNER = "by its owner"
question_view = View("account/site_archiving.html")


@bp.get("/sites/<int:site_id>/archiving")
def confirm_archiving(site_id: int) -> ResponseReturnValue:
    """Raises NotFound for one that there is nothing of to put away."""
    site = sites.find(site_id, customer_id=customer().id)
    if not site_archive.may_be_archived(site):
        raise NotFound()
    return question_view.show(site=site)


@bp.post("/sites/<int:site_id>/archiving")
def create_archiving(site_id: int) -> ResponseReturnValue:
    try:
        with changing():
            site_archive.archive(sites.locked(site_id, customer_id=customer().id), reason=BY_OWNER)
    except Conflict as problem:
        flash(problem.message, "error")
    else:
        flash(_("Your site is in the archive."), "success")
    return go_to(url_for(".show_site", site_id=site_id))


@bp.post("/sites/<int:site_id>/restoring")
def create_restoring(site_id: int) -> ResponseReturnValue:
    try:
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            before = site.slug
            site_archive.restore(site, reason=BY_OWNER)
            moved = site.slug != before
    except Conflict as problem:
        flash(problem.message, "error")
    else:
        flash(
            _("Your site is back.") if not moved else _("Your site is back, at another address: its own was taken."),
            "success",
        )
    return go_to(url_for(".show_site", site_id=site_id))
