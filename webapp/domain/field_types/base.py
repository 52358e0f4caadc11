"""What a type of field says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import gettext as _

from webapp.domain.form_definitions import Spec
from webapp.errors import Invalid

LONGEST = 2000


class Shown(StrEnum):
    """What the control of an own question is, and how it is sent: a line or several lines of text, or a tick."""

    TEXT = "text"
    LINES = "lines"
    TICK = "tick"


class Setting:
    """One more thing that the editor asks about a field of this type, and keeps in its `options`.

    `kind`: `tick`, `text`, or `one` or `several` of a list. `of`: that list, as words by what is kept for them, or
    the name of one that the network has: `plans`, `products`, `addons`, `periods`, `templates`, `categories`.
    """

    def __init__(
        self, name: str, label: Any, kind: str = "tick", hint: Any = "", of: str | Mapping[str, Any] = ""
    ) -> None:
        self.name, self.label, self.kind, self.hint, self.of = name, label, kind, hint, of


class FieldType:
    """`controls`: the names of the form that it brings. `sold`: a part of the sale itself, at most once in a form.

    `asks` is what the editor asks of all fields that this one has: label, hint, text, default, required, save_as,
    width.
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

    def called(self, spec: Spec) -> str:
        """What the editor calls a field that has no words of its own."""
        return str(self.title)

    def controls_of(self, spec: Spec) -> tuple[str, ...]:
        """What this field brings of `controls`; an own question has its own name."""
        return (spec.id,) if self.answers else self.controls

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


def chosen(spec: Spec, name: str) -> str:
    """A setting that is one of a list, or a text; empty where it says nothing."""
    value = spec.options.get(name, "")
    return value if isinstance(value, str) else ""


def ticked(spec: Spec, name: str) -> bool:
    return spec.options.get(name) is True
