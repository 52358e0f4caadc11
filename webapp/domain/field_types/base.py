"""What a type of field says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import gettext as _

from webapp.domain.form_definitions import Spec
from webapp.errors import Invalid

LONGEST = 2000


class Shown(StrEnum):
    """How the control of an own question is sent: as a text, or as a tick."""

    TEXT = "text"
    TICK = "tick"


class Setting:
    """One more thing that the editor asks about a field of this type, and keeps in its `options`.

    `kind`: `tick`, `text`, or `list` (several, one to a line or with commas); `names`: of which kind its words are.
    """

    def __init__(self, name: str, label: Any, kind: str = "tick", hint: Any = "", names: str = "") -> None:
        self.name, self.label, self.kind, self.hint, self.names = name, label, kind, hint, names


class FieldType:
    """`controls`: the names of the form that it brings. `sold`: a part of the sale itself, at most once in a form.

    `asks` is what the editor asks of all fields that this one has: label, hint, text, default, required, save_as.
    """

    id: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    controls: ClassVar[tuple[str, ...]] = ()
    sold: ClassVar[bool] = False
    guests_only: ClassVar[bool] = False
    shown: ClassVar[Shown] = Shown.TEXT
    answers: ClassVar[bool] = False  # a question of the operator's own, whose answer is kept
    asks: ClassVar[tuple[str, ...]] = ("label", "hint")
    settings: ClassVar[tuple[Setting, ...]] = ()

    @property
    def template(self) -> str:
        return f"checkout/fields/{self.id}.html"

    def problems(self, spec: Spec) -> Iterator[str]:
        """What is wrong with a field of this type, before it is published."""
        if self.answers and "label" in self.asks and not any(spec.label.values()):
            yield _("The field “%(name)s” needs a label.", name=spec.id)

    def read(self, spec: Spec, value: str) -> str:
        """The answer as it is kept. Raises Invalid with a sentence for who entered it."""
        if spec.required and not value:
            raise Invalid(_("This is needed. Enter something."))
        if len(value) > LONGEST:
            raise Invalid(_("Use at most %(max)d characters.", max=LONGEST))
        return value


def listed(spec: Spec, name: str) -> list[str]:
    """A setting that is a list; empty where it says nothing."""
    value = spec.options.get(name, [])
    return list(value) if isinstance(value, list) else []


def ticked(spec: Spec, name: str) -> bool:
    return spec.options.get(name) is True
