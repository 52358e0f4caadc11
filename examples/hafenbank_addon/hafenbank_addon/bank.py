"""How Hafenbank is called: with a time limit, and with two ways to fail, of which only one says something.

Everything that the bank is asked to do carries a number of ours. The bank does what it is asked under one number once,
answers the same when it is asked again, and refuses another request under a number it knows.
"""

from __future__ import annotations

from typing import Any

import requests

from webapp.gateways.base import VendorUnreachable

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
SAYS_NOTHING = {401, 403, 408, 429}  # about our key and the traffic, not about what was asked for


class Refused(Exception):
    """The bank does not do that; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bank:
    def __init__(self, base: str, key: str) -> None:
        self.base, self._key = base.rstrip("/"), key

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the bank answers. Raises Refused, and VendorUnreachable when nobody knows what became of it."""
        try:
            answer = requests.request(
                method,
                self.base + path,
                json=body,
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise VendorUnreachable(type(error).__name__) from None
        if answer.status_code in SAYS_NOTHING or answer.status_code // 100 in (3, 5):
            raise VendorUnreachable(f"Hafenbank answered {answer.status_code}")
        try:
            content = answer.json() if answer.content else {}
        except ValueError:
            raise VendorUnreachable("Hafenbank's answer is not readable") from None
        if not answer.ok:
            raise Refused(str(content.get("code") or f"refused_{answer.status_code}"))
        return content
