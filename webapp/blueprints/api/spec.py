"""The description of the API, OpenAPI 3.1, made of what stands at its operations; nothing of it is written twice."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask_babel import force_locale

from webapp.blueprints.api import limits
from webapp.blueprints.api.operations import OPERATIONS, Operation
from webapp.domain.api_keys import SCOPES

ABOUT = """What the network admin does with forms, other systems do here, by the same rules.

Amounts are whole numbers of minor units beside their currency (2999 is 29.99 EUR); percentages are decimals as strings;
times are RFC 3339 in UTC. Things are named by slug or id. Messages are in English, or in the language of
`Accept-Language`.

Writes may carry an `Idempotency-Key`: the same request sent again within 24 hours is given the same answer and does
nothing. `PATCH` may carry `If-Match` with the `ETag` of the row as it was read; when somebody changed it, it is
refused."""
ERROR_OF = {
    400: "What was sent cannot be read, or a parameter of the address cannot be used.",
    401: "No API key, or one that is not valid.",
    403: "The key lacks the scope.",
    404: "There is no such row.",
    409: "The state of things does not allow it.",
    412: "Somebody changed it: it is not what `If-Match` says any more.",
    413: "The body is larger than 256 KiB.",
    415: "The body is not announced as JSON.",
    422: "Some fields cannot be used; `data.params` names each.",
    429: "Too many requests; `Retry-After` says in how many seconds to come again.",
}
CODES = {400: "bad_request", 401: "unauthorized", 403: "missing_scope", 404: "not_found", 409: "conflict"}
CODES |= {412: "precondition_failed", 413: "request_entity_too_large", 415: "unsupported_media_type"}
CODES |= {422: "invalid_fields", 429: "too_many_requests"}
PARAMETER = re.compile(r"<(?:(?:int|string|path):)?([a-z_]+)>")
TAGS = {
    "products": "Plans, packages and services with their prices.",
    "discount-codes": "Codes that make an order cheaper.",
    "tax-rates": "Which tax is reckoned where.",
    "checkout-forms": "What buyers fill in: steps with fields, and what goes for the whole form.",
    "settings": "What holds for the whole network.",
    "memberships": "The standing agreements with customers.",
    "payments": "Money asked for, with its lines and what was given back.",
    "sites": "What customers get for the money: where each is, and how it stands.",
    "domains": "Customers' own domains: which site each is of, and what its records still lack.",
    "carts": "What an order would cost. Nothing is written.",
}


@cache
def description(base_url: str) -> dict[str, Any]:
    """As JSON knows it."""
    with force_locale("en"):
        spec = APISpec(
            title="Parzelle",
            version="2",
            openapi_version="3.1.0",
            info={"description": ABOUT},
            servers=[{"url": f"{base_url}/api/v2"}],
            security=[{"apiKey": []}],
            tags=[{"name": name, "description": about} for name, about in TAGS.items()],
            plugins=[MarshmallowPlugin(schema_name_resolver=name_of)],
        )
        add_components(spec)
        for one in OPERATIONS.values():
            for part in one.parts:
                spec.components.schema(name_of(part), schema=part)
            spec.path(path=PARAMETER.sub(r"{\1}", one.rule), operations={one.method.lower(): described(one)})
        found: dict[str, Any] = json.loads(json.dumps(spec.to_dict(), default=str))
    return found


def name_of(schema: Any) -> str:
    """Of a schema for changes, in which every field may be left out, another than of the whole one."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__ + ("Change" if getattr(schema, "partial", False) else "")


def add_components(spec: APISpec) -> None:
    scopes = ", ".join(f"`{one}`" for one in SCOPES)
    about = f"The key as user name, its secret as password. Its scopes say what it may do: {scopes}."
    spec.components.security_scheme("apiKey", {"type": "http", "scheme": "basic", "description": about})
    spec.components.schema("Error", ERROR)
    for status, sentence in ERROR_OF.items():
        spec.components.response(f"Error{status}", refusal(status, sentence))
    spec.components.parameter("IdempotencyKey", "header", IDEMPOTENCY_KEY)
    spec.components.parameter("IfMatch", "header", IF_MATCH)


