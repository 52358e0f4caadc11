"""The look of the network in the settings: the logo, and a look at the colours before they are saved."""

from __future__ import annotations

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import settings, settings_form
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.shades import shades
from webapp.blueprints.views import View, go_to
from webapp.domain import logos, network, pictures
from webapp.domain.staff import Capability
from webapp.errors import Invalid
from webapp.transactions import unit_of_work

shades_view = View("admin/_shades.html")


@bp.post("/settings/look/preview")
@needs(Capability.SETTINGS_EDIT)
def preview_look() -> ResponseReturnValue:
    """The colours that are typed now, on a light and a dark page. Writes nothing."""
    fields = settings_form.open_fields(settings.find("look"))
    return shades_view.show(shades=shades(settings_form.make(fields)))


@bp.post("/settings/look/logo")
@needs(Capability.SETTINGS_EDIT)
def update_logo() -> ResponseReturnValue:
    """A new one from the file `logo`; `remove=1` takes it away."""
    removes = request.form.get("remove") == "1"
    file = request.files.get("logo")
    try:
        logo = None if removes else logos.read(file.stream.read(pictures.BYTES_AT_MOST + 1) if file else b"")
    except Invalid as problem:
        return refused(problem)
    with unit_of_work(actor()):
        logos.keep(logo) if logo else logos.remove()
    flash(_("Your logo is on every page now.") if logo else _("The logo is removed."), "success")
    return go_to(url_for("admin.show_section", section="look"))


def refused(problem: Invalid) -> ResponseReturnValue:
    section = settings.find("look")
    form = settings_form.written(section, network.settings())
    return settings.show(section, form, logo_error=problem.message, status=problem.status)
