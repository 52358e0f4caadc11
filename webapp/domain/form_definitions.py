"""What an order form is made of: steps with fields, in order, and what goes for the whole form. Plain data.

It is kept as JSON. `parse` makes a definition of any JSON or says what is wrong with it; `to_json` is its opposite.
What a type of field means is in `field_types`; what a form must have to sell anything in `form_problems`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from flask_babel import gettext as _

from webapp.countries import countries
from webapp.errors import Invalid

MAIN = "main-form"  # the form behind /register
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NAME_LONGEST, LABEL_LONGEST, HINT_LONGEST, TEXT_LONGEST, CODE_LONGEST = 80, 200, 500, 10_000, 10_000
STEPS_AT_MOST, FIELDS_AT_MOST, OPTIONS_AT_MOST, SNIPPETS_AT_MOST, SOURCES_AT_MOST = 10, 80, 100, 10, 20

Words = Mapping[str, str]  # by language
Kind = TypeVar("Kind", bound=StrEnum)


class Audience(StrEnum):
    """Who is shown a step or a field: everybody, those who are not signed in, or those who are customers already."""

    EVERYBODY = "always"
    GUESTS = "guests_only"
    MEMBERS = "logged_only"

    def has(self, is_member: bool) -> bool:
        return self is Audience.EVERYBODY or (self is Audience.MEMBERS) == is_member


class Keep(StrEnum):
    """With what the answer to an own question is kept."""

    CUSTOMER = "customer_meta"
    MEMBERSHIP = "membership_meta"
    SITE = "site_meta"
    NOTHING = "nothing"


class Width(StrEnum):
    """How much of a line a field takes where there is room; two halves in a row stand side by side."""

    FULL = "full"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Spec:
    """A field. `text`: what a text block says, or what a list offers. `options`: what its type asks besides."""

    id: str
    type: str
    label: Words = field(default_factory=dict)
    hint: Words = field(default_factory=dict)
    text: Words = field(default_factory=dict)
    default: str = ""
    required: bool = False
    save_as: Keep = Keep.CUSTOMER
    audience: Audience = Audience.EVERYBODY
    width: Width = Width.FULL
    options: Mapping[str, str | bool | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    name: Words = field(default_factory=dict)
    audience: Audience = Audience.EVERYBODY
    fields: tuple[Spec, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """A script that runs once for each sale that is completed. `consent`: only where statistics are allowed.

    `sources`: from where it may load more, as origins.
    """

    id: str
    name: str
    code: str
    consent: bool = True
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """`countries`: where the buyer may live; empty: wherever the network sells. `thanks`: Markdown."""

    name: str
    steps: tuple[Step, ...]
    countries: tuple[str, ...] = ()
    thanks: Words = field(default_factory=dict)
    snippets: tuple[Snippet, ...] = ()

    @property
    def fields(self) -> Iterator[Spec]:
        return (one for step in self.steps for one in step.fields)

    def with_steps(self, steps: Sequence[Step]) -> Definition:
        return replace(self, steps=tuple(steps))


def said(words: Words, locale: str, fallback: str = "en") -> str:
    """In this language; where it does not say, in the network's, and else in any that it does."""
    return words.get(locale) or words.get(fallback) or next((one for one in words.values() if one), "")


# -- reading it ------------------------------------------------------------------------------------------------------
def parse(data: Any) -> Definition:
    """Raises Invalid for whatever is not one."""
    kept = _object(data, {"name", "steps", "countries", "thanks", "snippets"})
    steps = tuple(_step(one) for one in _list(kept.get("steps"), STEPS_AT_MOST))
    made = Definition(
        name=_text(kept.get("name"), NAME_LONGEST, needed=True),
        steps=steps,
        countries=tuple(_country(one) for one in _list(kept.get("countries", []), 300)),
        thanks=_words(kept.get("thanks", {}), TEXT_LONGEST),
        snippets=tuple(_snippet(one) for one in _list(kept.get("snippets", []), SNIPPETS_AT_MOST)),
    )
    for ids in ([one.id for one in steps], [one.id for one in made.fields], [one.id for one in made.snippets]):
        if len(set(ids)) != len(ids):
            raise Invalid(_("Two things in this form have the same name. Give one of them another."), code="same_id")
    if len(list(made.fields)) > FIELDS_AT_MOST:
        raise Invalid(_("A form has at most %(max)d fields.", max=FIELDS_AT_MOST), code="too_many")
    return made


def _refuse() -> NoReturn:
    raise Invalid(_("This is not the description of a form."), code="no_definition")


def _object(data: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict) or not known.issuperset(data):
        _refuse()
    return data


def _list(data: Any, most: int) -> list[Any]:
    if not isinstance(data, list):
        _refuse()
    if len(data) > most:
        raise Invalid(_("Use at most %(max)d here.", max=most), code="too_many")
    return data


