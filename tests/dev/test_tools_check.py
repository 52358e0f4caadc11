"""`./dev check` runs everything, and says what failed."""

from __future__ import annotations

import sys

import pytest

from tools import check

PASSES = [sys.executable, "-c", "print('all is well')"]
FAILS = [sys.executable, "-c", "import sys; print('line 3 is too long'); sys.exit(7)"]


def test_one_failure_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([("first", [FAILS]), ("second", [PASSES]), ("third", [PASSES, FAILS])]) == 1
    said = capsys.readouterr().out
    assert said.count("\nline 3 is too long\n") == 2
    assert "all is well" not in said
    assert said.rstrip().endswith("2 of 3 failed: first, third.")


def test_nothing_to_complain_about_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([("first", [PASSES])]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All 1 passed."


def test_the_checks_never_touch_a_persons_own_database() -> None:
    env = check.empty_network({"DATABASE_URL": "postgresql://shop", "REDIS_URL": "redis://shop", "HOME": "/h"}, "/t")
    assert env["DATABASE_URL"] == "sqlite:////t/check.sqlite"
    assert "REDIS_URL" not in env
    assert env["HOME"] == "/h"
