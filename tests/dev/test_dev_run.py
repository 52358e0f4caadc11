"""`./dev run` from its first line to its last, with stand-ins for the application."""

from __future__ import annotations

import json
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dev.clones import free_port, read_until, refused, set_up, typed

pytestmark = pytest.mark.enable_socket  # free ports are found by binding, on loopback


def test_run_starts_everything_and_ctrl_c_ends_it_in_order(clone: Path, start: Any) -> None:
    process = start(set_up(clone))
    lines = read_until(process, "Ctrl-C stops it.", "worker has begun", "clock has begun")
    assert lines[0] == "admin@example.com signs in in time"
    assert (clone / "instance" / "prepared").exists()
    assert any("/register" in line for line in lines)
    note = json.loads((clone / "instance" / "running.json").read_text())
    assert note["REDIS_URL"].startswith("unix://")
    assert stat.S_IMODE((clone / "instance").stat().st_mode) == 0o700

    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert rest.index("clock has ended") < rest.index("worker has ended")
    assert (clone / "instance" / "running.json").read_text() == ""


def test_two_clones_run_side_by_side_and_one_clone_only_once(tmp_path: Path, clone: Path, start: Any) -> None:
    other = tmp_path / "other"
    clone.rename(other)
    clone.mkdir()
    for path in other.iterdir():
        (clone / path.name).write_bytes(path.read_bytes())
    first, second = start(set_up(clone)), start(set_up(other))
    read_until(first, "Ctrl-C stops it.")
    read_until(second, "Ctrl-C stops it.")
    assert refused(typed(clone, "run", PORT=str(free_port()))) == (
        f"Parzelle runs in {clone}/instance already; stop that one first."
    )


def test_children_do_not_outlive_a_killed_supervisor(clone: Path, start: Any) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent has died")
    process = start(set_up(clone))
    read_until(process, "Ctrl-C stops it.")
    process.kill()
    process.communicate(timeout=20)  # ends when the last child has let go of the output


def test_starting_over_empties_the_instance(clone: Path, start: Any) -> None:
    set_up(clone)
    (clone / "instance").mkdir()
    (clone / "instance" / "parzelle.sqlite").write_text("old")
    process = typed(clone, "run", "--fresh", "--yes", PORT=str(free_port()))
    try:
        read_until(process, "Ctrl-C stops it.")
        assert not (clone / "instance" / "parzelle.sqlite").exists()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
