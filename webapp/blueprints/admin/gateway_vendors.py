"""What a way to pay needs of its vendor: keys that are entered and tried out, and the address for notices."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import gateway_key_form
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.ways_to_pay import CHANGED_MEANWHILE, address_of, can_be_told, find, show, written
from webapp.blueprints.errors import settings as environment
from webapp.blueprints.views import go_to
from webapp.domain import audit, gateway_keys, network
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError
from webapp.extensions import limiter
from webapp.gateways import beyond
from webapp.gateways.base import Gateway, Tested, VendorUnreachable
from webapp.models import Setting
from webapp.transactions import end_read, unit_of_work

TRIES = "10 per minute"


@bp.post("/settings/gateways/<gateway>/keys")
@needs(Capability.SETTINGS_EDIT)
def update_gateway_keys(gateway: str) -> ResponseReturnValue:
    """Keep what it asks for; what somebody else saved meanwhile is not overwritten. A secret is typed again then."""
    fields_asked = gateway_key_form.fields_of(find(gateway)) or abort(404)
    form = gateway_key_form.make(fields_asked)
    values = gateway_key_form.read(form, fields_asked)
    if values is None:
        return show(gateway, written(gateway), keys=form, status=422)
    names, secrets = [one.name for one in fields_asked], {one.name for one in fields_asked if one.is_secret}
    try:
        with unit_of_work(actor()):
            gateway_keys.edit(gateway, values, names=names, secrets=secrets, seen=form.state.data or "")
    except Conflict as error:
        form.state.data = gateway_keys.state(names)
        return show(gateway, written(gateway), keys=form, problem=str(CHANGED_MEANWHILE), status=error.status)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.show_gateway", gateway=gateway))


@bp.post("/settings/gateways/<gateway>/connection")
@needs(Capability.SETTINGS_EDIT)
@limiter.limit(TRIES)
def test_gateway(gateway: str) -> ResponseReturnValue:
    """Ask the vendor whether the keys work, with no transaction open meanwhile. Writes nothing."""
    one = find(gateway)
    network.settings()
    end_read()
    return show(gateway, written(gateway), tested=try_out(one))


def try_out(one: Gateway) -> Tested:
    try:
        if not beyond(one).ready:
            return Tested(False, _("Its keys are missing, or cannot be read. Enter them and save first."))
        found = beyond(one).test()
    except VendorUnreachable as problem:
        return Tested(False, _("It cannot be asked: %(why)s", why=str(problem)))
    return found or Tested(True, _("There is nobody to ask: it needs no keys."))


@bp.post("/settings/gateways/<gateway>/webhook")
@needs(Capability.SETTINGS_EDIT)
@limiter.limit(TRIES)
def register_webhook(gateway: str) -> ResponseReturnValue:
    """Have the vendor send its notices here, and keep what they are checked by."""
    one = find(gateway)
    try:
        if not can_be_told(one) or not beyond(one).ready:
            raise Conflict(_("It cannot be registered from here. Enter the address by hand over there."))
        network.settings()
        end_read()
        kept = beyond(one).register_webhook(address_of(gateway))
        keep(gateway, kept)
    except VendorUnreachable as problem:
        words = _("It was not registered: %(why)s", why=str(problem))
        return show(gateway, written(gateway), problem=words, status=503)
    except DomainError as error:
        return show(gateway, written(gateway), problem=error.message, status=error.status)
    flash(_("The address is registered: notices come here from now on."), "success")
    return go_to(url_for("admin.show_gateway", gateway=gateway))


def keep(gateway: str, variables: Mapping[str, str]) -> None:
    """Raises Conflict where the environment says otherwise. Nothing, where all of it is known already."""
    if any(environment().env.get(variable) for variable in variables):
        names = ", ".join(variables)
        raise Conflict(_("It is registered, but %(names)s is set in the environment. Change it there.", names=names))
    own = {one.name: one.secret for one in beyond(find(gateway)).variables if one.name in variables}
    ours = {network.NAMES[name]: value for name, value in variables.items() if name not in own}
    with unit_of_work(actor()):
        if own:
            values = {name: variables[name] for name in own}
            gateway_keys.change(gateway, values, secrets=[name for name, secret in own.items() if secret])
        if ours:
            _keep_ours(gateway, ours)


def _keep_ours(gateway: str, values: Mapping[str, str]) -> None:
    old = network.shown(network.settings())
    changed = {name: value for name, value in values.items() if name in network.SECRETS or value != old[name]}
    network.change(changed)
    new = network.shown(network.settings())
    before = {"gateway": gateway, **{name: old[name] for name in changed}}
    audit.note(Setting, "gateways.register", before=before, after={**before, **{one: new[one] for one in changed}})
