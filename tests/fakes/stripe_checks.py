"""What Stripe takes, read out of the types of its own library: names, kinds, and what must be there.

The library's parameter types are made by Stripe from the document of its interface, for the version it was made for.
"""

from __future__ import annotations

import importlib
import re
import types
import typing
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import typing_extensions

ALSO = {"expand"}  # taken everywhere
OPTIONS = {"idempotency_key", "stripe_version", "stripe_account", "stripe_context", "api_key", "headers"}
OPTIONS |= {"max_network_retries", "content_type"}


class Refused(Exception):
    def __init__(self, message: str, code: str = "", param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.message, self.code, self.param, self.status = message, code, param, status


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": {"0": "c"}}}."""
    told: dict[str, Any] = {}
    for name, value in pairs:
        *rooms, last = re.findall(r"[^\[\]]+", name)
        room = told
        for one in rooms:
            room = room.setdefault(one, {})
        room[last] = value
    return told


def form(body: bytes) -> dict[str, Any]:
    return nested(parse_qsl(body.decode(), keep_blank_values=True))


def params_class(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"stripe.params.{module}"), name)


@cache
def hints(kind: Any) -> dict[str, Any]:
    modules = ("stripe._request_options", kind.__module__)
    known = {name: one for module in modules for name, one in vars(importlib.import_module(module)).items()}
    known["StripeContext"] = str
    found = typing.get_type_hints(kind, known, include_extras=True)
    return {name: one for name, one in found.items() if name not in OPTIONS}


def checked(kind: Any, told: dict[str, Any], path: str = "") -> dict[str, Any]:
    """The values as their types have them. Raises Refused as Stripe does."""
    known = hints(kind)
    for name in told:
        if name not in known and not (name in ALSO and not path):
            raise Refused(f"Received unknown parameter: {_at(path, name)}", "parameter_unknown", _at(path, name))
    for name in kind.__required_keys__ & set(known):
        if name not in told:
            raise Refused(f"Missing required param: {_at(path, name)}.", "parameter_missing", _at(path, name))
    return {name: value_of(known.get(name, Any), value, _at(path, name)) for name, value in told.items()}


def _at(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def value_of(kind: Any, value: Any, path: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing_extensions.NotRequired, typing_extensions.Required):
        return value_of(inner[0], value, path)
    if origin in (typing.Union, types.UnionType):
        return one_of(inner, value, path)
    if origin is typing.Literal or origin is typing_extensions.Literal:
        if value not in inner:
            raise Refused(f"Invalid {path}: must be one of {inner}", "", path)
        return value
    if origin is list:
        members = value if isinstance(value, dict) else {}
        if not members:
            raise Refused("Invalid array", "", path)
        return [value_of(inner[0], members[one], _at(path, one)) for one in sorted(members, key=int)]
    if origin is dict or "UntypedStripeObject" in str(kind):
        if not isinstance(value, dict):
            raise Refused("Invalid object", "", path)
        return value
    if typing_extensions.is_typeddict(kind):
        if not isinstance(value, dict):
            raise Refused("Invalid object", "", path)
        return checked(kind, value, path)
    return plain(kind, value, path)


def one_of(kinds: tuple[Any, ...], value: Any, path: str) -> Any:
    """An enumeration that is open in the library's types is closed at Stripe's door."""
    closed = any(typing.get_origin(one) is typing.Literal and typing.get_args(one) != ("",) for one in kinds)
    problem: Refused | None = None
    for kind in kinds:
        if kind is type(None) or (closed and kind is str):
            continue
        try:
            return value_of(kind, value, path)
        except Refused as error:
            problem = error
    raise problem or Refused("Invalid value", "", path)


def plain(kind: Any, value: Any, path: str) -> Any:
    if kind is bool:
        if value not in ("true", "false"):
            raise Refused(f"Invalid boolean: {value}", "", path)
        return value == "true"
    if kind is int:
        if not (isinstance(value, str) and re.fullmatch(r"-?\d+", value)):
            raise Refused(f"Invalid integer: {value}", "parameter_invalid_integer", path)
        return int(value)
    if kind is str and not isinstance(value, str):
        raise Refused("Invalid string", "", path)
    return value
