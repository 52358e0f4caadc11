"""Whether an answer is one that the description of the API says there can be."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from webapp.blueprints.api import spec
from webapp.blueprints.api.operations import OPERATIONS
from webapp.blueprints.api.spec import PARAMETER

ROOT = "http://localhost"


def description() -> dict[str, Any]:
    return spec.description(ROOT)


def operation_of(app: Flask, method: str, path: str) -> dict[str, Any] | None:
    """The description of what answers here; None where nothing of the API does."""
    try:
        endpoint, _values = app.url_map.bind("localhost").match(path, method=method)
    except HTTPException:
        return None
    known = OPERATIONS.get(endpoint.removeprefix("api.")) if endpoint.startswith("api.") else None
    if known is None:
        return None
    found: dict[str, Any] = description()["paths"][PARAMETER.sub(r"{\1}", known.rule)][known.method.lower()]
    return found


@cache
def schema_check(operation: str, status: str) -> Draft202012Validator | None:
    """For the body of an answer; None for one without a body."""
    components = description()["components"]
    for methods in description()["paths"].values():
        for one in methods.values():
            if one["operationId"] == operation:
                answer = one["responses"][status]
                target = components["responses"][answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else answer
                content = target.get("content", {}).get("application/json")
                return content and Draft202012Validator({**content["schema"], "components": components})
    raise KeyError(operation)


def faults(app: Flask, method: str, path: str, answer: TestResponse) -> list[str]:
    """What the description does not say of this answer."""
    one = operation_of(app, method, path.partition("?")[0])
    if one is None or answer.status_code in (304, 405) or "Content-Encoding" in answer.headers:
        return []
    status = str(answer.status_code)
    if status not in one["responses"]:
        return [f"{method} {path} may not answer {status}: {answer.text}"]
    check = schema_check(one["operationId"], status)
    if check is None:
        return [f"{method} {path}: a body"] if answer.data else []
    return [f"{method} {path}: {problem.json_path} {problem.message}" for problem in check.iter_errors(answer.json)]
