"""How the web process is told to serve, here and on a host like Heroku."""

from __future__ import annotations

import runpy
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / "gunicorn.conf.py"


def conf(monkeypatch: pytest.MonkeyPatch, **settings: str) -> dict[str, Any]:
    for name in ("HOST", "PORT", "WEB_CONCURRENCY", "START_AFTER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(FILE))


@pytest.mark.parametrize(
    ("settings", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "5000"}, ":5000"),
        ({"PORT": "5000", "HOST": "127.0.0.1"}, "127.0.0.1:5000"),
        ({"HOST": "::1"}, "[::1]:8000"),
    ],
)
def test_the_port_of_a_host_is_served_on_every_address(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], bind: str
) -> None:
    assert conf(monkeypatch, **settings)["bind"] == bind


def test_the_number_of_workers_is_the_hosts_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conf(monkeypatch)["workers"] == 2
    assert conf(monkeypatch, WEB_CONCURRENCY="5")["workers"] == 5


def test_forwarded_headers_are_left_to_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conf(monkeypatch)["forwarded_allow_ips"] == ""


def test_no_page_is_served_before_the_database_is_prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    prepared = tmp_path / "prepared"
    start = conf(monkeypatch, START_AFTER=str(prepared))["on_starting"]
    waiting = threading.Thread(target=start, args=(None,), daemon=True)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    prepared.touch()
    waiting.join(10)
    assert not waiting.is_alive()


HASHING = """
import runpy, sys, threading
from webapp.domain import passwords

def held():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * 4096 // 2**20

runpy.run_path(sys.argv[1])["give_memory_back"]()
before = held()
hashing = [threading.Thread(target=lambda: [passwords.hash_password("a sentence") for _ in range(6)]) for _ in range(4)]
for thread in hashing:
    thread.start()
for thread in hashing:
    thread.join()
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is held only on Linux")
def test_what_new_buyers_passwords_took_is_given_back() -> None:
    command = [sys.executable, "-c", HASHING, str(FILE)]
    told = subprocess.run(command, cwd=FILE.parent, capture_output=True, text=True, check=True)
    assert int(told.stdout) < 15  # MiB; one hash takes 19, and each of four threads would keep one
