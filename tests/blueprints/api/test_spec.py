"""The description of the API: valid, complete, and true of what the API does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.blueprints.api.conftest import BASE, Caller
from webapp.blueprints.api.operations import OPERATIONS
from webapp.blueprints.api.spec import PARAMETER, TAGS


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{BASE}/openapi.json").json
    return found


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


def test_the_description_is_valid_openapi(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()


def test_each_route_is_in_it_and_nothing_else(app: Flask, spec: dict[str, Any]) -> None:
    routes = {
        (method, PARAMETER.sub(r"{\1}", rule.rule.removeprefix(BASE)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(method, path) for method, path, _one in operations(spec)} == routes
    assert len(routes) == len(OPERATIONS)


SENT_NOTHING = {"POST /domains/{domain_id}/checks"}  # its address says all


def test_each_operation_is_told_in_full(spec: dict[str, Any]) -> None:
    for method, path, one in operations(spec):
        told = f"{method} {path}"
        assert one["summary"], told
        assert one["x-scopes"], told
        assert one["tags"][0] in TAGS, told
        assert {"400", "401", "403", "429"} <= set(one["responses"]), told
        if "{" in path:
            assert "404" in one["responses"], told
        if method in ("POST", "PATCH", "PUT") and told not in SENT_NOTHING:
            assert one["requestBody"]["content"]["application/json"]["example"], told
            assert {"413", "415", "422"} <= set(one["responses"]), told
        if method != "DELETE":
            status = next(status for status in one["responses"] if status.startswith("2"))
            assert one["responses"][status]["content"]["application/json"]["example"], told


def schemas(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(where, schema, example) of everything that has an example."""
    for method, path, one in operations(spec):
        for where, holder in {"body": one.get("requestBody", {}), **one["responses"]}.items():
            target = spec["components"]["responses"][holder["$ref"].split("/")[-1]] if "$ref" in holder else holder
            for content in target.get("content", {}).values():
                if "example" in content:
                    yield f"{method} {path} {where}", content["schema"], content["example"]


def test_examples_are_what_their_schemas_say(spec: dict[str, Any]) -> None:
    found = list(schemas(spec))
    assert len(found) > len(OPERATIONS)
    for where, schema, example in found:
        problems = list(Draft202012Validator({**schema, "components": spec["components"]}).iter_errors(example))
        assert problems == [], where


def test_every_field_says_what_it_is(spec: dict[str, Any]) -> None:
    for name, schema in spec["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            assert {"type", "$ref", "oneOf", "anyOf", "enum", "allOf"} & set(one), f"{name}.{field}"


def test_answers_are_as_described(caller: Caller, spec: dict[str, Any]) -> None:
    schema = spec["paths"]["/settings"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check = Draft202012Validator({**schema, "components": spec["components"]})
    assert list(check.iter_errors(caller.get("/settings").json)) == []
    error = Draft202012Validator({**spec["components"]["schemas"]["Error"], "components": spec["components"]})
    assert list(error.iter_errors(caller.patch("/settings", {"x": 1}).json)) == []
    assert list(error.iter_errors(caller.patch("/settings", b"{").json)) == []


def test_it_is_for_everybody_and_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers


def test_the_page_shows_each_operation_and_loads_nothing_from_elsewhere(
    client: FlaskClient, spec: dict[str, Any]
) -> None:
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    for method, path, one in operations(spec):
        assert f"<code>{method} {path}</code>" in answer.text
        assert one["summary"] in answer.text
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', answer.text)
    assert {one for one in loaded if not one.startswith("http://localhost")} == set()
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
