"""`./dev run` in a fresh clone: from an empty cache, and once more. Downloads every package; only by --with-start."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.measuring import Result, at_most
from benchmarks.network import Network
from benchmarks.servers import ROOT, NotReady, free_port, plain_environment

COLD, WARM = 30, 4  # seconds
UP = re.compile(r"is up after ([\d.]+) s")


def run(network: Network, rounds: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="parzelle-start-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        env = {**without_caches(Path(folder)), "PORT": str(free_port())}
        cold = start(clone, env)
        warm = min(start(clone, env) for _ in range(max(rounds, 1)))
    yield at_most("start", "./dev run from an empty cache", cold, COLD, "s", digits=1)
    yield at_most("start", "./dev run a second time", warm, WARM, "s", digits=1)


def without_caches(folder: Path) -> dict[str, str]:
    """An environment in which nothing was downloaded before."""
    own = {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip"), "XDG_CACHE_HOME": str(folder)}
    rest = {name: value for name, value in plain_environment().items() if name != "VIRTUAL_ENV"}
    return {**rest, **own}


def start(clone: Path, env: Mapping[str, str]) -> float:
    """Type the command, read how long it took, press Ctrl-C."""
    command = [base_python(), str(clone / "dev"), "run"]
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if found := UP.search(line):
                return float(found.group(1))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    raise NotReady("".join(said)[-1500:])


def base_python() -> str:
    """The Python that the environment was made with: a new user has no other."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
