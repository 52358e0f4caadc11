"""`./dev bench`: measure, print the table, keep it as JSON and Markdown.

The exit code says whether everything could be measured, not whether a target was met: machines differ.
"""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import (
    admin,
    carts,
    checkout,
    hooks,
    inbox,
    memory,
    outbox,
    registration,
    renewals,
    report,
    sites,
    starting,
)
from benchmarks.measuring import Result
from benchmarks.network import Network, scratch
from benchmarks.servers import ROOT

Benchmark = Callable[[Network, int], Iterator[Result]]

BENCHMARKS: dict[str, Benchmark] = {
    "registration": registration.run,
    "checkout": checkout.run,
    "carts": carts.run,
    "hooks": hooks.run,
    "outbox": outbox.run,
    "inbox": inbox.run,
    "renewals": renewals.run,
    "sites": sites.run,
    "memory": memory.run,
    "admin": admin.run,
}
ON_REQUEST: dict[str, Benchmark] = {
    "start": starting.run,
    "admin-million": admin.run_million,
    "renewals-million": renewals.run_million,
}


def main(argv: Sequence[str]) -> int:
    options = arguments(argv)
    known = BENCHMARKS | ON_REQUEST
    names = options.names or [*BENCHMARKS, *(["start"] if options.with_start else ())]
    results: list[Result] = []
    failed = [name for name in names if not measured(name, known[name], options.rounds, results)]
    print("\n" + report.as_text(results))
    report.write(options.json, report.as_json(results, options.rounds))
    report.write(options.markdown, report.as_markdown(results))
    print(f"\nWritten to {options.json} and {options.markdown}.")
    if failed:
        print(f"Could not be measured: {', '.join(failed)}.")
    return 1 if failed else 0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure, against floors of the same run.")
    parser.add_argument(
        "names",
        nargs="*",
        choices=[*BENCHMARKS, *ON_REQUEST, []],
        metavar="NAME",
        help=", ".join((*BENCHMARKS, *ON_REQUEST)),
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--with-start", action="store_true", help="also ./dev run in a fresh clone; downloads packages")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "benchmarks.json", metavar="FILE")
    parser.add_argument("--markdown", type=Path, default=ROOT / "build" / "benchmarks.md", metavar="FILE")
    return parser.parse_args(argv)


def measured(name: str, benchmark: Benchmark, rounds: int, results: list[Result]) -> bool:
    """Add what a benchmark found, each in a scratch network of its own; False when it could not be run."""
    print(f"{name} …", flush=True)
    try:
        with scratch() as network:
            results += benchmark(network, rounds)
    except Exception:
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    sys.exit(main(sys.argv[1:]))
