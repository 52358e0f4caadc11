"""The form of what a gateway asks the operator for: its variables as fields, read into what the domain keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.blueprints.admin import settings_form
from webapp.blueprints.admin.settings_fields import Field
from webapp.blueprints.admin.settings_form import UNREAD, SettingsForm, is_locked
from webapp.domain import gateway_keys
from webapp.domain.setting_kinds import Secret, Text
from webapp.gateways import beyond
from webapp.gateways.base import Gateway, Variable


@dataclass(frozen=True, slots=True)
class KeyField(Field):
    """A variable that a gateway asks for."""

    @property
    def variable(self) -> str:
        return self.name

    @property
    def is_secret(self) -> bool:
        return isinstance(self.kind, Secret)


def fields_of(one: Gateway) -> tuple[KeyField, ...]:
    return tuple(_field(variable) for variable in beyond(one).variables)


def _field(variable: Variable) -> KeyField:
    kind = Secret(optional=True) if variable.secret else Text(longest=500, optional=True)
    return KeyField(variable.name, variable.label, kind, variable.hint)


def open_fields(fields: Sequence[KeyField]) -> list[KeyField]:
    return [one for one in fields if not is_locked(one)]


def written(fields: Sequence[KeyField]) -> SettingsForm:
    """As it is opened: with what is saved, but for secrets."""
    values = {one.name: one.kind.written(gateway_keys.shown(one.name)) for one in fields}
    state = gateway_keys.state([one.name for one in fields])
    return make(fields, formdata=None, data={**values, "state": state})


def make(fields: Sequence[KeyField], **options: Any) -> SettingsForm:
    """Beside the other form of its page: what is hidden in both has another id here."""
    form = settings_form.make(open_fields(fields), **options)
    for one in form:
        if one.name in ("state", "csrf_token"):
            one.id = f"keys-{one.id}"
    return form


def read(form: SettingsForm, fields: Sequence[KeyField]) -> dict[str, Any] | None:
    """What is to be kept; None when something is wrong, which then stands beside its field."""
    form.validate()
    values = {
        one.name: value for one in open_fields(fields) if (value := settings_form.read_field(form, one)) is not UNREAD
    }
    return None if form.problems() else values
