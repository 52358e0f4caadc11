"""Add-ons: which are loaded, in which version, what they registered, what stopped them, and a switch for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.addons import Addon
from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import SwitchForm
from webapp.blueprints.views import View, go_to
from webapp.domain import hook_switches
from webapp.domain.staff import Capability
from webapp.errors import NotFound
from webapp.extensions import application, db
from webapp.flows import watching
from webapp.gateways import gateways
from webapp.hooks import registry
from webapp.transactions import unit_of_work

add_ons_view = View("admin/add_ons.html")


@dataclass(frozen=True, slots=True)
class Shown:
    """One add-on as the page shows it. `listens`: (hook, callback) in their order."""

    addon: Addon
    off: bool
    listens: list[tuple[str, Any]]
    gateways: list[str]

    @property
    def standing(self) -> tuple[str, str]:
        if self.addon.error:
            return _("failed"), "error"
        return (_("switched off"), "paused") if self.off else (_("loaded"), "success")


def loaded() -> list[Addon]:
    found: list[Addon] = current_app.extensions["addons"]
    return found


def shown(addon: Addon, off: frozenset[str]) -> Shown:
    listens = [
        (hook.name, one) for _kind, hook in registry.hooks() for one in hook.callbacks if one.owner == addon.name
    ]
    return Shown(addon, hook_switches.of_addon(addon.name) in off, listens, gateways.brought_by(addon.name))


@bp.get("/add-ons")
@needs(Capability.HOOKS_VIEW)
def list_add_ons() -> ResponseReturnValue:
    off = hook_switches.switched_off(db.session())
    return add_ons_view.show(add_ons=[shown(one, off) for one in loaded()])


@bp.post("/add-ons/<name>/switch")
@needs(Capability.HOOKS_SWITCH)
def update_add_on(name: str) -> ResponseReturnValue:
    """Switch all of an add-on on or off, in all processes within seconds."""
    if name not in {one.name for one in loaded()}:
        raise NotFound()
    on = SwitchForm().on.data == "1"
    with unit_of_work(actor()):
        hook_switches.turn(hook_switches.of_addon(name), on=on)
    watching.look(application())  # this process need not wait
    flash(_("The add-on is switched on.") if on else _("The add-on is switched off."), "success")
    return go_to(url_for("admin.list_add_ons"))
