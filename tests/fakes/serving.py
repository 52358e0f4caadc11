"""Servers on the loopback, each at a port of its own, for what is told over a network."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from werkzeug.serving import make_server


class FakeServer:
    """Serves in a thread of its own for as long as the `with` lasts; `closing` wakes those who keep silent."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self.closing = threading.Event()
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self.hang_up()
        self._server.server_close()
        self._thread.join()

    def hang_up(self) -> None:
        """End what is still being said."""


@contextmanager
def serving(wsgi: Any) -> Iterator[str]:
    """Serve `wsgi` on a free port while it lasts; its address."""
    with FakeServer(make_server("127.0.0.1", 0, wsgi, threaded=True)) as server:
        yield f"http://{server.address}"
