"""Every component of the templates in all its states, so that a change of one is seen before it is shipped."""

from __future__ import annotations

from operator import attrgetter

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.access import needs
from webapp.blueprints.admin import component_samples as samples
from webapp.blueprints.admin import searches
from webapp.blueprints.admin.base import bp
from webapp.blueprints.views import View
from webapp.clock import now
from webapp.domain.staff import Capability
from webapp.money import Money

components_view = View("admin/components.html", block="list")


@bp.get("/components")
@needs(Capability.COMPONENTS_VIEW)
def list_components() -> ResponseReturnValue:
    """`search`: the sample list can be searched like any other."""
    here = url_for("admin.list_components")
    search = searches.clean(request.args.get("search", ""))
    return components_view.show(
        here=here,
        search=search,
        rows=samples.rows(search),
        columns=samples.columns(here),
        bulk=samples.bulk(here),
        fine=samples.fine(),
        refused=samples.refused(),
        plan_field=samples.plan_field(),
        name_of=attrgetter("name"),
        standings=samples.standings(),
        amount=Money(2999, "EUR"),
        large=Money(123456789, "EUR"),
        instant=now(),
        plans=samples.plans(),
        history=samples.history(),
        drawings=samples.drawings(),
        uses=samples.uses(),
    )
