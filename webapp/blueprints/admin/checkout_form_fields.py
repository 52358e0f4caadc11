"""What an operator types about an order form: to make one, about one field, and about the whole of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Self, cast

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length

from webapp.blueprints.admin import checkout_form_choices
from webapp.blueprints.admin.checkout_form_words import AUDIENCES, KEEPS, WIDTHS
from webapp.blueprints.form import Form
from webapp.domain.field_types import TYPES, Setting, chosen, listed
from webapp.domain.field_types.asking import Select
from webapp.domain.form_definitions import (
    CODE_LONGEST,
    HINT_LONGEST,
    LABEL_LONGEST,
    NAME_LONGEST,
    SNIPPETS_AT_MOST,
    TEXT_LONGEST,
    Definition,
    Snippet,
    Spec,
    field_json,
)
from webapp.domain.form_patterns import PATTERNS
from webapp.languages import languages

ASKED = ("label", "hint", "text")
LIMITS = {"label": LABEL_LONGEST, "hint": HINT_LONGEST, "text": TEXT_LONGEST}
LABELS = {"label": _l("Label (%(language)s)"), "hint": _l("Hint (%(language)s)"), "text": _l("Words (%(language)s)")}


def too_long(most: int) -> Length:
    return Length(max=most, message=_l("Use at most %(max)d characters."))


def chosen_of(words: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class Refusing(Form):
    def refuse(self, field: str, message: str) -> None:
        """At its field, or above the form."""
        if field in self:
            self[field].errors = [*self[field].errors, message]
        else:
            self.of_it: list[str] = [*getattr(self, "of_it", []), message]

    @property
    def general(self) -> list[str]:
        return [*super().general, *getattr(self, "of_it", [])]

    def join(self, name: str, field: Any, value: Any) -> None:
        BaseForm.__setitem__(cast(BaseForm, self), name, field)
        self[name].process(request.form if self.is_sent else None, data=value)

    @property
    def is_sent(self) -> bool:
        return request.method == "POST"


class NewForm(Refusing):
    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), too_long(NAME_LONGEST)],
        description=_l("Only the staff sees it."),
    )
    slug = StringField(
        _l("Address"),
        [InputRequired(_l("Enter an address like spring-offer."))],
        description=_l("Small letters, digits and hyphens; 3–60 characters. It stays as it is."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    pattern = RadioField(
        _l("It begins as"),
        choices=[SelectChoice(name, words) for name, (words, _make) in PATTERNS.items()],
        default="single-step",
        validate_choice=False,
    )


class FieldForm(Refusing):
    """What is asked depends on the field's type: `shape_for` gives the form its fields."""

    version = HiddenField("")
    audience = SelectField(_l("Who is asked"), choices=lambda: chosen_of(AUDIENCES), validate_choice=False)

    @classmethod
    def of(cls, spec: Spec, version: int) -> Self:
        return cls(formdata=None, version=str(version), audience=str(spec.audience)).shape_for(spec)

    @classmethod
    def sent(cls, spec: Spec) -> Self:
        return cls().shape_for(spec)

    def shape_for(self, spec: Spec) -> Self:
        kind = TYPES[spec.type]
        if kind.answers:
            hint = _("Under this name the answer is kept and told to other systems; an address can fill it in by it.")
            self.join("id", StringField(_("Name"), [too_long(40)], description=hint), spec.id)
        for name in ASKED:
            if name in kind.asks:
                for code, language in languages().items():
                    label = str(LABELS[name]) % {"language": language}
                    maker = TextAreaField if name == "text" else StringField
                    field = maker(label, [too_long(LIMITS[name])], description=self._hint(spec, name))
                    self.join(f"{name}_{code}", field, getattr(spec, name).get(code, ""))
        if "default" in kind.asks:
            self.join("default", self._first_value(spec), spec.default)
        if "required" in kind.asks:
            self.join("required", BooleanField(_("It must be answered")), spec.required)
        if "save_as" in kind.asks:
            field = SelectField(_("The answer is kept with"), choices=chosen_of(KEEPS), validate_choice=False)
            self.join("save_as", field, str(spec.save_as))
        if "width" in kind.asks:
            field = SelectField(_("Width"), choices=chosen_of(WIDTHS), validate_choice=False)
            self.join("width", field, str(spec.width))
        for one in kind.settings:
            self.join(f"opt_{one.name}", *control_of(one, spec))
        return self

    @staticmethod
    def _first_value(spec: Spec) -> Any:
        """Of a list one of what it offers; else what is typed."""
        if isinstance(TYPES[spec.type], Select):
            offered = dict(Select.choices(spec.text, str(get_locale() or "en")))
            gone = {spec.default: spec.default} if spec.default and spec.default not in offered else {}
            choices = chosen_of({"": _("None: buyers choose"), **offered, **gone})
            return SelectField(_("First value"), choices=choices, validate_choice=False)
        return StringField(_("First value"), [too_long(HINT_LONGEST)])

    @staticmethod
    def _hint(spec: Spec, name: str) -> str:
        if name != "text":
            return _("Empty: as it comes.") if not TYPES[spec.type].answers and name == "label" else ""
        if spec.type == "select":
            return _("One to a line: the value, a vertical bar, the words; or only words.")
        return _("Markdown; no HTML.")

    def data_of(self, old: Spec) -> dict[str, Any]:
        """As a definition's JSON has it. Not asked for: as it was."""
        kept, kind = field_json(old), TYPES[old.type]
        if kind.answers:
            kept["id"] = (self["id"].data or "").strip()
        for name in ASKED:
            if name in kind.asks:
                said = {code: (self[f"{name}_{code}"].data or "").replace("\r\n", "\n").strip() for code in languages()}
                others = {code: words for code, words in kept[name].items() if code not in said}
                kept[name] = others | {code: words for code, words in said.items() if words}
        for name in ("default", "required", "save_as", "width"):
            if name in kind.asks:
                kept[name] = self[name].data if name == "required" else str(self[name].data or "")
        kept["audience"] = str(self.audience.data or "")
        for one in kind.settings:
            data = self[f"opt_{one.name}"].data
            kept["options"][one.name] = READ[one.kind](data)
        return kept


