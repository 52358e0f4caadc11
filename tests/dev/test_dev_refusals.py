"""One sentence each for what a person can mend."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import pytest

from tests.dev.clones import SCRIPT, free_port, refused, set_up, typed

pytestmark = pytest.mark.enable_socket  # one port is occupied here, on loopback


def test_a_python_that_is_too_old_is_told_so(clone: Path) -> None:
    text = (clone / "dev").read_text()
    (clone / "dev").write_text(text.replace("sys.hexversion < 0x030B0000", "sys.hexversion > 0x030B0000"))
    assert refused(typed(clone, "run")).startswith("Parzelle needs Python 3.11 or newer; this is Python 3.")


def test_an_older_python_can_at_least_read_the_script() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))


def test_a_missing_venv_module_is_named(clone: Path, tmp_path: Path) -> None:
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    (fakes / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    said = refused(typed(clone, "run", PYTHONPATH=str(fakes), PORT=str(free_port())))
    assert "apt install python3-venv" in said


def test_a_port_in_use_is_named_before_anything_is_set_up(clone: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert refused(typed(clone, "run", PORT=str(port))).startswith(f"Port {port} is in use")
    assert not (clone / ".boot").exists()


def test_an_instance_that_cannot_be_made_is_named(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = str(tmp_path / "file" / "instance")
    said = refused(typed(set_up(clone), "run", INSTANCE_PATH=path, PORT=str(free_port())))
    assert said == f"The folder {path} cannot be made: Not a directory."


def test_an_option_nobody_knows_is_named(clone: Path) -> None:
    assert refused(typed(clone, "run", "--fast")) == "./dev run knows --fresh and --yes, not --fast."


def test_a_mistyped_command_gets_the_nearest_one(clone: Path) -> None:
    assert refused(typed(clone, "tset")) == "There is no ./dev tset; did you mean test?"


def test_starting_over_asks_first(clone: Path) -> None:
    (set_up(clone) / "instance").mkdir()
    (clone / "instance" / "kept").write_text("")
    output = typed(clone, "run", "--fresh", PORT=str(free_port())).communicate(timeout=30)[0]
    assert output.endswith("add --yes.\n")
    assert (clone / "instance" / "kept").exists()
