"""Comparisons with the gateways: when, what was mended, what could not be asked, and having one made now."""

from __future__ import annotations

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import defer

from webapp.blueprints.access import needs
from webapp.blueprints.admin import log_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.related import found
from webapp.blueprints.admin.timeline import people_in
from webapp.blueprints.views import View, go_to
from webapp.domain import audit
from webapp.domain.staff import Capability
from webapp.extensions import db, queue
from webapp.models import Reconciliation
from webapp.transactions import unit_of_work

SHOWN_AT_MOST = 50
list_view = View("admin/reconciliations.html")
one_view = View("admin/reconciliation.html")


@bp.get("/reconciliations")
@needs(Capability.PAYMENTS_VIEW)
def list_reconciliations() -> ResponseReturnValue:
    newest = select(Reconciliation).order_by(Reconciliation.id.desc()).options(defer(Reconciliation.lines))
    return list_view.show(runs=db.session.scalars(newest.limit(SHOWN_AT_MOST)).all())


@bp.get("/reconciliations/<int:reconciliation_id>")
@needs(Capability.PAYMENTS_VIEW)
def show_reconciliation(reconciliation_id: int) -> ResponseReturnValue:
    run: Reconciliation = found(Reconciliation, reconciliation_id)
    return one_view.show(run=run, who=log_words.actor(run.actor, people_in([run.actor])))


@bp.post("/reconciliations")
@needs(Capability.NOTICES_PROCESS)
def create_reconciliation() -> ResponseReturnValue:
    """Have a worker compare now, and not only when the clock would."""
    with unit_of_work(actor()):
        audit.note(Reconciliation, "reconciliations.run", before={}, after={})
    if queue.ring("reconcile", [actor()]):
        flash(_("The gateways are being asked. Look again in a moment."), "info")
    else:
        flash(_("No worker can be told now. The comparison is made by itself every hour."), "warning")
    return go_to(url_for("admin.list_reconciliations"))
