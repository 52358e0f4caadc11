"""What is counted rather than timed: SQL statements, and calls over a network while a transaction is open."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.network import CHOICES, PASSWORD, PATH, Network, email_of, form_of

TALKING = frozenset(("connect", "connect_ex", "send", "sendall", "sendto", "sendmsg", "recv", "recv_into"))


@dataclass(slots=True)
class Seen:
    statements: int = 0
    calls_inside: int = 0


def of_page(network: Network, path: str, **request: Any) -> int:
    client = network.app.test_client()
    answered(client.get(path, **request), 200)
    with watching(network) as seen:
        answered(client.get(path, **request), 200)
    return seen.statements


def of_checkout(network: Network) -> Seen:
    """The second order of a customer, so that nothing is counted that happens once in a process."""
    client = network.app.test_client()
    credentials = {"email_address": email_of(0), "password": PASSWORD}
    answered(client.post("/login", data={**form_of(client.get("/login").text), **credentials}), 303)
    for name in ("counted-first", "counted-second"):
        fields = {**form_of(client.get(PATH).text), **CHOICES, "site_url": name}
        with watching(network) as seen:
            answered(place(client, fields), 303)
    return seen


def place(client: FlaskClient, fields: dict[str, Any]) -> Any:
    return client.post(PATH, data=fields)


def answered(response: Any, status: int) -> None:
    if response.status_code != status:
        raise RuntimeError(f"{response.status_code} instead of {status}: {response.text[:300]}")


@contextmanager
def watching(network: Network) -> Iterator[Seen]:
    """Count while it lasts, without what begins and ends transactions."""
    from webapp.extensions import db
    from webapp.unit import current_unit

    seen = Seen()

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.statements += not statement.startswith(("BEGIN", "PRAGMA"))

    def note_call(_frame: FrameType, what: str, called: Any) -> None:
        """Every call of a built-in method passes here; those of sockets count while a unit of work is open."""
        if what == "c_call" and called.__name__ in TALKING and isinstance(called.__self__, socket.SocketType):
            seen.calls_inside += current_unit.get() is not None

    with network.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note_statement)
    sys.setprofile(note_call)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        event.remove(engine, "before_cursor_execute", note_statement)
