"""What the check of the locks finds, and that ours are in order."""

from __future__ import annotations

import pytest

from tools import locks

LOCK = """\
click==8.5.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
wrapt==1.0 ; python_version < '3.12' \\
    --hash=sha256:cc
"""


def test_our_locks_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert locks.main() == 0, capsys.readouterr().out


def test_a_lock_is_read_with_its_markers() -> None:
    assert locks.pins(LOCK) == {"click": {"8.5.1"}, "wrapt": {"1.0"}}
    assert list(locks.unpinned(LOCK)) == []
    assert list(locks.addresses(LOCK)) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "-i packages.example",
        "--find-links /opt",
        "x @ file:///opt/x.whl",
    ],
)
def test_an_address_in_a_lock_is_found(line: str) -> None:
    assert len(list(locks.addresses(f"{LOCK}{line}\n"))) == 1


def test_a_package_without_a_hash_is_found() -> None:
    assert list(locks.unpinned(f"{LOCK}idna==3.20\n")) == ["not pinned by hash: idna==3.20"]


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ("Click>=8,<9", None),
        (
            "click[extra]>=9 ; sys_platform != 'win32'",
            "click is locked at 8.5.1, which is not >=9; run ./dev lock",
        ),
        ("requests", "requests is not in the lock; run ./dev lock"),
    ],
)
def test_a_lock_that_is_older_than_the_project_file_is_found(requirement: str, complaint: str | None) -> None:
    assert list(locks.unlocked([requirement], locks.pins(LOCK))) == ([complaint] if complaint else [])
