"""How Acme is called: with a time limit, an idempotency key, and the two failures that the outbox understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from webapp.outgoing import PermanentFailure, TryLater

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
BUSY = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Acme:
    base: str
    key: str = field(repr=False)

    def post(self, path: str, body: dict[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """What Acme answers. Raises TryLater or PermanentFailure; neither shows the key."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": idempotency_key}
        try:
            answer = requests.post(
                self.base.rstrip("/") + path,
                json=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TryLater(f"Acme was not reached: {type(error).__name__}") from None
        check(answer)
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content


def check(answer: requests.Response) -> None:
    """Busy and broken: again, later. Refused: never again without a person."""
    status, excerpt = answer.status_code, answer.text[:500]
    if status in BUSY or status >= 500:
        wait = answer.headers.get("Retry-After", "")
        after = float(wait) if wait.isdecimal() else None
        raise TryLater(f"Acme answered {status}", after=after, http_status=status, answer=excerpt)
    if not 200 <= status < 300:
        raise PermanentFailure(f"Acme refused: {status}", http_status=status, answer=excerpt)
