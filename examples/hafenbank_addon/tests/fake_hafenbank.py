"""Hafenbank, as far as the add-on needs it: a server on this machine, with its interface and the page where buyers pay.

It is strict where a bank is: a field that is missing or unknown, an amount that is no text, a number that was used for
something else. So what passes here says what a real one would be sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from webapp import clock

KEY, NOTICE_SECRET = "test_key-of-the-network", "secret-for-notices"
Answer = tuple[int, Any]

ORDER = {"number", "amount", "currency", "text", "payer", "mandate", "return_url", "cancel_url", "language"}
CHARGE = {"number", "amount", "currency", "text"}
AT_ONCE = 2  # how many a page of a list has


class Wrong(Exception):
    """What is asked for is not done."""

    def __init__(self, code: str, status: int = 422) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass
class FakeHafenbank:
    """`answers_first`: what is answered before anything is done, one after the other, as while the bank is down.

    `loses_answers`: so often it does what it is asked, and its answer gets lost.
    """

    base: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    mandates: dict[str, dict[str, Any]] = field(default_factory=dict)
    returns: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    answers_first: list[int] = field(default_factory=list)
    loses_answers: int = 0
    _known: dict[str, tuple[Any, str]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def env(self) -> dict[str, str]:
        """The variables of a network that is tied to it."""
        return {
            "HAFENBANK_API_BASE": self.base,
            "HAFENBANK_API_KEY": KEY,
            "HAFENBANK_NOTICE_SECRET": f"the-next-one,{NOTICE_SECRET}",
        }

    def forget(self) -> None:
        for kept in (self.orders, self.mandates, self.returns, self.requests, self.answers_first, self._known):
            kept.clear()
        self.loses_answers = 0

    # -- what happens at the bank ------------------------------------------------------------------------------------
    def pay(self, name: str) -> None:
        order = self.orders[name]
        order |= {"status": "paid", "at": clock.rfc3339(clock.now())}
        if order["wants_mandate"]:
            mandate = f"man_{len(self.mandates) + 1}"
            self.mandates[mandate] = {"id": mandate, "last4": "4711", "account": "acc_ada", "ended": False, "empty": 0}
            order["mandate"] = mandate

    def refuse(self, name: str, because: str = "not_covered") -> None:
        self.orders[name] |= {"status": "refused", "because": because, "at": clock.rfc3339(clock.now())}

    def empty(self, mandate: str) -> None:
        """From now on there is no money in its account."""
        self.mandates[mandate]["empty"] = 1

    def notice(self, about: str, event_id: str = "ntc_1") -> tuple[bytes, dict[str, str]]:
        """A signed notice about an order or a return: body and headers."""
        thing = self.orders.get(about) or self.returns[about]
        event = {"id": event_id, "type": "order.changed", "about": about, "number": thing["number"]}
        body = json.dumps(event).encode()
        return body, {"Hafenbank-Signature": sign(body), "Content-Type": "application/json"}

    # -- what it answers ---------------------------------------------------------------------------------------------
    def answer(self, method: str, address: str, key: str, body: Any) -> Answer | None:
        """None: it was done, and nobody hears of it."""
        with self._lock:
            self.requests.append((method, address))
            if key != f"Bearer {KEY}":
                return 401, {"code": "wrong_key"}
            if self.answers_first:
                return self.answers_first.pop(0), {"code": "not_now"}
            path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
            try:
                answered = 200, self._do(method, [unquote(one) for one in path.split("/")[2:]], query, body)
            except Wrong as wrong:
                answered = wrong.status, {"code": wrong.code}
            if method != "GET" and self.loses_answers:
                self.loses_answers -= 1
                return None
            return answered

    def _do(self, method: str, path: list[str], query: dict[str, list[str]], body: Any) -> Any:
        match method, path:
            case "GET", ["account"]:
                return {"id": "acc_network"}
            case "GET", ["orders"]:
                return page_of([one for one in self.orders.values() if one["at"]], query)
            case "GET", ["returns"]:
                return page_of(list(self.returns.values()), query)
            case "GET", ["orders", name]:
                return self._shown(find(self.orders, name))
            case "GET", ["returns", name]:
                return find(self.returns, name)
            case "POST", ["orders"]:
                return self._once(body, ORDER, lambda: self._open(body))
            case "POST", ["mandates", name, "orders"]:
                mandate = find(self.mandates, name)
                return self._once({**body, "by": name}, CHARGE | {"by"}, lambda: self._charge(mandate, body))
            case "POST", ["orders", name, "returns"]:
                order = find(self.orders, name)
                return self._once({**body, "of": name}, CHARGE | {"of"}, lambda: self._give_back(order, body))
            case "DELETE", ["mandates", name]:
                find(self.mandates, name)["ended"] = True
                return {}
        raise Wrong("no_such_address", 404)

    def _once(self, body: Any, fields: set[str], make: Any) -> Any:
        """The same for the same number."""
        if set(body) != fields or not isinstance(body["amount"], str) or not body["text"] or not body["number"]:
            raise Wrong("unreadable")
        known = self._known.get(body["number"])
        if known is None:
            known = self._known[body["number"]] = body, make()
        if known[0] != body:
            raise Wrong("number_used", 409)
        name = known[1]
        return self._shown(self.orders[name]) if name in self.orders else self.returns[name]

    def _new(self, body: Any, **more: Any) -> str:
        if body["currency"] != "EUR":
            raise Wrong("only_euros")
        name = f"ord_{len(self.orders) + 1}"
        kept = {one: body[one] for one in ("number", "amount", "currency", "text")}
        self.orders[name] = {"id": name, **kept, "status": "open", "returned": "0.00", "at": "", **more}
        return name

    def _open(self, body: Any) -> str:
        ways = {one: body[one] for one in ("return_url", "cancel_url")}
        name = self._new(body, wants_mandate=body["mandate"], mandate=None, **ways)
        self.orders[name]["page"] = f"{self.base}/pay/{name}"
        return name

    def _charge(self, mandate: dict[str, Any], body: Any) -> str:
        if mandate["ended"]:
            raise Wrong("mandate_ended", 409)
        name = self._new(body, wants_mandate=False, mandate=mandate["id"])
        if mandate["empty"]:
            self.refuse(name)
        else:
            self.pay(name)
        return name

    def _give_back(self, order: dict[str, Any], body: Any) -> str:
        left = Decimal(order["amount"]) - Decimal(order["returned"]) if order["status"] == "paid" else Decimal(0)
        if Decimal(body["amount"]) > left or body["currency"] != order["currency"]:
            raise Wrong("not_that_much")
        order["returned"] = str(Decimal(order["returned"]) + Decimal(body["amount"]))
        name = f"ret_{len(self.returns) + 1}"
        kept = {one: body[one] for one in ("number", "amount", "currency")}
        at = clock.rfc3339(clock.now())
        self.returns[name] = {"id": name, "order": order["id"], **kept, "status": "sent", "at": at}
        return name

    def _shown(self, order: dict[str, Any]) -> dict[str, Any]:
        mandate = self.mandates.get(order["mandate"] or "")
        return {**order, "mandate": mandate if order["status"] == "paid" else None}

    # -- its page ----------------------------------------------------------------------------------------------------
    def page(self, name: str) -> Answer:
        order = find(self.orders, name)
        buttons = "".join(f"<button name=decision value={one}>{one}</button>" for one in ("pay", "refuse", "cancel"))
        return 200, f"<h1>Hafenbank</h1><p>{order['amount']} {order['currency']}</p><form method=post>{buttons}</form>"

    def decide(self, name: str, decision: str) -> str:
        """What the buyer has pressed; where the bank sends them."""
        order = find(self.orders, name)
        if decision == "cancel":
            return str(order["cancel_url"])
        (self.pay if decision == "pay" else self.refuse)(name)
        return str(order["return_url"])


def find(kept: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in kept:
        raise Wrong("not_found", 404)
    return kept[name]


def page_of(all_of_them: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
    """A part of a list: what happened since then, after what was shown before."""
    found = [one for one in all_of_them if one["at"] >= query["since"][0]]
    after = query.get("after", [""])[0]
    begin = next((at for at, one in enumerate(found, 1) if one["id"] == after), 0)
    shown = [{one: thing[one] for one in ("id", "number", "order") if one in thing} for thing in found[begin:]]
    more = len(shown) > AT_ONCE
    return {"data": shown[:AT_ONCE], "after": shown[AT_ONCE - 1]["id"] if more else ""}


def sign(body: bytes, secret: str = NOTICE_SECRET, at: int | None = None) -> str:
    seconds = int(clock.now().timestamp()) if at is None else at
    signed = str(seconds).encode() + b"." + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


@contextmanager
def running() -> Iterator[FakeHafenbank]:
    bank = FakeHafenbank()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/pay/"):
                self._send(*bank.page(self.path.removeprefix("/pay/")))
            else:
                self._interface()

        def do_POST(self) -> None:
            if not self.path.startswith("/pay/"):
                return self._interface()
            pressed = parse_qs(self._body().decode())["decision"][0]
            self.send_response(303)
            self.send_header("Location", bank.decide(self.path.removeprefix("/pay/"), pressed))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_DELETE(self) -> None:
            self._interface()

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _interface(self) -> None:
            body = self._body()
            asked = json.loads(body) if body else None
            answered = bank.answer(self.command, self.path, self.headers.get("Authorization", ""), asked)
            if answered is None:
                self.close_connection = True
            else:
                self._send(*answered)

        def _send(self, status: int, content: Any) -> None:
            data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bank.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
