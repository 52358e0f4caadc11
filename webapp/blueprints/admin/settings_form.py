"""The form of a section of settings: what an operator types, read into the values that the domain keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms import TextAreaField as TextArea

from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.blueprints.errors import settings as environment
from webapp.blueprints.form import Form
from webapp.domain import network, network_rules
from webapp.domain.network import Network
from webapp.domain.setting_kinds import Listed
from webapp.errors import Invalid

QUIET = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
REMOVE = "remove-"


def text(field: Field, **more: str) -> Any:
    return StringField(field.label, render_kw={"autocomplete": "off", **more})


def chosen(field: Field, kind: type = SelectField) -> Any:
    assert isinstance(field.kind, Listed)  # as CONTROLS has it
    options = field.kind.options
    return kind(field.label, choices=lambda: list(options().items()), validate_choice=False)


# By the `control` of a kind.
CONTROLS: dict[str, Callable[[Field], Any]] = {
    "text": text,
    "email": lambda field: text(field, **QUIET, inputmode="email"),
    "url": lambda field: text(field, **QUIET, inputmode="url"),
    "number": lambda field: text(field, inputmode="numeric"),
    "colour": lambda field: text(field, **QUIET),
    "key": lambda field: text(field, **QUIET),
    "lines": lambda field: TextArea(field.label, render_kw={"rows": "5"}),
    "flag": lambda field: BooleanField(field.label),
    "choice": chosen,
    "select": chosen,
    "several": lambda field: chosen(field, SelectMultipleField),
    "secret": lambda field: PasswordField(field.label, render_kw={**QUIET, "autocomplete": "new-password"}),
}


class SettingsForm(Form):
    """The fields of one section follow. `state`: a fingerprint of what they were on the page that was looked at."""

    state = HiddenField()

    def refuse(self, problem: Invalid) -> None:
        field = self[problem.field or "state"]
        field.errors = [*field.errors, problem.message]


def is_locked(field: Field) -> bool:
    """Whether the environment says it."""
    return bool(field.variable and environment().env.get(field.variable))


def open_fields(section: Section) -> list[Field]:
    return [one for one in section.fields if not is_locked(one)]


def make(fields: Iterable[Field], **options: Any) -> SettingsForm:
    """A form with these fields; a secret has one more, to remove it."""
    members: dict[str, Any] = {}
    for field in fields:
        members[field.name] = CONTROLS[field.kind.control](field)
        if field.is_secret:
            members[REMOVE + field.name] = BooleanField(_l("Remove what is saved"))
    form: SettingsForm = type("SectionForm", (SettingsForm,), members)(**options)
    return form


def written(section: Section, saved: Network) -> SettingsForm:
    """The form as it is opened: with what is saved, but for secrets."""
    fields = open_fields(section)
    values = {one.name: one.kind.written(getattr(saved, one.name)) for one in fields}
    return make(fields, formdata=None, data={**values, "state": network.state(saved, section.names)})


def read(form: SettingsForm, section: Section, saved: Network) -> dict[str, Any] | None:
    """What is to be kept; None when something is wrong, which then stands beside its field."""
    fields = open_fields(section)
    locked = set(section.names) - {one.name for one in fields}
    form.validate()
    read_one_by_one = {one.name: value for one in fields if (value := read_field(form, one)) is not UNREAD}
    values = network_rules.completed(read_one_by_one, saved)
    if not form.problems():
        for problem in network_rules.problems({**as_they_are(section, saved), **values}):
            if problem.field not in locked:  # what the environment says is not mended here
                form.refuse(problem)
    return None if form.problems() else values


UNREAD = object()


def read_field(form: SettingsForm, field: Field) -> Any:
    """UNREAD for what cannot be read, and for a secret that nobody touched."""
    typed = request.form.getlist(field.name)
    if field.is_secret and not any(one.strip() for one in typed):
        return "" if form[REMOVE + field.name].data else UNREAD
    try:
        return field.kind.read(typed)
    except Invalid as problem:
        form.refuse(Invalid(problem.message, field=field.name))
        return UNREAD


def as_they_are(section: Section, saved: Network) -> dict[str, Any]:
    """The values that hold now: the environment's, else the saved."""
    env = environment().env
    return {one.name: env.get(one.variable) or getattr(saved, one.name) for one in section.fields}
