"""Google Analytics' Measurement Protocol on this machine.

Like the real one it answers 2xx with no body to whatever is posted to it. What it would have dropped
without a word is in `problems`, and what it counts is in `events`. The debug address says the same in words.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from tests.fakes.vendor import Call, FakeVendor, Reply
from webapp import clock

MEASUREMENT_ID, SECRET = "G-ABC123DEF4", "mp-very-secret-+/="
TOP = {
    "client_id",
    "user_id",
    "timestamp_micros",
    "user_properties",
    "consent",
    "validation_behavior",
    "events",
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
RESERVED = {"session_start", "first_visit", "first_open", "user_engagement", "in_app_purchase", "error"}
PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag.")
TEXTS = {"transaction_id", "currency", "coupon", "session_id"}
NUMBERS = {"value", "tax", "shipping"}


class GA4Fake(FakeVendor):
    """`events`: those it counts, as (name, params); a purchase it has seen before is not one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.messages: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self._transactions: set[str] = set()

    @property
    def names(self) -> list[str]:
        return [name for name, _params in self.events]

    def reply(self, call: Call) -> Reply:
        if call.path not in ("/mp/collect", "/debug/mp/collect"):
            return Reply(404, b"<html>not found</html>")
        if call.method != "POST":
            return Reply(405)
        problems = problems_of(call)
        if call.path.startswith("/debug"):
            return Reply(200, {"validationMessages": [{"description": one} for one in problems]})
        self.problems.extend(problems)
        if call.query != {"measurement_id": [MEASUREMENT_ID], "api_secret": [SECRET]}:
            self.problems.append(f"unknown stream or secret: {sorted(call.query)}")
        elif not problems:
            self._count(json.loads(call.body, parse_float=Decimal))
        return Reply(204)

    def _count(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        for event in message["events"]:
            transaction = event["params"].get("transaction_id")
            if event["name"] == "purchase" and transaction in self._transactions:
                continue
            self._transactions.add(transaction)
            self.events.append((event["name"], event["params"]))


def problems_of(call: Call) -> list[str]:
    """What Google would not take of a message, one sentence each."""
    if len(call.body) >= 130_000:
        return ["the body is too large"]
    try:
        message = json.loads(call.body, parse_float=Decimal)
    except ValueError:
        return ["the body is not JSON"]
    if not isinstance(message, dict) or not isinstance(message.get("events"), list):
        return ["there are no events"]
    found = [f"unknown field {one}" for one in set(message) - TOP]
    if not re.fullmatch(r"\d+\.\d+", str(message.get("client_id"))):
        found.append("client_id is not from a cookie")
    found += _consent_problems(message.get("consent", {})) + _time_problems(message.get("timestamp_micros"))
    if not 1 <= len(message["events"]) <= 25:
        found.append("a message has 1 to 25 events")
    return found + [problem for event in message["events"] for problem in _event_problems(event)]


def _consent_problems(consent: dict[str, str]) -> list[str]:
    known = set(consent) <= {"ad_user_data", "ad_personalization"}
    return [] if known and set(consent.values()) <= {"GRANTED", "DENIED"} else ["consent is malformed"]


def _time_problems(micros: object) -> list[str]:
    if micros is None:
        return []
    if type(micros) is not int:
        return ["timestamp_micros is not a whole number"]
    age = clock.now().timestamp() - micros / 1_000_000
    return [] if -1 < age < 72 * 3600 else [f"timestamp_micros is {age:.0f} seconds back"]


def _event_problems(event: dict[str, Any]) -> list[str]:
    name, params = event.get("name", ""), event.get("params")
    if set(event) != {"name", "params"} or not isinstance(params, dict):
        return ["an event has a name and params, and nothing else"]
    found = [] if _is_name(name) and name not in RESERVED else [f"the event name {name!r} is not allowed"]
    if len(params) > 25:
        found.append(f"{len(params)} params")
    items = params.get("items", [])
    found += [_problem(key, value) for key, value in params.items() if key != "items"]
    found += _item_problems(items)
    if not re.fullmatch(r"\d+", str(params.get("session_id", "0"))) or "engagement_time_msec" not in params:
        found.append("it would not count in a session")
    if "value" in params and not re.fullmatch("[A-Z]{3}", str(params.get("currency"))):
        found.append("a value needs a currency")
    if name == "purchase" and ("transaction_id" not in params or "value" not in params):
        found.append("a purchase needs transaction_id and value")
    return [one for one in found if one]


def _item_problems(items: list[dict[str, Any]]) -> list[str]:
    found = ["more than 200 items"] if len(items) > 200 else []
    for item in items:
        if not item.keys() & {"item_id", "item_name"}:
            found.append("an item has neither id nor name")
        if "price" in item and isinstance(item["price"], str):
            found.append("a price is text")
        found += [_problem(key, value) for key, value in item.items()]
    return found


def _problem(name: str, value: Any) -> str:
    if not _is_name(name):
        return f"the param name {name!r} is not allowed"
    if isinstance(value, str):
        wrong = not 0 < len(value) <= 100 or name in NUMBERS
        return f"the text of {name} has {len(value)} characters, or should be a number" if wrong else ""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or name in TEXTS:
        return f"{name} has the wrong type"
    return ""


def _is_name(name: object) -> bool:
    return isinstance(name, str) and NAME.fullmatch(name) is not None and not name.startswith(PREFIXES)
