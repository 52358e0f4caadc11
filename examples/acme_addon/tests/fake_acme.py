"""Acme, as far as the add-on needs it: a server on this machine that remembers what it was told."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, WEBHOOK_SECRET, PAY_SECRET = "key-of-the-network", "secret-for-hooks", "secret-for-payments"
Answer = tuple[int, Any]


@dataclass
class FakeAcme:
    """`answers_first`: what is answered before anything is done, one after the other, as while Acme is down."""

    base: str = ""
    contacts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    answers_first: list[int] = field(default_factory=list)
    _known: dict[tuple[str, str], tuple[Any, Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def env(self) -> dict[str, str]:
        """The variables of a network that is tied to it."""
        return {
            "ACME_API_BASE": self.base,
            "ACME_API_KEY": KEY,
            "ACME_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "ACME_PAY_SECRET": PAY_SECRET,
        }

    def forget(self) -> None:
        for kept in (self.contacts, self.events, self.payments, self.requests, self.answers_first, self._known):
            kept.clear()

    # -- what happens at Acme ----------------------------------------------------------------------------------
    def pay(self, reference: str) -> None:
        self.payments[reference]["status"] = "paid"

    def refuse(self, reference: str) -> None:
        self.payments[reference] |= {"status": "failed", "reason": "insufficient_funds"}

    def notice(self, reference: str, event_id: str = "ntc_1") -> tuple[bytes, dict[str, str]]:
        """A signed notice about a payment: body and headers."""
        body = json.dumps({"id": event_id, "type": "payment.changed", "payment": reference}).encode()
        return body, {"X-Acme-Signature": sign(body, PAY_SECRET), "Content-Type": "application/json"}

    # -- what it answers ---------------------------------------------------------------------------------------
    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        with self._lock:
            self.requests.append((method, path, headers))
            if headers.get("authorization") != f"Bearer {KEY}":
                return 401, {"error": "wrong key"}
            if self.answers_first:
                return self.answers_first.pop(0), {"error": "not now"}
            key = (path, headers.get("idempotency-key", ""))
            if method == "GET":
                return self._find(path)
            if key in self._known:
                asked, answered = self._known[key]
                return answered if asked == body else (409, {"error": "another request with this key"})
            answered = self._make(path, body)
            self._known[key] = (body, answered)
            return answered

    def _make(self, path: str, body: Any) -> Answer:
        if path == "/contacts":
            self.contacts.append({"id": f"con_{len(self.contacts) + 1}", **body})
            return 201, self.contacts[-1]
        if path == "/events":
            self.events.append(body)
            return 202, {}
        if path == "/payments":
            name = f"pay_{len(self.payments) + 1}"
            self.payments[name] = {**body, "id": name, "status": "open", "refunded": 0}
            return 201, {"id": name, "url": f"{self.base}/checkout/{name}"}
        return self._refund(path.split("/")[2], body)

    def _find(self, path: str) -> Answer:
        payment = self.payments.get(path.removeprefix("/payments/"))
        return (200, payment) if payment else (404, {"error": "no such payment"})

    def _refund(self, name: str, body: Any) -> Answer:
        payment = self.payments.get(name)
        if payment is None:
            return 404, {"error": "no such payment"}
        left = payment["amount"] - payment["refunded"] if payment["status"] == "paid" else 0
        if body["amount"] > left or body["currency"] != payment["currency"]:
            return 422, {"error": "not that much"}
        payment["refunded"] += body["amount"]
        return 201, {"id": f"ref_{name}_{payment['refunded']}"}


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@contextmanager
def running() -> Iterator[FakeAcme]:
    acme = FakeAcme()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = acme.answer(self.command, self.path, headers, body)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    acme.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield acme
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
