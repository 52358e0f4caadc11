"""HubSpot's contacts, as far as its documentation goes: a strict vendor that remembers, on this machine.

Checked against the published API of contacts and properties (v3, and the dated paths of 2026). What a client
may do wrong is refused as HubSpot refuses it: 401, 404, 405, 415, 400 VALIDATION_ERROR, 409 CONFLICT.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from typing import Any

from tests.fakes.vendor import Call, FakeVendor, Reply

TOKEN = "pat-eu1-very-secret-token"
STANDARD = {"email", "firstname", "lastname", "company", "phone", "lifecyclestage"}
READ_ONLY = {"hs_object_id", "createdate", "lastmodifieddate"}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
FIELD_TYPES = {
    "string": {"text", "textarea", "html", "file"},
    "date": {"date"},
    "datetime": {"date"},
    "number": {"number"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "bool": {"booleancheckbox"},
}


class HubSpotFake(FakeVendor):
    """`contacts`: id to properties. `missing_scopes`: what its token may not do, "contacts" or "schemas"."""

    def __init__(self, version: str = "v3", calls_per_window: int = 190, made_properties: bool = False) -> None:
        super().__init__()
        self.contacts: dict[str, dict[str, str]] = {}
        self.properties: dict[str, dict[str, str]] = {name: {"type": "string"} for name in STANDARD}
        self.missing_scopes: set[str] = set()
        self.created = 0
        self._window: deque[float] = deque()
        self._calls_per_window = calls_per_window
        where = "/crm/v3/{}/contacts" if version == "v3" else f"/crm/{{}}/{version}/contacts"
        self._objects, self._schemas = where.format("objects"), where.format("properties")
        if made_properties:
            self.properties |= {
                "parzelle_plan": {"type": "string"},
                "parzelle_status": {"type": "string"},
                "parzelle_signup_date": {"type": "date"},
            }

    def add_contact(self, **properties: str) -> str:
        """One that somebody entered by hand."""
        self.created += 1
        contact_id = str(100 + self.created)
        self.contacts[contact_id] = properties
        return contact_id

    # -- answering ----------------------------------------------------------------------------------------
    def reply(self, call: Call) -> Reply:
        if call.headers.get("Authorization") != f"Bearer {TOKEN}":
            given = call.headers.get("Authorization")  # an echo, as a careless vendor's: nobody may show it
            return error(401, "INVALID_AUTHENTICATION", f"Authentication credentials {given} are not valid")
        if self._too_many():
            return self._rate_limited()
        if (call.method, call.path) == ("GET", self._objects):
            return self._only(call, "GET", "contacts") or Reply(200, {"results": self._first(call)})
        if call.headers.get("Content-Type") != "application/json":
            return error(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
        body = call.json()
        if not isinstance(body, dict):
            return error(400, "VALIDATION_ERROR", "Invalid input JSON")
        return self._route(call, body)

    def _route(self, call: Call, body: dict[str, Any]) -> Reply:
        if call.query:
            return error(400, "VALIDATION_ERROR", "unexpected query")
        if call.path == f"{self._objects}/batch/upsert":
            return self._only(call, "POST", "contacts") or self._upsert(body)
        if call.path == self._objects:
            return self._only(call, "POST", "contacts") or self._create(body)
        if call.path == self._schemas:
            return self._only(call, "POST", "schemas") or self._define(body)
        if match := re.fullmatch(re.escape(self._objects) + r"/(\d+)", call.path):
            return self._only(call, "PATCH", "contacts") or self._change(match.group(1), body)
        return error(404, "OBJECT_NOT_FOUND", "No such address")

    def _first(self, call: Call) -> list[dict[str, Any]]:
        found = [{"id": number, "properties": facts} for number, facts in self.contacts.items()]
        return found[: int(call.query.get("limit", ["10"])[0])]

    def _only(self, call: Call, method: str, scope: str) -> Reply | None:
        if call.method != method:
            return error(405, "METHOD_NOT_ALLOWED", "Method not allowed")
        if scope in self.missing_scopes:
            return error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes")
        return None

    def _too_many(self) -> bool:
        now = time.monotonic()
        while self._window and self._window[0] <= now - 10:
            self._window.popleft()
        self._window.append(now)
        return len(self._window) > self._calls_per_window

    def _rate_limited(self) -> Reply:
        body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        return Reply(429, body, {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"})

    # -- contacts -----------------------------------------------------------------------------------------
    def _upsert(self, body: dict[str, Any]) -> Reply:
        inputs = body.get("inputs")
        if set(body) != {"inputs"} or not isinstance(inputs, list) or not 1 <= len(inputs) <= 100:
            return error(400, "VALIDATION_ERROR", "inputs must hold 1 to 100 entries")
        ids = [one.get("id") for one in inputs]
        if len(set(ids)) < len(ids):
            return error(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        for one in inputs:
            refused = self._refuse_input(one)
            if refused:
                return refused
        results = [self._upsert_one(one["id"].lower(), one["properties"]) for one in inputs]
        return Reply(200, {"status": "COMPLETE", "results": results})

    def _refuse_input(self, one: dict[str, Any]) -> Reply | None:
        if not set(one) <= {"id", "idProperty", "properties", "objectWriteTraceId"}:
            return error(400, "VALIDATION_ERROR", "unknown field")
        if one.get("idProperty") != "email":
            return error(400, "VALIDATION_ERROR", "Unable to perform update/upsert by non-unique property")
        if not isinstance(one.get("id"), str) or not EMAIL.fullmatch(one["id"]):
            return error(400, "VALIDATION_ERROR", "Email address is invalid")
        return self._refuse(one.get("properties"))

    def _upsert_one(self, email: str, properties: dict[str, str]) -> dict[str, Any]:
        known = self.by_email(email)
        contact_id = known or self.add_contact(email=email)
        self._keep(contact_id, properties | {"email": email})
        return {**self._shown(contact_id), "new": known is None}

    def _create(self, body: dict[str, Any]) -> Reply:
        refused = self._refuse(body.get("properties"))
        if refused:
            return refused
        properties = body["properties"]
        other = self.by_email(properties.get("email", ""))
        if other:
            return error(409, "CONFLICT", f"Contact already exists. Existing ID: {other}")
        contact_id = self.add_contact()
        self._keep(contact_id, properties)
        return Reply(201, self._shown(contact_id))

    def _change(self, contact_id: str, body: dict[str, Any]) -> Reply:
        if contact_id not in self.contacts:
            return error(404, "OBJECT_NOT_FOUND", "resource not found")
        if set(body) != {"properties"}:
            return error(400, "VALIDATION_ERROR", "unknown field")
        refused = self._refuse(body["properties"])
        if refused:
            return refused
        other = self.by_email(body["properties"].get("email", ""))
        if other not in (None, contact_id):
            return error(409, "CONFLICT", f"Contact already exists. Existing ID: {other}")
        self._keep(contact_id, body["properties"])
        return Reply(200, self._shown(contact_id))

    def _keep(self, contact_id: str, properties: dict[str, str]) -> None:
        kept = self.contacts[contact_id] = self.contacts[contact_id] | properties
        kept["email"] = kept.get("email", "").lower()

    def by_email(self, email: str) -> str | None:
        wanted = email.lower()
        found = (one for one, facts in self.contacts.items() if facts.get("email", "").lower() == wanted)
        return next(found, None) if email else None

    def _shown(self, contact_id: str) -> dict[str, Any]:
        moment = "2026-11-23T12:00:00.000Z"
        facts = {"properties": self.contacts[contact_id], "createdAt": moment, "updatedAt": moment}
        return {"id": contact_id, **facts, "archived": False}

    # -- properties ---------------------------------------------------------------------------------------
    def _refuse(self, properties: Any) -> Reply | None:
        if not isinstance(properties, dict) or not all(isinstance(one, str) for one in properties.values()):
            return error(400, "VALIDATION_ERROR", "properties must be an object of strings")
        for name, value in properties.items():
            problem = self._problem(name, value)
            if problem:
                detail = {"isValid": False, "message": problem[1], "error": problem[0], "name": name}
                listed = json.dumps([detail])
                return error(400, "VALIDATION_ERROR", f"Property values were not valid: {listed}")
        return None

    def _problem(self, name: str, value: str) -> tuple[str, str] | None:
        if name in READ_ONLY:
            return "READ_ONLY_VALUE", f"{name} is a read only property"
        if name not in self.properties:
            return "PROPERTY_DOESNT_EXIST", f"Property {name} does not exist"
        if name == "email" and not EMAIL.fullmatch(value):
            return "INVALID_EMAIL", "Email address is invalid"
        if self.properties[name]["type"] == "date" and not re.fullmatch(r"|\d{4}-\d\d-\d\d", value):
            return "INVALID_DATE", f"{value} is not a date"
        return None

    def _define(self, body: dict[str, Any]) -> Reply:
        if set(body) - {"label", "type", "fieldType", "groupName", "name", "description"}:
            return error(400, "VALIDATION_ERROR", "unknown field")
        if body.get("groupName") != "contactinformation" or not body.get("label"):
            return error(400, "VALIDATION_ERROR", "groupName and label are required")
        if body.get("fieldType") not in FIELD_TYPES.get(str(body.get("type")), set()):
            return error(400, "VALIDATION_ERROR", "type and fieldType do not go together")
        name = str(body.get("name", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            return error(400, "VALIDATION_ERROR", "name is invalid")
        if name in self.properties:
            return error(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
        self.properties[name] = body
        return Reply(201, body)


def error(status: int, category: str, message: str) -> Reply:
    body = {"status": "error", "message": message, "correlationId": "6c7e2a58-0000", "category": category}
    return Reply(status, body)
