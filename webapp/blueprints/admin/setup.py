"""The first steps of a new network, in their order: each done by the facts, left for later, or still to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import may, needs
from webapp.blueprints.admin import settings_form
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import SwitchForm
from webapp.blueprints.admin.settings_fields import Section
from webapp.blueprints.admin.settings_form import SettingsForm
from webapp.blueprints.admin.settings_sections import BY_SLUG
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, network, setting_up
from webapp.domain.setting_up import Step
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.gateways import beyond, gateways
from webapp.models import Setting
from webapp.transactions import unit_of_work

view = View("admin/setup.html")


def part(slug: str, *names: str) -> Section:
    """Of a section of the settings only these fields."""
    whole = BY_SLUG[slug]
    return replace(whole, fields=tuple(one for one in whole.fields if one.name in names))


@dataclass(frozen=True, slots=True)
class Words:
    """`section`: the settings that are asked for here; `page`: where the rest is, else where the step is taken."""

    title: Callable[[], str]
    text: Callable[[], str]
    page: Callable[[], str]
    page_words: Callable[[], str]
    section: Section | None = None


def all_settings() -> str:
    return _("All settings of this kind")


WORDS: dict[Step, Words] = {
    Step.COMPANY: Words(
        lambda: _("Your company"),
        lambda: _("Buyers and invoices name who runs the network. Enter an address and where customers get help."),
        lambda: url_for("admin.show_section", section="company"),
        all_settings,
        BY_SLUG["company"],
    ),
    Step.CURRENCY: Words(
        lambda: _("Your currency"),
        lambda: _("You sell in one currency; products keep the one they were made in."),
        lambda: url_for("admin.show_section", section="money"),
        all_settings,
        part("money", "currency"),
    ),
    Step.GATEWAY: Words(
        lambda: _("A way to be paid"),
        lambda: _("For bank transfers say where the money goes. Other ways come from the environment or an add-on."),
        lambda: url_for("admin.show_section", section="payments"),
        all_settings,
        part("payments", "active_gateways", "manual_account_holder", "manual_iban", "manual_instructions"),
    ),
    Step.PLAN: Words(
        lambda: _("Your first plan"),
        lambda: _("What you sell: a name, a price and how often it is paid."),
        lambda: url_for("admin.new_product"),
        lambda: _("Add a product"),
    ),
    Step.PURCHASE: Words(
        lambda: _("A test purchase"),
        lambda: _("Order a plan as a customer would, and see what they see. It is done when an order is paid or free."),
        lambda: url_for("checkout.register"),
        lambda: _("Open the order form"),
    ),
}


def done() -> set[Step]:
    return setting_up.done(db.session(), [name for name, one in gateways.all().items() if beyond(one).ready])


def still_to_do() -> list[str]:
    """What the dashboard reminds of, skipped or not."""
    if not may(Capability.SETTINGS_EDIT):
        return []
    found = done()
    return [WORDS[step].title() for step in Step if step not in found]


@bp.get("/setup")
@needs(Capability.SETTINGS_VIEW)
def show_setup() -> ResponseReturnValue:
    return show()


def show(form: SettingsForm | None = None, *, at: Step | None = None, problem: str = "", status: int = 200) -> Response:
    """The step that is asked for, else the first that is neither done nor left for later."""
    found, later = done(), setting_up.skipped(db.session())
    asked = at or known(request.args.get("step", ""))
    current = asked or next((one for one in Step if one not in found | later), None)
    section = WORDS[current].section if current else None
    if section is not None and form is None and may(Capability.SETTINGS_EDIT):
        form = settings_form.written(section, network.settings())
    return view.show(
        status=status,
        problem=problem,
        steps=[state(one, found, later, current) for one in Step],
        current=current,
        words=WORDS[current] if current else None,
        is_done=current in found,
        is_later=current in later,
        form=form,
        errors=form.problems() if form else [],
        all_done=len(found) == len(Step),
    )


def known(name: str) -> Step | None:
    return Step(name) if name in set(Step) else None


def state(step: Step, found: set[Step], later: set[Step], current: Step | None) -> dict[str, Any]:
    """As the list of steps shows it."""
    standing = (_("done"), "success") if step in found else (_("left for later"), "paused")
    if step not in found | later:
        standing = (_("still to do"), "pending")
    url = url_for("admin.show_setup", step=step)
    return {"name": step, "title": WORDS[step].title(), "standing": standing, "url": url, "current": step is current}


@bp.post("/setup/<step>")
@needs(Capability.SETTINGS_EDIT)
def update_setup(step: str) -> ResponseReturnValue:
    """Save what the step asks for, and go on to the next."""
    taken = known(step) or abort(404)
    section = WORDS[taken].section or abort(404)
    form = settings_form.make(settings_form.open_fields(section))
    values = settings_form.read(form, section, network.settings())
    if values is None:
        return show(form, at=taken, status=422)
    try:
        with unit_of_work(actor()) as session:
            changed = network.edit(values, names=section.names, seen=form.state.data or "")
            if taken == Step.CURRENCY:
                setting_up.choose_currency(session)
            if not changed:
                audit.note(Setting, "setup.confirm", before={}, after={"step": str(taken)})
            setting_up.skip(session, taken, later=False)
    except Conflict:
        problem = _("Somebody changed these settings in the meantime. Look at them, and save again.")
        return show(at=taken, problem=problem, status=409)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.show_setup"))


@bp.post("/setup/<step>/skip")
@needs(Capability.SETTINGS_EDIT)
def update_skip(step: str) -> ResponseReturnValue:
    """Leave it for later, or take it up again; the dashboard goes on reminding of it."""
    taken, later = known(step) or abort(404), SwitchForm().on.data != "0"
    with unit_of_work(actor()) as session:
        setting_up.skip(session, taken, later=later)
        audit.note(Setting, "setup.skip", before={"later": not later}, after={"step": str(taken), "later": later})
    return go_to(url_for("admin.show_setup", step=None if later else taken))
