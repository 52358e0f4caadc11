"""Every check of the house, one line each: `./dev check`. Whatever fails, the others still run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
RUFF = str(SCRIPTS / "ruff")
DJLINT = [str(SCRIPTS / "djlint"), "webapp/templates"]
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]

Step = tuple[str, list[list[str]]]

STEPS: list[Step] = [
    ("formatter", [[RUFF, "format", "--check", ".", "dev"]]),
    ("linter", [[RUFF, "check", ".", "dev"]]),
    ("types", [[sys.executable, "-m", "mypy"], [sys.executable, "-m", "mypy", "dev", "tools"]]),
    ("import rules", [[str(SCRIPTS / "lint-imports")]]),
    ("templates", [[*DJLINT, "--lint"]]),
    ("translations", [[sys.executable, "-m", "tools.translations", "check"]]),
    ("migrations match models", [[*FLASK, "db", "upgrade"], [*FLASK, "db", "check"]]),
    ("docs: links and commands", [[sys.executable, "-m", "tools.docs"]]),
    ("locks", [[sys.executable, "-m", "tools.locks"]]),
]


def main(steps: Sequence[Step] = STEPS) -> int:
    with tempfile.TemporaryDirectory() as folder:
        env = empty_network(os.environ, folder)
        failed = [name for name, commands in steps if not passes(name, commands, env)]
    count = len(steps)
    print(f"\n{len(failed)} of {count} failed: {', '.join(failed)}." if failed else f"\nAll {count} passed.")
    return 1 if failed else 0


def empty_network(env: Mapping[str, str], folder: str) -> dict[str, str]:
    """A database of its own and none of the person's services: the checks say the same everywhere."""
    kept = {name: value for name, value in env.items() if name not in ("REDIS_URL", "ADDONS")}
    own = {"DATABASE_URL": f"sqlite:///{folder}/check.sqlite", "INSTANCE_PATH": folder}
    return {**kept, **own, "PARZELLE_ENV": "development"}


def passes(name: str, commands: list[list[str]], env: Mapping[str, str]) -> bool:
    """Run one step; what it printed is shown only if it failed."""
    began = time.monotonic()
    output = "".join(complaint(command, env) for command in commands)
    print(f"{'FAIL' if output else 'ok  '}  {name}  ({time.monotonic() - began:.1f} s)", flush=True)
    print(output, end="", flush=True)
    return not output


def complaint(command: list[str], env: Mapping[str, str]) -> str:
    """What a failing command printed; empty when it succeeded."""
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return ""
    said = (done.stdout + done.stderr).strip()
    return f"{said}\n(exit code {done.returncode} of {' '.join(command)})\n"


if __name__ == "__main__":
    sys.exit(main())
