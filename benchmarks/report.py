"""The table, for the terminal, for the documentation and for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import Result

HEAD = ("What", "Figure", "Floor", "Ratio", "Target", "")


def cells(result: Result) -> tuple[str, ...]:
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    verdict = "pass" if result.passed else "MISSED"
    return (result.what, result.figure, result.floor, ratio, result.target, verdict)


def as_text(results: Sequence[Result]) -> str:
    table = [HEAD, *map(cells, results)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def as_markdown(results: Sequence[Result]) -> str:
    rows = [HEAD, ("---",) * len(HEAD), *map(cells, results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def as_json(results: Sequence[Result], rounds: int) -> str:
    machine = {"python": platform.python_version(), "system": platform.system(), "processors": os.cpu_count()}
    return json.dumps({"machine": machine, "rounds": rounds, "results": [asdict(one) for one in results]}, indent=2)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
