"""What an operator asks or says besides: the answers are kept with whom they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.field_types.base import FieldType, Setting, Shown, ticked
from webapp.domain.form_definitions import OPTIONS_AT_MOST, Spec, Words, said
from webapp.errors import Invalid

COLOUR = re.compile(r"#[0-9a-f]{6}")
OWN = ("label", "hint", "default", "required", "save_as", "width")


# What a section is headed by that is about one of these, and has no words of its own.
HEADINGS: Mapping[str, Any] = {
    "plan": _l("What you order"),
    "details": _l("Your details"),
    "site": _l("Your site"),
    "payment": _l("How you pay"),
    "consent": _l("Before you order"),
}


class Section(FieldType):
    """A heading; what follows stands in its panel."""

    id, title = "section", _l("Heading of a section")
    asks = ("label", "hint")

    def called(self, spec: Spec) -> str:
        return str(HEADINGS.get(str(spec.options.get("about", "")), self.title))


class HtmlBlock(FieldType):
    """Words between the fields."""

    id, title = "html", _l("Words between the fields")
    asks = ("text",)

    def problems(self, spec: Spec) -> Iterator[str]:
        if not any(one.strip() for one in spec.text.values()):
            yield _("The words of “%(name)s” are empty.", name=spec.id)


class Text(FieldType):
    id, title, answers, asks = "text", _l("Line of text"), True, OWN

    def read(self, spec: Spec, value: str) -> str:
        if "\n" in value:
            raise Invalid(_("Write it on one line."))
        return super().read(spec, value)


class Paragraph(FieldType):
    id, title, answers, shown = "paragraph", _l("Several lines of text"), True, Shown.LINES
    asks = ("label", "hint", "default", "required", "save_as")


class Checkbox(FieldType):
    id, title, answers, asks, shown = (
        "checkbox",
        _l("Tick box"),
        True,
        ("label", "hint", "required", "save_as", "width"),
        Shown.TICK,
    )
    settings = (Setting("ticked", _l("Ticked at first"), hint=_l("Never for a consent: that must be given.")),)

    def read(self, spec: Spec, value: str) -> str:
        if spec.required and not value:
            raise Invalid(_("Tick this to go on."))
        return "yes" if value else ""

    def problems(self, spec: Spec) -> Iterator[str]:
        yield from super().problems(spec)
        if spec.required and ticked(spec, "ticked"):
            yield _("“%(name)s” must be ticked to go on, so it may not be ticked at first.", name=spec.id)


class Select(FieldType):
    """`text` lists what may be chosen, one to a line: `value | Words`, or only words."""

    id, title, answers, asks = "select", _l("List to choose from"), True, (*OWN, "text")

    @staticmethod
    def choices(words: Words, locale: str = "en", fallback: str = "en") -> list[tuple[str, str]]:
        found = []
        for line in said(words, locale, fallback).splitlines()[:OPTIONS_AT_MOST]:
            value, bar, label = line.partition("|")
            if line.strip():
                found.append((value.strip(), label.strip() if bar else value.strip()))
        return found

    def read(self, spec: Spec, value: str) -> str:
        known = {one for language in spec.text for one, _label in self.choices({language: spec.text[language]})}
        if value and value not in known:
            raise Invalid(_("Choose one from the list."))
        if spec.required and not value:
            raise Invalid(_("Choose one from the list."))
        return value

    def problems(self, spec: Spec) -> Iterator[str]:
        yield from super().problems(spec)
        if not self.choices(spec.text):
            yield _("The list “%(name)s” offers nothing to choose.", name=spec.id)


class ColorPicker(FieldType):
    id, title, answers, asks = "color_picker", _l("Colour"), True, OWN

    def read(self, spec: Spec, value: str) -> str:
        if value and not COLOUR.fullmatch(value.lower()):
            raise Invalid(_("Enter a colour like #14664a."))
        return super().read(spec, value.lower())

    def problems(self, spec: Spec) -> Iterator[str]:
        yield from super().problems(spec)
        if spec.default and not COLOUR.fullmatch(spec.default.lower()):
            yield _("The first value of “%(name)s” is no colour like #14664a.", name=spec.id)


class Hidden(FieldType):
    """Always the operator's own value, or what the address says of it; it is not asked for."""

    id, title, answers, asks = "hidden", _l("Hidden value"), True, ("default", "save_as")
    settings = (
        Setting(
            "from_address", _l("The address may say another"), hint=_l("For example to know where visitors came from.")
        ),
    )

    def read(self, spec: Spec, value: str) -> str:
        return super().read(spec, value if ticked(spec, "from_address") and value else spec.default)


TYPES = [one() for one in (Section, HtmlBlock, Text, Paragraph, Checkbox, Select, ColorPicker, Hidden)]
