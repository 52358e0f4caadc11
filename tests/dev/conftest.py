"""A clone, the script in it as a module, and runs that do not outlive their test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dev.clones import SCRIPT, free_port, load, typed


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone, as far as the script looks: itself and the locks."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "dev").write_bytes(SCRIPT.read_bytes())
    for name in ("requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text("flask==1.0 \\\n    --hash=sha256:00\n")
    return folder


@pytest.fixture
def dev(clone: Path) -> Any:
    return load(clone / "dev")


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Type `./dev run` in a clone; whatever still runs after the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_in(clone: Path, **settings: str) -> subprocess.Popen[str]:
        started.append(typed(clone, "run", **{"PORT": str(free_port()), **settings}))
        return started[-1]

    yield start_in
    for process in started:
        process.kill()
        process.communicate()
