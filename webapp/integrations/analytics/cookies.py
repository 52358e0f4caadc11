"""The ids Google's tag keeps in a visitor's cookies. Anybody can write anything there: only digits pass."""

from __future__ import annotations

import re
from collections.abc import Mapping

CLIENT_ID = r"[0-9]{1,20}\.[0-9]{1,20}"
SESSION_ID = r"[0-9]{1,20}"
COOKIE = re.compile(rf"GA\d+\.\d+(?:-\d+)?\.({CLIENT_ID})")
SESSION_COOKIES = (
    re.compile(rf"GS1\.\d+\.({SESSION_ID})(?:\..*)?"),  # places, between full stops
    re.compile(rf"GS2\.\d+\.(?:.*\$)?s({SESSION_ID})(?:\$.*)?"),  # fields of a letter each, in any order
)


def read(cookies: Mapping[str, str], measurement_id: str) -> dict[str, str] | None:
    """`{"client_id": "123.456", "session_id": "1700000000"}`, the second if known. None without a first."""
    client = COOKIE.fullmatch(cookies.get("_ga", ""))
    if client is None:
        return None
    session = session_in(cookies.get(f"_ga_{measurement_id.removeprefix('G-')}", ""))
    return {"client_id": client.group(1)} | ({"session_id": session} if session else {})


def session_in(cookie: str) -> str:
    matches = (form.fullmatch(cookie) for form in SESSION_COOKIES)
    return next((match.group(1) for match in matches if match), "")
