"""The hook inspector: every hook, who listens, what that cost, what went wrong, and a switch for each callback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import searches
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import SwitchForm
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import hook_figures, hook_switches
from webapp.domain.hook_figures import Key
from webapp.domain.staff import Capability
from webapp.errors import NotFound
from webapp.extensions import application, db
from webapp.flows import watching
from webapp.hook_callbacks import Callback, Hook
from webapp.hooks import registry
from webapp.models import HookFigure
from webapp.transactions import unit_of_work

hooks_view = View("admin/hooks.html", block="list")
hook_view = View("admin/hook.html")
NOTHING = HookFigure(hook="")
LISTENED, FAILED = "listened", "failed"


@dataclass(frozen=True, slots=True)
class Listener:
    """One callback with what it did, in all processes together."""

    callback: Callback
    figure: HookFigure
    subject: str

    @property
    def key(self) -> str:
        return f"{self.callback.priority} {self.callback.name}"

    @property
    def standing(self) -> tuple[str, str]:
        return (_("off"), "paused") if self.callback.off else (_("on"), "success")


@dataclass(frozen=True, slots=True)
class Seen:
    """One hook as the inspector shows it."""

    hook: Hook
    kind: str
    figure: HookFigure
    listeners: list[Listener]

    @property
    def errors(self) -> int:
        return sum(one.figure.errors for one in self.listeners)

    @property
    def kind_word(self) -> str:
        return _("action") if self.kind == "action" else _("filter")

    @property
    def moment(self) -> str:
        if self.kind == "filter" or not self.hook.collected:
            return _("at once")
        return _("at the end of the operation, when its rows are written")


def seen(hook: Hook, kind: str, figures: Mapping[Key, HookFigure]) -> Seen:
    listeners = [
        Listener(
            one,
            figures.get(hook_figures.key_of(hook, one), NOTHING),
            hook_switches.of_callback(hook, one),
        )
        for one in hook.callbacks
    ]
    return Seen(hook, kind, figures.get(hook_figures.key_of(hook), NOTHING), listeners)


def everything() -> list[Seen]:
    """Every hook by its name, with what is written down of it."""
    figures = hook_figures.all_of(db.session())
    return sorted((seen(hook, kind, figures) for kind, hook in registry.hooks()), key=lambda one: one.hook.name)


def chosen(rows: Iterable[Seen], text: str, which: str) -> list[Seen]:
    """By a part of the name, and by whether somebody listens or failed."""
    wanted = [one for one in rows if text.lower() in one.hook.name]
    if which == LISTENED:
        return [one for one in wanted if one.listeners]
    return [one for one in wanted if one.errors] if which == FAILED else wanted


def segments(which: str) -> dict[str, Any]:
    choices = (("", _("All")), (LISTENED, _("With listeners")), (FAILED, _("With errors")))
    links = [
        {
            "id": f"which-{value or 'all'}",
            "label": word,
            "url": url_for("admin.list_hooks", which=value or None),
            "current": value == which,
        }
        for value, word in choices
    ]
    return {"label": _("Hooks"), "links": links}


@bp.get("/hooks")
@needs(Capability.HOOKS_VIEW)
def list_hooks() -> ResponseReturnValue:
    """`search`: a part of the name; `which`: `listened` or `failed`."""
    text, which = searches.clean(request.args.get("search", "")), request.args.get("which", "")
    which = which if which in (LISTENED, FAILED) else ""
    rows = everything()
    found = chosen(rows, text, which)
    words = _("%(found)s of %(all)s hooks", found=format_decimal(len(found)), all=format_decimal(len(rows)))
    return hooks_view.show(
        rows=found,
        text=text,
        which=which,
        segments=segments(which),
        showing=words,
        fragment=is_fragment_request(),
    )


@bp.get("/hooks/<name>")
@needs(Capability.HOOKS_VIEW)
def show_hook(name: str) -> ResponseReturnValue:
    hook, kind = find(name)
    return hook_view.show(seen=seen(hook, kind, hook_figures.all_of(db.session(), name)))


def find(name: str) -> tuple[Hook, str]:
    """Raises NotFound."""
    for kind, hook in registry.hooks():
        if hook.name == name:
            return hook, kind
    raise NotFound()


@bp.post("/hooks/<name>/switch")
@needs(Capability.HOOKS_SWITCH)
def update_callback(name: str) -> ResponseReturnValue:
    """Switch one callback on or off, in all processes within seconds."""
    hook, _kind = find(name)
    form = SwitchForm()
    callback = next((one for one in hook.callbacks if f"{one.priority} {one.name}" == form.subject.data), None)
    if callback is None:
        raise NotFound()
    on = form.on.data == "1"
    with unit_of_work(actor()):
        hook_switches.turn(hook_switches.of_callback(hook, callback), on=on)
    watching.look(application())  # this process need not wait
    words = _("The callback is called again.") if on else _("The callback is no longer called.")
    flash(words, "success")
    return go_to(url_for("admin.show_hook", name=name))


@bp.app_template_filter("microseconds")
def microseconds(number: float | None) -> str:
    """ "12 µs", "3.4 ms", "1.2 s"; a dash for what was not measured."""
    if number is None:
        return "–"
    for limit, size, unit in ((1_000, 1, "µs"), (1_000_000, 1_000, "ms")):
        if number < limit:
            return f"{format_decimal(round(number / size, 1))} {unit}"
    return f"{format_decimal(round(number / 1_000_000, 1))} s"
