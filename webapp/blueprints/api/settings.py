"""The settings of the network as one flat object. What each may be is what the admin's forms say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields

from webapp.blueprints.admin.settings_sections import BY_NAME
from webapp.blueprints.api.fields import Shape
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.blueprints.api.refusals import InvalidFields
from webapp.blueprints.errors import settings as environment
from webapp.domain import network, network_rules
from webapp.domain.network import DEFAULTS, KEYS, SECRETS, VARIABLES
from webapp.errors import Invalid
from webapp.masking import MASK

WORDS: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    list: {"type": "array", "items": {"type": "string"}},
}


def described(name: str) -> fields.Raw:
    """A setting in the description of the API; what it may be is looked at when it is changed."""
    about = BY_NAME[name].label if name in BY_NAME else "Changed by its page in the admin."
    default = getattr(DEFAULTS, name)
    kind = WORDS[type(default)]
    if isinstance(default, list) and any(isinstance(one, int) for one in default):
        kind = {"type": "array", "items": {"type": "integer"}}
    return fields.Raw(metadata={**kind, "description": about, "default": default})


SETTINGS = Shape.from_dict({name: described(name) for name in sorted(KEYS)}, name="Settings")()
CHANGES = Shape.from_dict({name: described(name) for name in sorted(KEYS)}, name="Settings")(partial=True)


SHOWN = {name: getattr(DEFAULTS, name) for name in sorted(KEYS)}
SAID = {"currency": "EUR", "enable_taxes": True, "inclusive_tax": True}


@operation("GET", "/settings", tag="settings", scopes=("settings:read",), gives=SETTINGS, answer=SHOWN)
def get_settings() -> Answer:
    """Read all settings.

    Those that the environment says are as it says them. Of secrets only whether there is one.
    """
    return answer()


@operation(
    "PATCH",
    "/settings",
    tag="settings",
    scopes=("settings:write",),
    body=CHANGES,
    gives=SETTINGS,
    refusals=(412,),
    example=SAID,
    answer={**SHOWN, **SAID},
)
def update_settings(body: dict[str, Any]) -> Answer:
    """Change some settings.

    A setting that is sent as it is already, as a whole object read before would be, is no change. What the environment
    says cannot be changed here.
    """
    network.lock()
    saved = network.settings()
    check_match(network.state(saved, KEYS))
    wanted = {name: value for name, value in body.items() if value != as_it_is()[name]}
    values = network_rules.completed(read(wanted), saved)
    check_together(values)
    network.edit(values, names=KEYS, seen=network.state(saved, KEYS))
    return answer()


def answer() -> Answer:
    return Answer(as_it_is(), etag=network.state(network.settings(), KEYS))


def as_it_is() -> dict[str, Any]:
    """What holds: the environment's, else the saved; secrets masked."""
    shown = network.shown(network.settings())
    for name, value in given_by_environment().items():
        shown[name] = MASK if name in SECRETS else value if isinstance(shown[name], str) else value == "1"
    return shown


def given_by_environment() -> Mapping[str, str]:
    env = environment().env
    return {name: env[variable] for name, variable in VARIABLES.items() if env.get(variable)}


def read(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be kept. Raises InvalidFields with every one that cannot be."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, given in wanted.items():
        try:
            values[name] = read_one(name, given)
        except Invalid as problem:
            problems[name] = problem.message
    if problems:
        raise InvalidFields(problems)
    return values


def read_one(name: str, given: Any) -> Any:
    """Raises Invalid."""
    if name in given_by_environment():
        raise Invalid(_("%(variable)s in the environment says this. Change it there.", variable=VARIABLES[name]))
    if name not in BY_NAME:
        raise Invalid(_("This cannot be changed here. It has a page in the admin."))
    return BY_NAME[name].kind.take(given)


def check_together(values: Mapping[str, Any]) -> None:
    """Whether they go with those that stay. Raises InvalidFields."""
    saved = network.settings()
    now = {name: getattr(saved, name) for name in KEYS} | dict(given_by_environment())
    problems = {problem.field or "": problem.message for problem in network_rules.problems({**now, **values})}
    if problems:
        raise InvalidFields(problems)
