"""Each rule of the UX guide (design/ux.md) is named by the tests that hold it: `@pytest.mark.ux("N2", "H7")`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.translations.test_wordings import WORDINGS

HERE = Path(__file__).parents[1]
# Letter, and the numbers that the guide gives under it.
RULES = {
    "C": [*range(1, 7), *range(10, 28), 30, 31],
    "O": range(1, 10),
    "P": [*range(1, 5), *range(10, 19)],
    "T": range(1, 6),
    "K": range(1, 10),
    "X": range(1, 9),
    "N": range(1, 14),
    "H": range(1, 14),
    "W": range(1, 25),
    "L": [*range(1, 11), *range(20, 25)],
    "S": range(1, 8),
    "M": range(16),
}


def marked() -> Iterator[tuple[str, str]]:
    for path in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.ux":
                        yield from (
                            (ast.literal_eval(one), f"{path.relative_to(HERE)}::{node.name}") for one in mark.args
                        )


def holders() -> dict[str, set[str]]:
    """The tests of each rule; the agreed sentences are named by the table of their own test."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule, test in [*marked(), *((one[0], "translations/test_wordings.py") for one in WORDINGS)]:
        found[rule].add(test)
    return found


def test_each_rule_of_the_guide_has_a_test() -> None:
    rules = {f"{letter}{number}" for letter, numbers in RULES.items() for number in numbers}
    named = set(holders())
    assert named - rules == set(), "no such rule"
    assert rules - named == set(), "no test names them"