READ: Mapping[str, Callable[[Any], bool | str | list[str]]] = {
    "tick": bool,
    "text": lambda data: str(data or "").strip(),
    "one": lambda data: str(data or ""),
    "several": lambda data: [str(one) for one in data or ()],
}


def control_of(setting: Setting, spec: Spec) -> tuple[Any, Any]:
    """The form's field for a setting, and what stands in it."""
    value, label, hint = spec.options.get(setting.name), str(setting.label), str(setting.hint)
    if setting.kind == "tick":
        return BooleanField(label, description=hint), value is True
    if setting.kind == "text":
        return StringField(label, [too_long(HINT_LONGEST)], description=hint), chosen(spec, setting.name)
    kept = listed(spec, setting.name) if setting.kind == "several" else [chosen(spec, setting.name)]
    choices = [SelectChoice(one, words) for one, words in checkout_form_choices.choices_of(setting, kept)]
    maker = SelectMultipleField if setting.kind == "several" else SelectField
    return maker(label, choices=choices, validate_choice=False, description=hint), (
        kept if setting.kind == "several" else kept[0]
    )


def words_of(text: str) -> list[str]:
    """One to a line, or with commas between."""
    return [one.strip() for one in re.split(r"[\n,]", text) if one.strip()]


class FormSettings(Refusing):
    version = HiddenField("")
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), too_long(NAME_LONGEST)])
    countries = SelectMultipleField(
        _l("Countries"),
        choices=[],
        validate_choice=False,
        description=_l("Where buyers may live. No tick: wherever the network sells."),
    )

    snippets: list[str]

    @classmethod
    def of(cls, definition: Definition, version: int) -> Self:
        codes = list(definition.countries)
        form = cls(formdata=None, version=str(version), name=definition.name, countries=codes)
        return form.shape_for(definition)

    @classmethod
    def sent(cls, definition: Definition) -> Self:
        return cls().shape_for(definition)

    def shape_for(self, definition: Definition) -> Self:
        self.countries.choices = chosen_of(dict(checkout_form_choices.countries_offered(definition.countries)))
        for code, language in languages().items():
            label = _("Thank-you text (%(language)s)", language=language)
            field = TextAreaField(label, [too_long(TEXT_LONGEST)], description=_("Markdown; no HTML."))
            self.join(f"thanks_{code}", field, definition.thanks.get(code, ""))
        free = next(
            name
            for name in (f"script_{at}" for at in range(1, 99))
            if name not in {one.id for one in definition.snippets}
        )
        new = [Snippet(free, "", "")] if len(definition.snippets) < SNIPPETS_AT_MOST else []
        self.snippets = []
        for one in (*definition.snippets, *new):
            self.snippets.append(one.id)
            self.join(f"{one.id}-name", StringField(_("Name of the script"), [too_long(NAME_LONGEST)]), one.name)
            hint = _("Only JavaScript, without <script> around it. Empty: the script is removed.")
            self.join(
                f"{one.id}-code", TextAreaField(_("Script"), [too_long(CODE_LONGEST)], description=hint), one.code
            )
            hint = _("Tick this for whatever recognises or counts people; the law asks for it.")
            field = BooleanField(_("Only for visitors who allow statistics"), description=hint)
            self.join(f"{one.id}-consent", field, one.consent)
            hint = _("Addresses like https://www.example.com that the script loads from or tells, one to a line.")
            field = TextAreaField(_("Where it may load from"), [too_long(3000)], description=hint)
            self.join(f"{one.id}-sources", field, "\n".join(one.sources))
        return self

    def validate(self, *args: Any, **more: Any) -> bool:
        right = super().validate(*args, **more)
        for one in self.snippets:
            code, name = self.said(f"{one}-code"), self.said(f"{one}-name")
            if code and not name:
                self.refuse(f"{one}-name", _("Give the script a name."))
            if "<script" in code.lower() or "</script" in code.lower():
                self.refuse(f"{one}-code", _("Leave out <script> and </script>; write only what is between them."))
        return right and not self.problems()

    def said(self, name: str) -> str:
        return str(self[name].data or "").replace("\r\n", "\n").strip()

    def told(self) -> dict[str, Any]:
        """What of a definition's JSON is said here."""
        return {
            "name": self.said("name"),
            "countries": list(self.countries.data or ()),
            "thanks": {code: self.said(f"thanks_{code}") for code in languages() if self.said(f"thanks_{code}")},
            "snippets": [
                {
                    "id": one,
                    "name": self.said(f"{one}-name"),
                    "code": self.said(f"{one}-code"),
                    "consent": bool(self[f"{one}-consent"].data),
                    "sources": words_of(self.said(f"{one}-sources")),
                }
                for one in self.snippets
                if self.said(f"{one}-code")
            ],
        }
