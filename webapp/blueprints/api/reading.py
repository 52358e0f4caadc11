"""Reading what was sent: JSON and nothing else, each field by its schema, each fault named with its field.

A number with a point never becomes a float: it is kept as the decimal that was written, and fields for amounts
refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from flask import abort, request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError

from webapp.blueprints.api.refusals import BadRequest, InvalidFields, InvalidQuery
from webapp.blueprints.incoming import raw_body

BODY_AT_MOST = 256 * 1024
DIGITS_AT_MOST = 60  # of a number; nothing here is longer


def body(schema: Schema) -> dict[str, Any]:
    """What the request's body says. Raises BadRequest, InvalidFields; 413 and 415 as HTTP knows them."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        abort(415)
    given = parsed(raw_body(request, BODY_AT_MOST))
    if not isinstance(given, dict):
        raise BadRequest(_("Send a JSON object."))
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as problem:
        raise InvalidFields(dict(flat(problem.messages))) from None
    return loaded


def query(schema: Schema) -> dict[str, Any]:
    """What stands behind the question mark; each name once. Raises InvalidQuery."""
    given = {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as problem:
        raise InvalidQuery(dict(flat(problem.messages))) from None
    return loaded


def parsed(raw: bytes) -> Any:
    """The JSON in these bytes. Raises BadRequest for anything that is not, strictly."""
    try:
        given = json.loads(
            raw.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_refuse,
            object_pairs_hook=_each_once,
        )
        _check_texts(given)
    except (ValueError, RecursionError):
        raise BadRequest(_("The body is no JSON in UTF-8.")) from None
    return given


def _decimal(text: str) -> Decimal:
    if len(text) > DIGITS_AT_MOST:
        raise ValueError("too long a number")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > DIGITS_AT_MOST:
        raise ValueError("too long a number")
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _check_texts(value: Any) -> None:
    """No database takes these signs, and none of them is a letter."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL")
        value.encode("utf-8")  # halves of a pair are no letters
    elif isinstance(value, dict):
        for name, one in value.items():
            _check_texts(name)
            _check_texts(one)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one)


def flat(problems: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """`{"prices": {0: {"amount": ["…"]}}}` as `prices.0.amount`: one sentence for each field."""
    if isinstance(problems, dict):
        for name, inner in problems.items():
            own = name == "_schema"
            yield from flat(inner, path if own else f"{path}.{name}" if path else str(name))
    elif problems:
        yield path, str(problems[0] if isinstance(problems, list) else problems)
