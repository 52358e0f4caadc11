"""The kinds of fields of the API: how each is read and written, and how OpenAPI calls it.

What a field is in OpenAPI beside its type stands in its `metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema, fields

from webapp import clock
from webapp.currencies import in_use
from webapp.periods import Period

HIGHEST = 10**12  # minor units
HIGHEST_ID = 2**63 - 1
COMMON = {
    "required": _l("This is needed."),
    "null": _l("This may not be null."),
    "validator_failed": _l("This cannot be used."),
    "invalid": _l("This cannot be used."),
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,12})?", re.ASCII)


def told(options: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A field's options with what OpenAPI is told of it; what its place says itself wins."""
    return {**options, "metadata": {**facts, **options.get("metadata", {})}}


class Shape(Schema):
    """What is sent or answered; a name that it does not have is refused by its name."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": _l("There is no such field, or it cannot be set."), "type": _l("Send a JSON object.")}


class Several(fields.List[Any]):
    """A list of one kind of thing."""

    default_error_messages = {**COMMON, "invalid": _l("Send a list.")}


class Text(fields.String):
    """A string of at most `longest` letters; not even blank where `filled`. Blanks around it are cut off."""

    default_error_messages = {
        **COMMON,
        "invalid": _l("Send a string."),
        "too_long": _l("Use at most %(num)d characters."),
        "empty": _l("Enter something here."),
    }

    def __init__(self, *, longest: int = 200, filled: bool = False, **options: Any) -> None:
        super().__init__(**told(options, maxLength=longest, **({"minLength": 1} if filled else {})))
        self.longest, self.filled = longest, filled

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more).strip()
        if len(text) > self.longest:
            raise self.make_error("too_long") from None
        if self.filled and not text:
            raise self.make_error("empty")
        return text

    def make_error(self, key: str, **more: Any) -> Any:
        found = super().make_error(key, **more)
        if key == "too_long":
            found.messages = [str(self.error_messages[key]) % {"num": self.longest}]
        return found


class Whole(fields.Integer):
    """A whole number of JSON, from `least` to `most`: no string, no decimal, no boolean."""

    default_error_messages = {**COMMON, "invalid": _l("Send a whole number."), "range": ""}

    def __init__(self, *, least: int = 0, most: int = 10**9, **options: Any) -> None:
        super().__init__(**told(options, minimum=least, maximum=most))
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            raise self.make_error("range")
        return value

    def make_error(self, key: str, **more: Any) -> Any:
        found = super().make_error(key, **more)
        if key == "range":
            sentence = _l("Send a whole number from %(least)d to %(most)d.", least=self.least, most=self.most)
            found.messages = [str(sentence)]
        return found


class Id(Whole):
    """The number of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(least=1, most=HIGHEST_ID, **options)


class Amount(Whole):
    """Minor units of the currency beside it: 2999 are 29.99 EUR. Floats are refused, whatever their value."""

    default_error_messages = {**COMMON, "invalid": _l("Send a whole number of minor units: 2999 for 29.99.")}

    def __init__(self, *, least: int = 0, most: int = HIGHEST, **options: Any) -> None:
        about = "Minor units of `currency`."
        super().__init__(least=least, most=most, **told(options, format="int64", description=about))


class Number(Whole):
    """A whole number as an address says it."""

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> int:
        digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19
        return super()._deserialize(int(value) if digits else value, *args, **more)


class Flag(fields.Boolean):
    """`true` or `false` of JSON, nothing that looks like it."""

    default_error_messages = {**COMMON, "invalid": _l("Send true or false.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if type(value) is not bool:
            raise self.make_error("invalid")
        return value


class OneOf(fields.Field[Any]):
    """One of these words."""

    default_error_messages = {**COMMON, "invalid": ""}

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        super().__init__(**told(options, type="string", enum=list(words)))
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise self.make_error("invalid")
        return value

    def make_error(self, key: str, **more: Any) -> Any:
        found = super().make_error(key, **more)
        if key == "invalid":
            found.messages = [str(_l("Choose one of: %(words)s.", words=", ".join(self.words)))]
        return found


class Choice(OneOf):
    """One of the words of `kind`; read as its member."""

    def __init__(self, kind: type[StrEnum], **options: Any) -> None:
        super().__init__([str(one) for one in kind], **options)
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        return self.kind(super()._deserialize(value, attr, data, **more))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return None if value is None else str(value)


class Rate(fields.Field[Any]):
    """A percentage, or another decimal: written as a string, `"19"` or `"7.25"`."""

    default_error_messages = {**COMMON, "invalid": _l("Send a decimal as a string, like 7.25.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**told(options, type="string", pattern=r"^-?\d{1,12}(\.\d{1,12})?$"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Decimal:
        text = str(value) if type(value) is int or isinstance(value, Decimal) else value
        if not isinstance(text, str) or not DECIMAL.fullmatch(text):
            raise self.make_error("invalid")
        try:
            return Decimal(text)
        except InvalidOperation:
            raise self.make_error("invalid") from None

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else plain(value)


def plain(value: Decimal) -> str:
    """`19`, `7.25`: no exponent, and no zeros that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Instant(fields.Field[Any]):
    """A moment as RFC 3339 writes it, with its offset; answered in UTC, with a Z."""

    default_error_messages = {**COMMON, "invalid": _l("Send a time like 2027-01-31T10:00:00Z.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**told(options, type="string", format="date-time"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        if not isinstance(value, str) or not RFC3339.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else clock.rfc3339(value)


class Currency(Text):
    """Three letters of ISO 4217, of money that is used today."""

    default_error_messages = {**COMMON, "invalid": _l("Send a currency code like EUR.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=3, **told(options, minLength=3, pattern="^[A-Z]{3}$"))

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more).upper()
        if text not in in_use():
            raise self.make_error("invalid")
        return text


class Reference(fields.Field[Any]):
    """A thing by its slug or its id, as a string or a number; read as a string."""

    default_error_messages = {**COMMON, "invalid": _l("Send a slug or an id.")}

    def __init__(self, **options: Any) -> None:
        whole = {"type": "integer", "minimum": 1, "maximum": HIGHEST_ID}
        super().__init__(**told(options, oneOf=[{"type": "string", "minLength": 1, "maxLength": 80}, whole]))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        fine = type(value) is int and 0 < value <= HIGHEST_ID
        if not fine and not (isinstance(value, str) and 0 < len(value.strip()) <= 80):
            raise self.make_error("invalid")
        return str(value).strip()


class PeriodText(Text):
    """`1-month`, `12-month`, `1-year`."""

    default_error_messages = {**COMMON, "invalid": _l("Send a period like 1-month.")}

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more)
        try:
            return str(Period.parse(text))
        except ValueError:
            raise self.make_error("invalid") from None


class Answers(fields.Dict):
    """What was answered to an order form's own questions, by their names; only told."""

    def __init__(self, **options: Any) -> None:
        about = "Answers to the order form's own questions, by the names of its fields."
        super().__init__(fields.String(), fields.String(), **told(options, description=about))
