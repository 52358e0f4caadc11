"""Processes of a benchmark: on free ports of this machine, and gone when it is over."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THREADS = 4
READY_SECONDS = 60.0


class NotReady(Exception):
    """A process that is measured did not come up."""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(command: list[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with this environment and nothing of the caller's that would change what is measured."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=dict(env), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def served(app: str, env: Mapping[str, str], log: Path, *, path: str = "/", config: str = "") -> Iterator[Server]:
    """An application behind gunicorn: one worker of four threads, for the product and its floors alike."""
    port = free_port()
    command = ["-m", "gunicorn", app, "--log-level=warning", "--workers=1"]
    command += [f"--config={config or 'benchmarks/gunicorn_floor.py'}", f"--bind=127.0.0.1:{port}"]
    with process(command, env, log) as child:
        server = Server(port, child)
        wait_until_answers(server, path, log)
        yield server


def wait_until_answers(server: Server, path: str, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        if answers(server.port, path):
            return
        time.sleep(0.05)
    raise NotReady(f"a server did not come up: {tail(log)}")


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:].strip()


def plain_environment() -> dict[str, str]:
    """The caller's environment without the variables that the product or gunicorn reads."""
    known = ("DATABASE_URL", "REDIS_URL", "PORT", "HOST", "ADDONS", "DYNO", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS")
    prefixes = ("HUBSPOT_", "PIPEDRIVE_", "MAILCHIMP_", "GA4_", "STRIPE_", "PAYPAL_", "FLASK_")
    return {name: value for name, value in os.environ.items() if name not in known and not name.startswith(prefixes)}


def workers_of(server: Server) -> list[int]:
    """The process ids of gunicorn's workers."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = (map(int, line.split()) for line in listing.splitlines())
    return [pid for pid, parent in pairs if parent == server.process.pid]


def megabytes(pid: int) -> float:
    """What a process holds in memory (resident set)."""
    listing = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(listing.stdout) * 1024 / 1e6
