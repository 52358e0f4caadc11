"""The locks fit pyproject.toml and each other, pin every file by hash, and name no address."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^(\S+?)==([^\s;]+)(?: ; ([^\\\n]+?))? \\\n((?: {4}\S.*\n?)+)", re.MULTILINE)
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)")


def pins(lock: str) -> dict[str, set[str]]:
    """Each package with its versions; more than one when they depend on the machine or the Python."""
    found: dict[str, set[str]] = {}
    for name, version, _, hashes in BLOCK.findall(lock):
        if "--hash=sha256:" in hashes:
            found.setdefault(name, set()).add(version)
    return found


def addresses(lock: str) -> Iterator[str]:
    for number, line in enumerate(lock.splitlines(), 1):
        if "://" in line or " @ " in line or re.match(r"\s*(-i|-f|--[a-z-]*(index|links))", line):
            yield f"line {number} names an address: {line.strip()}"


def unpinned(lock: str) -> Iterator[str]:
    for line in BLOCK.sub("", lock).splitlines():
        if line.strip() and not line.startswith("#"):
            yield f"not pinned by hash: {line.strip()}"


def unlocked(requirements: list[str], locked: dict[str, set[str]]) -> Iterator[str]:
    for requirement in requirements:
        name, wanted = REQUIREMENT.findall(requirement)[0]
        versions = locked.get(re.sub(r"[-_.]+", "-", name).lower(), set())
        if not versions:
            yield f"{name} is not in the lock; run ./dev lock"
        elif not all(satisfies(version, wanted) for version in versions):
            yield f"{name} is locked at {min(versions)}, which is not {wanted.strip()}; run ./dev lock"


def satisfies(version: str, wanted: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(wanted.strip()).contains(version, prereleases=True)


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    texts = {name: (ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock")}
    first, second = (pins(text) for text in texts.values())
    wrong = [f"{name}: {line}" for name, text in texts.items() for line in (*addresses(text), *unpinned(text))]
    wrong += [f"requirements.lock: {line}" for line in unlocked(runtime, first)]
    wrong += [f"requirements-dev.lock: {line}" for line in unlocked([*runtime, *dev], second)]
    wrong += [f"the locks differ in {name}; run ./dev lock" for name in first if first[name] != second.get(name)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
