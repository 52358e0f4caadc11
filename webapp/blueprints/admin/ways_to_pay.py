"""The ways to pay as the operator sets them up: which are offered in which order, under which words, to whom; whether
their keys work and their notices come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import gateway_key_form, settings_form
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.settings_choices import all_countries, all_currencies
from webapp.blueprints.admin.settings_fields import Field
from webapp.blueprints.admin.settings_form import SettingsForm
from webapp.blueprints.errors import settings as environment
from webapp.blueprints.views import View, go_to
from webapp.domain import gateway_keys, gateway_options
from webapp.domain.gateway_options import LONGEST, Options
from webapp.domain.setting_kinds import Several, Text
from webapp.domain.staff import Capability
from webapp.errors import ConfigurationError, Conflict, Invalid
from webapp.extensions import db
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Base, Gateway, Tested
from webapp.gateways.free import FreeGateway
from webapp.languages import languages
from webapp.models import InboundEvent, InboundStatus
from webapp.transactions import unit_of_work

list_view = View("admin/gateways.html")
gateway_view = View("admin/gateway.html")
# Where the keys of ours are entered; an add-on's are asked for on its own page.
SECTIONS = {"stripe": "stripe", "stripe-checkout": "stripe", "paypal": "paypal", "manual": "payments"}
CHANGED_MEANWHILE = _l("Somebody else changed it meanwhile. What you entered stands below; save it again to keep it.")


def registered() -> dict[str, Gateway]:
    return {name: one for name, one in gateways.all().items() if name != FreeGateway.id}


def find(name: str) -> Gateway:
    return registered().get(name) or abort(404)


# -- all of them -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the list. `standing`: word and tone."""

    id: str
    title: str
    standing: tuple[str, str]
    mode: tuple[str, str] | None
    is_on: bool
    is_first: bool = False
    is_last: bool = False


@bp.get("/settings/gateways")
@needs(Capability.SETTINGS_VIEW)
def list_gateways() -> ResponseReturnValue:
    return show_list()


def show_list(*, problem: str = "", status: int = 200) -> Response:
    known = registered()
    on, off = gateway_options.in_order(known)
    rows = [_row(name, known[name], on) for name in (*on, *off)]
    return list_view.show(status=status, rows=rows, problem=problem)


def _row(name: str, one: Gateway, on: list[str]) -> Shown:
    title, _description = gateway_options.words(name, one.title, one.description)
    is_on = name in on
    at = {"is_first": on[0] == name, "is_last": on[-1] == name} if is_on else {}
    return Shown(name, title, standing(one, is_on=is_on), mode(one), is_on, **at)


def standing(one: Gateway, *, is_on: bool) -> tuple[str, str]:
    if not is_on:
        return _("off"), "neutral"
    return (_("offered"), "success") if beyond(one).ready else (_("keys are missing"), "warning")


def mode(one: Gateway) -> tuple[str, str] | None:
    """Whether real money moves, where its keys tell."""
    try:
        known = beyond(one).mode if beyond(one).ready else ""
    except ConfigurationError:
        return None
    return {"live": (_("live"), "info"), "test": (_("test"), "paused")}.get(known)


@bp.post("/settings/gateways")
@needs(Capability.SETTINGS_EDIT)
def update_gateways() -> ResponseReturnValue:
    """One step: `up`, `down`, `on` or `off`, with the gateway's id."""
    known = registered()
    step = next((one for one in ("up", "down", "on", "off") if one in request.form), "")
    name = request.form.get(step, "")
    if not step or name not in known:
        abort(422)
    try:
        with unit_of_work(actor()):
            if step in ("on", "off"):
                gateway_options.switch(name, known, on=step == "on")
            else:
                gateway_options.move(name, -1 if step == "up" else 1, known)
    except Invalid as error:
        return show_list(problem=error.message, status=422)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.list_gateways", _anchor=f"gateway-{name}"))


# -- one of them -----------------------------------------------------------------------------------------------------
def fields() -> tuple[Field, ...]:
    """The options, as fields of a form."""
    texts = []
    for language, own_name in languages().items():
        for name, label in (("title", _l("Title")), ("description", _l("Description"))):
            hint = _l("Empty: as the gateway says it.")
            kind = Text(longest=LONGEST[f"{name}s"], optional=True)
            texts.append(
                Field(f"{name}_{language}", _l("%(what)s (%(language)s)", what=label, language=own_name), kind, hint)
            )
    return (
        *texts,
        Field(
            "countries",
            _l("Countries of buyers it is offered to"),
            Several(options=all_countries),
            _l("Choose none to offer it everywhere."),
        ),
        Field(
            "currencies",
            _l("Currencies it is offered for"),
            Several(options=all_currencies),
            _l("Choose none to offer it for all that it can take."),
        ),
    )


