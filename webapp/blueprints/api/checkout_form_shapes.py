"""What is sent and told of an order form, and how a definition is read from it: by the names of its data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from webapp.blueprints.api.fields import COMMON, Choice, Flag, Id, Instant, OneOf, Shape, Text, told
from webapp.domain import form_patterns, network
from webapp.domain.form_definitions import (
    CODE_LONGEST,
    HINT_LONGEST,
    NAME_LONGEST,
    Audience,
    Definition,
    Keep,
    Snippet,
    Spec,
    Step,
    Width,
    field_json,
    to_json,
)

PERCENT = {Width.FULL: 100, Width.HALF: 50}


class Words(fields.Field[Any]):
    """Words by language; a plain string is in the network's language."""

    default_error_messages = {**COMMON, "invalid": _l("Send words by language, or a string.")}

    def __init__(self, **options: Any) -> None:
        by_language = {"type": "object", "additionalProperties": {"type": "string"}}
        super().__init__(**told(options, oneOf=[by_language, {"type": "string"}]))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> dict[str, str]:
        words = {network.settings().default_locale: value} if isinstance(value, str) else value
        if not isinstance(words, dict) or not all(isinstance(one, str) for one in words.values()):
            raise self.make_error("invalid")
        return dict(words)


class Percent(fields.Field[Any]):
    """100, or 50: half of a line."""

    default_error_messages = {**COMMON, "invalid": _l("Send 100 or 50.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**told(options, type="integer", enum=[*PERCENT.values()], default=100))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> int:
        return PERCENT[Width(value)]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Width:
        found = [width for width, percent in PERCENT.items() if type(value) is int and value == percent]
        if not found:
            raise self.make_error("invalid")
        return found[0]


class CheckoutFormField(Shape):
    """A field. Of `options` its type says which there are."""

    id = Text(longest=40, filled=True, required=True)
    type = Text(longest=40, filled=True, required=True)
    name = Words(attribute="label", metadata={"description": "Its label; none: our own."})
    tooltip = Words(attribute="hint")
    text = Words(metadata={"description": "What a text block says, or what a list offers, `value | Words` to a line."})
    default_value = Text(longest=HINT_LONGEST, attribute="default")
    required = Flag(metadata={"default": False})
    save_as = Choice(Keep, metadata={"default": "customer_meta", "description": "With what the answer is kept."})
    logged = Choice(Audience, attribute="audience", metadata={"default": "always", "description": "Who is asked."})
    width = Percent()
    options = fields.Dict(fields.String(), fields.Raw(), metadata={"description": "true, a string, or strings each."})


class CheckoutFormStep(Shape):
    """A step with its fields, in order."""

    id = Text(longest=40, filled=True, required=True)
    name = Words()
    logged = Choice(Audience, attribute="audience", metadata={"default": "always", "description": "Who sees it."})
    its_fields = fields.List(fields.Nested(CheckoutFormField), data_key="fields", attribute="fields")


class ConversionSnippet(Shape):
    """A script that runs once for each completed sale."""

    id = Text(longest=40, filled=True, required=True)
    name = Text(longest=NAME_LONGEST, filled=True, required=True)
    code = Text(longest=CODE_LONGEST, filled=True, required=True)
    consent = Flag(metadata={"default": True, "description": "Only for visitors who allow statistics."})
    sources = fields.List(Text(), metadata={"description": "From where it may load, like `https://www.example.com`."})


class CheckoutFormChanged(Shape):
    """What is changed is worked at; buyers see it with `publish`."""

    name = Text(longest=NAME_LONGEST, filled=True, metadata={"description": "Only the staff sees it."})
    active = Flag(metadata={"default": True, "description": "Whether it is open to buyers, once published."})
    settings = fields.List(fields.Nested(CheckoutFormStep), metadata={"description": "Its steps, in order."})
    allowed_countries = fields.List(Text(longest=2), metadata={"description": "None: wherever the network sells."})
    thank_you = Words(metadata={"description": "What is said after an order, as Markdown."})
    conversion_snippets = fields.List(fields.Nested(ConversionSnippet))


class CheckoutFormChange(CheckoutFormChanged):
    """What is changed is worked at; buyers see it with `publish`."""

    publish = Flag(metadata={"description": "Show it to buyers as it is then."})


class CheckoutFormNew(CheckoutFormChange):
    """A form of the network's own. Without `settings` it begins as `template`."""

    name = Text(longest=NAME_LONGEST, filled=True, required=True, metadata={"description": "Only the staff sees it."})
    slug = Text(longest=60, filled=True, required=True, metadata={"description": "It is at `/checkout/<slug>`."})
    template = OneOf([*form_patterns.PATTERNS], metadata={"default": "blank"})


class CheckoutFormShown(CheckoutFormChanged):
    """An order form as it is worked at."""

    id = Id(allow_none=True, metadata={"description": "null: the network's own form, as it came."})
    slug = fields.String()
    status = OneOf(["draft", "changed", "published"], metadata={"description": "`changed`: since it was published."})
    url = fields.String(metadata={"description": "Where buyers find it."})
    date_created = Instant(allow_none=True)
    date_modified = Instant(allow_none=True)


PARTS = {
    "name": "name",
    "settings": "steps",
    "allowed_countries": "countries",
    "thank_you": "thanks",
    "conversion_snippets": "snippets",
}


def parts_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent of a definition, as its JSON calls it."""
    return {theirs: body[ours] for ours, theirs in PARTS.items() if ours in body}


def shown(definition: Definition) -> dict[str, Any]:
    kept = to_json(definition)
    return {ours: kept[theirs] for ours, theirs in PARTS.items()}


STEP = Step("order", {"en": "Order"}, fields=(Spec("shoe_size", "text", label={"en": "Shoe size"}, required=True),))
SNIPPET = Snippet("script_1", "Ads", "track({{ total }})", sources=("https://ads.example",))
SENT: dict[str, Any] = {
    "name": "Spring offer",
    "slug": "spring-offer",
    "template": "single-step",
    "allowed_countries": ["DE", "AT"],
    "thank_you": {"en": "Welcome **aboard**."},
    "publish": True,
}
FIELD = field_json(STEP.fields[0])
TOLD: dict[str, Any] = {
    "id": 1,
    "slug": "spring-offer",
    "name": "Spring offer",
    "active": True,
    "status": "published",
    "settings": [
        {
            "id": "order",
            "name": {"en": "Order"},
            "logged": "always",
            "fields": [CheckoutFormField().dump(FIELD)],
        }
    ],
    "allowed_countries": ["DE", "AT"],
    "thank_you": {"en": "Welcome **aboard**."},
    "conversion_snippets": [ConversionSnippet().dump(SNIPPET)],
    "url": "https://example.com/checkout/spring-offer",
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
}
