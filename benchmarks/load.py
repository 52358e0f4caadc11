"""A load generator that costs little beside the server it loads: plain sockets, kept open, one thread each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Self

Make = Callable[[], bytes]
TIMEOUT = 30.0


class WrongAnswer(Exception):
    """The server did not answer as expected, so its speed means nothing."""


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """An HTTP/1.1 request, ready to be sent."""
    lines = {"Host": "127.0.0.1", **headers, **({"Content-Length": str(len(body))} if body else {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Connection:
    """One kept-open connection; answers need a Content-Length, as Flask's have."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def exchange(self, message: bytes) -> tuple[int, bytes]:
        """Status and the whole answer. A connection that the server had closed meanwhile is opened again."""
        fresh = self.socket is None
        try:
            return self._exchange(message)
        except (BrokenPipeError, ConnectionResetError):
            self.close()
            if fresh:
                raise
            return self._exchange(message)

    def _exchange(self, message: bytes) -> tuple[int, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(message)
        answer = self._read()
        if b"\r\nconnection: close" in answer.partition(b"\r\n\r\n")[0].lower():
            self.close()
        return int(answer[9:12]), answer

    def _read(self) -> bytes:
        assert self.socket is not None
        answer, length = b"", -1
        while length < 0 or len(answer) < length:
            chunk = self.socket.recv(131072)
            if not chunk:
                raise ConnectionResetError
            answer += chunk
            end = answer.find(b"\r\n\r\n")
            if length < 0 and end >= 0:
                length = end + 4 + content_length(answer[:end])
        return answer


def content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise WrongAnswer("an answer without Content-Length")


class Load:
    """So many connections that send as fast as they are answered; `make` is called for each request."""

    def __init__(self, port: int, make: Make, *, expect: int = 200, connections: int = 8) -> None:
        self.port, self.make, self.expect, self.connections = port, make, expect, connections
        self.problem: Exception | None = None

    def rate(self, seconds: float) -> float:
        """Answers a second, kept up for this long."""
        done, took = self._run(seconds=seconds)
        return done / took

    def send(self, number: int) -> None:
        """At least so many requests."""
        self._run(number=number)

    def _run(self, *, seconds: float = 600.0, number: int = 1 << 60) -> tuple[int, float]:
        begun, left = time.perf_counter(), [number // self.connections + 1] * self.connections
        counts = [0] * self.connections

        def work(place: int) -> None:
            try:
                with Connection(self.port) as connection:
                    while time.perf_counter() < begun + seconds and counts[place] < left[place]:
                        self._one(connection)
                        counts[place] += 1
            except Exception as error:
                self.problem = error

        threads = [threading.Thread(target=work, args=(place,)) for place in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.problem is not None:
            raise self.problem
        return sum(counts), time.perf_counter() - begun

    def _one(self, connection: Connection) -> None:
        status, answer = connection.exchange(self.make())
        if status != self.expect:
            raise WrongAnswer(f"{status} instead of {self.expect}: {answer[:300]!r}")
