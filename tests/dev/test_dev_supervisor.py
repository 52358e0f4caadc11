"""Processes are passed on, restarted and stopped in order."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def when_told(then: str) -> list[str]:
    """A process that says it has begun, and does something when it is told to end."""
    return script(
        f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: ({then}))\n"
        "print('begun', flush=True)\nwhile True: signal.pause()"
    )


def test_lines_carry_the_name_of_their_process_and_are_never_torn(dev: Any) -> None:
    lines = dev.Lines("web", colours=False)
    word = "Grüße".encode()
    assert lines.feed(b"one\r\ntw") == ["web    | one"]
    assert lines.feed(b"o\n" + word[:3]) == ["web    | two"]
    assert lines.feed(word[3:] + b"\n\n") == ["web    | Grüße", "web    | "]
    assert lines.feed(b"last words") == []
    assert lines.end() == ["web    | last words"]
    assert lines.end() == []


def test_only_a_terminal_gets_colours(dev: Any) -> None:
    assert dev.Lines("web", colours=True).feed(b"x\n") == ["\033[36mweb    | \033[0mx"]
    assert dev.Lines("", colours=True).feed(b"x\n") == ["x"]


def test_what_was_started_last_is_stopped_first(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with dev.Supervisor(os.environ) as supervisor:
        for name in ("redis", "worker", "web", "clock"):
            supervisor.keep(dev.Process(name, when_told("print('ended'), sys.exit()")))
        begun: list[str] = []

        def all_begun() -> bool:
            begun.extend(capsys.readouterr().out.splitlines())
            return len(begun) == 4

        supervisor.wait_for(all_begun, "everything")
    ended = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in ended] == ["clock", "web", "worker", "redis"]
    assert {line.split()[-1] for line in ended} == {"ended"}


def test_who_does_not_end_when_told_is_killed(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with dev.Supervisor(os.environ) as supervisor:
        process = dev.Process("web", when_told("print('never')"), grace=0.2)
        supervisor.keep(process)
        supervisor.wait_for(lambda: "begun" in capsys.readouterr().out, "the process")
    assert process.child.returncode == -signal.SIGKILL


def test_who_ends_is_started_again_and_in_the_end_given_up_on(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    dev.TRIES = 2
    with dev.Supervisor(os.environ) as supervisor:
        supervisor.keep(dev.Process("clock", script("print('here'); raise SystemExit(3)")))
        with pytest.raises(dev.Problem, match="clock ended 2 times"):
            supervisor.wait_for(lambda: False, "nothing")
    said = capsys.readouterr().out.splitlines()
    assert said.count("clock  | here") == 2
    assert "clock ended (exit code 3); it starts again in 0.5 s." in said
