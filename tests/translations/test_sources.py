"""A text that the tool cannot read in the source never comes to a translator."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import webapp

NAMES = {"_", "_l", "gettext", "ngettext", "lazy_gettext", "lazy_ngettext", "pgettext", "lazy_pgettext"}
HOUSE = Path(webapp.__file__).parent


def unreadable(path: Path) -> Iterator[str]:
    source = ast.parse(path.read_text())
    within = {id(one) for text in ast.walk(source) if isinstance(text, ast.JoinedStr) for one in ast.walk(text)}
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES and node.args:
            texts = node.args[:2] if node.func.id in ("ngettext", "lazy_ngettext") else node.args[:1]
            if id(node) in within or not all(isinstance(text, ast.Constant) for text in texts):
                yield f"{path.relative_to(HOUSE.parent)}:{node.lineno}: {ast.unparse(node)}"


def test_texts_stand_where_they_are_marked() -> None:
    assert [fault for path in sorted(HOUSE.rglob("*.py")) for fault in unreadable(path)] == []