@bp.get("/settings/gateways/<gateway>")
@needs(Capability.SETTINGS_VIEW)
def show_gateway(gateway: str) -> ResponseReturnValue:
    find(gateway)
    return show(gateway, written(gateway))


def written(gateway: str) -> SettingsForm:
    options = gateway_options.of(gateway)
    values: dict[str, Any] = {"countries": list(options.countries), "currencies": list(options.currencies)}
    for language in languages():
        values |= {
            f"title_{language}": options.titles.get(language, ""),
            f"description_{language}": options.descriptions.get(language, ""),
        }
    return settings_form.make(fields(), formdata=None, data={**values, "state": gateway_options.state(gateway)})


def show(
    gateway: str,
    form: SettingsForm,
    *,
    keys: SettingsForm | None = None,
    problem: str = "",
    tested: Tested | None = None,
    status: int = 200,
) -> Response:
    """`form`: how it is offered; `keys`: what it asks for, where that form was sent."""
    one = find(gateway)
    key_fields = gateway_key_form.fields_of(one)
    keys = keys or gateway_key_form.written(key_fields)
    title, _description = gateway_options.words(gateway, one.title, one.description)
    on, _off = gateway_options.in_order(registered())
    return gateway_view.show(
        status=status,
        gateway=gateway,
        title=title,
        standing=standing(one, is_on=gateway in on),
        mode=mode(one),
        fields=fields(),
        form=form,
        key_fields=key_fields,
        keys=keys,
        saved={field.name: gateway_keys.shown(field.name) for field in key_fields},
        is_locked=settings_form.is_locked,
        env=environment().env,
        errors=form.problems() + keys.problems(),
        problem=problem,
        tested=tested,
        keys_section=SECTIONS.get(gateway),
        webhook=address_of(gateway),
        heard=last_heard(gateway),
        can_be_told=can_be_told(one),
    )


def address_of(gateway: str) -> str:
    """Where its vendor sends notices; one for all that share an account."""
    return f"{environment().base_url}/webhooks/{gateways.account_of(gateway)}"


def can_be_told(one: Gateway) -> bool:
    """Whether its vendor takes the address by itself: it must be one that the vendor can reach."""
    base = urlsplit(environment().base_url)
    can = type(beyond(one)).register_webhook is not Base.register_webhook
    return can and base.scheme == "https" and base.hostname not in ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Heard:
    """The last notice, and the last one that could not be handled."""

    last: InboundEvent | None
    failed: InboundEvent | None


def last_heard(gateway: str) -> Heard:
    account = gateways.account_of(gateway)
    newest = select(InboundEvent).where(InboundEvent.gateway == account).order_by(InboundEvent.id.desc()).limit(1)
    failed = newest.where(InboundEvent.status == InboundStatus.FAILED)
    return Heard(db.session.scalars(newest).first(), db.session.scalars(failed).first())


@bp.post("/settings/gateways/<gateway>")
@needs(Capability.SETTINGS_EDIT)
def update_gateway(gateway: str) -> ResponseReturnValue:
    """Keep how it is offered; what somebody else saved meanwhile is not overwritten, and nothing typed is lost."""
    find(gateway)
    form = settings_form.make(fields())
    options = read(form)
    if options is None:
        return show(gateway, form, status=422)
    try:
        with unit_of_work(actor()):
            gateway_options.change(gateway, options, seen=form.state.data or "")
    except Invalid as error:
        form.refuse(error)
        return show(gateway, form, status=422)
    except Conflict as error:
        form.state.data = gateway_options.state(gateway)
        return show(gateway, form, problem=str(CHANGED_MEANWHILE), status=error.status)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.show_gateway", gateway=gateway))


def read(form: SettingsForm) -> Options | None:
    form.validate()
    values: dict[str, Any] = {}
    for one in fields():
        try:
            values[one.name] = one.kind.read(request.form.getlist(one.name))
        except Invalid as problem:
            form.refuse(Invalid(problem.message, field=one.name))
    if form.problems():
        return None
    titles = {language: values[f"title_{language}"] for language in languages()}
    descriptions = {language: values[f"description_{language}"] for language in languages()}
    return Options(titles, descriptions, tuple(values["countries"]), tuple(values["currencies"]))
