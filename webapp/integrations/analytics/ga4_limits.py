"""What Google Analytics takes, and how an event is made to fit: what breaks a limit is left out, and named.

It answers 2xx to everything and drops silently what it does not take, so nobody else would notice.
https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

Value = str | int | Decimal

PARAMS_AT_MOST = 25
ITEMS_AT_MOST = 200
VALUE_AT_MOST = 100
BODY_BYTES = 130_000  # "under 130 kB"
OLDEST = timedelta(hours=72)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
RESERVED_PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag.")
RESERVED_EVENTS = frozenset(
    [
        "ad_activeview",
        "ad_click",
        "ad_exposure",
        "ad_query",
        "ad_reward",
        "adunit_exposure",
        "app_background",
        "app_clear_data",
        "app_exception",
        "app_install",
        "app_remove",
        "app_store_refund",
        "app_store_subscription_cancel",
        "app_store_subscription_convert",
        "app_store_subscription_renew",
        "app_uninstall",
        "app_update",
        "app_upgrade",
        "dynamic_link_app_open",
        "dynamic_link_app_update",
        "dynamic_link_first_open",
        "error",
        "first_open",
        "first_visit",
        "in_app_purchase",
        "notification_dismiss",
        "notification_foreground",
        "notification_open",
        "notification_receive",
        "os_update",
        "screen_view",
        "session_start",
        "session_start_with_rollout",
        "user_engagement",
    ]
)


def is_event_name(name: str) -> bool:
    return is_param_name(name) and name not in RESERVED_EVENTS


def is_param_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None and not name.startswith(RESERVED_PREFIXES)


def is_value(value: Value) -> bool:
    """Text of 1 to 100 characters, or a number that 64 bits hold."""
    if isinstance(value, str):
        return 0 < len(value) <= VALUE_AT_MOST
    return Decimal(value).is_finite() and abs(Decimal(value)) < 2**63


def fitting(values: Mapping[str, Value], left_out: list[str], at_most: int) -> dict[str, Value]:
    """Those that may be sent, in their order; `left_out` gets the names of the others, bar empty ones."""
    kept: dict[str, Value] = {}
    for name, value in values.items():
        if value == "":
            continue
        if len(kept) < at_most and is_param_name(name) and is_value(value):
            kept[name] = value
        else:
            left_out.append(name[:60])
    return kept


def fitting_items(items: Sequence[Mapping[str, Value]], left_out: list[str]) -> list[dict[str, Value]]:
    """Each item as far as it fits; one that has neither id nor name left says nothing, and goes."""
    kept: list[dict[str, Value]] = []
    for number, item in enumerate(items, 1):
        broken: list[str] = []
        fits = fitting(item, broken, PARAMS_AT_MOST)
        left_out.extend(f"{name} of item {number}" for name in broken)
        if len(kept) < ITEMS_AT_MOST and ("item_id" in fits or "item_name" in fits):
            kept.append(fits)
        else:
            left_out.append(f"item {number}")
    return kept


def body_of(message: dict[str, Any], left_out: list[str]) -> bytes:
    """The message as JSON; items are taken off its end until it is short enough."""
    items = message["events"][0]["params"].get("items", [])
    total = len(items)
    body = exact_json(message).encode("utf-8", "replace")
    while len(body) >= BODY_BYTES and items:
        del items[-max(1, len(items) // 10) :]
        body = exact_json(message).encode("utf-8", "replace")
    if len(items) < total:
        left_out.append(f"the last {total - len(items)} items")
    return body


def exact_json(value: Any) -> str:
    """JSON in which a Decimal stands digit by digit, never by way of a binary fraction."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{exact_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(exact_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
