"""Every declared hook has a meaning and a row in the docs, and the docs name no other."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from webapp.hooks import registry

PAGE = (Path(__file__).parent.parent.parent / "docs" / "hooks.md").read_text()
ROWS = dict(re.findall(r"^\| `(wu_[a-z_<>-]+)` \| (.*?) \|", PAGE, re.MULTILINE))
DECLARED = {name: hook for family in (registry.actions, registry.filters) for name, hook in family.items()}


def test_every_hook_of_ours_says_when_it_fires(app: Flask) -> None:
    assert [name for name, hook in DECLARED.items() if hook.declared and not str(hook.when).endswith(".")] == []


def test_the_docs_and_the_declarations_agree() -> None:
    ours = {name: hook for name, hook in DECLARED.items() if hook.declared}
    assert set(ROWS) == set(ours)
    for name, hook in ours.items():
        assert re.findall(r"`([a-z_]+)`", ROWS[name]) == list(hook.args), name
