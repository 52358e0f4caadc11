"""What describes the API, for programs and for people: the same facts twice. Anybody may read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from webapp.blueprints import access
from webapp.blueprints.api import spec
from webapp.blueprints.api.operations import as_json
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View

bp = Blueprint("api_docs", __name__, url_prefix="/api")
bp.before_request(access.public)
docs_view = View("api/docs.html")


@bp.get("/v2/openapi.json")
def openapi() -> ResponseReturnValue:
    found = spec.description(settings().base_url)
    return Response(as_json(found), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@bp.get("/docs")
def show_docs() -> ResponseReturnValue:
    """A page made of the description, without a script or a file of anybody else's."""
    found = spec.description(settings().base_url)
    return docs_view.show(spec=found, chapters=chapters(found), server=found["servers"][0]["url"], said=said)


def said(text: str) -> Markup:
    """A sentence of the description, with its `names` set off."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field, as a table shows it."""

    name: str
    kind: str
    needed: bool
    about: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation, as the page shows it. `answers`: (status, what it means)."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    scopes: list[str]
    parameters: list[Row]
    body: list[Row]
    gives: list[Row]
    answers: list[tuple[str, str]]
    example: str
    answer: str


def chapters(found: Mapping[str, Any]) -> list[tuple[str, str, list[Entry]]]:
    """(tag, what it is, its operations); none without operations."""
    entries = [
        (one["tags"][0], entry(found, path, method, one))
        for path, operations in found["paths"].items()
        for method, one in operations.items()
    ]
    kept = [(tag["name"], tag["description"]) for tag in found["tags"]]
    named = [(name, about, [own for tag, own in entries if tag == name]) for name, about in kept]
    return [one for one in named if one[2]]


def entry(found: Mapping[str, Any], path: str, method: str, one: Mapping[str, Any]) -> Entry:
    given = [resolved(found, parameter) for parameter in one["parameters"]]
    body = content(one.get("requestBody", {}))
    status, success = next(iter(one["responses"].items()))
    answer = content(success)
    return Entry(
        id=one["operationId"].replace("_", "-"),
        method=method.upper(),
        path=path,
        summary=one["summary"],
        about=one.get("description", ""),
        scopes=one["x-scopes"],
        parameters=[
            Row(each["name"], kind_of(each["schema"]), each.get("required", False), each.get("description", ""))
            for each in given
        ],
        body=list(rows(found, body.get("schema", {}))),
        gives=list(rows(found, answer.get("schema", {}))),
        answers=[(status, success["description"])]
        + [(code, resolved(found, each)["description"]) for code, each in list(one["responses"].items())[1:]],
        example=pretty(body.get("example")),
        answer=pretty(answer.get("example")),
    )


def content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = holder.get("content", {}).get("application/json", {})
    return found


def resolved(found: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` leads to."""
    while "$ref" in node:
        target: Any = found
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def rows(found: Mapping[str, Any], schema: Mapping[str, Any], path: str = "") -> Iterator[Row]:
    """The fields of an object; those of objects inside it as `prices[].amount`."""
    whole = resolved(found, schema)
    for name, one in whole.get("properties", {}).items():
        target = resolved(found, one)
        yield Row(f"{path}{name}", kind_of(target), name in whole.get("required", ()), about(one, target))
        if target.get("type") == "array":
            for item in target["items"].get("oneOf", [target["items"]]):
                yield from rows(found, item, f"{path}{name}[].")
        elif "properties" in target:
            yield from rows(found, target, f"{path}{name}.")


def about(one: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    said = str(one.get("description") or target.get("description") or "")
    words = ", ".join(f"{word}" for word in target.get("enum", ()))
    return f"{said} ({words})".strip() if words else said


def kind_of(schema: Mapping[str, Any]) -> str:
    """`string`, `integer or null`, `list of string`."""
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(kind_of(one) for one in schema.get("oneOf") or schema["anyOf"])
    kind = schema.get("type", "object" if "$ref" in schema or "properties" in schema else "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {kind_of(schema['items'])}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def pretty(example: Any) -> str:
    return "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)