ERROR = {
    "type": "object",
    "required": ["code", "message", "data"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "description": "Stays the same, for programs."},
        "message": {"type": "string", "description": "For a person."},
        "data": {
            "type": "object",
            "required": ["status", "params"],
            "properties": {
                "status": {"type": "integer"},
                "params": {
                    "type": "object",
                    "description": "What is wrong with each field, `prices.0.amount` for one inside another.",
                    "additionalProperties": {"type": "string"},
                },
            },
        },
    },
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "description": "A name of yours for this one write. Sent again within 24 hours, it is answered as it was.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "order-4711",
}
IF_MATCH = {
    "name": "If-Match",
    "description": "The `ETag` of the row as it was read.",
    "schema": {"type": "string"},
}


def refusal(status: int, sentence: str) -> dict[str, Any]:
    params = {"name": "Enter a name."} if status == 422 else {}
    example = {"code": CODES[status], "message": sentence, "data": {"status": status, "params": params}}
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}}
    found: dict[str, Any] = {"description": sentence, "content": body}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": text_header("`Basic`.")}
    if status == 429:
        found["headers"] = {"Retry-After": text_header("In seconds.")}
    return found


def text_header(about: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}}


def described(one: Operation) -> dict[str, Any]:
    """One operation."""
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "x-scopes": list(one.scopes),
        "parameters": parameters(one),
        "responses": {str(one.status): success(one), **refusals(one)},
    }
    if one.description:
        found["description"] = one.description
    if one.body is not None:
        content: dict[str, Any] = {"schema": one.body}
        if one.example is not None:
            content["example"] = one.example
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found


def parameters(one: Operation) -> list[Any]:
    whole = {"int": {"type": "integer", "minimum": 1}}
    found: list[Any] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": whole.get(kind, {"type": "string"}),
            "description": "Slug, code or id." if kind != "int" else "Its id.",
        }
        for kind, name in re.findall(r"<(?:(int|string|path):)?([a-z_]+)>", one.rule)
    ]
    if one.query is not None:
        found.append({"in": "query", "schema": one.query})
    if one.writes:
        found.append("IdempotencyKey")
    return [*found, "IfMatch"] if 412 in one.refusals else found


def success(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"description": "Done." if one.writes else "What was asked for.", "headers": {}}
    if one.gives is None:
        return {"description": "It is gone."}
    schema: Any = one.gives
    if one.many:
        rows = {"type": "array", "items": one.gives}
        following = {"type": ["string", "null"], "description": "For the parameter `cursor`; null on the last page."}
        members = {"data": rows, "next_cursor": following}
        schema = {"type": "object", "required": ["data", "next_cursor"], "properties": members}
        found["headers"]["Link"] = text_header('Where the list begins (`rel="first"`) and goes on (`rel="next"`).')
    elif one.tagged:
        found["headers"]["ETag"] = text_header("Of the row as it is now, for `If-Match` and `If-None-Match`.")
    about = f"How many requests are left of the {limits.PER_KEY.amount} a minute."
    found["headers"]["X-RateLimit-Remaining"] = {"description": about, "schema": {"type": "integer"}}
    content: dict[str, Any] = {"schema": schema}
    if one.answer is not None:
        content["example"] = {"data": [one.answer], "next_cursor": None} if one.many else one.answer
    return {**found, "content": {"application/json": content}}


def refusals(one: Operation) -> dict[str, Any]:
    statuses = {400, 401, 403, 429, *one.refusals}
    statuses |= {404} if "<" in one.rule else set()
    statuses |= {413, 415, 422} if one.body is not None else set()
    statuses |= {422} if one.writes else set()
    return {str(status): f"Error{status}" for status in sorted(statuses)}
