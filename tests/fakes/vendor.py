"""What all vendors played on this machine share: an address of their own, a record of calls, and bad days.

    with HubSpotFake() as hubspot:
        hubspot.next(Status(429, {"Retry-After": "3"}), DropAnswer())

A bad day lasts for one call; the calls after it are answered as a healthy vendor would.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.serving import FakeServer


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Reply:
    """What goes back. `body`: bytes as they are, anything else as JSON, None for nothing."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """Answer with this instead, and do nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Silence:
    """Do nothing, and never answer."""


@dataclass(frozen=True)
class DropAnswer:
    """Do what was asked, then hang up instead of saying so."""


@dataclass(frozen=True)
class HangUp:
    """Do nothing, and hang up."""


@dataclass(frozen=True)
class Drip:
    """Send the answer byte by byte, for ever."""


class FakeVendor(FakeServer):
    """Serves `reply(call)`, each connection in a thread of its own."""

    def __init__(self) -> None:
        super().__init__(_server_for(self))
        self.calls: list[Call] = []
        self.connections = 0
        self.lock = threading.Lock()
        self._tricks: deque[object] = deque()
        self._sockets: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def hang_up(self) -> None:
        for one in self._sockets:
            with contextlib.suppress(OSError):  # hung up already
                one.shutdown(socket.SHUT_RDWR)

    def next(self, *tricks: object) -> None:
        """What happens to the next calls, one each."""
        self._tricks.extend(tricks)

    def reply(self, call: Call) -> Reply:
        raise NotImplementedError

    def opened(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections += 1
            self._sockets.append(connection)

    def took(self, call: Call) -> tuple[object, Reply]:
        """Note a call and let it have its effect, unless today is a bad day."""
        with self.lock:
            self.calls.append(call)
            trick = self._tricks.popleft() if self._tricks else None
            if isinstance(trick, Status):
                return None, Reply(trick.status, trick.body, trick.headers)
            no_effect = isinstance(trick, Silence | HangUp)
            return trick, Reply(500) if no_effect else self.reply(call)


def _server_for(vendor: FakeVendor) -> ThreadingHTTPServer:
    methods = {f"do_{method}": _Handler.answer for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
    handler = type("Handler", (_Handler,), {"vendor": vendor, **methods})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False  # so that closing waits for them, and no socket is left to the garbage
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    vendor: FakeVendor

    def setup(self) -> None:
        super().setup()
        self.vendor.opened(self.connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the other side may hang up whenever it likes
            super().handle()

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        call = Call(self.command, parts.path, query, dict(self.headers), self.rfile.read(length))
        trick, reply = self.vendor.took(call)
        if isinstance(trick, Silence):
            self.vendor.closing.wait(30)
        if isinstance(trick, Silence | DropAnswer | HangUp):
            self.close_connection = True
            return
        self._send(reply, drip=isinstance(trick, Drip))

    def _send(self, reply: Reply, *, drip: bool) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if reply.body is None:
            body = b""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", "1000000" if drip else str(len(body)))
        self.end_headers()
        if drip:
            self._drip()
        else:
            self.wfile.write(body)

    def _drip(self) -> None:
        while not self.vendor.closing.wait(0.01):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