def _text(data: Any, most: int, *, needed: bool = False) -> str:
    if not isinstance(data, str) or (needed and not data.strip()):
        _refuse()
    if len(data) > most:
        raise Invalid(_("Use at most %(max)d characters.", max=most), code="too_long")
    if any((one < " " and one not in "\n\r\t") or "\ud800" <= one <= "\udfff" for one in data):
        _refuse()
    return data


def _flag(data: Any) -> bool:
    if not isinstance(data, bool):
        _refuse()
    return data


def _id(data: Any) -> str:
    if not isinstance(data, str) or not ID.fullmatch(data):
        text = _("A name has small letters, digits and underscores, and begins with a letter; at most 40 characters.")
        raise Invalid(text, code="bad_id", field="id")
    return data


def _words(data: Any, most: int) -> Words:
    if not isinstance(data, dict) or len(data) > 40:
        _refuse()
    for language in data:
        if not isinstance(language, str) or not re.fullmatch(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?", language):
            _refuse()
    return {language: _text(words, most) for language, words in data.items()}


def _country(data: Any) -> str:
    if not isinstance(data, str) or data not in countries("en"):
        raise Invalid(_("Choose countries from the list."), code="bad_country", field="countries")
    return data


def _choice(kind: type[Kind], data: Any) -> Kind:
    if not isinstance(data, str) or data not in set(kind):
        _refuse()
    return kind(data)


def _step(data: Any) -> Step:
    kept = _object(data, {"id", "name", "audience", "fields"})
    return Step(
        id=_id(kept.get("id")),
        name=_words(kept.get("name", {}), LABEL_LONGEST),
        audience=_choice(Audience, kept.get("audience", Audience.EVERYBODY)),
        fields=tuple(parse_field(one) for one in _list(kept.get("fields", []), FIELDS_AT_MOST)),
    )


def parse_field(data: Any) -> Spec:
    names = {"id", "type", "label", "hint", "text", "default", "required", "save_as", "audience", "width"}
    kept = _object(data, names | {"options"})
    return Spec(
        id=_id(kept.get("id")),
        type=_id(kept.get("type")),
        label=_words(kept.get("label", {}), LABEL_LONGEST),
        hint=_words(kept.get("hint", {}), HINT_LONGEST),
        text=_words(kept.get("text", {}), TEXT_LONGEST),
        default=_text(kept.get("default", ""), HINT_LONGEST),
        required=_flag(kept.get("required", False)),
        save_as=_choice(Keep, kept.get("save_as", Keep.CUSTOMER)),
        audience=_choice(Audience, kept.get("audience", Audience.EVERYBODY)),
        width=_choice(Width, kept.get("width", Width.FULL)),
        options=_options(kept.get("options", {})),
    )


def _options(data: Any) -> dict[str, str | bool | list[str]]:
    if not isinstance(data, dict) or len(data) > 20:
        _refuse()
    return {_id(name): _option(value) for name, value in data.items()}


def _option(value: Any) -> str | bool | list[str]:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_text(one, LABEL_LONGEST, needed=True) for one in _list(value, OPTIONS_AT_MOST)]
    return _text(value, HINT_LONGEST)


def _snippet(data: Any) -> Snippet:
    kept = _object(data, {"id", "name", "code", "consent", "sources"})
    return Snippet(
        id=_id(kept.get("id")),
        name=_text(kept.get("name"), NAME_LONGEST, needed=True),
        code=_text(kept.get("code"), CODE_LONGEST, needed=True),
        consent=_flag(kept.get("consent", True)),
        sources=tuple(origin(one) for one in _list(kept.get("sources", []), SOURCES_AT_MOST)),
    )


def origin(data: Any) -> str:
    """`https://www.example.com`, as a policy for content takes it. Raises Invalid."""
    text = data.strip() if isinstance(data, str) else ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    shape = re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", host)
    made = f"https://{host}" + (f":{port}" if port else "")
    if parts.scheme != "https" or not shape or text.rstrip("/").lower() != made:
        raise Invalid(_("Write an address like https://www.example.com, and nothing behind it."), code="bad_source")
    return made


# -- writing it ------------------------------------------------------------------------------------------------------
def to_json(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "steps": [step_json(one) for one in definition.steps],
        "countries": list(definition.countries),
        "thanks": dict(definition.thanks),
        "snippets": [
            {"id": one.id, "name": one.name, "code": one.code, "consent": one.consent, "sources": list(one.sources)}
            for one in definition.snippets
        ],
    }


def step_json(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": dict(step.name),
        "audience": str(step.audience),
        "fields": [field_json(one) for one in step.fields],
    }


def field_json(spec: Spec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "type": spec.type,
        "label": dict(spec.label),
        "hint": dict(spec.hint),
        "text": dict(spec.text),
        "default": spec.default,
        "required": spec.required,
        "save_as": str(spec.save_as),
        "audience": str(spec.audience),
        "width": str(spec.width),
        "options": dict(spec.options),
    }
